//! A person accepts only reasons that they named or that were shown to them. Reasons that arose since, or were not
//! named, stay open.

use std::rc::Rc;

use serde_json::{Value, json as value};

use super::doubles::{
    Callback, DecodedResponse, StoreOperation, Trouble, World, callback, composite, get, json, post, refused, response,
};
use super::durability::salesforce_is_right;

fn accept(world: &World, reference: &str, what: &Value) -> DecodedResponse {
    let mut body = value!({"action": "accept", "note": "agreed"});
    body.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    world.send(json(&format!("/v1/reviews/{reference}/resolve"), "", &body))
}

fn charge_back(reference: &str, transaction: &str, second: u32) -> Callback {
    Callback {
        original: Some("1".to_owned()),
        amount: "20.00",
        ..callback(reference, "CHARGEBACK", "CONFIRMED", transaction, second)
    }
}

/// The next Composite call finds no Order.
fn the_order_is_missing(world: &World) {
    let no_order = (404, refused("NOT_FOUND", "no such order", &[]));
    let halted = (400, refused("PROCESSING_HALTED", "", &[]));
    world.network.salesforce.next(Ok(composite(&[halted.clone(), halted, no_order])));
}

/// A payment that was charged back and whose Order Salesforce does not find.
fn in_review_for_both(world: &World) -> String {
    the_order_is_missing(world);
    let reference = world.charge("k");
    the_order_is_missing(world);
    world.receive(&charge_back(&reference, "C1", 1));
    assert_eq!(world.payment(&reference)["reviewReasons"], value!(["charged_back", "salesforce:NOT_FOUND"]));
    reference
}

fn listed(world: &World) -> Value {
    world.send(get("/v1/reviews")).json["reviews"].clone()
}

fn facts(world: &World, reference: &str) -> usize {
    world.send(get(&format!("/v1/payments/{reference}/events"))).json["events"].as_array().unwrap().len()
}

#[test]
fn accepting_a_named_reason_leaves_salesforces_refusal_open_and_the_order_is_synced_later() {
    let world = World::new();
    let reference = in_review_for_both(&world);
    the_order_is_missing(&world);
    let accepted = accept(&world, &reference, &value!({"reasons": ["charged_back"]}));
    assert_eq!(accepted.status, 200, "{}", accepted.text);
    assert_eq!(accepted.json["reviewReasons"], value!(["salesforce:NOT_FOUND"]));
    assert_eq!(listed(&world)[0]["reasons"], value!(["salesforce:NOT_FOUND"]), "it stays in the review queue");
    let record = world.network.salesforce.record("MaldoPay_Payment__c/");
    assert_eq!(record["Review_Reason__c"], "salesforce:NOT_FOUND", "the flag shows the remaining reason");
    let retried = world.send(json(&format!("/v1/reviews/{reference}/resolve"), "", &value!({"action": "retry"})));
    assert_eq!(retried.json["reviewRequired"], false, "{}", retried.text);
    assert_eq!(world.network.salesforce.record("Order/")["MaldoPay_Status__c"], "charged_back");
    assert_eq!(listed(&world), value!([]));
    salesforce_is_right(&world, &reference, "after the order was created");
}

#[test]
fn accepting_a_named_refusal_leaves_the_other_reasons_in_review() {
    let world = World::new();
    let reference = in_review_for_both(&world);
    let accepted = accept(&world, &reference, &value!({"reasons": ["salesforce:NOT_FOUND"]}));
    assert_eq!(accepted.json["reviewReasons"], value!(["charged_back"]), "{}", accepted.text);
    assert_eq!(world.send(post("/v1/drain", "", "")).json["taken"], 0, "the accepted refusal is not synced again");
    assert_eq!(listed(&world)[0]["reasons"], value!(["charged_back"]));
    let record = world.network.salesforce.record("MaldoPay_Payment__c/");
    assert_eq!((&record["Needs_Review__c"], &record["Review_Reason__c"]), (&true.into(), &"charged_back".into()));
    let events = world.send(get(&format!("/v1/payments/{reference}/events"))).json;
    let last = events["events"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["salesforce"], &last["reasons"]), (&"NOT_FOUND".into(), &value!({})));
}

#[test]
fn a_review_token_covers_what_was_shown_with_it_and_nothing_later() {
    let world = World::new();
    let reference = world.charge("k");
    assert_eq!(world.payment(&reference)["reviewToken"], Value::Null);
    world.receive(&charge_back(&reference, "C1", 1));
    let shown = listed(&world)[0].clone();
    let token = shown["reviewToken"].clone();
    assert_eq!((&token, &token), (&shown["payment"]["reviewToken"], &world.payment(&reference)["reviewToken"]));
    world.receive(&charge_back(&reference, "C2", 2));
    let before = facts(&world, &reference);
    let late = accept(&world, &reference, &value!({"reviewToken": token}));
    assert_eq!((late.status, late.code(), &late.json["field"]), (409, "review_changed", &"reviewToken".into()));
    assert!(late.json["detail"].as_str().unwrap().contains("charged_back"), "{}", late.text);
    assert_eq!(facts(&world, &reference), before, "nothing is accepted");
    let token = world.payment(&reference)["reviewToken"].clone();
    let accepted = accept(&world, &reference, &value!({"reviewToken": token}));
    assert_eq!((accepted.status, &accepted.json["reviewRequired"]), (200, &false.into()), "{}", accepted.text);
    assert_eq!(accepted.json["reviewToken"], Value::Null);
}

#[test]
fn a_review_token_covers_salesforces_refusal_too() {
    let world = World::new();
    let reference = world.charge("k");
    world.receive(&charge_back(&reference, "C1", 1));
    let token = world.payment(&reference)["reviewToken"].clone();
    the_order_is_missing(&world);
    world.receive(&callback(&reference, "SETTLEMENT", "CONFIRMED", "S1", 5));
    let late = accept(&world, &reference, &value!({"reviewToken": token}));
    assert_eq!((late.status, late.code()), (409, "review_changed"), "{}", late.text);
    let token = world.payment(&reference)["reviewToken"].clone();
    world.clock.advance_seconds(1);
    the_order_is_missing(&world);
    world.receive(&callback(&reference, "DISPUTE", "DECLINED", "1", 6));
    let late = accept(&world, &reference, &value!({"reviewToken": token}));
    assert_eq!(late.code(), "review_changed", "the same refusal at another time: {}", late.text);
    let token = world.payment(&reference)["reviewToken"].clone();
    let accepted = accept(&world, &reference, &value!({"reviewToken": token}));
    assert_eq!((accepted.status, &accepted.json["reviewRequired"]), (200, &false.into()), "{}", accepted.text);
}

#[test]
fn a_review_token_is_for_one_payment() {
    let world = World::new();
    let mut tokens = Vec::new();
    for (order, transaction) in [("801Hs00000aaaaa", "1"), ("801Hs00000bbbbb", "2")] {
        let response = world.send(json("/v1/payments", order, &super::doubles::order_body(order)));
        let reference = response.json["reference"].as_str().unwrap().to_owned();
        world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", transaction, 1));
        tokens.push((reference.clone(), world.payment(&reference)["reviewToken"].clone()));
    }
    let foreign = accept(&world, &tokens[0].0, &value!({"reviewToken": tokens[1].1}));
    assert_eq!((foreign.status, foreign.code()), (409, "review_changed"), "{}", foreign.text);
}

#[test]
fn an_acceptance_names_reasons_that_are_in_review() {
    let world = World::new();
    let reference = in_review_for_both(&world);
    let before = facts(&world, &reference);
    let names = "charged_back, salesforce:NOT_FOUND";
    for (what, status, code, message) in [
        (value!({}), 422, "invalid_field", names),
        (value!({"reasons": []}), 422, "invalid_field", "at least one"),
        (value!({"reasons": "charged_back"}), 422, "invalid_field", "list"),
        (value!({"reasons": [7]}), 422, "invalid_field", "strings"),
        (value!({"reasons": ["charged_back"], "reviewToken": "x"}), 422, "invalid_field", "either"),
        (value!({"reasons": ["charged_back"], "source": {"object": "Order"}}), 422, "invalid_field", "not a field"),
        (value!({"reasons": ["charged_back", "disputed"]}), 409, "not_in_review", "disputed is not"),
        (value!({"reasons": ["charged_back", "salesforce:OTHER"]}), 409, "not_in_review", "salesforce:OTHER is not"),
        (value!({"reasons": ["<script>"]}), 409, "not_in_review", names),
        (value!({"reviewToken": "0123"}), 409, "review_changed", names),
    ] {
        let response = accept(&world, &reference, &what);
        assert_eq!((response.status, response.code()), (status, code), "{what}: {}", response.text);
        assert!(response.json["detail"].as_str().unwrap().contains(message), "{what}: {}", response.text);
        assert!(!response.text.contains("script"), "{}", response.text);
    }
    assert_eq!(facts(&world, &reference), before, "nothing is accepted");
}

#[test]
fn an_event_during_the_acceptance_of_a_refusal_is_synced() {
    let world = World::new();
    world.network.salesforce.next(Ok(response(400, &refused("INVALID_FIELD", "", &["X__c"]).to_string())));
    let reference = world.charge("k");
    let token = world.payment(&reference)["reviewToken"].clone();
    let inner = Rc::clone(&world);
    let mut event = Some(callback(&reference, "SETTLEMENT", "CONFIRMED", "S1", 5));
    // The acceptance has read the payment, and is written next.
    world.store.plan(move |operation| {
        if matches!(operation, StoreOperation::Set(_))
            && let Some(event) = event.take()
        {
            // The process that received the event dies before it syncs.
            let (response, _) = inner.respond(super::doubles::webhook(&event));
            assert_eq!(response.text, "OK");
        }
        Trouble::Nothing
    });
    assert_eq!(accept(&world, &reference, &value!({"reviewToken": token})).status, 200);
    world.store.recover();
    world.send(post("/v1/drain", "", ""));
    assert_eq!(world.network.salesforce.record("MaldoPay_Payment__c/")["Status__c"], "settled");
    salesforce_is_right(&world, &reference, "after both");
}

#[test]
fn a_refusal_that_is_retried_anyway_cannot_be_accepted() {
    let world = World::new();
    let reference = world.charge("k");
    world.receive(&charge_back(&reference, "C1", 1));
    let locked = || Ok(response(400, &refused("ENTITY_IS_LOCKED", "", &[]).to_string()));
    world.network.salesforce.next(locked());
    world.receive(&callback(&reference, "SETTLEMENT", "CONFIRMED", "S1", 5));
    let calls = world.salesforce_calls();
    let accepted = accept(&world, &reference, &value!({"reasons": ["charged_back"]}));
    assert_eq!(accepted.json["reviewReasons"], value!(["salesforce:ENTITY_IS_LOCKED"]), "{}", accepted.text);
    assert_eq!((world.salesforce_calls(), &accepted.json["salesforce"]["failedAttempts"]), (calls, &1.into()));
    assert_eq!(listed(&world)[0]["reference"], reference.as_str());
    world.clock.advance_seconds(3 * 3600);
    world.send(post("/v1/drain", "", ""));
    assert_eq!(world.payment(&reference)["reviewRequired"], false);
    salesforce_is_right(&world, &reference, "after the drain");
}
