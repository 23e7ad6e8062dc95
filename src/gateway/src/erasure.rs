//! `POST /v1/payments/{ref}/erase`: a person has the personal data of a payment erased. Salesforce is told that something
//! happened, as of any news; what it holds of the person is for its own people to erase.

use tollbridge_domain::{Erasure, PaymentReference};

use crate::answer::{After, Answered, Request};
use crate::commands::{Body, Context, Fields, tell};
use crate::inquiries;
use crate::problem::Problem;
use crate::routes::payment_not_found;

/// Erases, and answers the payment as it then is. Doing it again erases what came at the same moment, and nothing else.
///
/// # Errors
/// There is no such payment, the body does not say who and why, or the store does not answer.
pub fn erase(context: &Context<'_>, request: &Request, reference: &PaymentReference) -> Result<Answered, Problem> {
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
    let after = marked.map_or(After::Nothing, |marked| tell(context, reference, &marked));
    Ok(Answered { response: inquiries::payment(context.site, context.ledger, reference)?, after })
}
