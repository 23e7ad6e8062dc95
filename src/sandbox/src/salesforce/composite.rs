//! Composite requests: several requests in one, all carried out or none.

use std::collections::HashMap;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::errors::{RestError, RestResponse};
use super::paths::DataPath;
use super::sobjects::{RecordAccess, RecordRequest};

const MOST_SUBREQUESTS: usize = 25;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Composite {
    #[serde(default)]
    all_or_none: bool,
    #[serde(default = "collated_by_default")]
    collate_subrequests: bool,
    composite_request: Vec<Subrequest>,
}

fn collated_by_default() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subrequest {
    method: String,
    url: String,
    reference_id: String,
    body: Option<Value>,
}

/// Answers a composite. `planted` is an error that its last subrequest returns.
pub(crate) fn response(
    records: &mut RecordAccess<'_>,
    body: Option<&Value>,
    planted: Option<RestError>,
) -> Result<RestResponse, RestError> {
    let composite = read(body)?;
    let mark = records.books.mark();
    let mut responses: HashMap<&str, RestResponse> = HashMap::new();
    let last = composite.composite_request.last().map(|last| last.reference_id.as_str());
    for subrequest in in_order(&composite) {
        let reference = subrequest.reference_id.as_str();
        let error = planted.clone().filter(|_| last == Some(reference));
        let response = match error {
            Some(error) => Err(error),
            None => carry_out(records, subrequest, &responses),
        };
        responses.insert(reference, response.unwrap_or_else(RestResponse::from));
    }
    let failed = responses.values().any(is_error);
    if composite.all_or_none && failed {
        records.books.roll_back(mark);
        for response in responses.values_mut().filter(|response| !is_error(response)) {
            *response =
                halted("The transaction was rolled back since another operation in the same transaction failed.")
                    .into();
        }
    }
    let entries: Vec<Value> = composite
        .composite_request
        .iter()
        .filter_map(|subrequest| {
            let reference = subrequest.reference_id.as_str();
            responses.get(reference).map(|response| entry(reference, response))
        })
        .collect();
    Ok(RestResponse::new(StatusCode::OK, json!({ "compositeResponse": entries })))
}

fn read(body: Option<&Value>) -> Result<Composite, RestError> {
    let body = body.cloned().unwrap_or_default();
    let composite: Composite =
        serde_json::from_value(body).map_err(|error| RestError::bad_request("JSON_PARSER_ERROR", error.to_string()))?;
    let subrequests = &composite.composite_request;
    if subrequests.len() > MOST_SUBREQUESTS {
        return Err(RestError::bad_request(
            "LIMIT_EXCEEDED",
            format!("Limit exceeded: no more than {MOST_SUBREQUESTS} operations in one composite"),
        ));
    }
    let mut seen = Vec::new();
    for subrequest in subrequests {
        let reference = &subrequest.reference_id;
        let well_formed =
            !reference.is_empty() && reference.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !well_formed || seen.contains(&reference) {
            return Err(RestError::bad_request(
                "INVALID_INPUT",
                format!("The referenceId '{reference}' is malformed or used twice"),
            ));
        }
        seen.push(reference);
    }
    Ok(composite)
}

/// The order in which the subrequests are carried out. With collation, Salesforce guarantees an order only between
/// subrequests that refer to each other. The sandbox sorts the rest by the object's name, so that a caller that relies
/// on more notices.
fn in_order(composite: &Composite) -> Vec<&Subrequest> {
    let mut waiting: Vec<&Subrequest> = composite.composite_request.iter().collect();
    if !composite.collate_subrequests {
        return waiting;
    }
    waiting.sort_by_key(|subrequest| object_of(&subrequest.url));
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|candidate| !waiting.iter().any(|other| refers(candidate, other)));
        // Two subrequests that refer to each other cannot be resolved; they fail in any order.
        ordered.push(waiting.remove(ready.unwrap_or_default()));
    }
    ordered
}

fn object_of(url: &str) -> String {
    DataPath::parse(url).and_then(|path| path.rest.get(1).cloned()).unwrap_or_default()
}

fn refers(one: &Subrequest, other: &Subrequest) -> bool {
    let mark = format!("@{{{}.", other.reference_id);
    let body = one.body.as_ref().map(Value::to_string).unwrap_or_default();
    one.url.contains(&mark) || body.contains(&mark)
}

fn carry_out(
    records: &mut RecordAccess<'_>,
    subrequest: &Subrequest,
    responses: &HashMap<&str, RestResponse>,
) -> Result<RestResponse, RestError> {
    let url = substituted(&subrequest.url, responses)?;
    let body = match &subrequest.body {
        Some(body) => Some(substituted_in(body, responses)?),
        None => None,
    };
    let path = DataPath::parse(&url).ok_or_else(RestError::no_resource)?;
    let Some(("sobjects", rest)) = path.split_first() else {
        return Err(RestError::no_resource());
    };
    let method = Method::from_bytes(subrequest.method.as_bytes())
        .map_err(|error| RestError::bad_request("INVALID_INPUT", error.to_string()))?;
    records.carry_out(&RecordRequest { method: &method, version: &path.version, path: rest, body: body.as_ref() })
}

/// The value with every `@{reference.field}` in its strings replaced.
fn substituted_in(value: &Value, responses: &HashMap<&str, RestResponse>) -> Result<Value, RestError> {
    match value {
        Value::String(text) => Ok(Value::from(substituted(text, responses)?)),
        Value::Array(items) => items.iter().map(|item| substituted_in(item, responses)).collect(),
        Value::Object(fields) => {
            let mut replaced = Map::new();
            for (name, value) in fields {
                replaced.insert(name.clone(), substituted_in(value, responses)?);
            }
            Ok(Value::Object(replaced))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
    }
}

fn substituted(text: &str, responses: &HashMap<&str, RestResponse>) -> Result<String, RestError> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("@{") {
        let Some((expression, after)) = after.split_once('}') else {
            break;
        };
        result.push_str(before);
        result.push_str(&referred(expression, responses)?);
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

fn referred(expression: &str, responses: &HashMap<&str, RestResponse>) -> Result<String, RestError> {
    let found = expression.split_once('.').and_then(|(reference, field)| {
        let response = responses.get(reference).filter(|response| !is_error(response))?;
        response.body.as_ref()?.get(field)
    });
    match found {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => {
            Err(halted(&format!("Invalid reference specified. No value for {expression} found.")))
        }
    }
}

fn halted(message: &str) -> RestError {
    RestError::bad_request("PROCESSING_HALTED", message)
}

fn is_error(response: &RestResponse) -> bool {
    !response.status.is_success()
}

fn entry(reference: &str, response: &RestResponse) -> Value {
    let headers = match &response.location {
        Some(location) => json!({ "Location": location }),
        None => json!({}),
    };
    json!({
        "body": response.body,
        "httpHeaders": headers,
        "httpStatusCode": response.status.as_u16(),
        "referenceId": reference,
    })
}
