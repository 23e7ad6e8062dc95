//! `POST /v1/payments/{ref}/erase`: erases the personal data of a payment in the ledger. Salesforce is synced as after
//! any event; erasing the data there is its administrators' task.

use tollbridge_domain::{Erasure, PaymentReference};

use crate::commands::sync_later;
use crate::http::body::Body;
use crate::http::fields::BodyObject;
use crate::http::message::Request;
use crate::http::problem::Problem;
use crate::http::reply::{DeferredWork, Reply};
use crate::http::routes::payment_not_found;
use crate::queries;
use crate::site_context::SiteContext;

/// Erases the data, and responds with the payment as it then is. Repeating it erases only data that arrived meanwhile.
///
/// # Errors
/// There is no such payment, the body does not say who erases it and why, or the store does not answer.
pub fn erase(context: &SiteContext<'_>, request: &Request, reference: &PaymentReference) -> Result<Reply, Problem> {
    let body = Body::of(request)?;
    let fields = BodyObject::root(&body.value, &["note", "by"])?;
    // The history must say why the data is gone, and who had it erased.
    let note = fields.required("note", fields.text("note", 500)?)?.to_owned();
    let by = fields.required("by", fields.text("by", 80)?)?.to_owned();
    let history = context.ledger.history(reference)?;
    if history.entries.is_empty() {
        return Err(payment_not_found());
    }
    let appended = context.ledger.erase(&history, Erasure { note, by }, &context.trace.correlation_id)?;
    let deferred = appended.map_or(DeferredWork::None, |appended| sync_later(context, reference, &appended));
    Ok(Reply { response: queries::payment(context.site, context.ledger, reference)?, deferred })
}
