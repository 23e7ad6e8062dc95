//! The invoice of a payment: stored with it, shown, sent to both sides, and never required.

use serde_json::{Value, json as value};

use super::doubles::{ORDER, World, body, json, operation};

fn opened(world: &World, invoice: Value) -> Value {
    let mut body = body();
    body["invoice"] = invoice;
    let response = world.send(json("/v1/payments", "k", &body));
    assert_eq!(response.status, 201, "{}", response.text);
    response.json
}

#[test]
fn an_invoice_reaches_both_sides() {
    let world = World::new();
    let payment = opened(&world, value!({"id": "3ttHs00000abcdeIAA", "number": "INV-7"}));
    assert_eq!(payment["invoice"], value!({"id": "3ttHs00000abcdeIAA", "number": "INV-7"}));
    let reference = payment["reference"].as_str().unwrap();
    assert_eq!(world.payment(reference)["invoice"], payment["invoice"], "it is stored");
    assert_eq!(world.network.maldopay.requests()[0]["reason"], "Order 00000123 / INV-7");
    assert_eq!(world.network.salesforce.record("MaldoPay_Payment__c")["Invoice_Number__c"], "INV-7");
    assert_eq!(
        world.send(operation(reference, "refunds", "k2", &value!({"amount": "1"}))).json["invoice"]["number"],
        "INV-7"
    );
}

#[test]
fn the_invoice_of_a_payment_for_an_invoice_is_its_source() {
    let world = World::new();
    let mut body = body();
    body["source"] = value!({"object": "Invoice", "id": "3ttHs00000abcdeIAA", "number": "INV-8"});
    body.as_object_mut().unwrap().remove("description");
    let response = world.send(json("/v1/payments", "k", &body));
    assert_eq!(response.json["invoice"], value!({"id": "3ttHs00000abcdeIAA", "number": "INV-8"}), "{}", response.text);
    assert_eq!(world.network.maldopay.requests()[0]["reason"], "INV-8");
}

#[test]
fn a_payment_without_an_invoice_shows_none() {
    let world = World::new();
    let response = world.send(json("/v1/payments", "k", &body()));
    assert_eq!((response.status, &response.json["invoice"]), (201, &Value::Null));
    assert_eq!(world.network.maldopay.requests()[0]["reason"], "Order 00000123");
    assert_eq!(world.network.salesforce.record("MaldoPay_Payment__c").get("Invoice_Number__c"), None);
    let entry = world.store.value(&format!("pay/tr/{}/1", response.json["reference"].as_str().unwrap())).unwrap();
    assert!(entry.contains(ORDER) && !entry.contains("invoice"), "{entry}");
}
