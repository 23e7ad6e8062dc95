//! The target `salesforce`: what Salesforce answers when it is told of a payment. An input is two answers: to the
//! sign-in, and to the Composite call.

use serde_json::Value;

use crate::doubles::{self, HttpResponse, World};
use crate::message::{Message, json};

/// How often each answer is given: telling goes round again, and signs in again.
const TIMES: usize = 40;

/// Lets Salesforce answer so, and looks at what the gateway believes.
pub fn salesforce(data: &[u8]) {
    let [token, composite] = Message::read_two(data).map(|message| message.response());
    let world = World::new();
    let (answer, after) = world.answer(doubles::json("/v1/payments", "charged", &doubles::body()));
    assert_eq!(answer.status, 201, "{answer:?}");
    for _ in 0..TIMES {
        world.network.salesforce.next_sign_in(Ok(token.clone()));
        world.network.salesforce.next(Ok(composite.clone()));
    }
    world.finish(after);

    let payment = world.payment(answer.json["reference"].as_str().unwrap());
    let was_told = payment["salesforce"]["version"] != 0;
    let asked = world.network.salesforce.composites().last().map(|call| call["compositeRequest"].clone());
    let asked = asked.and_then(|parts| parts.as_array().map(Vec::len)).unwrap_or(0);
    if was_told {
        assert!(token_of(&token).is_some(), "it was told without a token");
        assert!(is_written(&composite, asked) || is_newer(&composite), "it counts as told: {payment}");
    } else {
        assert!(payment["salesforce"]["failedAttempts"] != 0, "nothing says that it was not told: {payment}");
        is_said_to_a_person(&payment);
    }
    if let Some(token) = token_of(&token) {
        token_is_not_kept(&world, &token, &composite);
    }
}

/// The token that a sign-in grants.
fn token_of(response: &HttpResponse) -> Option<String> {
    let body = json(response);
    let token = body["access_token"].as_str().filter(|token| !token.is_empty())?;
    (response.status == 200).then(|| token.to_owned())
}

/// Whether all that was asked for was done: a success, with a success for every part.
fn is_written(response: &HttpResponse, asked: usize) -> bool {
    let body = json(response);
    let Some(parts) = body["compositeResponse"].as_array() else { return false };
    let succeeded = |part: &Value| part["httpStatusCode"].as_u64().is_some_and(|status| (200..300).contains(&status));
    (200..300).contains(&response.status) && parts.len() == asked && parts.iter().all(succeeded)
}

/// Whether the organisation's rule says that it has a newer state.
fn is_newer(response: &HttpResponse) -> bool {
    let body = json(response);
    let parts = body["compositeResponse"].as_array().cloned().unwrap_or_default();
    let refusals = parts.iter().map(|part| &part["body"]).chain([&body]);
    let mut errors = refusals.filter_map(|refusal| refusal.as_array()?.first());
    errors.any(|error| {
        error["errorCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
            && error["fields"].as_array().is_some_and(|fields| fields.iter().any(|field| field == "Version__c"))
    })
}

/// What a person reads of it is a code and the names of fields, and never Salesforce's own words.
fn is_said_to_a_person(payment: &Value) {
    let code = payment["salesforce"]["errorCode"].as_str().expect("why it was not told");
    let is_code = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    assert!(code.len() <= 80 && code.bytes().all(is_code), "not a code: {code:?}");
    let message = payment["salesforce"]["errorMessage"].as_str().expect("in words");
    assert!(!message.contains("marker"), "Salesforce's words are repeated: {message:?}");
}

/// The token is kept sealed, and not logged.
fn token_is_not_kept(world: &World, token: &str, composite: &HttpResponse) {
    let echoed = String::from_utf8_lossy(&composite.body).contains(token);
    if token.len() >= 16 && !echoed {
        assert!(!world.store.text().contains(token), "the token is in the store");
        assert!(!world.lines.0.borrow().join("\n").contains(token), "the token is in the log");
    }
}
