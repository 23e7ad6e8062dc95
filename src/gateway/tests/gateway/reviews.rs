//! Reviews: listed with their reasons, closed by a decision that stays in the history, and flagged in Salesforce.

use serde_json::{Value, json as value};

use super::doubles::{
    CallError, Callback, DecodedResponse, World, body, callback, composite, get, json, operation, post, refused,
    response,
};

fn reviews(world: &World) -> Value {
    let response = world.send(get("/v1/reviews"));
    assert_eq!(response.status, 200, "{}", response.text);
    response.json
}

fn resolve(world: &World, reference: &str, decision: &Value) -> DecodedResponse {
    world.send(json(&format!("/v1/reviews/{reference}/resolve"), "", decision))
}

/// Accepts what the payment shows now.
fn accept(world: &World, reference: &str) -> DecodedResponse {
    let shown = world.send(get(&format!("/v1/payments/{reference}"))).json["reviewToken"].clone();
    let decision =
        value!({"action": "accept", "reviewToken": shown, "note": "agreed by telephone", "by": "005Hs000001"});
    resolve(world, reference, &decision)
}

fn charge_back(reference: &str, transaction: &str, second: u32) -> Callback {
    Callback {
        original: Some("1".to_owned()),
        amount: "20.00",
        ..callback(reference, "CHARGEBACK", "CONFIRMED", transaction, second)
    }
}

fn order_flag(world: &World) -> (Value, Value) {
    let order = world.network.salesforce.record("Order/");
    (order["MaldoPay_Needs_Review__c"].clone(), order["MaldoPay_Review_Reason__c"].clone())
}

#[test]
fn a_review_is_listed_with_reason_payment_and_age_until_it_is_accepted() {
    let world = World::new();
    assert_eq!(reviews(&world), value!({"reviews": [], "next": null}));
    let reference = world.charge("k");
    world.receive(&charge_back(&reference, "C1", 1));
    assert_eq!(order_flag(&world), (true.into(), "charged_back".into()));
    world.clock.advance_seconds(90);
    let listed = reviews(&world);
    let review = &listed["reviews"][0];
    assert_eq!((&review["reference"], &review["reasons"]), (&reference.as_str().into(), &value!(["charged_back"])));
    assert_eq!((&review["error"], &review["payment"]["chargedBack"]), (&Value::Null, &"20.00".into()));
    assert_eq!((&listed["next"], &listed["reviews"][1]), (&Value::Null, &Value::Null));
    assert_eq!(review["ageSeconds"], 90, "since its reason arose, although no drain has run");

    let accepted = accept(&world, &reference);
    assert_eq!((accepted.status, &accepted.json["reviewRequired"]), (200, &false.into()), "{}", accepted.text);
    assert_eq!(accepted.json["status"], "charged_back", "a decision changes no fact");
    assert_eq!(order_flag(&world), (false.into(), Value::Null));
    assert_eq!(reviews(&world)["reviews"], value!([]));
    let events = world.send(get(&format!("/v1/payments/{reference}/events"))).json;
    let last = events["events"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["fact"], &last["note"]), (&"accepted".into(), &"agreed by telephone".into()));
    let journal = world.send(get("/v1/journal")).json;
    let kinds: Vec<&str> =
        journal["entries"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.last(), Some(&"accepted"));

    world.receive(&charge_back(&reference, "C2", 2));
    assert_eq!(
        reviews(&world)["reviews"][0]["reasons"],
        value!(["charged_back"]),
        "the next one needs another decision"
    );
}

#[test]
fn the_drain_enqueues_a_review_that_the_webhook_only_marked() {
    let world = World::new();
    let reference = world.charge("k");
    world.receive(&charge_back(&reference, "C1", 1));
    assert_eq!(world.send(post("/v1/drain", "", "")).status, 200);
    let before = world.store.operations();
    assert_eq!(reviews(&world)["reviews"][0]["reference"], reference.as_str());
    assert_eq!(world.store.writes_since(before), [], "it is already enqueued");
}

#[test]
fn many_reviews_come_in_pages() {
    let world = World::new();
    let mut references = Vec::new();
    for number in 0..5 {
        let mut body = super::doubles::order_body(&format!("801Hs00000abcd{number}"));
        body["customer"]["id"] = format!("c{number}").into();
        let response = world.send(json("/v1/payments", &format!("k{number}"), &body));
        let reference = response.json["reference"].as_str().unwrap().to_owned();
        let transaction = response.json["transactionId"].as_str().unwrap().to_owned();
        let event = Callback { original: Some(transaction), ..charge_back(&reference, &format!("C{number}"), 1) };
        world.receive(&event);
        references.push(reference);
    }
    let mut listed: Vec<String> = Vec::new();
    let mut after = 0;
    for _ in 0..4 {
        let page = world.send(get(&format!("/v1/reviews?after={after}&limit=2"))).json;
        let some = page["reviews"].as_array().unwrap();
        assert!(some.len() <= 2);
        listed.extend(some.iter().map(|review| review["reference"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_u64() else { break };
        after = next;
    }
    listed.sort();
    references.sort();
    assert_eq!(listed, references);
    assert_eq!(world.send(get("/v1/reviews?limit=x")).code(), "invalid_parameter");
}

/// Charges for an order of its own, and charges the payment back this many seconds later.
fn charged_back_after(world: &World, number: u32, seconds: i64) -> String {
    let mut body = super::doubles::order_body(&format!("801Hs00000abcd{number}"));
    body["customer"]["id"] = format!("c{number}").into();
    let response = world.send(json("/v1/payments", &format!("k{number}"), &body));
    let reference = response.json["reference"].as_str().unwrap().to_owned();
    let transaction = response.json["transactionId"].as_str().unwrap().to_owned();
    world.clock.advance_seconds(seconds);
    let event = Callback { original: Some(transaction), ..charge_back(&reference, &format!("C{number}"), 1) };
    world.receive(&event);
    reference
}

fn listed(world: &World) -> Vec<(String, i64)> {
    let reviews = reviews(world);
    let review =
        |review: &Value| (review["reference"].as_str().unwrap().to_owned(), review["ageSeconds"].as_i64().unwrap());
    reviews["reviews"].as_array().unwrap().iter().map(review).collect()
}

#[test]
fn reviews_are_listed_oldest_first_by_when_their_reasons_arose() {
    for is_drained in [false, true] {
        let world = World::new();
        let mut expected = Vec::new();
        for number in 0..6 {
            expected.push((charged_back_after(&world, number, 600), i64::from(5 - number) * 600));
        }
        if is_drained {
            assert_eq!(world.send(post("/v1/drain", "", "")).status, 200);
        }
        assert_eq!(listed(&world), expected, "drained: {is_drained}");
    }
}

#[test]
fn the_age_is_that_of_the_oldest_reason_that_is_still_open() {
    let world = World::new();
    let reference = charged_back_after(&world, 0, 60);
    let other = charged_back_after(&world, 1, 60);
    world.clock.advance_seconds(600);
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "D1", 3));
    world.clock.advance_seconds(60);
    assert_eq!(listed(&world), [(reference.clone(), 720), (other.clone(), 660)]);
    let decision = value!({"action": "accept", "reasons": ["charged_back"], "note": "agreed"});
    let accepted = resolve(&world, &reference, &decision);
    assert_eq!(accepted.json["reviewReasons"], value!(["disputed"]), "{}", accepted.text);
    assert_eq!(listed(&world), [(other, 660), (reference, 60)]);
}

#[test]
fn a_refusal_that_is_retried_is_as_old_as_the_first() {
    let world = World::new();
    world.network.salesforce.next(Ok(response(400, &refused("INVALID_FIELD", "", &["X__c"]).to_string())));
    let reference = world.charge("k");
    assert_eq!(listed(&world), [(reference.clone(), 0)]);
    world.clock.advance_seconds(3600);
    world.network.salesforce.next(Ok(response(400, &refused("INVALID_FIELD", "", &["X__c"]).to_string())));
    assert_eq!(resolve(&world, &reference, &value!({"action": "retry"})).status, 200);
    world.clock.advance_seconds(60);
    assert_eq!(listed(&world), [(reference, 3660)]);
}

#[test]
fn a_refusal_of_the_order_shows_on_the_payment_and_is_retried_on_request() {
    let world = World::new();
    let no_order = (404, refused("NOT_FOUND", "no such order", &[]));
    let halted = (400, refused("PROCESSING_HALTED", "", &[]));
    world.network.salesforce.next(Ok(composite(&[halted.clone(), halted, no_order])));
    let reference = world.charge("k");
    let record = world.network.salesforce.record("MaldoPay_Payment__c/");
    assert_eq!((&record["Needs_Review__c"], &record["Status__c"]), (&true.into(), &"captured".into()));
    assert_eq!(record["Review_Reason__c"], "salesforce:NOT_FOUND");
    let orders = world.network.salesforce.records.borrow().keys().filter(|name| name.starts_with("Order")).count();
    assert_eq!(orders, 0, "the Order is not written, because a newer version could contradict it");
    let review = reviews(&world)["reviews"][0].clone();
    assert_eq!(
        (&review["error"]["code"], &review["reasons"]),
        (&"NOT_FOUND".into(), &value!(["salesforce:NOT_FOUND"]))
    );

    let response = resolve(&world, &reference, &value!({"action": "retry"}));
    assert_eq!((response.status, &response.json["reviewRequired"]), (200, &false.into()), "{}", response.text);
    let record = world.network.salesforce.record("MaldoPay_Payment__c/");
    assert_eq!((&record["Needs_Review__c"], &record["Review_Reason__c"]), (&false.into(), &Value::Null));
    assert_eq!(order_flag(&world), (false.into(), Value::Null));
    assert_eq!(reviews(&world)["reviews"], value!([]));
}

#[test]
fn a_refusal_of_the_payment_shows_on_the_order() {
    let world = World::new();
    let wrong = || (400, refused("STRING_TOO_LONG", "", &["Site__c"]));
    let halted = || (400, refused("PROCESSING_HALTED", "", &[]));
    world.network.salesforce.next(Ok(composite(&[wrong(), halted(), halted()])));
    world.network.salesforce.next(Ok(composite(&[wrong(), (400, refused("NOT_FOUND", "", &[]))])));
    world.charge("k");
    assert_eq!(order_flag(&world), (true.into(), "salesforce:STRING_TOO_LONG".into()));
    let records = world.network.salesforce.records.borrow();
    assert!(
        records.keys().all(|name| name.starts_with("Order/")),
        "no record with only its lookups is written: {records:?}"
    );
}

#[test]
fn an_accepted_refusal_is_not_synced_again_and_later_events_are() {
    let world = World::new();
    world.network.salesforce.next(Ok(response(400, &refused("INVALID_FIELD", "", &["X__c"]).to_string())));
    let reference = world.charge("k");
    let accepted = accept(&world, &reference);
    assert_eq!((accepted.status, &accepted.json["reviewRequired"]), (200, &false.into()), "{}", accepted.text);
    let calls = world.salesforce_calls();
    world.clock.advance_seconds(7200);
    assert_eq!(world.send(post("/v1/drain", "", "")).json["taken"], 0);
    assert_eq!(world.salesforce_calls(), calls);
    assert_eq!(reviews(&world)["reviews"], value!([]));
    world.receive(&callback(&reference, "SETTLEMENT", "CONFIRMED", "S1", 5));
    assert_eq!(world.network.salesforce.record("MaldoPay_Payment__c/")["Status__c"], "settled");
    super::durability::salesforce_is_right(&world, &reference, "after the refusal");
}

#[test]
fn a_retry_sends_a_status_inquiry_for_an_unknown_outcome() {
    let world = World::new();
    world.network.maldopay.next(Err(CallError::NoResponse("timeout".to_owned())));
    let response = world.send(json("/v1/payments", "k", &body()));
    let reference = response.json["reference"].as_str().unwrap().to_owned();
    for _ in 0..12 {
        world.network.maldopay.next(Err(CallError::NoResponse("timeout".to_owned())));
        world.clock.advance_seconds(86_401);
        world.send(post("/v1/drain", "", ""));
    }
    assert_eq!(reviews(&world)["reviews"][0]["reasons"], value!(["outcome_unknown"]));
    let asked = world.network.maldopay.requests().len();
    world.network.maldopay.respond_as_usual();
    let response = resolve(&world, &reference, &value!({"action": "retry"}));
    assert_eq!(world.network.maldopay.requests().len(), asked + 1);
    assert_eq!((&response.json["outcome"], &response.json["status"]), (&"known".into(), &"captured".into()));
    assert_eq!(world.provider_calls(), 1, "it was never called for another charge");
    assert_eq!(reviews(&world)["reviews"], value!([]));
}

#[test]
fn the_flag_of_a_superseded_attempt_leaves_the_order_with_its_review() {
    let world = World::new();
    let first = world.charge("k");
    assert_eq!(world.send(operation(&first, "refunds", "k2", &value!({}))).status, 201);
    world.charge("k3");
    assert_eq!(order_flag(&world), (false.into(), Value::Null));
    world.receive(&callback(&first, "DISPUTE", "CONFIRMED", "1", 1));
    assert_eq!(order_flag(&world).0, true);
    world.receive(&callback(&first, "DISPUTE", "DECLINED", "1", 2));
    assert_eq!(world.payment(&first)["reviewRequired"], false);
    assert_eq!(order_flag(&world), (false.into(), Value::Null));
    let order = world.network.salesforce.record("Order/");
    assert_eq!(order["MaldoPay_Status__c"], "partially_refunded", "of both attempts together");
}

#[test]
fn an_invalid_decision_is_refused() {
    let world = World::new();
    let reference = world.charge("k");
    for (decision, status, code) in [
        (value!({"action": "retry"}), 409, "not_in_review"),
        (value!({"action": "accept", "note": "x"}), 409, "not_in_review"),
        (value!({"action": "accept"}), 422, "invalid_field"),
        (value!({"action": "forget"}), 422, "invalid_field"),
        (value!({"note": "x"}), 422, "invalid_field"),
        (value!({"action": "accept", "note": "card 4111 1111 1111 1111"}), 422, "card_number_refused"),
        (value!({"action": "retry", "force": true}), 422, "invalid_field"),
    ] {
        let response = resolve(&world, &reference, &decision);
        assert_eq!((response.status, response.code()), (status, code), "{decision}");
    }
    let nowhere = value!({"action": "accept", "reasons": ["charged_back"], "note": "x"});
    assert_eq!(resolve(&world, "tb-nowhere", &nowhere).code(), "payment_not_found");
    world.receive(&charge_back(&reference, "C1", 1));
    assert_eq!(resolve(&world, &reference, &value!({"action": "retry"})).code(), "nothing_to_retry");
}

#[test]
fn each_site_has_its_own_reviews() {
    let world = World::new();
    let reference = world.charge("k");
    world.receive(&charge_back(&reference, "C1", 1));
    let bearer = format!("Bearer {}", super::doubles::KEY_DE);
    let as_de = |request| super::doubles::with_header(request, "authorization", &bearer);
    assert_eq!(world.send(as_de(get("/v1/reviews"))).json["reviews"], value!([]));
    let path = format!("/v1/reviews/{reference}/resolve");
    let decision = value!({"action": "accept", "note": "x"}).to_string();
    assert_eq!(world.send(as_de(post(&path, "", decision))).status, 404);
}
