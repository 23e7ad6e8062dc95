//! The properties of every response of the gateway, and of everything that it stores and logs.

use serde_json::Value;

use crate::doubles::{DecodedResponse, Request, World};
use crate::gateway::{SECRETS, text};

/// Asserts that a refusal is a machine-readable problem, and that no response is an internal error.
pub fn is_well_formed(response: &DecodedResponse) {
    assert!((200..500).contains(&response.status), "{response:?}");
    let correlation_id = response.header("x-correlation-id").expect("every response has a correlation id");
    assert!(!correlation_id.is_empty());
    if response.status < 400 {
        return;
    }
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{response:?}");
    let code = response.code();
    assert!(!code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{response:?}");
    assert_eq!(response.json["status"], response.status);
    assert_eq!(response.json["correlationId"], correlation_id);
    assert!(response.json["title"].is_string() && response.json["detail"].is_string(), "{response:?}");
    let retriable = response.json["retriable"].as_bool().expect("a problem says whether to retry");
    assert_eq!(retriable, response.header("retry-after").is_some(), "{response:?}");
}

/// Asserts that no secret, and no customer data in the request, is in the response, the store or the log.
///
/// What the caller wrote elsewhere in its request, such as in the number of the order, does not count.
pub fn keeps_confidences(world: &World, request: &Request, response: &DecodedResponse) {
    let sent = text(request);
    let body = request.body.clone().unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut personal = Vec::new();
    for field in ["customer", "contact", "account", "description", "methodData"] {
        texts(&body[field], &mut personal);
    }
    personal.retain(|text| text.to_ascii_lowercase().contains("marker"));
    let confidential = personal.into_iter().chain(SECRETS.map(str::to_owned));
    let seen = [response.text.clone(), world.store.text(), world.lines.0.borrow().join("\n")];
    for text in confidential.filter(|text| sent.matches(text.as_str()).count() <= 1) {
        assert!(!seen.iter().any(|seen| seen.contains(&text)), "{text} was repeated, stored or logged: {response:?}");
    }
}

fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, into)),
    }
}
