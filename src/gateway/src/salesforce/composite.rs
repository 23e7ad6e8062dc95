//! The Composite call: its request body and its response, which has the status 200 even where every subrequest failed.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use tollbridge_connector::types::RecordKey;
use tollbridge_domain::Timestamp;

use super::refusal::{ApiError, is_page};
use super::text::cleaned;
use super::{Refusal, RetryPolicy, Write};
use crate::ports::HttpResponse;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Composite<'a> {
    all_or_none: bool,
    /// Collating would keep the order only between subrequests that refer to each other.
    collate_subrequests: bool,
    composite_request: Vec<Subrequest<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Subrequest<'a> {
    method: &'static str,
    url: String,
    reference_id: String,
    body: BTreeMap<&'a str, Cow<'a, RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompositeResponse {
    composite_response: Vec<Subresponse>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subresponse {
    http_status_code: u16,
    #[serde(default)]
    body: serde_json::Value,
}

/// The request body that writes these records in this order. Every text that goes to Salesforce goes through here, so
/// this is where control characters are replaced, whatever a mapper returned. Without `all_or_none`, Salesforce writes those that it
/// accepts.
pub fn body(api_version: &str, writes: &[Write], all_or_none: bool) -> Result<Vec<u8>, Refusal> {
    let mut composite_request = Vec::with_capacity(writes.len());
    for (index, write) in writes.iter().enumerate() {
        let names: &[&str] = match &write.key {
            RecordKey::Id(id) => &[&write.object, id],
            RecordKey::ExternalId(key) => &[&write.object, &key.field, &key.value],
        };
        // Mappers can be third-party code. The names that they give must not change the rest of the URL.
        let is_valid = |name: &&str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        if !names.iter().all(is_valid) {
            let message = "an object, field or key has a character other than A-Z, a-z, 0-9, _ and -";
            return Err(Refusal::new(RetryPolicy::Review, "mapping_error", message.to_owned()));
        }
        let mut body = BTreeMap::new();
        body.extend(write.fields.iter().map(|(name, value)| (name.as_str(), cleaned(value))));
        composite_request.push(Subrequest {
            method: "PATCH",
            url: format!("/services/data/{api_version}/sobjects/{}", write.key.record_name(&write.object)),
            reference_id: format!("record{index}"),
            body,
        });
    }
    let composite = Composite { all_or_none, collate_subrequests: false, composite_request };
    serde_json::to_vec(&composite)
        .map_err(|error| Refusal::new(RetryPolicy::Review, "mapping_error", error.to_string()))
}

/// The result of each subrequest, in their order.
pub type SubrequestResults = Vec<Result<(), Refusal>>;

/// Whether all of `expected` subrequests succeeded; otherwise the first cause, which may come after the subrequests
/// that it halted. A subrequest without a result counts as failed.
pub fn combined(results: SubrequestResults, expected: usize) -> Result<(), Refusal> {
    let count = results.len();
    let mut halted = None;
    for refusal in results.into_iter().filter_map(Result::err) {
        if !is_consequence(&refusal.code) {
            return Err(refusal);
        }
        halted = halted.or(Some(refusal));
    }
    match halted {
        Some(refusal) => Err(refusal),
        None if count != expected => Err(unreadable()),
        None => Ok(()),
    }
}

/// The results of `expected` records, in their order.
pub fn separate(results: SubrequestResults, expected: usize) -> Result<SubrequestResults, Refusal> {
    if results.len() == expected { Ok(results) } else { Err(unreadable()) }
}

/// The result of each subrequest in the response to a call with these writes, however many it has.
pub fn results(response: &HttpResponse, writes: &[Write], now: Timestamp) -> Result<SubrequestResults, Refusal> {
    if !(200..300).contains(&response.status) {
        let error = first_error(serde_json::from_slice(&response.body).ok());
        return Err(Refusal::of_call(error, response, now));
    }
    let composite = serde_json::from_slice::<CompositeResponse>(&response.body).map_err(|_| {
        if is_page(response) { Refusal::of_call(ApiError::default(), response, now) } else { unreadable() }
    })?;
    let results = composite.composite_response.into_iter().enumerate().map(|(index, subresponse)| {
        let status = subresponse.http_status_code;
        if (200..300).contains(&status) {
            return Ok(());
        }
        // An entry that answers nothing that was sent is not about a record.
        let write = writes.get(index).ok_or_else(unreadable)?;
        Err(Refusal::of_record(write, status, first_error(Some(subresponse.body)), response))
    });
    Ok(results.collect())
}

fn unreadable() -> Refusal {
    let message = "Salesforce answered a Composite call with something else";
    Refusal::new(RetryPolicy::FewRetries, "unreadable_answer", message.to_owned())
}

/// Whether the call's token has expired. Some organisations report that with 403.
pub fn session_has_expired(response: &HttpResponse) -> bool {
    response.status == 401
        || (response.status == 403 && {
            let error = first_error(serde_json::from_slice(&response.body).ok());
            matches!(error.error_code.as_str(), "INVALID_SESSION_ID" | "SESSION_EXPIRED")
        })
}

/// Whether a subrequest failed only because another one in the call did.
fn is_consequence(code: &str) -> bool {
    matches!(code, "PROCESSING_HALTED" | "ALL_OR_NONE_OPERATION_ROLLED_BACK")
}

fn first_error(body: Option<serde_json::Value>) -> ApiError {
    let first = match body {
        Some(serde_json::Value::Array(errors)) => errors.into_iter().next(),
        Some(serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_))
        | Some(serde_json::Value::String(_) | serde_json::Value::Object(_))
        | None => None,
    };
    first.and_then(|error| serde_json::from_value(error).ok()).unwrap_or_default()
}
