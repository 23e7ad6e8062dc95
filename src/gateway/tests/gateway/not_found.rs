//! MaldoPay does not know of an operation, yet or at all: its amount stays reserved until that is certain, whoever sent
//! the inquiry.

use std::rc::Rc;

use serde_json::{Value, json as value};

use super::doubles::{
    CallError, Callback, DecodedResponse, HttpResponse, StoreOperation, Trouble, World, body, callback, get, json,
    operation, post, response, unknown_reference,
};

fn no_answer() -> Result<HttpResponse, CallError> {
    Err(CallError::NoResponse("timeout".to_owned()))
}

fn inquiries(world: &World) -> usize {
    world.network.maldopay.requests().iter().filter(|request| request["type"] == "STATUS").count()
}

fn refund(world: &World, reference: &str, key: &str, amount: &str) -> DecodedResponse {
    world.send(operation(reference, "refunds", key, &value!({"amount": amount})))
}

fn retry(world: &World, reference: &str) -> DecodedResponse {
    world.send(json(&format!("/v1/reviews/{reference}/resolve"), "", &value!({"action": "retry"})))
}

fn drain(world: &World) -> Value {
    world.send(post("/v1/drain", "", "")).json
}

/// A payment of 149.90 in review, of which 20.00 were charged back.
fn in_review(world: &World) -> String {
    let reference = world.charge("k");
    let charged_back = Callback {
        original: Some("1".to_owned()),
        amount: "20.00",
        ..callback(&reference, "CHARGEBACK", "CONFIRMED", "C1", 1)
    };
    world.receive(&charged_back);
    reference
}

/// Whether another refund of 100.00 is refused.
fn is_reserved(world: &World, reference: &str, key: &str) -> bool {
    let again = refund(world, reference, key, "100.00");
    assert!(matches!((again.status, again.code()), (201, "") | (422, "amount_exceeds_remaining")), "{}", again.text);
    again.status == 422
}

#[test]
fn a_retry_while_maldopay_works_sends_no_inquiry_and_frees_nothing() {
    let world = World::new();
    let reference = in_review(&world);
    let (inner, of) = (Rc::clone(&world), reference.clone());
    world.network.during("maldopay.example", move || {
        // MaldoPay takes four seconds, during which it would not know of the refund.
        inner.clock.advance_seconds(1);
        inner.network.maldopay.next(unknown_reference());
        retry(&inner, &of);
        let busy = retry(&inner, &of);
        assert_eq!((busy.status, busy.code()), (409, "payment_busy"), "{}", busy.text);
        assert_eq!(busy.header("retry-after"), Some("300"));
        let busy = inner.send(post(&format!("/v1/payments/{of}/status"), "", ""));
        assert_eq!((busy.status, busy.code()), (409, "payment_busy"), "{}", busy.text);
        drain(&inner);
        assert_eq!(inquiries(&inner), 0);
        assert!(is_reserved(&inner, &of, "k3"));
        inner.network.maldopay.respond_as_usual();
        inner.clock.advance_seconds(3);
    });
    let response = refund(&world, &reference, "k2", "100.00");
    assert_eq!((response.status, &response.json["refunded"]), (201, &"100.00".into()));
    assert_eq!(world.provider_calls(), 2);
}

#[test]
fn a_refund_that_is_not_known_yet_stays_reserved_whoever_inquires() {
    let world = World::new();
    let reference = in_review(&world);
    world.network.maldopay.next(no_answer());
    assert_eq!(refund(&world, &reference, "k2", "100.00").status, 202);
    let ask = |seconds: i64, ask: &dyn Fn()| {
        world.clock.advance_seconds(seconds);
        world.network.maldopay.next(unknown_reference());
        let before = inquiries(&world);
        ask();
        world.network.maldopay.respond_as_usual();
        inquiries(&world) - before
    };
    let status = || world.send(post(&format!("/v1/payments/{reference}/status"), "", ""));
    assert_eq!(ask(310, &|| assert_eq!(retry(&world, &reference).json["outcome"], "unknown")), 1);
    assert!(is_reserved(&world, &reference, "k3"));
    assert_eq!(ask(100, &|| assert_eq!(status().status, 202)), 1);
    assert!(is_reserved(&world, &reference, "k4"));
    assert_eq!(ask(190, &|| assert_eq!(drain(&world)["deferred"], 1)), 0, "it is not due");
    assert!(is_reserved(&world, &reference, "k5"));
    assert_eq!(ask(20, &|| assert_eq!(drain(&world)["deferred"], 0)), 1);
    assert_eq!(world.payment(&reference)["outcome"], "known");
    let kinds: Vec<Value> = world.send(get("/v1/journal")).json["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["kind"].clone())
        .filter(|kind| kind == "not_found")
        .collect();
    assert_eq!(kinds.len(), 2, "the second inquiry of the person was too early to count");
    assert!(!is_reserved(&world, &reference, "k6"));

    // The refund was carried out after all.
    let made = callback(&format!("{reference}-4"), "REFUND", "CONFIRMED", "R1", 9);
    world.receive(&Callback { amount: "100.00", original: Some("1".to_owned()), ..made });
    let payment = world.payment(&reference);
    assert_eq!(payment["refunded"], "200.00");
    let reasons: Vec<&str> =
        payment["reviewReasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap()).collect();
    assert!(reasons.contains(&"succeeded_after_failure"), "{reasons:?}");
}

#[test]
fn a_charge_that_is_not_known_yet_holds_its_order() {
    let world = World::new();
    world.network.maldopay.next(no_answer());
    let charge = world.send(json("/v1/payments", "k", &body()));
    let reference = charge.json["reference"].as_str().unwrap();
    for (seconds, status) in [(310, "pending"), (290, "pending"), (15, "failed")] {
        let again = world.send(json("/v1/payments", &format!("before-{seconds}"), &body()));
        assert_eq!((again.status, again.code()), (409, "source_has_payment"));
        world.clock.advance_seconds(seconds);
        world.network.maldopay.next(unknown_reference());
        drain(&world);
        world.network.maldopay.respond_as_usual();
        assert_eq!(world.payment(reference)["status"], status, "after {seconds} s more");
    }
    assert_eq!(inquiries(&world), 2);
    let payment = world.payment(reference);
    assert_eq!((&payment["reasonCode"], &payment["outcome"]), (&"not-found".into(), &"known".into()));
    let record = world.network.salesforce.record("MaldoPay_Payment__c/");
    assert_eq!((&record["Status__c"], &record["Reason_Code__c"]), (&"failed".into(), &"not-found".into()));
    assert_eq!(world.send(json("/v1/payments", "later", &body())).status, 201);
}

#[test]
fn a_refused_status_inquiry_says_nothing_about_the_operation() {
    for refusal in [
        response(401, ""),
        response(403, "<html>"),
        response(200, r#"{"transaction":{"codeId":491,"codeMessage":"brand has no API credentials"}}"#),
    ] {
        let world = World::new();
        world.network.maldopay.next(no_answer());
        let charge = world.send(json("/v1/payments", "k", &body()));
        for _ in 0..4 {
            world.clock.advance_seconds(3600);
            world.network.maldopay.next(Ok(refusal.clone()));
            drain(&world);
        }
        let payment = world.payment(charge.json["reference"].as_str().unwrap());
        assert_eq!((&payment["status"], &payment["outcome"]), (&"pending".into(), &"unknown".into()), "{refusal:?}");
    }
}

#[test]
fn the_repetition_of_a_crashed_command_is_unknown_at_first() {
    let world = World::new();
    let reference = world.charge("k");
    let command = || operation(&reference, "refunds", "k2", &value!({"amount": "100.00"}));
    // The process dies after it called MaldoPay.
    let mut written = 0;
    world.store.plan(move |operation| {
        written += usize::from(matches!(operation, StoreOperation::Set(_)));
        if written >= 2 { Trouble::Refused } else { Trouble::Nothing }
    });
    assert_eq!(world.send(command()).status, 503);
    world.store.recover();
    world.clock.advance_seconds(301);
    world.network.maldopay.next(unknown_reference());
    let response = world.send(command());
    assert_eq!((response.status, &response.json["outcome"]), (202, &"unknown".into()), "{}", response.text);
    assert!(is_reserved(&world, &reference, "k3"));
    world.clock.advance_seconds(301);
    world.network.maldopay.next(unknown_reference());
    drain(&world);
    assert_eq!(world.payment(&reference)["outcome"], "known");
    assert_eq!(world.provider_calls(), 2);
}
