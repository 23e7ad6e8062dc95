//! Syncs a decision about a payment in review.

use tollbridge_ledger::History;

use crate::http::problem::Problem;
use crate::outbox::SalesforceSync;
use crate::site_context::SiteContext;

/// Syncs a decision. Where an earlier sync failed and its next attempt is not due, the decision waits for that attempt.
///
/// # Errors
/// The store does not answer.
pub fn sync_decision(context: &SiteContext<'_>, history: &History, sequence: u64) -> Result<(), Problem> {
    let is_deferred = history.sync_state.retry.next_attempt.is_some_and(|next| next > context.ports.clock.now());
    if !is_deferred {
        SalesforceSync::new(context).sync(&history.reference, sequence, false)?;
    }
    Ok(())
}
