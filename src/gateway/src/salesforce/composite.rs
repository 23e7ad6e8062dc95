//! The Composite call: its body, and what its answer says. It answers 200 when everything in it failed.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use tollbridge_connector::types::RecordKey;

use super::{Refusal, RetryPolicy, Write};
use crate::ports::HttpResponse;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Composite<'a> {
    all_or_none: bool,
    /// Collating would only keep the order between subrequests that refer to each other.
    collate_subrequests: bool,
    composite_request: Vec<Subrequest<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Subrequest<'a> {
    method: &'static str,
    url: String,
    reference_id: String,
    body: BTreeMap<&'a str, &'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompositeAnswer {
    composite_response: Vec<Subresponse>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subresponse {
    http_status_code: u16,
    #[serde(default)]
    body: serde_json::Value,
}

/// One entry of Salesforce's error list.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ApiError {
    error_code: String,
    message: String,
    fields: Vec<String>,
}

/// The body that writes these records in this order: all or none, or as many as there is nothing against.
pub fn body(api_version: &str, writes: &[Write], all_or_none: bool) -> Result<Vec<u8>, Refusal> {
    let mut composite_request = Vec::with_capacity(writes.len());
    for (index, write) in writes.iter().enumerate() {
        let names = match &write.key {
            RecordKey::Id(id) => vec![write.object.as_str(), id],
            RecordKey::ExternalId(key) => vec![write.object.as_str(), &key.field, &key.value],
        };
        // A mapper may be anybody's: what it names must not lead the URL elsewhere.
        let fits = |name: &&str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        if !names.iter().all(fits) {
            return Err(Refusal {
                retry_policy: RetryPolicy::Person,
                code: "mapping_error".to_owned(),
                message: "an object, field or key has a character other than A-Z, a-z, 0-9, _ and -".to_owned(),
            });
        }
        let mut body = BTreeMap::new();
        body.extend(write.fields.iter().map(|(name, value)| (name.as_str(), value.as_ref())));
        composite_request.push(Subrequest {
            method: "PATCH",
            url: format!("/services/data/{api_version}/sobjects/{}", names.join("/")),
            reference_id: format!("record{index}"),
            body,
        });
    }
    let composite = Composite { all_or_none, collate_subrequests: false, composite_request };
    serde_json::to_vec(&composite).map_err(|error| Refusal {
        retry_policy: RetryPolicy::Person,
        code: "mapping_error".to_owned(),
        message: error.to_string(),
    })
}

/// What became of the subrequests, in their order.
pub type Parts = Vec<Result<(), Refusal>>;

/// Whether all of so many subrequests were carried out; otherwise the first cause, which may stand after the subrequests
/// that it halted. A subrequest that the answer says nothing of was not carried out, as far as anybody knows.
pub fn outcome(parts: Parts, asked: usize) -> Result<(), Refusal> {
    let answered = parts.len();
    let mut halted = None;
    for refusal in parts.into_iter().filter_map(Result::err) {
        if !is_sibling(&refusal.code) {
            return Err(refusal);
        }
        halted = halted.or(Some(refusal));
    }
    match halted {
        Some(refusal) => Err(refusal),
        None if answered != asked => Err(unreadable()),
        None => Ok(()),
    }
}

/// What became of each of so many records, in their order.
pub fn outcomes(parts: Parts, asked: usize) -> Result<Parts, Refusal> {
    if parts.len() == asked { Ok(parts) } else { Err(unreadable()) }
}

/// What the answer says of each subrequest, however many it speaks of.
pub fn parts(response: &HttpResponse) -> Result<Parts, Refusal> {
    if !(200..300).contains(&response.status) {
        let error = first_error(serde_json::from_slice(&response.body).ok());
        return Err(Refusal::classify(response.status, &error.error_code, &error.message, &error.fields, response));
    }
    let answer = serde_json::from_slice::<CompositeAnswer>(&response.body).map_err(|_| unreadable())?;
    let parts = answer.composite_response.into_iter().map(|part| {
        let status = part.http_status_code;
        if (200..300).contains(&status) {
            return Ok(());
        }
        let error = first_error(Some(part.body));
        Err(Refusal::classify(status, &error.error_code, &error.message, &error.fields, response))
    });
    Ok(parts.collect())
}

fn unreadable() -> Refusal {
    Refusal {
        retry_policy: RetryPolicy::FewTries,
        code: "unreadable_answer".to_owned(),
        message: "Salesforce answered a Composite call with something else".to_owned(),
    }
}

/// Whether the token that the call was made with has ended. Some organisations say so under 403.
pub fn session_is_over(response: &HttpResponse) -> bool {
    response.status == 401
        || (response.status == 403 && {
            let error = first_error(serde_json::from_slice(&response.body).ok());
            matches!(error.error_code.as_str(), "INVALID_SESSION_ID" | "SESSION_EXPIRED")
        })
}

fn is_sibling(code: &str) -> bool {
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
