//! A verified delivery that cannot be decoded. It may be about money, so it is kept like any other: with the payment
//! that it names, or else by itself. A person looks at it.

use std::borrow::Cow;

use tollbridge_domain::{EventId, Fact, OperationReference, PaymentReference, TransactionId, UnreadableDelivery};
use tollbridge_ledger::{Ledger, MAX_RAW_BYTES};

use super::{VerifiedCallback, acknowledge_repetition, append, find, log, signature_reused, was_decoded_differently};
use crate::cards;
use crate::config::Site;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::ports::{Identity, Ports, Undecodable};
use crate::tracing::Trace;

/// Makes the delivery durable, and responds with `OK`. A repetition is acknowledged.
///
/// Under a scheme that does not sign the names, it never stands in the way of the delivery with the right names: that
/// one is decoded, and counts.
///
/// # Errors
/// The same signed text was decoded before, or the delivery could not be made durable.
pub fn keep(
    ports: Ports<'_>,
    site: &Site,
    ledger: &Ledger<'_>,
    trace: &Trace,
    delivery: &VerifiedCallback,
    undecodable: Undecodable,
) -> Result<Reply, Problem> {
    let Identity { reference, transactions, digest } = ports.provider.identify(&delivery.0, site);
    let name = ledger.delivery_name(&digest);
    let id = EventId::derive(&[&name]);
    let transactions: Vec<TransactionId> =
        transactions.into_iter().filter_map(|id| TransactionId::parse(id).ok()).collect();
    let transactions: Vec<&TransactionId> = transactions.iter().collect();
    let own = PaymentReference::for_unreadable(&name);
    let mut history = find(ledger, reference.as_deref().unwrap_or_default(), &transactions, &own)?.1;
    if history.is_none() {
        history = ledger.find(Some(&OperationReference { payment: own.clone(), operation: None }), &[])?;
    }
    if let Some(history) = history.as_ref().filter(|history| history.has_event(&id)) {
        return acknowledge_repetition(site, ledger, trace, history, &id);
    }
    if let Some(history) = &mut history
        && was_decoded_differently(ledger, history, &digest, site)?
    {
        return Err(signature_reused());
    }
    let reference = history.as_ref().map_or(&own, |history| &history.reference).clone();
    let Undecodable { field, problem, detail } = undecodable;
    let logged = field.as_ref().map_or_else(|| detail.clone(), |field| format!("{field}: {detail}"));
    let fact = Fact::Unreadable(UnreadableDelivery { id, field, problem, detail, digest });
    let text = text(delivery.body());
    let body = cards::masked_body(text.as_bytes(), &transactions);
    let body = core::str::from_utf8(&body).unwrap_or_default();
    let body = body.get(..body.floor_char_boundary(MAX_RAW_BYTES)).unwrap_or_default();
    let reply = append(site, ledger, trace, history.as_ref(), reference.clone(), fact, body.as_bytes())?;
    log(ports, site, trace, "unreadable_delivery", Some(&reference), problem.as_str(), &logged);
    Ok(reply)
}

/// The body as text. Bytes that are no text are written as `\xNN`, so that none of it is lost.
fn text(body: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = core::str::from_utf8(body) {
        return Cow::Borrowed(text);
    }
    let mut text = String::new();
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    Cow::Owned(text)
}
