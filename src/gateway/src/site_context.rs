//! What the work on one site's payments runs with.

use tollbridge_ledger::Ledger;

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
}
