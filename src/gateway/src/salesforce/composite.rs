//! The Composite call: its request body and its response, which has the status 200 even where every subrequest failed.

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
    body: BTreeMap<&'a str, &'a RawValue>,
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

/// One entry of Salesforce's error list.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ApiError {
    error_code: String,
    message: String,
    fields: Vec<String>,
}

/// The request body that writes these records in this order. Without `all_or_none`, Salesforce writes those that it
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
            return Err(Refusal {
                retry_policy: RetryPolicy::Review,
                code: "mapping_error".to_owned(),
                message: "an object, field or key has a character other than A-Z, a-z, 0-9, _ and -".to_owned(),
            });
        }
        let mut body = BTreeMap::new();
        body.extend(write.fields.iter().map(|(name, value)| (name.as_str(), value.as_ref())));
        composite_request.push(Subrequest {
            method: "PATCH",
            url: format!("/services/data/{api_version}/sobjects/{}", write.key.record_name(&write.object)),
            reference_id: format!("record{index}"),
            body,
        });
    }
    let composite = Composite { all_or_none, collate_subrequests: false, composite_request };
    serde_json::to_vec(&composite).map_err(|error| Refusal {
        retry_policy: RetryPolicy::Review,
        code: "mapping_error".to_owned(),
        message: error.to_string(),
    })
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

/// The result of each subrequest in the response, however many it has.
pub fn results(response: &HttpResponse) -> Result<SubrequestResults, Refusal> {
    if !(200..300).contains(&response.status) {
        let error = first_error(serde_json::from_slice(&response.body).ok());
        return Err(Refusal::classify(response.status, &error.error_code, &error.message, &error.fields, response));
    }
    let composite = serde_json::from_slice::<CompositeResponse>(&response.body).map_err(|_| unreadable())?;
    let results = composite.composite_response.into_iter().map(|subresponse| {
        let status = subresponse.http_status_code;
        if (200..300).contains(&status) {
            return Ok(());
        }
        let error = first_error(Some(subresponse.body));
        Err(Refusal::classify(status, &error.error_code, &error.message, &error.fields, response))
    });
    Ok(results.collect())
}

fn unreadable() -> Refusal {
    Refusal {
        retry_policy: RetryPolicy::FewRetries,
        code: "unreadable_answer".to_owned(),
        message: "Salesforce answered a Composite call with something else".to_owned(),
    }
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
