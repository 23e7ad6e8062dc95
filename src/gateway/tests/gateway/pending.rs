//! Operations that a lost callback leaves pending get status inquiries on schedule, and abandoned ones cost nothing
//! between inquiries.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::{Value, json as value};

use super::doubles::{
    CONFIG, CallError, HttpResponse, StoreOperation, Trouble, World, body, callback, get, json, operation, order_body,
    post, response, secrets,
};
use super::durability::salesforce_is_right;

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 3600;

fn drain(world: &World) -> Value {
    let response = world.send(post("/v1/drain", "", ""));
    assert_eq!(response.status, 200, "{}", response.text);
    response.json
}

fn drain_after(world: &World, seconds: i64) -> Value {
    world.clock.advance_seconds(seconds);
    drain(world)
}

fn still_pending() -> Result<HttpResponse, CallError> {
    Ok(response(200, r#"{"transaction":{"codeId":313,"transactionId":1}}"#))
}

/// A payment for this order whose payer was redirected.
fn pending_for(world: &World, order: &str) -> String {
    world.network.maldopay.next(still_pending());
    let response = world.send(json("/v1/payments", order, &order_body(order)));
    assert_eq!((response.status, &response.json["status"]), (201, &"pending".into()), "{}", response.text);
    response.json["reference"].as_str().unwrap().to_owned()
}

/// A pending payment whose journal entries a drain has passed.
fn pending(world: &World) -> String {
    drain(world);
    let reference = pending_for(world, super::doubles::ORDER);
    drain_after(world, 2 * MINUTE);
    assert_eq!(drain(world)["closed"], 0, "nothing is open");
    reference
}

fn inquiries(world: &World) -> usize {
    world.network.maldopay.requests().iter().filter(|request| request["type"] == "STATUS").count()
}

fn last_of_journal(world: &World) -> u64 {
    world.send(get("/v1/journal")).json["last"].as_u64().unwrap()
}

#[test]
fn a_payment_whose_callback_was_lost_is_found_captured_after_fifteen_minutes() {
    let world = World::new();
    let reference = pending(&world);
    assert_eq!(drain_after(&world, 12 * MINUTE)["asked"], 0);
    let report = drain_after(&world, 4 * MINUTE);
    assert_eq!((&report["asked"], &report["taken"]), (&1.into(), &1.into()), "{report:#}");
    assert_eq!(world.payment(&reference)["status"], "captured");
    assert_eq!(world.network.salesforce.record("Order/")["MaldoPay_Status__c"], "captured");
    salesforce_is_right(&world, &reference, "after the drain");
    for _ in 0..10 {
        drain_after(&world, DAY);
    }
    assert_eq!(inquiries(&world), 1, "the inquiries have ended");
}

#[test]
fn a_payment_that_stays_pending_gets_ever_rarer_inquiries_without_a_trace() {
    let world = World::new();
    let reference = pending(&world);
    let last = last_of_journal(&world);
    let entries = world.send(get(&format!("/v1/payments/{reference}/events"))).json["events"].clone();
    let mut asked_at = Vec::new();
    for minute in 3..(4 * 24 * 60) {
        world.network.maldopay.next(still_pending());
        if drain_after(&world, MINUTE)["asked"] == 1 {
            asked_at.push(minute);
        }
        world.network.maldopay.respond_as_usual();
    }
    let waits: Vec<i64> = asked_at.windows(2).map(|two| two[1] - two[0]).collect();
    assert!((15..=18).contains(&asked_at[0]), "{asked_at:?}");
    let expected = [30, 60, 120, 240, 480, 960, 1440];
    let as_expected = waits.iter().zip(expected).all(|(wait, expected)| (expected..=expected + 3).contains(wait));
    assert!(as_expected && waits.len() >= expected.len(), "{waits:?}");
    assert_eq!(last_of_journal(&world), last, "the journal did not grow");
    assert_eq!(world.send(get(&format!("/v1/payments/{reference}/events"))).json["events"], entries);
    let stored = world.store.text();
    assert_eq!(stored.lines().filter(|line| line.starts_with("ask/tr/")).count(), 2, "its next inquiry slot\n{stored}");
    drain_after(&world, DAY);
    assert_eq!(world.payment(&reference)["status"], "captured");
}

#[test]
fn a_payment_that_is_paid_at_once_is_never_scheduled() {
    let world = World::new();
    drain(&world);
    let reference = pending_for(&world, super::doubles::ORDER);
    drain_after(&world, 20);
    world.receive(&callback(&reference, "DEPOSIT", "CONFIRMED", "1", 1));
    for _ in 0..3 {
        drain_after(&world, DAY);
    }
    assert_eq!(inquiries(&world), 0);
    assert!(!world.store.text().contains("ask/tr/"), "{}", world.store.text());
}

#[test]
fn no_drain_reads_an_abandoned_payment_before_its_inquiry_slot() {
    let operations = |payments: usize| {
        let world = World::new();
        drain(&world);
        for number in 0..payments {
            pending_for(&world, &format!("801Hs000000{number:04}IAA"));
        }
        drain_after(&world, 2 * MINUTE);
        drain_after(&world, MINUTE);
        let before = world.store.operations();
        drain_after(&world, MINUTE);
        world.store.operations() - before
    };
    assert_eq!(operations(1), operations(50));
}

#[test]
fn a_timed_out_inquiry_is_repeated_and_blocks_nothing() {
    let world = World::new();
    drain(&world);
    let references: Vec<String> =
        (0..20).map(|number| pending_for(&world, &format!("801Hs000000{number:04}IAA"))).collect();
    drain_after(&world, 2 * MINUTE);
    let last = last_of_journal(&world);
    for _ in 0..20 {
        world.network.maldopay.next(Err(CallError::NoResponse("timeout".to_owned())));
    }
    assert_eq!(drain_after(&world, 16 * MINUTE)["asked"], 3, "the next drain inquires about the others");
    assert_eq!(last_of_journal(&world), last);
    world.network.maldopay.respond_as_usual();
    drain(&world);
    let statuses = || references.iter().filter(|reference| world.payment(reference)["status"] == "captured").count();
    assert_eq!(statuses(), 17);
    drain_after(&world, 33 * MINUTE);
    assert_eq!(statuses(), 20);
}

#[test]
fn pending_refunds_and_payouts_get_inquiries_too() {
    let world = World::new();
    drain(&world);
    let reference = world.charge("k");
    drain_after(&world, DAY);
    world.network.maldopay.next_code(300);
    assert_eq!(world.send(operation(&reference, "refunds", "k2", &value!({}))).json["status"], "captured");
    let mut payout = body();
    payout["intent"] = value!("payout");
    payout["method"] = value!("bank");
    world.network.maldopay.next_code(304);
    let payout = world.send(json("/v1/payments", "k3", &payout));
    assert_eq!((payout.status, &payout.json["status"]), (201, &"pending".into()), "{}", payout.text);
    drain_after(&world, 2 * MINUTE);
    drain_after(&world, 2 * MINUTE);
    assert_eq!(drain_after(&world, 16 * MINUTE)["asked"], 2);
    assert_eq!(world.payment(&reference)["status"], "refunded");
    assert_eq!(world.payment(payout.json["reference"].as_str().unwrap())["status"], "paid_out");
}

#[test]
fn a_refund_that_maldopay_finally_declines_may_be_requested_again() {
    let world = World::new();
    drain(&world);
    let reference = world.charge("k");
    world.network.maldopay.next(Ok(response(200, r#"{"transaction":{"codeId":300,"transactionId":7}}"#)));
    world.send(operation(&reference, "refunds", "k2", &value!({})));
    drain_after(&world, 2 * MINUTE);
    assert_eq!(world.send(operation(&reference, "refunds", "k3", &value!({}))).code(), "nothing_left");
    world.network.maldopay.next(Ok(response(200, r#"{"transaction":{"codeId":500,"transactionId":7}}"#)));
    drain_after(&world, 16 * MINUTE);
    assert_eq!(world.payment(&reference)["reviewReasons"], value!(["refund_failed"]));
    assert_eq!(world.send(operation(&reference, "refunds", "k4", &value!({}))).json["status"], "refunded");
}

#[test]
fn two_concurrent_drains_leave_one_inquiry_slot() {
    // Both when the payment is scheduled, and when the inquiry is made.
    for seconds in [2 * MINUTE, 18 * MINUTE] {
        for n in 1.. {
            let world = World::new();
            drain(&world);
            pending_for(&world, super::doubles::ORDER);
            if seconds > 2 * MINUTE {
                drain_after(&world, 2 * MINUTE);
            }
            world.clock.advance_seconds(seconds);
            (0..2).for_each(|_| world.network.maldopay.next(still_pending()));
            let (inner, mut count, ran) = (Rc::clone(&world), 0, Rc::new(Cell::new(false)));
            let seen = Rc::clone(&ran);
            world.store.plan(move |_| {
                count += 1;
                if count == n {
                    seen.set(true);
                    drain(&inner);
                }
                Trouble::Nothing
            });
            drain(&world);
            world.store.recover();
            if !ran.get() {
                assert!(n > 5, "the store was hardly used");
                break;
            }
            world.network.maldopay.respond_as_usual();
            let before = inquiries(&world);
            (0..3).for_each(|_| world.network.maldopay.next(still_pending()));
            drain_after(&world, 40 * MINUTE);
            drain_after(&world, 3 * MINUTE);
            assert_eq!(inquiries(&world) - before, 1, "after {seconds} s, before operation {n}");
        }
    }
}

#[test]
fn a_drain_that_dies_loses_no_inquiry() {
    for seconds in [2 * MINUTE, 18 * MINUTE] {
        for n in 1.. {
            let world = World::new();
            drain(&world);
            let reference = pending_for(&world, super::doubles::ORDER);
            if seconds > 2 * MINUTE {
                drain_after(&world, 2 * MINUTE);
            }
            world.clock.advance_seconds(seconds);
            (0..2).for_each(|_| world.network.maldopay.next(still_pending()));
            let (seen, died) = (Cell::new(0), Rc::new(Cell::new(false)));
            let is_dead = Rc::clone(&died);
            world.store.plan(move |_| {
                seen.set(seen.get() + 1);
                is_dead.set(seen.get() >= n);
                if is_dead.get() { Trouble::Refused } else { Trouble::Nothing }
            });
            world.send(post("/v1/drain", "", ""));
            world.store.recover();
            if !died.get() {
                assert!(n > 5, "the store was hardly used");
                break;
            }
            world.network.maldopay.respond_as_usual();
            drain_after(&world, 2 * MINUTE);
            drain_after(&world, 40 * MINUTE);
            let status = world.payment(&reference)["status"].clone();
            assert_eq!(status, "captured", "after {seconds} s, refused from operation {n}");
        }
    }
}

#[test]
fn a_payment_that_cannot_be_read_is_deferred_and_the_others_get_inquiries() {
    let world = World::new();
    drain(&world);
    let references: Vec<String> =
        (0..3).map(|number| pending_for(&world, &format!("801Hs000000{number:04}IAA"))).collect();
    drain_after(&world, 2 * MINUTE);
    let key = format!("pay/tr/{}/2", references[0]);
    let entry = world.store.value(&key).unwrap();
    world.store.put(&key, "no entry");
    let report = drain_after(&world, 16 * MINUTE);
    assert_eq!((&report["asked"], &report["failed"]), (&2.into(), &1.into()), "{report:#}");
    world.store.put(&key, &entry);
    drain_after(&world, 18 * MINUTE);
    assert_eq!(world.payment(&references[0])["status"], "captured");
}

#[test]
fn a_store_that_refuses_inquiries_blocks_no_sync() {
    let world = World::new();
    pending(&world);
    world.network.salesforce.set_down(true);
    let other = world.send(json("/v1/payments", "k", &order_body("801Hs00000bbbbbIAA"))).json;
    world.network.salesforce.set_down(false);
    world.clock.advance_seconds(18 * MINUTE);
    world.store.plan(|operation| {
        let refused = matches!(operation, StoreOperation::Increment(key, _) if key.starts_with("ask/"));
        if refused { Trouble::Refused } else { Trouble::Nothing }
    });
    assert_eq!(drain(&world)["taken"], 1);
    salesforce_is_right(&world, other["reference"].as_str().unwrap(), "although inquiries fail");
    world.store.recover();
    assert_eq!(drain(&world)["asked"], 1);
}

#[test]
fn a_site_configures_the_schedule_of_inquiries() {
    let configured = |line: &str| {
        let site = format!("[sites.tr]\nstatus = {line}");
        World::configured(&CONFIG.replace("[sites.tr]", &site), &secrets())
    };
    let world = configured("{ first_minutes = 120, longest_hours = 2 }");
    pending(&world);
    (0..2).for_each(|_| world.network.maldopay.next(still_pending()));
    let asked: Vec<Value> =
        [110, 12, 110, 14].map(|minutes| drain_after(&world, minutes * MINUTE)["asked"].clone()).into();
    assert_eq!(asked, [0, 1, 0, 1]);

    for (line, key, problem) in [
        ("{ first_minutes = 0 }", "first_minutes", "0: write a whole number from 1 to 1440"),
        ("{ first_minutes = 100000 }", "first_minutes", "100000: write a whole number from 1 to 1440"),
        ("{ first_minutes = 2.5 }", "first_minutes", "float: write a whole number"),
        ("{ flight_minutes = 3 }", "flight_minutes", "3: write a whole number from 4 to 1440"),
        ("{ longest_hours = 0 }", "longest_hours", "0: write a whole number from 1 to 168"),
        ("{ longest_hours = 1000 }", "longest_hours", "1000: write a whole number from 1 to 168"),
        ("{ first_minutes = 121, longest_hours = 2 }", "longest_hours", "2: write a whole number from 3 to 168"),
    ] {
        let problems = configured(line).send(super::doubles::get("/readyz")).json["problems"].clone();
        let at = format!("config: line 3: sites.tr.status.{key}");
        assert_eq!((&problems[0]["at"], &problems[0]["problem"]), (&at.into(), &problem.into()), "{line}");
    }
    let unknown = configured("{ first = 1 }").send(super::doubles::get("/readyz")).json;
    assert!(
        unknown["problems"][0]["problem"].as_str().unwrap().contains("first_minutes, longest_hours"),
        "{unknown:#}"
    );
}
