//! MaldoPay as a merchant sees it, over HTTP.

mod callbacks;
mod pages;
mod repeated_ids;
mod requests;
mod reversals;
mod scenarios;

use serde_json::{Value, json};

use super::MaldoPaySandbox;
use crate::signature::hmac_hex;
use crate::testing::{KEY, TestResponse, send};

const ACCEPT: (&str, &str) = ("accept", "application/json; version=2.1");

/// Sends a request's `json` unchanged, signed with this key.
async fn post(maldopay: &MaldoPaySandbox, json: &str, key: &str) -> Option<TestResponse> {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("json", json)
        .append_pair("apiKey", "api-key")
        .append_pair("checksum", &hmac_hex(key.as_bytes(), json.as_bytes()))
        .finish();
    let url = format!("{}transactions/", maldopay.url());
    send("POST", &url, &[ACCEPT, ("content-type", "application/x-www-form-urlencoded")], body).await
}

/// A customer with every field that a method may need.
fn user() -> Value {
    json!({ "playerId": "c-1", "firstName": "Ada", "lastName": "Y.", "emailAddress": "ada@example.com" })
}

/// Sends the content of `transaction.request`.
async fn ask(maldopay: &MaldoPaySandbox, request: Value) -> Option<TestResponse> {
    ask_for(maldopay, request, user()).await
}

/// Sends the request with this `user`.
async fn ask_for(maldopay: &MaldoPaySandbox, request: Value, user: Value) -> Option<TestResponse> {
    let json = json!({ "transaction": { "clientId": 81_433, "request": request, "user": user } }).to_string();
    post(maldopay, &json, KEY).await
}

fn start(kind: &str, service: u64, amount: &str, reference: &str) -> Value {
    json!({
        "type": kind, "serviceId": service, "currencyCode": "TRY", "amount": amount, "referenceOrderId": reference,
    })
}

fn follow(kind: &str, original: u64, amount: &str, reference: &str) -> Value {
    json!({
        "type": kind, "originalTransactionId": original, "currencyCode": "TRY", "amount": amount,
        "referenceOrderId": reference,
    })
}

fn status_of(reference: &str) -> Value {
    json!({ "type": "STATUS", "referenceOrderId": reference })
}

/// The response's code, whether it came as a number or as a string.
fn code(reply: &Option<TestResponse>) -> u64 {
    number(reply, "/transaction/codeId")
}

fn id(reply: &Option<TestResponse>) -> u64 {
    number(reply, "/transaction/transactionId")
}

fn number(reply: &Option<TestResponse>, pointer: &str) -> u64 {
    let json = reply.as_ref().expect("an answer").json();
    match json.pointer(pointer) {
        Some(Value::String(text)) => text.parse().unwrap(),
        Some(value) => value.as_u64().unwrap(),
        None => panic!("no {pointer} in {json}"),
    }
}
