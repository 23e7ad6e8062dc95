//! The target `salesforce`: Salesforce's responses to the sync of a payment. An input is two responses: to the sign-in,
//! and to the Composite call.

use serde_json::Value;

use crate::doubles::{self, HttpResponse, World};
use crate::message::{Message, cannot_be_held, json};

/// How often each response is queued: a sync may try again and sign in again.
const TIMES: usize = 40;

/// Salesforce responds like this; asserts what the gateway concludes.
pub fn salesforce(data: &[u8]) {
    let [token, composite] = Message::read_two(data).map(|message| message.response());
    if [&token, &composite].into_iter().any(cannot_be_held) {
        return;
    }
    let world = World::new();
    let (response, after) = world.respond(doubles::json("/v1/payments", "charged", &doubles::body()));
    assert_eq!(response.status, 201, "{response:?}");
    for _ in 0..TIMES {
        world.network.salesforce.next_sign_in(Ok(token.clone()));
        world.network.salesforce.next(Ok(composite.clone()));
    }
    world.finish(after);

    let payment = world.payment(response.json["reference"].as_str().unwrap());
    let was_told = payment["salesforce"]["version"] != 0;
    let subrequests = world.network.salesforce.composites().last().map(|call| call["compositeRequest"].clone());
    let subrequests = subrequests.and_then(|parts| parts.as_array().map(Vec::len)).unwrap_or(0);
    if was_told {
        assert!(token_of(&token).is_some(), "it was synced without a token");
        assert!(is_written(&composite, subrequests) || is_newer(&composite), "it counts as synced: {payment}");
    } else {
        assert!(payment["salesforce"]["failedAttempts"] != 0, "nothing shows that the sync failed: {payment}");
        shows_code_and_fields(&payment);
    }
    if let Some(token) = token_of(&token) {
        token_is_sealed(&world, &token, &composite);
    }
}

/// The token in the response to a sign-in.
fn token_of(response: &HttpResponse) -> Option<String> {
    let body = json(response);
    let token = body["access_token"].as_str().filter(|token| !token.is_empty())?;
    (response.status == 200).then(|| token.to_owned())
}

/// Whether everything was written: a success, with a success for every subrequest.
fn is_written(response: &HttpResponse, subrequests: usize) -> bool {
    let body = json(response);
    let Some(parts) = body["compositeResponse"].as_array() else { return false };
    let succeeded = |part: &Value| part["httpStatusCode"].as_u64().is_some_and(|status| (200..300).contains(&status));
    (200..300).contains(&response.status) && parts.len() == subrequests && parts.iter().all(succeeded)
}

/// Whether the organisation's validation rule says that it has a newer version.
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

/// Asserts that a person sees a code and the names of fields, and never Salesforce's message.
fn shows_code_and_fields(payment: &Value) {
    let code = payment["salesforce"]["errorCode"].as_str().expect("the failed sync has a code");
    let is_code = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    assert!(code.len() <= 80 && code.bytes().all(is_code), "not a code: {code:?}");
    let message = payment["salesforce"]["errorMessage"].as_str().expect("in words");
    assert!(!message.contains("marker"), "Salesforce's message is repeated: {message:?}");
}

/// Asserts that the token is stored sealed, and not logged.
fn token_is_sealed(world: &World, token: &str, composite: &HttpResponse) {
    let echoed = String::from_utf8_lossy(&composite.body).contains(token);
    if token.len() >= 16 && !echoed {
        assert!(!world.store.text().contains(token), "the token is in the store");
        assert!(!world.lines.0.borrow().join("\n").contains(token), "the token is in the log");
    }
}
