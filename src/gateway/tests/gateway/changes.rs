//! Salesforce gets what changed and nothing else, each event once, and everything on request.

use serde_json::{Value, json as value};

use super::doubles::{World, callback, sync, webhook};

fn names(body: &Value) -> Vec<&str> {
    body.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_first_call_writes_the_payment_then_its_event_then_the_order() {
    let world = World::new();
    let reference = world.charge("k");
    let parts = world.network.salesforce.last();
    let records: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(records[0], format!("MaldoPay_Payment__c/Reference__c/{reference}"));
    assert!(records[1].starts_with("MaldoPay_Event__c/Event_Id__c/ev"));
    assert_eq!(records[2], "Order/801Hs00000abcdeIAA");
    assert_eq!(records[3], records[0], "its lookups");
    assert_eq!(parts[3].1, value!({"Order__c": "801Hs00000abcdeIAA"}));
    assert_eq!(records.len(), 4);
    assert_eq!((&parts[0].1["Status__c"], &parts[0].1["Version__c"]), (&"captured".into(), &2.into()));
    assert!(parts.iter().all(|(_, body)| body.get("Id").is_none() && body.get("Reference__c").is_none()));
}

#[test]
fn a_later_call_has_only_the_fields_that_changed() {
    let world = World::new();
    let reference = world.charge("k");
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    let parts = world.network.salesforce.last();
    assert_eq!(names(&parts[0].1), ["Needs_Review__c", "Review_Reason__c", "Status__c", "Version__c"]);
    assert!(parts[1].0.starts_with("MaldoPay_Event__c/"));
    let order = ["MaldoPay_Needs_Review__c", "MaldoPay_Review_Reason__c", "MaldoPay_Status__c"];
    assert_eq!(names(&parts[2].1), order);
    assert_eq!(parts.len(), 3);
}

#[test]
fn an_event_that_does_not_change_the_order_does_not_write_it() {
    let world = World::new();
    let reference = world.charge("k");
    world.receive(&callback(&reference, "DEPOSIT", "CONFIRMED", "1", 1));
    let parts = world.network.salesforce.last();
    let records: Vec<&str> = parts.iter().map(|(name, _)| name.split('/').next().unwrap()).collect();
    assert_eq!(records, ["MaldoPay_Payment__c", "MaldoPay_Event__c"]);
    assert_eq!(names(&parts[0].1), ["Version__c"], "the same transaction, captured once");
}

#[test]
fn a_repeated_callback_makes_no_call() {
    let world = World::new();
    let reference = world.charge("k");
    let event = callback(&reference, "DISPUTE", "CONFIRMED", "1", 1);
    world.receive(&event);
    let before = (world.salesforce_calls(), world.store.operations());
    for _ in 0..3 {
        world.receive(&event);
    }
    assert_eq!(world.salesforce_calls(), before.0);
    assert_eq!(world.store.writes_since(before.1), []);
}

#[test]
fn an_operation_request_alone_makes_no_call() {
    let world = World::new();
    let reference = world.charge("k");
    let calls = world.salesforce_calls();
    // The store loses the outcome of the refund; only the operation request is left.
    let key = format!("pay/tr/{reference}/4");
    world.store.plan(move |operation| match operation.sets(&key) {
        true => super::doubles::Trouble::Refused,
        false => super::doubles::Trouble::Nothing,
    });
    let response = world.send(super::doubles::operation(&reference, "refunds", "k2", &value!({})));
    assert_eq!(response.status, 503);
    world.store.recover();
    let drain = super::doubles::post("/v1/drain", "", "");
    // The caller of MaldoPay may still be waiting for the response.
    world.clock.advance_seconds(10);
    assert_eq!(world.send(drain.clone()).status, 200);
    assert_eq!(world.salesforce_calls(), calls, "a new version alone is not synced");
    assert_eq!(world.send(drain).json["taken"], 0);
}

#[test]
fn a_requested_sync_sends_every_field_but_no_event_again() {
    let world = World::new();
    let reference = world.charge("k");
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    let before = world.network.salesforce.records.borrow().clone();
    world.network.salesforce.records.borrow_mut().retain(|name, _| name.starts_with("MaldoPay_Event__c"));
    let response = world.send(sync(&reference));
    assert_eq!((response.status, &response.json["reference"]), (200, &reference.as_str().into()));
    let mut after = world.network.salesforce.records.borrow().clone();
    // The time of the last event is sent together with the event.
    let payment = format!("MaldoPay_Payment__c/Reference__c/{reference}");
    let last_event = before[&payment]["Last_Event_At__c"].clone();
    after.get_mut(&payment).unwrap().insert("Last_Event_At__c".to_owned(), last_event);
    assert_eq!(before, after);
    assert!(world.network.salesforce.last().iter().all(|(name, _)| !name.starts_with("MaldoPay_Event__c")));
    assert_eq!(world.send(sync("tbnone")).code(), "payment_not_found");
}

#[test]
fn an_event_is_written_once_however_often_the_payment_is_synced() {
    let world = World::new();
    let reference = world.charge("k");
    for (second, result) in [(1, "CONFIRMED"), (2, "DECLINED"), (3, "CONFIRMED")] {
        world.receive(&callback(&reference, "DISPUTE", result, "1", second));
        world.send(sync(&reference));
    }
    let written = world.network.salesforce.written.borrow();
    let events: Vec<u32> =
        written.iter().filter(|(name, _)| name.starts_with("MaldoPay_Event__c")).map(|(_, times)| *times).collect();
    assert_eq!(events, [1, 1, 1, 1]);
}

#[test]
fn a_backlog_of_events_beyond_one_call_is_sent_in_several() {
    let world = World::new();
    let reference = world.charge("k");
    let calls = world.salesforce_calls();
    for second in 1..=45 {
        let result = if second % 2 == 1 { "CONFIRMED" } else { "DECLINED" };
        let (response, _) = world.respond(webhook(&callback(&reference, "DISPUTE", result, "1", second)));
        assert_eq!(response.text, "OK");
    }
    world.receive(&callback(&reference, "DISPUTE", "DECLINED", "1", 46));
    let made: Vec<usize> = world.network.salesforce.composites()[calls..]
        .iter()
        .map(|call| {
            let parts = call["compositeRequest"].as_array().unwrap();
            parts.iter().filter(|part| part["url"].as_str().unwrap().contains("MaldoPay_Event__c")).count()
        })
        .collect();
    assert_eq!(made, [20, 20, 6]);
    let written = world.network.salesforce.written.borrow();
    assert!(written.iter().filter(|(name, _)| name.starts_with("MaldoPay_Event__c")).all(|(_, times)| *times == 1));
    let shown = world.payment(&reference);
    assert_eq!((&shown["salesforce"]["version"], &shown["version"]), (&48.into(), &48.into()));
    let record = world.network.salesforce.record("MaldoPay_Payment__c");
    assert_eq!((&record["Status__c"], &record["Version__c"]), (&"captured".into(), &48.into()));
}

#[test]
fn an_organisation_with_one_currency_gets_no_currency_code() {
    let config = super::doubles::CONFIG.replace("multi_currency = true", "multi_currency = false");
    let world = World::configured(&config, &super::doubles::secrets());
    world.charge("k");
    assert!(!world.network.salesforce.composites()[0].to_string().contains("CurrencyIsoCode"));
}
