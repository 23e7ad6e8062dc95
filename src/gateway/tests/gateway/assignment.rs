//! Unmatched money: a person assigns it to a record, and it is then refunded like any other.

use serde_json::{Value, json as value};

use super::doubles::{
    CONFIG, Callback, DecodedResponse, ORDER, World, body, callback, get, json, of_body, operation, order_body,
    refused, response, secrets, signed_body, sync,
};
use super::durability::salesforce_is_right;

fn resolve(world: &World, reference: &str, decision: &Value) -> DecodedResponse {
    world.send(json(&format!("/v1/reviews/{reference}/resolve"), "", decision))
}

fn to_order(order: &str) -> Value {
    value!({"action": "assign", "source": {"object": "Order", "id": order, "number": "00000123"}, "note": "the old link"})
}

fn assign(world: &World, reference: &str) -> DecodedResponse {
    resolve(world, reference, &to_order(ORDER))
}

/// Money under the reference of another shop, paid on the checkout page.
fn unmatched(reference: &str, transaction: &str) -> Callback {
    Callback { service: Some("2031"), ..callback(reference, "DEPOSIT", "CONFIRMED", transaction, 1) }
}

fn accept(world: &World, reference: &str) {
    let decision = value!({"action": "accept", "reasons": ["unmatched_payment"], "note": "looked up at MaldoPay"});
    let response = resolve(world, reference, &decision);
    assert_eq!(response.status, 200, "{}", response.text);
}

fn facts(world: &World, reference: &str) -> Vec<Value> {
    world.send(get(&format!("/v1/payments/{reference}/events"))).json["events"].as_array().unwrap().clone()
}

#[test]
fn assigned_money_belongs_to_the_record_which_counts_as_paid() {
    let world = World::new();
    world.receive(&unmatched("OtherShop", "99"));
    let response = assign(&world, "OtherShop");
    assert_eq!(response.status, 200, "{}", response.text);
    let payment = &response.json;
    assert_eq!((&payment["intent"], &payment["source"]["id"]), (&"unmatched".into(), &ORDER.into()));
    assert_eq!((&payment["attempt"], &payment["reviewRequired"]), (&1.into(), &false.into()));
    assert_eq!(world.send(get("/v1/reviews")).json["reviews"], value!([]));
    let order = world.network.salesforce.record("Order/");
    assert_eq!(
        (&order["MaldoPay_Status__c"], &order["MaldoPay_Captured_Amount__c"]),
        (&"captured".into(), &149.90.into())
    );
    let record = world.network.salesforce.record("MaldoPay_Payment__c/");
    assert_eq!((&record["Source_Id__c"], &record["Needs_Review__c"]), (&ORDER.into(), &false.into()));
    salesforce_is_right(&world, "OtherShop", "after the assignment");

    let again = world.send(json("/v1/payments", "k", &body()));
    assert_eq!((again.status, again.code(), &again.json["payment"]), (409, "source_has_payment", &"OtherShop".into()));
    let mut beside = body();
    beside["another"] = true.into();
    assert_eq!(world.send(json("/v1/payments", "k2", &beside)).json["attempt"], 2);
    let last = facts(&world, "OtherShop").pop().unwrap();
    assert_eq!(
        (&last["fact"], &last["note"], &last["intact"]),
        (&"assigned".into(), &"the old link".into(), &true.into())
    );
    let journal = world.send(get("/v1/journal")).json;
    assert!(journal["entries"].as_array().unwrap().iter().any(|entry| entry["kind"] == "assigned"), "{journal:#}");
}

#[test]
fn money_may_be_assigned_to_an_invoice_or_to_an_order_with_one() {
    let world = World::new();
    world.receive(&unmatched("A", "91"));
    world.receive(&unmatched("B", "92"));
    let source = value!({"object": "Invoice", "id": "3ttHs00000abcdeIAA", "number": "INV-7"});
    let response = resolve(&world, "A", &value!({"action": "assign", "source": source, "note": "x"}));
    assert_eq!(response.json["invoice"]["number"], "INV-7", "{}", response.text);
    let mut decision = to_order(ORDER);
    decision["invoice"] = value!({"number": "INV-8"});
    decision["by"] = "005Hs000001".into();
    let response = resolve(&world, "B", &decision);
    assert_eq!(response.json["invoice"]["number"], "INV-8", "{}", response.text);
    assert_eq!(facts(&world, "B").pop().unwrap()["by"], "005Hs000001");
}

#[test]
fn money_is_assigned_once_and_cannot_be_moved() {
    let world = World::new();
    world.receive(&unmatched("OtherShop", "99"));
    assert_eq!(assign(&world, "OtherShop").status, 200);
    let (entries, calls) = (facts(&world, "OtherShop").len(), world.salesforce_calls());
    let mut short = to_order(&ORDER[..15]);
    short["by"] = "somebody".into();
    for decision in [to_order(ORDER), short] {
        let again = resolve(&world, "OtherShop", &decision);
        assert_eq!((again.status, &again.json["attempt"]), (200, &1.into()), "{}", again.text);
    }
    assert_eq!((facts(&world, "OtherShop").len(), world.salesforce_calls()), (entries, calls));
    let moved = resolve(&world, "OtherShop", &to_order("801Hs00000zzzzz"));
    assert_eq!((moved.status, moved.code()), (409, "already_assigned"), "{}", moved.text);
    assert_eq!(world.payment("OtherShop")["source"]["id"], ORDER);
    let free = world.send(json("/v1/payments", "k", &order_body("801Hs00000zzzzz")));
    assert_eq!(free.status, 201, "the other record is free: {}", free.text);
}

#[test]
fn more_money_for_an_assigned_payment_needs_review_but_no_second_attempt() {
    let world = World::new();
    world.receive(&unmatched("OtherShop", "99"));
    assign(&world, "OtherShop");
    world.receive(&Callback { amount: "10.00", second: 9, ..unmatched("OtherShop", "100") });
    let payment = world.payment("OtherShop");
    assert_eq!((&payment["captured"], &payment["reviewReasons"]), (&"159.90".into(), &value!(["unmatched_payment"])));
    let again = assign(&world, "OtherShop");
    assert_eq!((&again.json["reviewRequired"], &again.json["attempt"]), (&false.into(), &1.into()), "{}", again.text);
}

#[test]
fn an_assignment_accepts_only_the_reason_unmatched() {
    let world = World::new();
    world.receive(&unmatched("OtherShop", "99"));
    world.receive(&callback("OtherShop", "DISPUTE", "CONFIRMED", "99", 2));
    let wrong = || Ok(response(400, &refused("INVALID_FIELD", "", &["X__c"]).to_string()));
    world.network.salesforce.next(wrong());
    world.send(sync("OtherShop"));
    world.network.salesforce.next(wrong());
    let response = assign(&world, "OtherShop");
    assert_eq!(response.json["reviewReasons"], value!(["disputed", "salesforce:INVALID_FIELD"]), "{}", response.text);
}

#[test]
fn of_two_concurrent_assignments_the_later_entry_wins_and_the_other_is_refused() {
    let world = World::new();
    world.receive(&unmatched("OtherShop", "99"));
    let inner = std::rc::Rc::clone(&world);
    let mut other = Some(to_order("801Hs00000zzzzz"));
    world.store.plan(move |operation| {
        // The first has allocated its number in the ledger and has not written yet.
        if matches!(operation, super::doubles::StoreOperation::Set(_))
            && let Some(other) = other.take()
        {
            assert_eq!(resolve(&inner, "OtherShop", &other).status, 200);
        }
        super::doubles::Trouble::Nothing
    });
    let first = assign(&world, "OtherShop");
    world.store.recover();
    assert_eq!((first.status, first.code()), (409, "already_assigned"), "{}", first.text);
    assert_eq!(world.payment("OtherShop")["source"]["id"], "801Hs00000zzzzzIAA");
    let free = world.send(json("/v1/payments", "k", &body()));
    assert_eq!(free.status, 201, "the record without the money is free: {}", free.text);
    let paid = world.send(json("/v1/payments", "k2", &order_body("801Hs00000zzzzz")));
    assert_eq!((paid.status, paid.code()), (409, "source_has_payment"), "{}", paid.text);
}

#[test]
fn a_requested_payment_or_an_invalid_source_is_not_assigned() {
    let world = World::new();
    let asked = world.charge("k");
    let response = assign(&world, &asked);
    assert_eq!((response.status, response.code()), (409, "not_unmatched"), "{}", response.text);
    assert_eq!(assign(&world, "nowhere").code(), "payment_not_found");
    world.receive(&unmatched("OtherShop", "99"));
    for (field, with) in [
        ("source", value!({"source": null})),
        ("source.id", value!({"source": {"object": "Order", "id": "801"}})),
        ("source.object", value!({"source": {"id": ORDER}})),
        ("note", value!({"note": null})),
        ("invoice.number", value!({"invoice": {"id": "3ttHs00000abcdeIAA"}})),
        ("reasons", value!({"reasons": ["unmatched_payment"]})),
        ("reviewToken", value!({"reviewToken": "x"})),
    ] {
        let mut decision = to_order(ORDER);
        decision.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let response = resolve(&world, "OtherShop", &decision);
        assert_eq!(
            (response.status, response.code(), &response.json["field"]),
            (422, "invalid_field", &field.into()),
            "{field}"
        );
    }
}

#[test]
fn unmatched_money_is_refunded_once_a_person_accepted_or_assigned_it() {
    let world = World::new();
    world.receive(&unmatched("OtherShop-A", "99"));
    assert_eq!(world.payment("OtherShop-A")["method"], "checkout");
    let refund = |key: &str, body: &Value| world.send(operation("OtherShop-A", "refunds", key, body));
    for body in [value!({}), value!({"amount": "1.00"})] {
        let early = refund("r0", &body);
        assert_eq!((early.status, early.code()), (409, "not_accepted"), "{}", early.text);
    }
    assert_eq!(world.provider_calls(), 0);
    accept(&world, "OtherShop-A");
    let first = refund("r1", &value!({"amount": "49.90"}));
    assert_eq!((first.status, &first.json["refunded"]), (201, &"49.90".into()), "{}", first.text);
    let asked = world.network.maldopay.requests().pop().unwrap();
    assert_eq!((&asked["serviceId"], &asked["originalTransactionId"]), (&2031.into(), &"99".into()));
    assert_eq!(assign(&world, "OtherShop-A").status, 200);
    let rest = refund("r2", &value!({}));
    assert_eq!(
        (rest.status, &rest.json["refunded"], &rest.json["status"]),
        (201, &"149.90".into(), &"refunded".into())
    );
    let order = world.network.salesforce.record("Order/");
    assert_eq!(order["MaldoPay_Refunded_Amount__c"], 149.90);
    // More money for it needs another decision: somebody may have invented it.
    world.receive(&Callback { amount: "4065.00", second: 9, ..unmatched("OtherShop-A", "100") });
    assert_eq!(refund("r4", &value!({})).code(), "not_accepted");
    accept(&world, "OtherShop-A");
    let more = refund("r5", &value!({}));
    assert_eq!((more.status, &more.json["refunded"]), (201, &"4214.90".into()), "{}", more.text);
    assert_eq!(refund("r3", &value!({})).code(), "nothing_left");
    for name in ["captures", "voids"] {
        let response = world.send(operation("OtherShop-A", name, name, &value!({})));
        assert_eq!((response.status, response.code()), (422, "nothing_left"), "{}", response.text);
    }
}

#[test]
fn the_callback_of_its_refund_and_a_status_inquiry_find_it() {
    let world = World::new();
    world.receive(&unmatched("OtherShop-A", "99"));
    accept(&world, "OtherShop-A");
    world.network.maldopay.next(Err(super::doubles::CallError::NoResponse("timeout".to_owned())));
    let refund = world.send(operation("OtherShop-A", "refunds", "r1", &value!({"amount": "49.90"})));
    assert_eq!((refund.status, &refund.json["outcome"]), (202, &"unknown".into()), "{}", refund.text);
    let sent = world.network.maldopay.requests().pop().unwrap()["referenceOrderId"].as_str().unwrap().to_owned();
    let event = Callback {
        amount: "49.90",
        original: Some("99".to_owned()),
        ..callback(&sent, "REFUND", "CONFIRMED", "98", 5)
    };
    world.receive(&event);
    let payment = world.payment("OtherShop-A");
    assert_eq!((&payment["refunded"], &payment["outcome"]), (&"49.90".into(), &"known".into()), "{payment:#}");
}

#[test]
fn a_refund_without_a_known_service_says_so_and_adding_the_service_helps() {
    let world = World::new();
    let with_pix = CONFIG.replace("checkout = 2031, bank = 2006", "checkout = 2031, bank = 2006, pix = 2157");
    world.receive(&Callback { service: Some("2157"), ..unmatched("A", "91") });
    world.receive(&callback("B", "DEPOSIT", "CONFIRMED", "92", 1));
    ["A", "B"].into_iter().for_each(|reference| accept(&world, reference));
    let refund = |reference: &str| world.send(operation(reference, "refunds", reference, &value!({"amount": "1.00"})));
    for reference in ["A", "B"] {
        let response = refund(reference);
        assert_eq!((response.status, response.code()), (409, "service_not_configured"), "{}", response.text);
        let detail = response.json["detail"].as_str().unwrap();
        assert!(detail.contains("services") && !detail.contains("method"), "{detail}");
        assert_eq!(response.json["field"], Value::Null);
    }
    assert_eq!(world.provider_calls(), 0);
    world.reconfigure(&with_pix);
    let response = refund("A");
    assert_eq!(
        (response.status, &response.json["refunded"], &response.json["method"]),
        (201, &"1.00".into(), &"pix".into())
    );
    assert_eq!(world.network.maldopay.requests().pop().unwrap()["serviceId"], 2157);
    assert_eq!(refund("B").code(), "service_not_configured");
}

#[test]
fn a_refund_names_a_service_that_was_removed() {
    let world = World::new();
    let reference = world.charge("k");
    world.reconfigure(&CONFIG.replace("checkout = 2031, bank", "bank"));
    let response = world.send(operation(&reference, "refunds", "r", &value!({})));
    assert_eq!((response.status, response.code()), (409, "service_not_configured"), "{}", response.text);
    assert!(response.json["detail"].as_str().unwrap().contains("no longer has"), "{}", response.text);
    assert_eq!(world.provider_calls(), 1);
}

#[test]
fn money_without_a_transaction_can_be_refunded_only_at_maldopay() {
    let world = World::configured(&of_body(), &secrets());
    assert_eq!(world.send(signed_body(&unmatched("OtherShop", ""))).text, "OK");
    accept(&world, "OtherShop");
    let response = world.send(operation("OtherShop", "refunds", "r", &value!({})));
    assert_eq!((response.status, response.code()), (409, "transaction_unknown"), "{}", response.text);
    assert_eq!(response.json["retriable"], false);
}

#[test]
fn two_foreign_references_that_end_in_a_number_are_two_payments() {
    let world = World::new();
    world.receive(&unmatched("INV-1001", "91"));
    world.receive(&unmatched("INV-1002", "92"));
    for reference in ["INV-1001", "INV-1002"] {
        assert_eq!(world.payment(reference)["captured"], "149.90");
    }
    accept(&world, "INV-1001");
    let refund = world.send(operation("INV-1001", "refunds", "r", &value!({"amount": "9.90"})));
    assert_eq!((refund.status, &refund.json["refunded"]), (201, &"9.90".into()), "{}", refund.text);
    let sent = world.network.maldopay.requests().pop().unwrap()["referenceOrderId"].as_str().unwrap().to_owned();
    world.receive(&Callback { amount: "9.90", ..callback(&sent, "REFUND", "CONFIRMED", "1", 5) });
    assert_eq!(world.payment("INV-1001")["refunded"], "9.90", "its own operation is found by its number");
}
