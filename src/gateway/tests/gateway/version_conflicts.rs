//! A version that Salesforce refuses as too old counts as synced where the ledger knows a newer one, and needs review
//! otherwise.

use serde_json::{Value, json as value};

use super::doubles::{World, callback, get, json, post};
use super::durability::salesforce_is_right;

/// Writes this version to the payment's record, as somebody other than the gateway would.
fn write_version(world: &World, version: u64) {
    let mut records = world.network.salesforce.records.borrow_mut();
    let (_, record) = records.iter_mut().find(|(name, _)| name.starts_with("MaldoPay_Payment__c/")).unwrap();
    record.insert("Version__c".to_owned(), version.into());
}

#[test]
fn a_version_that_the_ledger_never_wrote_needs_review_and_a_retry_after_the_repair_syncs_everything() {
    let world = World::new();
    world.network.maldopay.next_code(313);
    let reference = world.charge("k");
    write_version(&world, 50);
    world.receive(&callback(&reference, "DEPOSIT", "CONFIRMED", "1", 1));
    let payment = world.payment(&reference);
    assert_eq!(payment["reviewReasons"], value!(["salesforce:version_conflict"]));
    assert_eq!(payment["salesforce"]["version"], 2, "the refused version does not count as synced");
    let message = payment["salesforce"]["errorMessage"].as_str().unwrap();
    assert!(message.contains("Version__c") && message.contains("retry"), "{message}");
    assert_eq!(world.network.salesforce.record("Order/")["MaldoPay_Status__c"], "pending");
    let review = world.send(get("/v1/reviews")).json["reviews"][0].clone();
    assert_eq!(
        (&review["reference"], &review["error"]["code"]),
        (&reference.as_str().into(), &"version_conflict".into())
    );

    let calls = world.salesforce_calls();
    world.clock.advance_seconds(24 * 3600);
    assert_eq!(world.send(post("/v1/drain", "", "")).json["review"], 1);
    assert_eq!(world.salesforce_calls(), calls, "nothing is retried until a person has acted");

    let resolve = || world.send(json(&format!("/v1/reviews/{reference}/resolve"), "", &value!({"action": "retry"})));
    assert_eq!(resolve().json["reviewReasons"], value!(["salesforce:version_conflict"]), "it is not repaired yet");
    write_version(&world, 2);
    let retried = resolve();
    assert_eq!((retried.status, &retried.json["reviewRequired"]), (200, &false.into()), "{}", retried.text);
    let order = world.network.salesforce.record("Order/");
    assert_eq!(
        (&order["MaldoPay_Status__c"], &order["MaldoPay_Captured_Amount__c"]),
        (&"captured".into(), &149.90.into())
    );
    let events = world.network.salesforce.records.borrow();
    assert_eq!(events.keys().filter(|name| name.starts_with("MaldoPay_Event__c")).count(), 2);
    drop(events);
    assert_eq!(world.send(get("/v1/reviews")).json["reviews"], value!([]));
    salesforce_is_right(&world, &reference, "after the retry");
}

#[test]
fn an_accepted_higher_version_is_left_alone_and_later_events_need_review_again() {
    let world = World::new();
    let reference = world.charge("k");
    write_version(&world, 50);
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    let accepted = value!({"action": "accept", "note": "x", "reasons": ["salesforce:version_conflict"]});
    let response = world.send(json(&format!("/v1/reviews/{reference}/resolve"), "", &accepted));
    assert_eq!(response.json["reviewReasons"], value!(["disputed"]), "{}", response.text);
    world.receive(&callback(&reference, "DISPUTE", "DECLINED", "1", 2));
    assert_eq!(world.payment(&reference)["reviewReasons"], value!(["salesforce:version_conflict"]));
}

#[test]
fn a_newer_state_of_a_concurrent_sync_is_not_a_conflict() {
    let world = World::new();
    let reference = world.charge("k");
    let (_, late) = world.respond(super::doubles::webhook(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1)));
    let inner = std::rc::Rc::clone(&world);
    let mut event = Some(callback(&reference, "DISPUTE", "DECLINED", "1", 2));
    // The late sync has read its history when the newer event is received and synced.
    world.store.plan(move |operation| {
        if let super::doubles::StoreOperation::Get(keys) = operation
            && keys[0] == "sf/tr"
            && let Some(event) = event.take()
        {
            inner.receive(&event);
        }
        super::doubles::Trouble::Nothing
    });
    world.finish(late);
    world.store.recover();
    let payment = world.payment(&reference);
    assert_eq!((&payment["reviewRequired"], &payment["salesforce"]["errorCode"]), (&false.into(), &Value::Null));
    salesforce_is_right(&world, &reference, "after both");
}
