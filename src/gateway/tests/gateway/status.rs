//! `POST /v1/payments/{ref}/status`: a person sends a status inquiry at once.

use serde_json::{Value, json as value};

use super::doubles::{
    CallError, DecodedResponse, KEY_DE, World, body, callback, get, json, operation, post, response, unknown_reference,
    with_header,
};

fn status(world: &World, reference: &str) -> DecodedResponse {
    world.send(post(&format!("/v1/payments/{reference}/status"), "", ""))
}

/// A payment whose payer was redirected five minutes ago.
fn pending(world: &World) -> String {
    world.network.maldopay.next_code(313);
    let response = world.send(json("/v1/payments", "k", &body()));
    assert_eq!((response.status, &response.json["status"]), (201, &"pending".into()));
    world.clock.advance_seconds(301);
    response.json["reference"].as_str().unwrap().to_owned()
}

#[test]
fn a_payment_whose_callback_was_lost_is_found_captured_and_synced() {
    let world = World::new();
    let reference = pending(&world);
    let response = status(&world, &reference);
    assert_eq!((response.status, &response.json["status"]), (200, &"captured".into()), "{}", response.text);
    assert_eq!(response.json["captured"], "149.90");
    assert_eq!(world.network.salesforce.record("Order/")["MaldoPay_Status__c"], "captured");
    let asked = world.network.maldopay.requests();
    let (last, reference_asked) = (&asked[1]["type"], &asked[1]["referenceOrderId"]);
    assert_eq!((last, reference_asked), (&"STATUS".into(), &reference.as_str().into()));
    let again = status(&world, &reference);
    assert_eq!((again.status, again.code()), (409, "nothing_to_ask"));
    assert_eq!(world.network.maldopay.requests().len(), 2);
}

#[test]
fn a_payment_that_is_still_pending_does_not_change() {
    let world = World::new();
    let reference = pending(&world);
    let before = world.payment(&reference);
    world.network.maldopay.next(Ok(response(200, r#"{"transaction":{"codeId":313,"transactionId":1}}"#)));
    let response = status(&world, &reference);
    assert_eq!((response.status, &response.json), (200, &before));
}

#[test]
fn an_inquiry_that_times_out_is_a_202_and_changes_nothing() {
    let world = World::new();
    let reference = pending(&world);
    let before = world.payment(&reference);
    world.network.maldopay.next(Err(CallError::NoResponse("timeout".to_owned())));
    let response = status(&world, &reference);
    assert_eq!((response.status, &response.json["outcome"]), (202, &"unknown".into()), "{}", response.text);
    assert_eq!(world.payment(&reference), before);
}

#[test]
fn an_acknowledged_operation_does_not_fail_because_it_is_not_found() {
    let world = World::new();
    let reference = pending(&world);
    for _ in 0..5 {
        world.clock.advance_seconds(600);
        world.network.maldopay.next(unknown_reference());
        assert_eq!(status(&world, &reference).status, 200);
    }
    assert_eq!(world.payment(&reference)["status"], "pending");
    let events = world.send(get(&format!("/v1/payments/{reference}/events"))).json;
    let facts: Vec<Value> = events["events"].as_array().unwrap().iter().map(|entry| entry["fact"].clone()).collect();
    assert_eq!(facts, ["requested", "event", "not_found"], "it is stored once");
    let again = world.send(json("/v1/payments", "k2", &body()));
    assert_eq!((again.status, again.code()), (409, "source_has_payment"));
}

#[test]
fn inquiries_by_a_person_do_not_use_up_the_schedule() {
    let world = World::new();
    let timeout = || Err(CallError::NoResponse("timeout".to_owned()));
    world.network.maldopay.next(timeout());
    let charge = world.send(json("/v1/payments", "k", &body()));
    let reference = charge.json["reference"].as_str().unwrap();
    world.clock.advance_seconds(301);
    for _ in 0..20 {
        world.network.maldopay.next(timeout());
        assert_eq!(status(&world, reference).status, 202);
    }
    let payment = world.payment(reference);
    assert_eq!((&payment["reviewRequired"], &payment["outcome"]), (&false.into(), &"unknown".into()));
    world.clock.advance_seconds(301);
    world.send(post("/v1/drain", "", ""));
    assert_eq!(world.payment(reference)["status"], "captured");
}

#[test]
fn a_pending_refund_is_inquired_about_under_its_own_reference() {
    let world = World::new();
    let reference = world.charge("k");
    world.network.maldopay.next_code(300);
    let refund = world.send(operation(&reference, "refunds", "k2", &value!({})));
    assert_eq!((refund.status, &refund.json["refunded"]), (201, &"0.00".into()));
    world.clock.advance_seconds(301);
    assert_eq!(status(&world, &reference).json["status"], "refunded");
    let asked = world.network.maldopay.requests();
    assert_eq!(asked[2]["referenceOrderId"], format!("{reference}-3"));
}

#[test]
fn only_the_sites_own_payments_can_be_inquired_about() {
    let world = World::new();
    let reference = pending(&world);
    let path = format!("/v1/payments/{reference}/status");
    let as_de = with_header(post(&path, "", ""), "authorization", &format!("Bearer {KEY_DE}"));
    assert_eq!(world.send(as_de).code(), "payment_not_found");
    assert_eq!(status(&world, "tb-nowhere").code(), "payment_not_found");
    assert_eq!(world.send(get(&path)).status, 405);
    let nobody = with_header(post(&path, "", ""), "authorization", "Bearer nobody");
    assert_eq!(world.send(nobody).status, 401);
    assert_eq!(world.network.maldopay.requests().len(), 1);
    world.receive(&callback(&reference, "DEPOSIT", "CONFIRMED", "1", 1));
    assert_eq!(status(&world, &reference).code(), "nothing_to_ask");
}
