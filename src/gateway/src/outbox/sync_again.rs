//! `POST /v1/payments/{ref}/sync`: an operator has a payment sent to Salesforce again, with every field.

use tollbridge_domain::PaymentReference;

use super::salesforce_sync::{SalesforceSync, SyncOutcome};
use crate::http::message::Response;
use crate::http::problem::Problem;
use crate::queries;
use crate::site_context::SiteContext;

/// Sends every field of the payment, and responds with the payment as it then is.
///
/// # Errors
/// There is no such payment, or the store does not answer.
pub fn sync_again(context: &SiteContext<'_>, reference: &PaymentReference) -> Result<Response, Problem> {
    let sequence = context.ledger.history(reference)?.last_sequence();
    let outcome = SalesforceSync::new(context).sync(reference, sequence, true)?;
    if matches!(outcome, SyncOutcome::Deferred | SyncOutcome::CircuitOpen) {
        // Everything may have been confirmed before, and then no drain would process the payment again.
        context.ledger.reopen(reference, sequence, &context.trace.correlation_id)?;
    }
    queries::payment(context.site, context.ledger, reference)
}
