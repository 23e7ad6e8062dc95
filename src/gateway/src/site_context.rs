//! What the work on one site's payments runs with.

use tollbridge_ledger::Ledger;

use crate::clocks::{Clocks, Measuring};
use crate::config::Site;
use crate::ports::Ports;
use crate::salesforce::Trigger;
use crate::tracing::Trace;

/// One site, its ledger, and the request that is worked on.
#[derive(Clone, Copy)]
pub struct SiteContext<'a> {
    pub ports: Ports<'a>,
    pub site: &'a Site,
    pub ledger: &'a Ledger<'a>,
    pub trace: &'a Trace,
    pub trigger: Trigger,
    /// What the peers' clocks were seen to say during this request.
    pub clocks: &'a Clocks,
}

impl SiteContext<'_> {
    /// What a clock is measured with.
    pub fn measuring(&self) -> Measuring<'_> {
        Measuring { ports: self.ports, site: self.site, trace: self.trace }
    }
}
