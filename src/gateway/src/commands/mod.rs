//! Commands: requests by Salesforce that MaldoPay carries out once.
//!
//! The body is parsed ([`body`]) and checked against the payment ([`open`], [`operate`]), and the operation's request
//! becomes durable. Then it is sent to MaldoPay once ([`carry_out`]), and the outcome becomes durable with the response
//! to repeat.

mod body;
mod carry_out;
mod command_names;
mod customer;
mod digest;
mod maldopay_pause;
mod open;
mod operate;
mod outcome;
mod service;
mod spelling;
mod status;
mod take_over;

pub use body::{invoice, source};
pub use carry_out::sync_later;
pub use maldopay_pause::{BUSY, busy};
pub use open::{open, read};
pub use operate::operate;
pub use outcome::{InquiryOutcome, InquirySchedule, StatusInquiry, inquire, too_early};
pub use status::status;

use tollbridge_connector::types;
use tollbridge_domain::IdempotencyKey;
use tollbridge_ledger::{KeyState, StoredResponse};

use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::http::reply::Reply;

/// The key of a command.
struct CallerKey {
    key: IdempotencyKey,
    /// The header as it was written, if the key stood in quotes there. Older versions took it for the key.
    with_quotes: Option<IdempotencyKey>,
}

/// The request's idempotency key.
fn idempotency_key(request: &Request) -> Result<CallerKey, Problem> {
    let mut headers = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("idempotency-key"));
    let (_, header) = headers.next().ok_or_else(|| {
        Problem::new(
            400,
            "idempotency_key_missing",
            "send an Idempotency-Key: a value of your own for this command, the same when you repeat it",
        )
    })?;
    let invalid = |detail: &str| Problem::new(400, "idempotency_key_invalid", detail);
    if headers.next().is_some() {
        return Err(invalid("the request has several Idempotency-Key headers: send one"));
    }
    let header = header.trim();
    let quoted = quoted(header);
    let with_quotes = quoted.as_ref().and_then(|_| IdempotencyKey::parse(header).ok());
    let key = IdempotencyKey::parse(quoted.as_deref().unwrap_or(header)).map_err(|_| {
        invalid(
            "an Idempotency-Key has 1 to 255 letters, digits and other printable ASCII characters (! to ~), no spaces",
        )
    })?;
    Ok(CallerKey { key, with_quotes })
}

/// The text in the quotes of a header (a String of RFC 9651), as the IETF's draft of the header has it.
fn quoted(header: &str) -> Option<String> {
    let mut characters = header.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut text = String::new();
    while let Some(character) = characters.next() {
        text.push(match character {
            '"' => return None,
            '\\' => characters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?,
            _ => character,
        });
    }
    Some(text)
}

/// The response where the key is known.
fn respond_known(known: KeyState) -> Result<Reply, Problem> {
    match known {
        KeyState::Replay(stored) => Ok(replayed(stored).into()),
        KeyState::OtherRequest => Err(Problem::new(
            422,
            "idempotency_key_reused",
            "this Idempotency-Key was used for another request: use a new one for a new command",
        )),
        KeyState::Running { milliseconds } => {
            let seconds = u32::try_from(milliseconds.div_euclid(1000)).unwrap_or(1).clamp(1, 5);
            let detail = "a request with this Idempotency-Key is being worked on: repeat it to get its answer";
            Err(Problem::new(409, "in_progress", detail).retriable(seconds))
        }
        KeyState::Abandoned { .. } => {
            let detail = "another repetition of this request is taking it over: repeat it to get its answer";
            Err(Problem::new(409, "in_progress", detail).retriable(1))
        }
    }
}

fn replayed(stored: StoredResponse) -> Response {
    let mut headers = vec![("content-type".to_owned(), stored.content_type)];
    headers.extend(stored.location.map(|location| ("location".to_owned(), location)));
    headers.push(("idempotency-replayed".to_owned(), "true".to_owned()));
    Response { status: stored.status, headers, body: stored.body.into_bytes() }
}

/// A response in the form that is stored to be repeated.
fn stored_response(response: &Response) -> StoredResponse {
    let header = |name: &str| response.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    StoredResponse {
        status: response.status,
        content_type: header("content-type").unwrap_or_default(),
        location: header("location"),
        body: String::from_utf8_lossy(&response.body).into_owned(),
    }
}

/// A provider command with the fields that every operation has.
fn wire_command(
    operation: tollbridge_domain::Operation,
    amount: tollbridge_domain::Money,
    method: &str,
) -> types::Command {
    types::Command {
        operation: operation.into(),
        reference: String::new(),
        amount: amount.into(),
        method: method.to_owned(),
        original_transaction_id: None,
        customer: None,
        description: None,
        invoice: None,
        method_values: Vec::new(),
    }
}
