//! What the parts of a Salesforce sync share: its context, how it ends, and how it writes the sync state.

use tollbridge_ledger::{Failure, History, LEASE_MILLISECONDS, SyncState, Writes};

use crate::http::problem::Problem;
use crate::log::LogLine;
use crate::salesforce::{SalesforceClient, remedy};
use crate::site_context::SiteContext;

/// How a sync ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncOutcome {
    /// Salesforce has confirmed everything.
    Synced,
    /// It failed and will be retried.
    Deferred,
    /// Salesforce refused in a way that only a person can resolve.
    Review,
    /// The organisation refuses everything, so the circuit breaker is open and no payment is synced for a while.
    CircuitOpen,
}

/// Sends a site's payments to its Salesforce organisation.
pub struct SalesforceSync<'a> {
    pub(super) context: &'a SiteContext<'a>,
}

/// How one round of a sync ended.
pub(super) enum SyncRound {
    /// Salesforce confirmed it, and the sync state is written.
    Synced,
    /// Salesforce has a newer version already.
    Overtaken,
    /// The whole sync ends.
    Ended(SyncOutcome),
}

/// Events in one Composite call. A call takes 25 subrequests; the payment and its source are two of them.
pub(super) const MAX_EVENTS: usize = 20;

/// What one sync may wait for in Salesforce: a sign-in and a write, and both again after a session expired.
const CALLS_PER_SYNC: u64 = 4;

impl<'a> SalesforceSync<'a> {
    pub fn new(context: &'a SiteContext<'a>) -> Self {
        Self { context }
    }

    /// How long one sync lasts at most, from reading the payment to its last write.
    pub fn max_duration_milliseconds(&self) -> i64 {
        let waits = CALLS_PER_SYNC.saturating_mul(self.context.site.salesforce_timeout_milliseconds);
        LEASE_MILLISECONDS.max(i64::try_from(waits).unwrap_or(i64::MAX))
    }

    /// Writes the next sync state, unless too much time has passed since the payment was read.
    pub(super) fn write(&self, history: &History, next: &SyncState, with: Writes) -> Result<(), Problem> {
        self.context.ledger.write_sync_state(history, next, with, self.max_duration_milliseconds())?;
        Ok(())
    }

    pub(super) fn salesforce(&self) -> SalesforceClient<'_> {
        SalesforceClient::new(self.context.call_context(), self.context.clocks, self.context.trigger)
    }

    /// Logs the end of a sync, with the failure if it failed.
    pub(super) fn log(&self, history: &History, failure: Option<&Failure>) {
        let fields = failure.map(|failure| failure.fields.join(",")).filter(|fields| !fields.is_empty());
        let line = LogLine {
            site: Some(self.context.site.name.as_str()),
            payment: Some(history.reference.as_str()),
            code: failure.map(|failure| failure.code.as_str()),
            object: failure.and_then(|failure| failure.object.as_deref()),
            record: failure.and_then(|failure| failure.record.as_deref()),
            fields: fields.as_deref(),
            remedy: failure.and_then(|failure| remedy(&failure.code)),
            ..LogLine::new(self.context.ports.clock.now(), "sync", &self.context.trace.correlation_id)
        };
        line.write(self.context.ports.sink);
    }
}
