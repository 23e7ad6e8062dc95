//! Two concurrent requests: the second runs to its end between two steps of the first, for every two steps.

use std::rc::Rc;

use serde_json::json as value;

use super::doubles::{Callback, Request, Trouble, World, body, callback, json, operation, order_body, post, webhook};
use super::durability::salesforce_is_right;

/// Runs the whole second request before the n-th store operation of the first, for every n. `check` sees the outcome.
fn interleaved(prepare: impl Fn() -> (Rc<World>, Request, Request), check: impl Fn(&World, &str, [u16; 2])) {
    for n in 1.. {
        let (world, first, second) = prepare();
        let inner = Rc::clone(&world);
        let status = Rc::new(std::cell::Cell::new(None));
        let seen = Rc::clone(&status);
        let mut count = 0;
        let mut second = Some(second);
        world.store.plan(move |_| {
            count += 1;
            if count == n
                && let Some(second) = second.take()
            {
                seen.set(Some(inner.send(second).status));
            }
            Trouble::Nothing
        });
        let response = world.send(first);
        world.store.recover();
        let Some(status) = status.get() else {
            assert!(n > 5, "the store was hardly used");
            break;
        };
        check(&world, &format!("before operation {n}"), [response.status, status]);
    }
}

#[test]
fn two_identical_concurrent_commands_are_carried_out_once() {
    let request = || json("/v1/payments", "k", &body());
    interleaved(
        || (World::new(), request(), request()),
        |world, place, statuses| {
            assert_eq!(world.provider_calls(), 1, "{place}");
            assert!(statuses.contains(&201) && statuses.iter().all(|status| matches!(status, 201 | 409)), "{place}");
        },
    );
}

#[test]
fn two_concurrent_charges_for_one_order_are_one_charge_at_most() {
    let request = |key: &str| json("/v1/payments", key, &body());
    interleaved(
        || (World::new(), request("k1"), request("k2")),
        |world, place, statuses| {
            assert_eq!(world.provider_calls(), 1, "{place}: {statuses:?}");
            assert!(statuses.contains(&201) && statuses.contains(&409), "{place}: {statuses:?}");
        },
    );
}

#[test]
fn two_concurrent_refunds_never_exceed_the_captured_amount() {
    let prepare = || {
        let world = World::new();
        let reference = world.charge("k");
        let refund = |key: &str| operation(&reference, "refunds", key, &value!({"amount": "100"}));
        (world, refund("k1"), refund("k2"))
    };
    interleaved(prepare, |world, place, statuses| {
        assert!(world.provider_calls() <= 2, "{place}: {statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 201 | 409 | 422)), "{place}: {statuses:?}");
        let payment = world.payment(&world.payment_of_order());
        assert_eq!(payment["reviewRequired"], false, "{place}");
        salesforce_is_right(world, &world.payment_of_order(), place);
    });
}

#[test]
fn two_concurrent_callbacks_both_reach_salesforce() {
    let dispute = |reference: &str| callback(reference, "DISPUTE", "CONFIRMED", "1", 1);
    let won = |reference: &str| callback(reference, "DISPUTE", "DECLINED", "1", 2);
    for reversed in [false, true] {
        let prepare = || {
            let world = World::new();
            let reference = world.charge("k");
            let (one, other) = (webhook(&dispute(&reference)), webhook(&won(&reference)));
            if reversed { (world, other, one) } else { (world, one, other) }
        };
        interleaved(prepare, |world, place, statuses| {
            assert_eq!(statuses, [200, 200], "{place}");
            let reference = world.payment_of_order();
            let record = world.network.salesforce.record("MaldoPay_Payment__c");
            assert_eq!((&record["Status__c"], &record["Version__c"]), (&"captured".into(), &4.into()), "{place}");
            salesforce_is_right(world, &reference, place);
            let records = world.network.salesforce.records.borrow();
            assert_eq!(records.keys().filter(|name| name.starts_with("MaldoPay_Event__c")).count(), 3, "{place}");
        });
    }
}

#[test]
fn two_identical_concurrent_callbacks_count_once() {
    let prepare = || {
        let world = World::new();
        let reference = world.charge("k");
        let refund = Callback {
            original: Some("1".to_owned()),
            amount: "49.90",
            ..callback(&reference, "REFUND", "CONFIRMED", "8", 1)
        };
        (world, webhook(&refund), webhook(&refund))
    };
    interleaved(prepare, |world, place, statuses| {
        assert_eq!(statuses, [200, 200], "{place}");
        let payment = world.payment(&world.payment_of_order());
        assert_eq!((&payment["refunded"], &payment["version"]), (&"49.90".into(), &3.into()), "{place}");
        let records = world.network.salesforce.records.borrow();
        assert_eq!(records.keys().filter(|name| name.starts_with("MaldoPay_Event__c")).count(), 2, "{place}");
    });
}

#[test]
fn a_repetition_during_the_call_to_maldopay_is_in_progress() {
    let world = World::new();
    let inner = Rc::clone(&world);
    world.network.during("maldopay.example", move || {
        let response = inner.send(json("/v1/payments", "k", &body()));
        assert_eq!((response.status, response.code()), (409, "in_progress"));
        assert_eq!(response.json["retriable"], true);
        assert_eq!(response.header("retry-after"), Some("5"));
        let other = inner.send(json("/v1/payments", "k2", &body()));
        assert_eq!((other.status, other.code()), (409, "source_has_payment"));
    });
    assert_eq!(world.send(json("/v1/payments", "k", &body())).status, 201);
    assert_eq!(world.provider_calls(), 1);
}

#[test]
fn a_callback_that_overtakes_the_response_is_included_in_it() {
    let world = World::new();
    let reference = World::new().charge("k");
    world.network.maldopay.next_code(313);
    let inner = Rc::clone(&world);
    let event = callback(&reference, "DEPOSIT", "CONFIRMED", "1", 1);
    world.network.during("maldopay.example", move || inner.receive(&event));
    let response = world.send(json("/v1/payments", "k", &body()));
    assert_eq!((response.status, &response.json["status"]), (201, &"captured".into()));
    salesforce_is_right(&world, &reference, "after both");
}

#[test]
fn an_event_that_arrives_during_a_sync_is_synced_too() {
    let world = World::new();
    let reference = world.charge("k");
    let inner = Rc::clone(&world);
    let won = callback(&reference, "DISPUTE", "DECLINED", "1", 2);
    world.network.during("composite", move || {
        let (response, _) = inner.respond(webhook(&won));
        assert_eq!(response.text, "OK");
    });
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    assert_eq!(world.network.salesforce.record("Order/")["MaldoPay_Status__c"], "captured");
    salesforce_is_right(&world, &reference, "after both");
}

#[test]
fn an_overtaken_sync_does_not_overwrite_the_status() {
    let world = World::new();
    let reference = world.charge("k");
    let (_, late) = world.respond(webhook(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1)));
    let inner = Rc::clone(&world);
    let won = callback(&reference, "DISPUTE", "DECLINED", "1", 2);
    let mut event = Some(won);
    // The late sync has read its history when the newer one runs to its end.
    world.store.plan(move |operation| {
        if let super::doubles::StoreOperation::Get(keys) = operation
            && keys[0] == "sf/tr"
            && let Some(won) = event.take()
        {
            inner.receive(&won);
        }
        Trouble::Nothing
    });
    world.finish(late);
    world.store.recover();
    let record = world.network.salesforce.record("MaldoPay_Payment__c");
    assert_eq!((&record["Status__c"], &record["Version__c"]), (&"captured".into(), &4.into()));
    salesforce_is_right(&world, &reference, "after both");
}

#[test]
fn payments_for_different_orders_do_not_wait_for_each_other() {
    let request = |key: &str, order: &str| json("/v1/payments", key, &order_body(order));
    interleaved(
        || (World::new(), request("k1", "801Hs00000aaaaaIAA"), request("k2", "801Hs00000bbbbbIAA")),
        |world, place, statuses| {
            assert_eq!(statuses, [201, 201], "{place}");
            assert_eq!(world.send(post("/v1/drain", "", "")).json["deferred"], 0, "{place}");
        },
    );
}
