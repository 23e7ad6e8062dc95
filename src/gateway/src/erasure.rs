//! `POST /v1/payments/{ref}/erase`: a person has the personal data of a payment erased. Salesforce is told that something
//! happened, as of any news; what it holds of the person is for its own people to erase.

use tollbridge_domain::{Erasure, PaymentReference};

use crate::commands::sync_later;
use crate::http::body::Body;
use crate::http::fields::Fields;
use crate::http::message::{DeferredWork, Reply, Request};
use crate::http::problem::Problem;
use crate::http::routes::payment_not_found;
use crate::queries;
use crate::site_context::SiteContext;

/// Erases, and answers the payment as it then is. Doing it again erases what came at the same moment, and nothing else.
///
/// # Errors
/// There is no such payment, the body does not say who and why, or the store does not answer.
pub fn erase(context: &SiteContext<'_>, request: &Request, reference: &PaymentReference) -> Result<Reply, Problem> {
    let body = Body::of(request)?;
    let fields = Fields::root(&body.value, &["note", "by"])?;
    // Whoever asks later where it went must find out why, and by whose word.
    let note = fields.required("note", fields.text("note", 500)?)?.to_owned();
    let by = fields.required("by", fields.text("by", 80)?)?.to_owned();
    let history = context.ledger.history(reference)?;
    if history.entries.is_empty() {
        return Err(payment_not_found());
    }
    let marked = context.ledger.erase(&history, Erasure { note, by }, &context.trace.correlation_id)?;
    let after = marked.map_or(DeferredWork::None, |marked| sync_later(context, reference, &marked));
    Ok(Reply { response: queries::payment(context.site, context.ledger, reference)?, after })
}
