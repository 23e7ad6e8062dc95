//! The store fails at each operation in turn. Nothing is acknowledged that is not durable, and nothing is done twice.

use std::rc::Rc;

use serde_json::{Value, json as value};

use super::doubles::{Callback, Request, Trouble, World, body, callback, json, operation, post, sync, webhook};

/// How the store fails at its n-th operation.
#[derive(Clone, Copy, Debug)]
enum StoreFailure {
    Once(Trouble),
    FromThereOn,
}

const WAYS: [StoreFailure; 3] =
    [StoreFailure::Once(Trouble::Refused), StoreFailure::Once(Trouble::LostResponse), StoreFailure::FromThereOn];

fn fail(world: &World, way: StoreFailure, n: usize) {
    match way {
        StoreFailure::Once(trouble) => world.store.trouble_at(n, trouble),
        StoreFailure::FromThereOn => world.store.down_from(n),
    }
}

/// Runs the attempt with a store that fails at operation 1, 2, 3, … until the attempt needs fewer operations than that.
fn at_every_operation(prepare: impl Fn() -> Rc<World>, attempt: impl Fn(&World, &str)) {
    for way in WAYS {
        for n in 1.. {
            let world = prepare();
            let before = world.store.operations();
            fail(&world, way, n);
            attempt(&world, &format!("{way:?} at {n}"));
            if world.store.operations() < before + n {
                assert!(n > 5, "the store was hardly used");
                break;
            }
        }
    }
}

/// Asserts that all records at Salesforce are as a full sync would write them now. Only the version may differ, since a
/// new version alone is not synced.
pub fn salesforce_is_right(world: &World, reference: &str, place: &str) {
    let records = || {
        let mut records = world.network.salesforce.records.borrow().clone();
        records.values_mut().for_each(|record| drop(record.remove("Version__c")));
        records
    };
    let before = records();
    assert_eq!(world.send(sync(reference)).status, 200, "{place}");
    let after = records();
    for (name, record) in &after {
        assert_eq!(before.get(name), Some(record), "{place}: {name}");
    }
    let shown = world.payment(reference);
    assert_eq!(shown["salesforce"]["version"], shown["version"], "{place}");
}

fn drain(world: &World) -> Value {
    let response = world.send(post("/v1/drain", "", ""));
    assert_eq!(response.status, 200, "{}", response.text);
    response.json
}

/// A command whose store fails: MaldoPay is called at most once, before and after the store recovers, and a success
/// that was returned is durable.
fn command(world: &World, request: &Request, place: &str, called_before: usize, expected: &str) {
    let (response, after) = world.respond(request.clone());
    let asked = world.provider_calls() - called_before;
    assert!(asked <= 1, "{place}");
    if asked == 1 {
        assert!(world.store.entries_with("\"requested\"") > called_before, "{place}: called without a durable intent");
    }
    match response.status {
        201 => {}
        503 => assert_eq!(response.code(), "store_unavailable", "{place}"),
        status => panic!("{place}: {status} {}", response.text),
    }
    world.finish(after);
    world.store.recover();
    if response.status == 201 {
        let reference = response.json["reference"].as_str().unwrap();
        assert_eq!(response.json["status"], expected, "{place}");
        assert_eq!(world.payment(reference)["status"], expected, "{place}: the response was not durable");
    }
    for seconds in [0, 5, 120, 86_400] {
        world.clock.advance_seconds(seconds);
        let again = world.send(request.clone());
        // An operation that seems not to have been sent is unknown until that is certain.
        let is_unknown = again.status == 202 && again.json["outcome"] == "unknown";
        assert!(is_unknown || matches!(again.status, 201 | 409 | 503), "{place}: {} {}", again.status, again.text);
        if response.status == 201 {
            assert_eq!(again.text, response.text, "{place}: another answer");
        }
        assert!(world.provider_calls() - called_before <= 1, "{place}: MaldoPay was called twice");
    }
    drain(world);
}

#[test]
fn a_charge_is_carried_out_at_most_once_wherever_the_store_fails() {
    let request = json("/v1/payments", "k", &body());
    at_every_operation(World::new, |world, place| command(world, &request, place, 0, "captured"));
}

#[test]
fn a_refund_is_carried_out_at_most_once_wherever_the_store_fails() {
    let prepare = || {
        let world = World::new();
        world.charge("k");
        world
    };
    let reference = prepare().charge("k");
    let request = operation(&reference, "refunds", "k2", &value!({"amount": "49.90"}));
    at_every_operation(prepare, |world, place| command(world, &request, place, 1, "partially_refunded"));
}

#[test]
fn a_webhook_is_acknowledged_only_when_its_event_is_in_the_store() {
    let prepare = || {
        let world = World::new();
        world.charge("k");
        world
    };
    let reference = prepare().charge("k");
    let event = Callback { transaction: "55".to_owned(), ..callback(&reference, "CHARGEBACK", "CONFIRMED", "", 1) };
    let event = Callback { original: Some("1".to_owned()), ..event };
    at_every_operation(prepare, |world, place| {
        let (response, after) = world.respond(webhook(&event));
        let durable = world.store.entries_with("\"55\"");
        match (response.status, response.text.as_str()) {
            (200, "OK") => assert_eq!(durable, 1, "{place}: acknowledged and not in the store"),
            (503, _) => assert_eq!(response.code(), "store_unavailable", "{place}"),
            other => panic!("{place}: {other:?}"),
        }
        world.finish(after);
        world.store.recover();
        world.receive(&event);
        let payment = world.payment(&reference);
        let actual = (&payment["status"], &payment["chargedBack"]);
        assert_eq!(actual, (&"charged_back".into(), &"149.90".into()), "{place}");
        world.clock.advance_seconds(3600);
        drain(world);
        assert_eq!(drain(world)["taken"], 0, "{place}: the journal is not closed");
        salesforce_is_right(world, &reference, place);
        let written = world.network.salesforce.written.borrow();
        assert_eq!(written.keys().filter(|name| name.starts_with("MaldoPay_Event__c")).count(), 2, "{place}");
    });
}

#[test]
fn a_webhook_needs_at_most_four_writes_and_one_call() {
    let world = World::new();
    let reference = world.charge("k");
    for (second, kind, result) in [
        (1, "DEPOSIT", "CONFIRMED"),
        (2, "DISPUTE", "CONFIRMED"),
        (3, "DISPUTE", "DECLINED"),
        (4, "REFUND", "CONFIRMED"),
    ] {
        let before = (world.store.operations(), world.network.requests().len());
        world.receive(&callback(&reference, kind, result, "1", second));
        let writes = world.store.writes_since(before.0);
        assert!(writes.len() <= 4, "{kind}: {writes:?}");
        assert_eq!(world.network.requests().len() - before.1, 1, "{kind}");
    }
    let before = (world.store.operations(), world.network.requests().len());
    world.receive(&callback("somebody-elses", "DEPOSIT", "CONFIRMED", "99", 1));
    assert!(world.store.writes_since(before.0).len() <= 4);
    assert_eq!(world.network.requests().len() - before.1, 1);
}

#[test]
fn a_drain_that_the_store_interrupts_loses_nothing() {
    let prepare = || {
        let world = World::new();
        world.network.salesforce.set_down(true);
        let reference = world.charge("k");
        for (second, result) in [(1, "CONFIRMED"), (2, "DECLINED")] {
            world.receive(&callback(&reference, "DISPUTE", result, "1", second));
        }
        world.network.salesforce.set_down(false);
        world.clock.advance_seconds(3600);
        world
    };
    let reference = prepare().payment_of_order();
    at_every_operation(prepare, |world, place| {
        let response = world.send(post("/v1/drain", "", ""));
        assert!(matches!(response.status, 200 | 503), "{place}: {}", response.text);
        world.store.recover();
        world.clock.advance_seconds(3600);
        let report = drain(world);
        assert_eq!((&report["deferred"], &report["complete"]), (&0.into(), &true.into()), "{place}");
        assert_eq!(world.network.salesforce.record("MaldoPay_Payment__c")["Status__c"], "captured", "{place}");
        salesforce_is_right(world, &reference, place);
    });
}
