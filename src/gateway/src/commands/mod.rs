//! Commands: what Salesforce asks for, made at MaldoPay once.
//!
//! A command passes one way: its body is read ([`body`]), its bounds are checked ([`open`], [`operate`]), its intent is
//! made durable, MaldoPay is asked once ([`carry_out`]), and the outcome is made durable with the answer to repeat.

mod body;
mod carry_out;
mod customer;
mod fields;
mod open;
mod operate;
mod outcome;
mod service;
mod spelling;
mod status;
mod take_over;

pub use body::{invoice, source};
pub use carry_out::tell;
pub use fields::{Fields, invalid};
pub use open::{open, read};
pub use operate::operate;
pub use outcome::{Heard, Question, Scheduled, ask, too_early};
pub use status::status;

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use tollbridge_connector::types;
use tollbridge_domain::IdempotencyKey;
use tollbridge_ledger::{Answer, Known, Ledger};

use crate::answer::{Answered, BodyFault, Request, Response};
use crate::config::Site;
use crate::ports::Ports;
use crate::problem::Problem;
use crate::tracing::Trace;
use spelling::Spelling;

/// What a command runs with.
pub struct Context<'a> {
    pub ports: Ports<'a>,
    pub site: &'a Site,
    pub ledger: &'a Ledger<'a>,
    pub trace: &'a Trace,
}

/// The request's idempotency key.
fn idempotency_key(request: &Request) -> Result<IdempotencyKey, Problem> {
    let header = request.header("idempotency-key").ok_or_else(|| {
        Problem::new(
            400,
            "idempotency_key_missing",
            "send an Idempotency-Key: a value of your own for this command, the same when you repeat it",
        )
    })?;
    IdempotencyKey::parse(header)
        .map_err(|error| Problem::new(400, "idempotency_key_invalid", format!("the Idempotency-Key is {error}")))
}

/// A command's body: JSON that can be held and has nothing like a card number in it.
pub struct Body {
    /// As it came.
    text: String,
    /// As values; a number too long for a float is only exact in the text.
    pub value: Value,
}

impl Body {
    /// The request's body.
    ///
    /// # Errors
    /// It is too long, no JSON object, or refused where it holds what looks like a card number.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let bytes = request.body.as_ref().map_err(|fault| body_problem(*fault))?;
        let text =
            core::str::from_utf8(bytes).map_err(|_| Problem::new(400, "malformed_json", "the body is not UTF-8"))?;
        // Field by field, so that what JSON allows and nobody can hold is said of the field that has it.
        let mut object = Map::new();
        for (name, raw) in top_level(text)? {
            let value = serde_json::from_str(raw.get()).map_err(|_| fields::unreadable(&name))?;
            object.insert(name, value);
        }
        let value = Value::Object(object);
        if let Some(field) = crate::cards::find(&value) {
            let detail = "this looks like a payment card number, which Tollbridge must not carry: leave it out";
            return Err(Problem::field("card_number_refused", field, detail));
        }
        Ok(Self { text: text.to_owned(), value })
    }

    /// As [`Body::of`], where no body at all is an empty object.
    pub fn of_optional(request: &Request) -> Result<Self, Problem> {
        match &request.body {
            Ok(body) if body.is_empty() => Ok(Self { text: "{}".to_owned(), value: Value::Object(Map::new()) }),
            Ok(_) | Err(_) => Self::of(request),
        }
    }

    /// SHA-256 of the command: its idempotency key, its path and its JSON, whatever the order of fields and the white space.
    /// Two refunds of one amount are two commands, told apart by their keys. Numbers count as they were written: as floats, two different amounts could be one.
    /// Of the records that are handed over only those fields count that the site reads: the others are not part of the
    /// command, and some of them, such as the time of the last change, differ when it is repeated.
    fn digest(&self, request: &Request, key: &IdempotencyKey, site: &Site, spelling: Spelling) -> String {
        let mut hasher = Sha256::new();
        hasher.update(key.as_str().as_bytes());
        hasher.update([0]);
        hasher.update(request.path.as_bytes());
        hasher.update([0]);
        canonical(&self.text, "", site, spelling, &mut hasher);
        base16ct::lower::encode_string(&hasher.finalize())
    }
}

/// Hashes the JSON at this place with its fields in order and without white space. It was read before, so it is not nested
/// too deep.
fn canonical(json: &str, place: &str, site: &Site, spelling: Spelling, hasher: &mut Sha256) {
    let json = json.trim();
    if let Ok(fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json) {
        hasher.update(b"{");
        for (name, value) in fields {
            let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
            let of_a_record = ["contact.", "account."].iter().any(|record| place.starts_with(record));
            if of_a_record && !site.reads(&place) {
                continue;
            }
            hasher.update(Value::from(name).to_string().as_bytes());
            hasher.update(b":");
            canonical(value.get(), &place, site, spelling, hasher);
            hasher.update(b",");
        }
        hasher.update(b"}");
    } else if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) {
        hasher.update(b"[");
        for item in items {
            canonical(item.get(), place, site, spelling, hasher);
            hasher.update(b",");
        }
        hasher.update(b"]");
    } else if let Ok(text) = serde_json::from_str::<String>(json) {
        hasher.update(Value::from(spelling.of(place, text)).to_string().as_bytes());
    } else {
        hasher.update(json.as_bytes());
    }
}

fn top_level(text: &str) -> Result<BTreeMap<String, &RawValue>, Problem> {
    serde_json::from_str(text).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        Problem::new(400, "malformed_json", format!("the body is not a JSON object: see {place}"))
    })
}

/// The problem of a body that cannot be taken.
pub fn body_problem(fault: BodyFault) -> Problem {
    match fault {
        BodyFault::TooLong => {
            let kibibytes = crate::LONGEST_BODY / 1024;
            Problem::new(413, "body_too_large", format!("the body is longer than {kibibytes} KiB"))
        }
        BodyFault::BrokenOff => {
            Problem::new(400, "body_incomplete", "the body broke off: send the request again").retriable(1)
        }
    }
}

/// The answer where the key is known already.
fn answer_known(known: Known) -> Result<Answered, Problem> {
    match known {
        Known::Replay(answer) => Ok(replayed(answer).into()),
        Known::OtherRequest => Err(Problem::new(
            422,
            "idempotency_key_reused",
            "this Idempotency-Key was used for another request: use a new one for a new command",
        )),
        Known::Running { milliseconds } => {
            let seconds = u32::try_from(milliseconds.div_euclid(1000)).unwrap_or(1).clamp(1, 5);
            let detail = "a request with this Idempotency-Key is being worked on: repeat it to get its answer";
            Err(Problem::new(409, "in_progress", detail).retriable(seconds))
        }
        Known::Abandoned { .. } => {
            let detail = "another repetition of this request is taking it over: repeat it to get its answer";
            Err(Problem::new(409, "in_progress", detail).retriable(1))
        }
    }
}

fn replayed(answer: Answer) -> Response {
    let mut headers = vec![("content-type".to_owned(), answer.content_type)];
    headers.extend(answer.location.map(|location| ("location".to_owned(), location)));
    headers.push(("idempotency-replayed".to_owned(), "true".to_owned()));
    Response { status: answer.status, headers, body: answer.body.into_bytes() }
}

/// An answer in the form that is kept.
fn kept(response: &Response) -> Answer {
    let header = |name: &str| response.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    Answer {
        status: response.status,
        content_type: header("content-type").unwrap_or_default(),
        location: header("location"),
        body: String::from_utf8_lossy(&response.body).into_owned(),
    }
}

/// What MaldoPay is asked, without what only some operations have.
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
