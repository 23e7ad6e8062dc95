//! What comes with a request besides its body: the path, query parameters, and the encoding.

use serde_json::json as value;

use super::bodies::refused;
use super::doubles::{Request, World, body, callback, get, json, request, webhook, with_header};

#[test]
fn an_encoded_body_is_refused_with_a_sentence() {
    let world = World::new();
    for coding in ["gzip", "br", "deflate", "zstd", "gzip, identity"] {
        let encoded = with_header(json("/v1/payments", "k", &body()), "content-encoding", coding);
        let response = refused(&world, encoded, 415, "body_encoded", None);
        assert!(response.json["detail"].as_str().unwrap().contains("without Content-Encoding"), "{}", response.text);
        assert_eq!(response.header("accept-encoding"), Some("identity"));
    }
    let plain = with_header(json("/v1/payments", "k", &body()), "content-encoding", "Identity");
    assert_eq!(world.send(plain).status, 201);
}

#[test]
fn no_query_parameter_is_ignored() {
    let world = World::new();
    let reference = world.charge("k");
    for (method, path, field) in [
        ("GET", "/healthz?x=1", "x"),
        ("GET", "/readyz?verbose", "verbose"),
        ("POST", "/v1/payments?site=tr", "site"),
        ("GET", "/v1/journal?afer=3", "afer"),
        ("GET", "/v1/journal?after=1&after=2", "after"),
        ("GET", "/v1/reviews?limit=0", "limit"),
        ("GET", "/v1/reviews?limit=101", "limit"),
        ("GET", "/v1/reviews?a+b=1", "?"),
        ("POST", "/v1/drain?resume=", "resume"),
        ("POST", "/v1/drain?Resume=true", "Resume"),
        ("GET", "/v1/mappings?limit=1", "limit"),
        ("GET", &format!("/v1/payments/{reference}?limit=1"), "limit"),
        ("POST", &format!("/v1/payments/{reference}/refunds?amount=1"), "amount"),
        ("GET", "/v1/payments", "source"),
        ("GET", "/v1/payments?source=Order", "source"),
        ("GET", "/v1/payments?source=Order:801Hs00000abcd", "source"),
        ("GET", "/v1/payments?source=Order:801Hs00000abcdeAAA", "source"),
        ("GET", "/v1/payments?transaction=a%20b", "transaction"),
        ("GET", "/v1/payments?number=", "number"),
        ("GET", "/v1/payments?number=1&invoice=1", "source"),
        ("GET", "/v1/payments?number=1&limit=51", "limit"),
    ] {
        let wrong = Request { method: method.to_owned(), ..json(path, "k9", &value!({})) };
        refused(&world, wrong, 400, "invalid_parameter", Some(field));
    }
    let stranger = request("GET", "/v1/journal?x=1");
    assert_eq!(world.send(stranger).status, 401, "only callers learn the parameters");
    // MaldoPay has the address from somebody who may have put anything into it.
    let sent = webhook(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    assert_eq!(world.send(Request { query: "x=1&x=2".to_owned(), ..sent }).text, "OK");
}

#[test]
fn a_slash_at_the_end_makes_no_other_route_and_no_other_command() {
    let world = World::new();
    let paid = world.send(json("/v1/payments/", "k", &body()));
    assert_eq!(paid.status, 201, "{}", paid.text);
    let again = world.send(json("/v1/payments", "k", &body()));
    assert_eq!((again.header("idempotency-replayed"), &again.text), (Some("true"), &paid.text));
    let reference = paid.json["reference"].as_str().unwrap();
    assert_eq!(world.send(get(&format!("/v1/payments/{reference}/"))).json["status"], "captured");
    assert_eq!(world.send(get("/healthz/")).status, 200);
    assert_eq!(world.send(get("/v1/payments//")).status, 404);
    let sent = webhook(&callback(reference, "DISPUTE", "CONFIRMED", "1", 1));
    assert_eq!(world.send(Request { path: format!("{}/", sent.path), ..sent }).text, "OK");
}
