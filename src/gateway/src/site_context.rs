//! The context of work on one site's payments.

use tollbridge_ledger::Ledger;

use crate::call_context::CallContext;
use crate::clocks::Clocks;
use crate::config::Site;
use crate::ports::Ports;
use crate::tracing::Trace;
use crate::trigger::Trigger;

/// A site with its ledger, and the request that is being handled.
#[derive(Clone, Copy)]
pub struct SiteContext<'a> {
    pub ports: Ports<'a>,
    pub site: &'a Site,
    pub ledger: &'a Ledger<'a>,
    pub trace: &'a Trace,
    pub trigger: Trigger,
    /// The clock readings of this request.
    pub clocks: &'a Clocks,
}

impl SiteContext<'_> {
    pub fn call_context(&self) -> CallContext<'_> {
        CallContext { ports: self.ports, site: self.site, trace: self.trace }
    }
}
