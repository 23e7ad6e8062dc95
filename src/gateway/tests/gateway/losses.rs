//! A sync or the record of it is lost when a process dies: Salesforce has the right values in the end nevertheless.

use serde_json::json as value;

use super::doubles::{
    CallError, Callback, Trouble, World, body, callback, composite, json, order_body, post, response, webhook,
};
use super::durability::salesforce_is_right;

/// What is lost after an event became durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    /// Nothing.
    Nothing,
    /// The sync state; Salesforce has written everything.
    Record,
    /// Everything after the acknowledgement.
    SalesforceSync,
    /// Salesforce's response; Salesforce has written nothing.
    Response,
}

const LOSSES: [Loss; 4] = [Loss::Nothing, Loss::Record, Loss::SalesforceSync, Loss::Response];

fn receive(world: &World, event: &Callback, reference: &str, loss: Loss) {
    let (response, after) = world.respond(webhook(event));
    assert_eq!(response.text, "OK");
    let sync_state = format!("pay/tr/{reference}");
    match loss {
        Loss::Nothing => {}
        Loss::Record => world.store.plan(move |operation| match operation.sets(&sync_state) {
            true => Trouble::Refused,
            false => Trouble::Nothing,
        }),
        Loss::SalesforceSync => return,
        Loss::Response => world.network.salesforce.next(Err(CallError::NoResponse("timeout".to_owned()))),
    }
    world.finish(after);
    world.store.recover();
}

fn disputed_and_won(reference: &str) -> [Callback; 2] {
    [callback(reference, "DISPUTE", "CONFIRMED", "1", 1), callback(reference, "DISPUTE", "DECLINED", "1", 2)]
}

#[test]
fn a_status_that_changed_twice_is_restored_after_a_lost_sync_state() {
    let world = World::new();
    let reference = world.charge("k");
    let [disputed, won] = disputed_and_won(&reference);
    receive(&world, &disputed, &reference, Loss::Record);
    let status = || world.network.salesforce.record("Order/")["MaldoPay_Status__c"].clone();
    assert_eq!((status(), &world.payment(&reference)["salesforce"]["version"]), ("disputed".into(), &2.into()));
    receive(&world, &won, &reference, Loss::Nothing);
    assert_eq!(status(), "captured");
    let order = world.network.salesforce.record("Order/");
    assert_eq!(order["MaldoPay_Needs_Review__c"], false);
    salesforce_is_right(&world, &reference, "after both");
}

#[test]
fn the_drain_repairs_a_lost_sync_state() {
    let world = World::new();
    let reference = world.charge("k");
    let [disputed, _] = disputed_and_won(&reference);
    receive(&world, &disputed, &reference, Loss::Record);
    world.send(post("/v1/drain", "", ""));
    assert_eq!(world.payment(&reference)["salesforce"]["version"], 3);
    salesforce_is_right(&world, &reference, "after the drain");
}

#[test]
fn whatever_is_lost_on_the_way_salesforce_has_the_right_values_in_the_end() {
    let history = |reference: &str| {
        let refund = Callback {
            original: Some("1".to_owned()),
            amount: "49.90",
            ..callback(reference, "REFUND", "CONFIRMED", "8", 3)
        };
        let again = callback(reference, "DISPUTE", "CONFIRMED", "1", 4);
        let [disputed, won] = disputed_and_won(reference);
        [disputed, won, refund, again]
    };
    let mut tried = 0;
    for first in LOSSES {
        for second in LOSSES {
            for third in LOSSES {
                for fourth in LOSSES {
                    let losses = [first, second, third, fourth];
                    let place = format!("{losses:?}");
                    let world = World::new();
                    let reference = world.charge("k");
                    for (event, loss) in history(&reference).iter().zip(losses) {
                        receive(&world, event, &reference, loss);
                    }
                    // Where three responses in a row are lost, the circuit breaker opens, and the first drain loses the
                    // fourth.
                    for _ in 0..2 {
                        world.clock.advance_seconds(3 * 3600);
                        world.send(post("/v1/drain", "", ""));
                    }
                    salesforce_is_right(&world, &reference, &place);
                    let record = world.network.salesforce.record("MaldoPay_Payment__c");
                    assert_eq!(record["Status__c"], "disputed", "{place}");
                    let records = world.network.salesforce.records.borrow();
                    let events = records.keys().filter(|name| name.starts_with("MaldoPay_Event__c")).count();
                    assert_eq!(events, 5, "{place}");
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, 256);
}

#[test]
fn after_an_outage_of_salesforce_one_call_syncs_everything() {
    let world = World::new();
    world.network.salesforce.set_down(true);
    let reference = world.charge("k");
    for event in disputed_and_won(&reference) {
        world.receive(&event);
    }
    assert_eq!(world.payment(&reference)["salesforce"]["failedAttempts"], 3);
    world.network.salesforce.set_down(false);
    let calls = world.salesforce_calls();
    world.clock.advance_seconds(3 * 3600);
    let report = world.send(post("/v1/drain", "", "")).json;
    assert_eq!((&report["taken"], &report["closed"], &report["deferred"]), (&1.into(), &0.into(), &0.into()));
    world.clock.advance_seconds(61);
    let report = world.send(post("/v1/drain", "", "")).json;
    assert_eq!((&report["taken"], &report["closed"], &report["deferred"]), (&0.into(), &4.into(), &0.into()));
    assert_eq!(world.salesforce_calls() - calls, 1);
    assert_eq!(world.network.salesforce.last().len(), 6, "the payment, three events, the order, its lookups");
    salesforce_is_right(&world, &reference, "after the outage");
}

#[test]
fn an_oversized_response_of_maldopay_counts_as_a_timeout_and_is_inquired_about() {
    let world = World::new();
    let flood = |bytes: usize| {
        let content = value!({"transaction": {"codeId": 200, "transactionId": 1}, "padding": "x".repeat(bytes)});
        Ok(response(200, &content.to_string()))
    };
    world.network.maldopay.next(flood(64 * 1024));
    let response = world.send(json("/v1/payments", "k", &body()));
    assert_eq!((response.status, &response.json["outcome"]), (202, &"unknown".into()), "{}", response.text);
    let reference = response.json["reference"].as_str().unwrap().to_owned();
    let stored = world.store.value(&format!("pay/tr/{reference}/2")).unwrap();
    assert!(stored.len() < 1024, "{}", stored.len());
    world.clock.advance_seconds(301);
    world.send(post("/v1/drain", "d", ""));
    assert_eq!(world.payment(&reference)["outcome"], "known");
    // A response of exactly the limit counts.
    world.network.maldopay.next(flood(60 * 1024));
    let other = world.send(json("/v1/payments", "k2", &order_body("801Hs00000zzzzzIAA")));
    assert_eq!((other.status, &other.json["captured"]), (201, &"149.90".into()), "{}", other.text);
}

#[test]
fn an_oversized_response_of_salesforce_is_retried() {
    let world = World::new();
    // The response confirms all writes, but only beyond the limit.
    let mut flood = composite(&[(201, value!({})), (201, value!({})), (204, value!(null))]);
    flood.body.extend(vec![b' '; 1024 * 1024]);
    world.network.salesforce.next(Ok(flood));
    let reference = world.charge("k");
    let payment = world.payment(&reference);
    let shown = &payment["salesforce"];
    assert_eq!((&shown["failedAttempts"], &payment["reviewRequired"]), (&1.into(), &false.into()), "{payment:#}");
    world.clock.advance_seconds(120);
    world.send(post("/v1/drain", "d", ""));
    assert_eq!(world.network.salesforce.record("Order/")["MaldoPay_Status__c"], "captured");
}
