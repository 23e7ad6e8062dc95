//! Reads the additional data about the customer and the method: a bank, a wallet, the user's data. No public document
//! lists these fields, so the connector reads all that it does not use otherwise.

use tollbridge_connector::types::Detail;

use crate::body::{CallbackFields, CallbackValue, is_object};
use crate::signing::Signing;
use crate::unsigned_names::are_fixed;

/// The fields of the payment itself or of the way to pay it, at the top level of a callback or an answer, or under
/// `transaction`.
const OF_THE_PAYMENT: [&str; 22] = [
    "result",
    "type",
    "codeId",
    "codeMessage",
    "dateUpdated",
    "referenceOrderId",
    "maldoTransactionId",
    "originalTransactionId",
    "transactionId",
    "amount",
    "currencyCode",
    "currency",
    "conversion",
    "fee",
    "reason",
    "reasonCode",
    "checksum",
    "redirect",
    "next_step",
    "send_sms_link",
    "token",
    "transaction",
];

/// An additional field that the connector knows. It is read under any scheme.
const KNOWN: &str = "serviceId";

/// How many levels of nesting are read.
const DEEPEST: usize = 2;

/// The additional data in an authenticated body; an unreadable body has none.
///
/// The scheme `values-pipe` signs neither nested values nor names. Under it, the nested values of a callback are left
/// out, and so are the others unless the site fixes the order of the names. Every callback that was ever accepted names
/// a reference or a transaction at its top level, which distinguishes it from an answer.
#[must_use]
pub fn details(body: &str, signing: Signing<'_>) -> Vec<Detail> {
    let Ok(fields) = CallbackFields::of_text(body) else { return Vec::new() };
    let is_callback = ["referenceOrderId", "maldoTransactionId"].iter().any(|name| fields.text(name).is_some());
    let is_object = is_object(body);
    if !is_callback && !is_object {
        return Vec::new();
    }
    let with_nested = !(is_callback && signing.is_of_values());
    let with_others = with_nested || are_fixed(&fields, signing.orders);
    let mut details = Vec::new();
    // One integration reads a name with a blank at its end, `send_sms_link `.
    let is_of_the_payment = |name: &str| OF_THE_PAYMENT.contains(&name.trim_end());
    for (name, value) in fields.iter().filter(|(name, _)| !is_of_the_payment(part_of(name))) {
        if !with_others && name != KNOWN {
            continue;
        }
        add(&mut details, name, value, if with_nested { DEEPEST } else { 0 });
    }
    let transaction = fields.nested("transaction").filter(|_| with_nested).map(CallbackFields::of_object);
    if let Some(Ok(transaction)) = transaction {
        for (name, value) in transaction.iter().filter(|(name, _)| !is_of_the_payment(name)) {
            add(&mut details, name, value, DEEPEST);
        }
    }
    details
}

/// The parent of a nested form field, such as `user` of `user[status]`; any other name unchanged.
fn part_of(name: &str) -> &str {
    name.split('[').next().unwrap_or(name)
}

fn add(details: &mut Vec<Detail>, name: &str, value: &CallbackValue, deepest: usize) {
    match value {
        CallbackValue::Text(text) => details.push(Detail { name: name.to_owned(), value: text.clone() }),
        CallbackValue::Nested(_) if deepest == 0 => {}
        CallbackValue::Nested(text) => match (CallbackFields::of_object(text), name.split_once('[')) {
            (_, Some((whole, part))) => {
                let name = format!("{whole}.{}", part.trim_end_matches(']').replace("][", "."));
                details.push(Detail { name, value: text.clone() });
            }
            (Ok(parts), None) => {
                for (part, value) in parts.iter() {
                    add(details, &format!("{name}.{part}"), value, deepest.saturating_sub(1));
                }
            }
            // The items of a list have no names.
            (Err(_), None) => {}
        },
    }
}
