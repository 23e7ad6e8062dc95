//! Decides which facts to believe in a callback whose field names are not signed. Anyone who has such a callback can
//! give its values other names.
//!
//! If the site fixes the order of the names, a value's position identifies it. Otherwise its form does: a value that
//! has the form of a fact must have that fact's name or equal the fact, and the name of a fact must not hold anything
//! else.

use tollbridge_connector::types::{ReportedOutcome, Site};
use tollbridge_domain::{Currency, Money, PaymentReference, Timestamp};

use crate::assumed::CALLBACK_TYPES;
use crate::body::CallbackFields;
use crate::codes::{Class, class};
use crate::field::{self, DecodeError, currency_code, invalid, names_a_transaction, outcome};

/// Separates the values in the signed text.
const SEPARATOR: char = '|';

/// The maximum length of `reasonCode`.
const LONGEST_REASON_CODE: usize = 64;

/// The signed text: the top-level values in the order sent, without the checksum and nested values. `None` if a value
/// contains the separator, since then different values have the same text.
pub fn signed_text(fields: &CallbackFields) -> Option<String> {
    let mut text = String::new();
    for (place, (_, value)) in fields.signed().enumerate() {
        if value.contains(SEPARATOR) {
            return None;
        }
        if place > 0 {
            text.push(SEPARATOR);
        }
        text.push_str(value);
    }
    Some(text)
}

/// Whether the names come in one of these orders, without any other name.
pub fn are_in_order(fields: &CallbackFields, orders: &[Vec<String>]) -> bool {
    orders.iter().any(|order| fields.signed().map(|(name, _)| name).eq(order.iter().map(String::as_str)))
}

/// Whether each value's position identifies it: the names match an order, and no other order has the same length.
pub fn are_fixed(fields: &CallbackFields, orders: &[Vec<String>]) -> bool {
    let count = fields.signed().count();
    are_in_order(fields, orders) && orders.iter().filter(|order| order.len() == count).count() == 1
}

/// Checks a callback whose names are not fixed.
///
/// # Errors
/// A name is missing or holds a value of the wrong form, or a value has the form of another field.
pub fn check(fields: &CallbackFields, site: &Site) -> Result<(), DecodeError> {
    let required = |name| fields.text(name).ok_or(DecodeError::Missing(name));
    let result = outcome(required("result")?)?;
    required("referenceOrderId")?;
    required("maldoTransactionId").ok().filter(|id| names_a_transaction(id)).ok_or(DecodeError::Missing(ID))?;
    let amount = required("amount")?;
    let (currency_name, code) = currency_code(fields)?;
    let currency = field::currency(code).map_err(|error| invalid(currency_name, error))?;
    stand_under_their_names(fields, currency_name, currency)?;

    if !amount.contains('.') {
        let problem = "without decimals it cannot be told from an id, since this scheme signs no names: fix their order \
                       (callback_fields), or take another scheme";
        return Err(invalid("amount", problem));
    }
    for name in [ID, "originalTransactionId"] {
        let is_service = |id: &str| site.provider.services.iter().any(|service| id.parse() == Ok(service.id));
        if fields.text(name).is_some_and(|id| id.contains('.') || is_service(id)) {
            return Err(invalid(name, "no id of a transaction, and this scheme signs no names"));
        }
    }
    if fields.text("codeId").is_some_and(|code| !agrees(class(code), result)) {
        return Err(invalid("codeId", "says something else than result"));
    }
    if fields.text("dateUpdated").is_some_and(|date| !may_be_a_date(date)) {
        return Err(invalid("dateUpdated", "no date, and this scheme signs no names"));
    }
    if fields.text("serviceId").is_some_and(|id| id.parse::<u64>().is_err()) {
        return Err(invalid("serviceId", "no number"));
    }
    let is_code = |code: &str| code.len() <= LONGEST_REASON_CODE && code.bytes().all(|byte| byte.is_ascii_graphic());
    if fields.text("reasonCode").is_some_and(|code| !is_code(code)) {
        return Err(invalid("reasonCode", "no code"));
    }
    if fields.text("fee").is_some_and(|fee| !is_fee(fields, fee, amount, currency)) {
        return Err(invalid("fee", "only a settlement has one, and it is no more than its amount"));
    }
    Ok(())
}

const ID: &str = "maldoTransactionId";

/// Refuses a value that has the form of a fact under another name, unless it equals the fact.
fn stand_under_their_names(
    fields: &CallbackFields,
    currency_name: &'static str,
    currency: Currency,
) -> Result<(), DecodeError> {
    // Words in small letters are taken for currencies only where the callback writes its own currency so.
    let is_currency = |value: &str| match fields.text(currency_name).map(Currency::parse) {
        Some(Err(_)) => field::currency(value).is_ok(),
        Some(Ok(_)) | None => Currency::parse(value).is_ok(),
    };
    for (name, value) in fields.signed() {
        let fact = if outcome(value).is_ok() {
            "result"
        } else if CALLBACK_TYPES.contains(&value) {
            "type"
        } else if Timestamp::parse_local(value, 0).is_ok() {
            "dateUpdated"
        } else if is_currency(value) {
            currency_name
        } else if PaymentReference::is_made_here(value) {
            "referenceOrderId"
        } else if name != "fee" && is_amount(value, currency) {
            "amount"
        } else {
            continue;
        };
        if fields.text(fact) != Some(value) {
            return Err(invalid(fact, "another field has a value of this form, and this scheme signs no names"));
        }
    }
    Ok(())
}

/// Whether the text can only be an amount: ids and codes have no decimals.
fn is_amount(text: &str, currency: Currency) -> bool {
    text.contains('.') && Money::parse_number(text, currency).is_ok()
}

/// Whether the text may be a date in some form: ids, codes and amounts are mostly not.
fn may_be_a_date(text: &str) -> bool {
    text.contains(['-', '/', ':']) && text.bytes().filter(u8::is_ascii_digit).count() >= 4
}

fn is_fee(fields: &CallbackFields, fee: &str, amount: &str, currency: Currency) -> bool {
    let units = |text: &str| Money::parse_number(text, currency).map(Money::minor_units);
    let is_within = units(fee).ok().zip(units(amount).ok()).is_some_and(|(fee, amount)| fee <= amount);
    fields.text("type") == Some("SETTLEMENT") && fee.contains('.') && is_within
}

/// Whether the code agrees with the result. Canceled and declined share their codes.
fn agrees(code: Option<Class>, result: Class) -> bool {
    match (code, result) {
        (Some(Class::Ended(ReportedOutcome::Confirmed)), Class::Ended(ReportedOutcome::Confirmed))
        | (Some(Class::Pending), Class::Pending)
        | (
            Some(Class::Ended(ReportedOutcome::Declined | ReportedOutcome::Canceled)),
            Class::Ended(ReportedOutcome::Declined | ReportedOutcome::Canceled),
        ) => true,
        (Some(Class::Ended(_) | Class::Pending) | None, _) => false,
    }
}
