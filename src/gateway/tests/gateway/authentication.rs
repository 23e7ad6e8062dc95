//! Callers, and what each may do.

use super::doubles::{
    DecodedResponse, KEY_BOTH, KEY_DE, KEY_TR, Request, World, body, callback, get, json, request, sync, webhook,
    with_header,
};

fn with_authorization(value: &str, request: Request) -> Request {
    with_header(request, "authorization", value)
}

fn bearer(key: &str, request: Request) -> Request {
    with_authorization(&format!("Bearer {key}"), request)
}

/// Asserts that the request was refused with this status and code, and that nothing was read, written or sent.
fn refused(response: &DecodedResponse, world: &World, status: u16, code: &str) {
    assert_eq!((response.status, response.code()), (status, code), "{}", response.text);
    assert_eq!(world.store.operations(), 0, "the store was touched");
    assert!(world.network.requests().is_empty(), "something was sent");
}

#[test]
fn a_request_without_a_valid_key_is_refused_on_every_route() {
    for path in [
        "POST /v1/payments",
        "POST /v1/payments/tb1/captures",
        "POST /v1/payments/tb1/refunds",
        "POST /v1/payments/tb1/voids",
        "POST /v1/payments/tb1/sync",
        "POST /v1/drain",
        "GET /v1/payments/tb1",
        "HEAD /v1/payments/tb1",
        "GET /v1/payments/tb1/events",
        "GET /v1/journal",
    ] {
        let (method, path) = path.split_once(' ').unwrap();
        let world = World::new();
        refused(&world.send(request(method, path)), &world, 401, "unauthorized");
        let no_key = String::new();
        for wrong in [
            "Bearer",
            "Bearer ",
            "Bearer  ",
            "bearer-token",
            "Bearer wrong",
            "Bearer marker-caller-key-t",
            "Bearer marker-caller-key-trx",
            "Bearer marker-caller-key-tr, Bearer marker-caller-key-tr",
            &format!("Basic {KEY_TR}"),
            &format!("Token {KEY_TR}"),
            KEY_TR,
            &no_key,
        ] {
            let response = world.send(with_authorization(wrong, request(method, path)));
            refused(&response, &world, 401, "unauthorized");
            assert!(!response.text.contains("marker"), "the key is repeated: {}", response.text);
        }
    }
}

#[test]
fn the_digest_of_a_key_is_not_accepted_as_the_key() {
    let digest =
        "sha256:".to_owned() + &base16ct::lower::encode_string(&<sha2::Sha256 as sha2::Digest>::digest(KEY_TR));
    let world = World::new();
    refused(&world.send(bearer(&digest, get("/v1/journal"))), &world, 401, "unauthorized");
}

#[test]
fn the_scheme_may_be_written_in_any_case() {
    let world = World::new();
    for scheme in ["bearer", "BEARER", "Bearer"] {
        let response = world.send(with_authorization(&format!("{scheme} {KEY_TR}"), request("GET", "/v1/journal")));
        assert_eq!(response.status, 200, "{scheme}");
    }
}

#[test]
fn a_key_acts_for_its_own_site_only() {
    let world = World::new();
    let response = world.send(bearer(KEY_DE, json("/v1/payments", "k", &body())));
    refused(&response, &world, 403, "site_not_allowed");
    assert_eq!(response.json["field"], "site");
    let response = world.send(bearer(KEY_DE, get("/v1/journal?site=tr")));
    refused(&response, &world, 403, "site_not_allowed");
    let nowhere = world.send(bearer(KEY_DE, get("/v1/journal?site=nowhere")));
    refused(&nowhere, &world, 403, "site_not_allowed");
    assert_eq!(response.json["detail"], nowhere.json["detail"], "the response does not reveal whether the site exists");
}

#[test]
fn another_sites_payment_is_not_found() {
    let world = World::new();
    let reference = world.charge("k");
    let calls = (world.provider_calls(), world.salesforce_calls());
    for path in ["", "/events"] {
        let path = format!("/v1/payments/{reference}{path}");
        let response = world.send(bearer(KEY_DE, get(&path)));
        assert_eq!((response.status, response.code()), (404, "payment_not_found"), "{path}");
        assert_eq!(world.send(get(&path)).status, 200, "{path}");
    }
    let refund = json(&format!("/v1/payments/{reference}/refunds"), "k2", &serde_json::json!({}));
    for request in [refund, sync(&reference)] {
        let response = world.send(bearer(KEY_DE, request));
        assert_eq!((response.status, response.code()), (404, "payment_not_found"));
    }
    assert_eq!((world.provider_calls(), world.salesforce_calls()), calls);
}

#[test]
fn a_caller_with_several_sites_must_name_one() {
    let world = World::new();
    let response = world.send(bearer(KEY_BOTH, get("/v1/journal")));
    refused(&response, &world, 400, "site_missing");
    assert_eq!(response.json["field"], "site");
    let response = world.send(bearer(KEY_BOTH, json("/v1/payments", "k", &body())));
    assert_eq!(response.status, 201, "the body names the site");
    let reference = response.json["reference"].as_str().unwrap();
    let path = |site: &str| format!("/v1/payments/{reference}?site={site}");
    assert_eq!(world.send(bearer(KEY_BOTH, get(&path("tr")))).status, 200);
    assert_eq!(world.send(bearer(KEY_BOTH, get(&path("de")))).code(), "payment_not_found");
}

#[test]
fn a_webhook_needs_the_signature_of_its_site_and_no_bearer_key() {
    let delivery = webhook(&callback("tb1", "DEPOSIT", "CONFIRMED", "1", 0));
    let of_site = |site: &str| Request { path: format!("/webhooks/maldopay/{site}"), ..delivery.clone() };
    let world = World::new();
    refused(&world.send(of_site("de")), &world, 401, "signature_mismatch");
    refused(&world.send(of_site("nowhere")), &world, 404, "not_found");
    let mut changed = of_site("tr");
    changed.body = Ok(String::from_utf8(changed.body.unwrap()).unwrap().replace("149.90", "149.91").into_bytes());
    refused(&world.send(changed), &world, 401, "signature_mismatch");
    let unsigned = Request { body: Ok(b"{\"result\":\"CONFIRMED\"}".to_vec()), ..of_site("tr") };
    refused(&world.send(bearer(KEY_TR, unsigned)), &world, 401, "signature_missing");
    assert_eq!(world.send(of_site("tr")).text, "OK");
}

#[test]
fn an_unknown_path_and_a_wrong_method_have_different_problems() {
    let world = World::new();
    for (request, status, code) in [
        (get("/"), 404, "not_found"),
        (get("/v1"), 404, "not_found"),
        (get("/v1/payments/tb1/captures/1"), 404, "not_found"),
        (get("/v1/payments/a%20b"), 404, "payment_not_found"),
        (request("PUT", "/v1/payments"), 405, "method_not_allowed"),
        (request("DELETE", "/v1/payments/tb1"), 405, "method_not_allowed"),
        (get("/v1/payments/tb1/refunds"), 405, "method_not_allowed"),
        (get("/webhooks/maldopay/tr"), 405, "method_not_allowed"),
        (request("POST", "/readyz"), 405, "method_not_allowed"),
    ] {
        refused(&world.send(request), &world, status, code);
    }
}
