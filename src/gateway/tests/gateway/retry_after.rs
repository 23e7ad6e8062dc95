//! `Retry-After` of Salesforce and of MaldoPay is honoured and kept, up to two hours.

use serde_json::Value;

use super::doubles::{
    CallError, HttpResponse, World, callback, get, json, operation, order_body, post, refused, response,
};

fn charge(world: &World, number: usize) -> String {
    let body = order_body(&format!("801Hs00000abc{number:02}"));
    let response = world.send(json("/v1/payments", &format!("k{number}"), &body));
    response.json["reference"].as_str().unwrap().to_owned()
}

fn drain(world: &World) -> Value {
    let response = world.send(post("/v1/drain", "", ""));
    assert_eq!(response.status, 200, "{}", response.text);
    response.json
}

fn busy(status: u16, retry_after: &str) -> HttpResponse {
    let mut response = response(status, &refused("SERVER_UNAVAILABLE", "", &[]).to_string());
    response.headers.push(("retry-after".to_owned(), retry_after.to_owned()));
    response
}

#[test]
fn salesforce_is_left_alone_for_as_long_as_it_says() {
    for (status, text, seconds) in [
        (503, "1800", 1800),
        (429, "Fri, 20 Nov 2026 10:30:00 GMT", 1800),
        (503, "600000", 7200),
        (500, "Sat, 20 Nov 2027 10:30:00 GMT", 7200),
    ] {
        let world = World::new();
        world.network.salesforce.next(Ok(busy(status, text)));
        let first = charge(&world, 1);
        let second = charge(&world, 2);
        assert_eq!(world.salesforce_calls(), 1, "{text}");
        assert_eq!(world.payment(&first)["reviewRequired"], false, "waiting is nothing for a person");
        let shown = world.send(get("/readyz")).json["sites"][1]["paused"].clone();
        assert_eq!(shown["code"], "SERVER_UNAVAILABLE", "{shown}");
        world.clock.advance_seconds(seconds - 60);
        drain(&world);
        assert_eq!(world.salesforce_calls(), 1, "{text}: it is not over, and every drain knows it");
        world.clock.advance_seconds(180);
        drain(&world);
        for reference in [first, second] {
            assert_eq!(world.payment(&reference)["salesforce"]["version"], 2, "{text}");
        }
        assert!(drain(&world)["paused"].is_null(), "{text}");
    }
}

#[test]
fn a_retry_after_that_says_nothing_pauses_nothing() {
    for text in ["", "0", "soon", "Fri, 20 Nov 2026 09:00:00 GMT"] {
        let world = World::new();
        world.network.salesforce.next(Ok(busy(503, text)));
        charge(&world, 1);
        charge(&world, 2);
        assert_eq!(world.salesforce_calls(), 2, "{text:?}");
    }
}

#[test]
fn a_sign_in_may_ask_for_it_too() {
    let world = World::new();
    world.network.salesforce.next_sign_in(Ok(busy(503, "1800")));
    charge(&world, 1);
    charge(&world, 2);
    assert_eq!((world.network.salesforce.sign_ins().len(), world.salesforce_calls()), (1, 0));
}

fn inquiries(world: &World) -> usize {
    world.network.maldopay.requests().iter().filter(|request| request["type"] == "STATUS").count()
}

#[test]
fn maldopay_gets_no_status_inquiry_before_its_time() {
    let world = World::new();
    world.network.maldopay.next(Ok(busy(429, "3600")));
    let first = charge(&world, 1);
    world.network.maldopay.next(Err(CallError::NoResponse("timeout".to_owned())));
    let second = charge(&world, 2);
    world.network.maldopay.next(Ok(response(200, r#"{"transaction":{"codeId":313,"transactionId":7}}"#)));
    let pending = charge(&world, 3);
    drain(&world);
    for _ in 0..5 {
        world.clock.advance_seconds(660);
        drain(&world);
    }
    assert_eq!(inquiries(&world), 0, "55 minutes of an hour");
    let response = world.send(post(&format!("/v1/payments/{first}/status"), "", ""));
    assert_eq!((response.status, response.code()), (503, "maldopay_busy"), "{}", response.text);
    let seconds: i64 = response.header("retry-after").unwrap().parse().unwrap();
    assert!((240..=301).contains(&seconds), "{seconds}");
    assert_eq!(inquiries(&world), 0);

    world.clock.advance_seconds(301);
    drain(&world);
    world.clock.advance_seconds(301);
    drain(&world);
    assert!(inquiries(&world) >= 3, "{}", inquiries(&world));
    for reference in [first, second, pending] {
        assert_eq!(world.payment(&reference)["status"], "captured", "{reference}");
    }
}

#[test]
fn callbacks_and_commands_go_on_while_maldopay_asks_to_be_left_alone() {
    let world = World::new();
    let reference = charge(&world, 1);
    world.network.maldopay.next(Ok(busy(503, "3600")));
    charge(&world, 2);
    world.receive(&callback(&reference, "SETTLEMENT", "CONFIRMED", "S1", 5));
    let refund = operation(&reference, "refunds", "r", &serde_json::json!({"amount": "10.00"}));
    assert_eq!(world.send(refund).status, 201);
}
