//! Reads what MaldoPay says besides, about the customer and about the method: a bank, a wallet, what it knows of the user.
//! Nothing public lists these fields, so all are taken that the connector has no other use for.

use tollbridge_connector::types::Detail;

use crate::body::{Fields, Value};
use crate::signing::Signing;
use crate::unsigned_names::are_fixed;

/// What a callback or an answer says of the payment itself, or of the way to pay it, at its top level or under
/// `transaction`.
const OF_THE_PAYMENT: [&str; 21] = [
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
    "transaction",
];

/// What the connector knows besides, and reads under any scheme.
const KNOWN: &str = "serviceId";

/// How deep the parts of parts are followed.
const DEEPEST: usize = 2;

/// The details in a body that was believed. What cannot be read says none.
///
/// The scheme `values-pipe` signs no nested value, so under it those of a callback are left out. It signs no names either, so
/// that the others are left out too, unless the site fixes the order of the names. Every callback that was ever read names a
/// reference or a transaction at its top level, by which it is told from an answer.
#[must_use]
pub fn details(body: &str, signing: Signing<'_>) -> Vec<Detail> {
    let Ok(fields) = Fields::of_text(body) else { return Vec::new() };
    let is_callback = ["referenceOrderId", "maldoTransactionId"].iter().any(|name| fields.text(name).is_some());
    let is_object = body.trim_start().starts_with('{');
    if !is_callback && !is_object {
        return Vec::new();
    }
    let with_nested = !(is_callback && signing.is_of_values());
    let with_others = with_nested || are_fixed(&fields, signing.orders);
    let mut details = Vec::new();
    let is_of_the_payment = |name: &str| OF_THE_PAYMENT.contains(&name);
    for (name, value) in fields.iter().filter(|(name, _)| !is_of_the_payment(part_of(name))) {
        if !with_others && name != KNOWN {
            continue;
        }
        add(&mut details, name, value, if with_nested { DEEPEST } else { 0 });
    }
    let transaction = fields.nested("transaction").filter(|_| with_nested).map(Fields::of_object);
    if let Some(Ok(transaction)) = transaction {
        for (name, value) in transaction.iter().filter(|(name, _)| !is_of_the_payment(name)) {
            add(&mut details, name, value, DEEPEST);
        }
    }
    details
}

/// What a form's `user[status]` is a part of; any other name itself.
fn part_of(name: &str) -> &str {
    name.split('[').next().unwrap_or(name)
}

fn add(details: &mut Vec<Detail>, name: &str, value: &Value, deepest: usize) {
    match value {
        Value::Text(text) => details.push(Detail { name: name.to_owned(), value: text.clone() }),
        Value::Nested(_) if deepest == 0 => {}
        Value::Nested(text) => match (Fields::of_object(text), name.split_once('[')) {
            (_, Some((whole, part))) => {
                let name = format!("{whole}.{}", part.trim_end_matches(']').replace("][", "."));
                details.push(Detail { name, value: text.clone() });
            }
            (Ok(parts), None) => {
                for (part, value) in parts.iter() {
                    add(details, &format!("{name}.{part}"), value, deepest.saturating_sub(1));
                }
            }
            // A list has no names.
            (Err(_), None) => {}
        },
    }
}
