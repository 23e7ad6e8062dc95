//! Reads MaldoPay's response to a command.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use tollbridge_connector::types::{Command, EventKind, Operation, PaymentEvent, ReportedOutcome};
use tollbridge_domain::{EventId, Money, TransactionId};

use crate::assumed;
use crate::body::{is_object, without_mark};
use crate::codes::{Class, class, refuses_the_merchant};
use crate::decode::{conversion, short, unquoted};
use crate::field::{currency, names_a_transaction};

/// Why a response leaves the outcome open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterpretError {
    /// With this status the operation may or may not have been carried out.
    #[error("the status {0} leaves the outcome open")]
    Inconclusive(u16),
    /// The body cannot be read.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

#[derive(Deserialize)]
struct ResponseBody<'a> {
    #[serde(borrow, deserialize_with = "of_object")]
    transaction: ResponseTransaction<'a>,
    /// Some answers have the transaction's id here.
    #[serde(borrow, default, rename = "transactionId")]
    transaction_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    amount: Option<&'a RawValue>,
    #[serde(borrow, default)]
    currency: Option<&'a RawValue>,
    #[serde(borrow, default)]
    conversion: Option<&'a RawValue>,
    #[serde(borrow, default)]
    redirect: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResponseTransaction<'a> {
    #[serde(borrow, default)]
    code_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    code_message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    transaction_id: Option<&'a RawValue>,
}

/// Accepts only JSON objects. Serde would also accept a list and assign its items to the fields in order.
fn of_object<'a, D: Deserializer<'a>, T: Deserialize<'a>>(deserializer: D) -> Result<T, D::Error> {
    object(<&RawValue>::deserialize(deserializer)?.get()).ok_or_else(|| D::Error::custom("not an object"))
}

fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    if is_object(text) { serde_json::from_str(without_mark(text)).ok() } else { None }
}

/// Reads the event from a response.
///
/// A status of 4xx without a code is a refusal: MaldoPay rejected the request before carrying anything out. For a
/// status inquiry it leaves the outcome open. So does any other status except success, and an unreadable body.
///
/// # Errors
/// The response leaves the outcome open; see [`InterpretError`].
pub fn interpret(command: &Command, status: u16, body: &[u8]) -> Result<PaymentEvent, InterpretError> {
    let read = core::str::from_utf8(body).ok().and_then(object::<ResponseBody<'_>>);
    let refused = matches!(status, 400..=407 | 410..=424 | 431);
    let code =
        read.as_ref().and_then(|answer| answer.transaction.code_id).map(unquoted).filter(|code| !code.is_empty());
    match read.as_ref().zip(code) {
        // MaldoPay refused the status inquiry, which says nothing about the payment.
        Some((_, code)) if command.operation == Operation::Status && refuses_the_merchant(code) => {
            Err(InterpretError::Inconclusive(status))
        }
        None if refused && command.operation == Operation::Status => Err(InterpretError::Inconclusive(status)),
        Some((answer, code)) if refused || (200..300).contains(&status) => answered(command, answer, code, body),
        None if refused => Ok(event(command, declined(command.operation), Some(format!("http-{status}")), body)),
        None if (200..300).contains(&status) => Err(InterpretError::Unreadable("not the JSON of an answer".into())),
        Some(_) | None => Err(InterpretError::Inconclusive(status)),
    }
}

fn answered(
    command: &Command,
    answer: &ResponseBody<'_>,
    code: &str,
    body: &[u8],
) -> Result<PaymentEvent, InterpretError> {
    let kind = match class(code) {
        None => return Err(InterpretError::Unreadable("codeId is not a transaction's code".into())),
        Some(Class::Pending) => EventKind::Pending,
        Some(Class::Ended(outcome)) => ended(command.operation, outcome),
    };
    let ids = [answer.transaction.transaction_id, answer.transaction_id];
    let transaction = ids.into_iter().flatten().map(unquoted).find(|id| names_a_transaction(id));
    let transaction = transaction.map(TransactionId::parse).transpose().map_err(|_| unreadable("transactionId"))?;
    let transaction = transaction.map(String::from);
    let mut event = event(command, kind, Some(code.to_owned()), body);
    event.id =
        EventId::derive(&[&command.reference, transaction.as_deref().unwrap_or_default(), "answer", code]).into();
    event.transaction_id = transaction;
    let amount = answered_amount(command, answer)?;
    if let Some(amount) = amount {
        event.amount = Some(amount.into());
    }
    let original = amount.or_else(|| command.amount.clone().try_into().ok());
    event.conversion = answer.conversion.and_then(|raw| conversion(raw.get(), original));
    event.reason = short(answer.transaction.code_message.and_then(text).as_deref());
    event.redirect_url = answer.redirect.and_then(text).filter(|url| is_web_address(url));
    Ok(event)
}

fn unreadable(field: &str) -> InterpretError {
    InterpretError::Unreadable(format!("{field} has a value that it cannot have"))
}

fn answered_amount(command: &Command, answer: &ResponseBody<'_>) -> Result<Option<Money>, InterpretError> {
    let Some(amount) = answer.amount.map(unquoted).filter(|text| !matches!(*text, "" | "null")) else {
        return Ok(None);
    };
    let code = answer.currency.map(unquoted).filter(|text| !text.is_empty()).unwrap_or(&command.amount.currency);
    let currency = currency(code).map_err(|_| unreadable("currency"))?;
    Money::parse_number(amount, currency).map(Some).map_err(|_| unreadable("amount"))
}

/// The text of a JSON string; `None` for the `false` or `[]` that MaldoPay sends in its place.
fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// Only addresses that are safe for a browser are passed on.
fn is_web_address(url: &str) -> bool {
    url.len() <= 2048
        && (url.starts_with("https://") || url.starts_with("http://"))
        && url.bytes().all(|byte| byte.is_ascii_graphic())
}

fn ended(operation: Operation, outcome: ReportedOutcome) -> EventKind {
    match operation {
        // The caller of a status inquiry knows which operation it is about.
        Operation::Status => EventKind::Reported(outcome),
        Operation::Charge
        | Operation::Authorize
        | Operation::Capture
        | Operation::Refund
        | Operation::Void
        | Operation::Payout => {
            assumed::meaning(Some(assumed::request_type(operation)), outcome).unwrap_or(EventKind::Reported(outcome))
        }
    }
}

fn declined(operation: Operation) -> EventKind {
    ended(operation, ReportedOutcome::Declined)
}

fn event(command: &Command, kind: EventKind, code: Option<String>, body: &[u8]) -> PaymentEvent {
    PaymentEvent {
        id: EventId::derive(&[&command.reference, "answer", code.as_deref().unwrap_or_default()]).into(),
        kind,
        reference: command.reference.clone(),
        amount: Some(command.amount.clone()),
        fee: None,
        conversion: None,
        transaction_id: None,
        original_transaction_id: command.original_transaction_id.clone(),
        method: None,
        occurred_at: None,
        code,
        reason: None,
        reason_code: None,
        redirect_url: None,
        digest: base16ct::lower::encode_string(&Sha256::digest(body)),
        details: Vec::new(),
    }
}
