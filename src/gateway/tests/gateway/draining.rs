//! A drain continues where one payment cannot be processed, and passes no entry whose sync may still be overwritten.

use std::rc::Rc;

use serde_json::Value;

use super::doubles::{
    CONFIG, CallError, Callback, StoreOperation, Trouble, World, callback, get, json, order_body, post, webhook,
};
use super::durability::salesforce_is_right;

fn drain(world: &World) -> Value {
    let response = world.send(post("/v1/drain", "", ""));
    assert_eq!(response.status, 200, "{}", response.text);
    response.json
}

/// This many payments that are not synced, each for its own order.
fn unsynced(world: &World, count: usize) -> Vec<String> {
    world.network.salesforce.set_down(true);
    let charge = |number: usize| {
        let order = format!("801Hs000000{number:04}IAA");
        let response = world.send(json("/v1/payments", &format!("k{number}"), &order_body(&order)));
        response.json["reference"].as_str().unwrap().to_owned()
    };
    let references = (0..count).map(charge).collect();
    world.network.salesforce.set_down(false);
    world.clock.advance_seconds(3600);
    references
}

/// Refuses to increment the counters that match, from now on.
fn refuse_increments(world: &World, is_refused: impl Fn(&str, i64) -> bool + 'static) {
    world.store.plan(move |operation| {
        let refused = matches!(operation, StoreOperation::Increment(key, by) if is_refused(key, *by));
        if refused { Trouble::Refused } else { Trouble::Nothing }
    });
}

fn is_synced(world: &World, reference: &str) -> bool {
    let records = world.network.salesforce.records.borrow();
    records.contains_key(&format!("MaldoPay_Payment__c/Reference__c/{reference}"))
}

#[test]
fn a_payment_that_cannot_be_read_does_not_block_the_others() {
    let world = World::new();
    let references = unsynced(&world, 3);
    let key = format!("pay/tr/{}/2", references[0]);
    let entry = world.store.value(&key).unwrap();
    world.store.put(&key, "no entry");
    let report = drain(&world);
    assert_eq!((&report["taken"], &report["failed"]), (&2.into(), &1.into()));
    assert_eq!(report["complete"], true);
    assert!(report["oldestOpenSeconds"].as_i64() >= Some(3600), "{report:#}");
    let sync_state: Vec<bool> = references.iter().map(|reference| is_synced(&world, reference)).collect();
    assert_eq!(sync_state, [false, true, true]);
    let log = world.lines.0.borrow().join("\n");
    assert!(log.contains("store_unreadable") && log.contains(&references[0]), "{log}");

    world.store.put(&key, &entry);
    let report = drain(&world);
    assert_eq!((&report["taken"], &report["failed"], &report["oldestOpenSeconds"]), (&1.into(), &0.into(), &0.into()));
    references.iter().for_each(|reference| salesforce_is_right(&world, reference, "fixed"));
}

#[test]
fn a_payment_whose_keys_fail_does_not_block_the_others() {
    let world = World::new();
    let references = unsynced(&world, 3);
    let failing = format!("pay/tr/{}", references[1]);
    world.store.plan(move |operation| {
        let fails = match operation {
            StoreOperation::Get(keys) | StoreOperation::Set(keys) => keys.iter().any(|key| key.starts_with(&failing)),
            StoreOperation::Increment(key, _) => key.starts_with(&failing),
            StoreOperation::Delete(_) => false,
        };
        if fails { Trouble::Refused } else { Trouble::Nothing }
    });
    let report = drain(&world);
    assert_eq!((&report["taken"], &report["failed"]), (&2.into(), &1.into()));
    world.store.recover();
    assert_eq!(drain(&world)["taken"], 1);
    references.iter().for_each(|reference| salesforce_is_right(&world, reference, "recovered"));
}

#[test]
fn a_store_that_does_not_respond_at_all_ends_the_drain() {
    let world = World::new();
    let references = unsynced(&world, 60);
    refuse_increments(&world, |key, _| key.starts_with("pay/"));
    let before = world.store.operations();
    let response = world.send(post("/v1/drain", "", ""));
    assert_eq!((response.status, response.code()), (503, "store_unavailable"));
    let asked = world.store.operations() - before;
    assert!(asked < references.len(), "{asked} operations on a store that does not respond");
}

#[test]
fn what_a_drain_did_before_the_store_failed_stays_done() {
    let world = World::new();
    let references = unsynced(&world, 20);
    let failing: Vec<String> = references[3..].iter().map(|reference| format!("pay/tr/{reference}")).collect();
    refuse_increments(&world, move |key, _| failing.iter().any(|failing| key.starts_with(failing)));
    assert_eq!(world.send(post("/v1/drain", "", "")).status, 503);
    assert!(references[..3].iter().all(|reference| is_synced(&world, reference)));
    // After this time no process can overwrite their sync state with an older one.
    world.clock.advance_seconds(61);
    assert_eq!(world.send(post("/v1/drain", "", "")).status, 503);
    world.store.recover();
    assert_eq!(world.store.value("jrn/tr@").as_deref(), Some("6"), "two entries for each of the three");
    assert_eq!(drain(&world)["taken"], 17);
}

#[test]
fn an_older_sync_state_is_found_although_its_writer_died() {
    let world = World::new();
    let reference = world.charge("k");
    let refund = Callback {
        original: Some("1".to_owned()),
        amount: "49.90",
        ..callback(&reference, "REFUND", "CONFIRMED", "8", 1)
    };
    let dispute = callback(&reference, "DISPUTE", "CONFIRMED", "1", 2);
    let (_, late) = world.respond(webhook(&refund));
    let inner = Rc::clone(&world);
    let sync_state = format!("pay/tr/{reference}");
    let mut newer = Some(dispute);
    let mut died = false;
    // The sync of the refund is complete and is about to store its state. Meanwhile the dispute arrives, is synced, and
    // is passed by a drain. Then the older state overwrites the newer one, and its writer dies.
    world.store.plan(move |operation| {
        if died {
            return Trouble::Refused;
        }
        if operation.sets(&sync_state)
            && let Some(dispute) = newer.take()
        {
            inner.receive(&dispute);
            assert_eq!(drain(&inner)["taken"], 0);
            assert_eq!(inner.payment(&inner.payment_of_order())["salesforce"]["version"], 4);
            died = true;
        }
        Trouble::Nothing
    });
    world.finish(late);
    world.store.recover();
    assert_eq!(world.payment(&reference)["salesforce"]["version"], 3, "the older sync state is stored");
    drain(&world);
    assert_eq!(world.payment(&reference)["salesforce"]["version"], 4);
    assert_eq!(world.send(get("/v1/reviews")).json["reviews"][0]["reference"], Value::from(reference.as_str()));
    salesforce_is_right(&world, &reference, "after the drain");
    world.clock.advance_seconds(3600);
    assert_eq!(drain(&world)["closed"], 4, "the request and three events");
    assert_eq!(drain(&world)["closed"], 0);
}

#[test]
fn a_status_inquiry_that_is_no_longer_possible_goes_to_review() {
    let world = World::new();
    world.network.maldopay.next(Err(CallError::NoResponse("timeout".to_owned())));
    let response = world.send(json("/v1/payments", "k", &super::doubles::body()));
    assert_eq!((response.status, &response.json["outcome"]), (202, &"unknown".into()));
    let reference = response.json["reference"].as_str().unwrap();
    // The site no longer has the method.
    world.reconfigure(&CONFIG.replacen("checkout = 2031, ", "", 1));
    for _ in 0..12 {
        world.clock.advance_seconds(24 * 3600);
        assert_eq!(drain(&world)["failed"], 0);
    }
    let payment = world.payment(reference);
    assert_eq!((&payment["status"], &payment["reviewRequired"]), (&"pending".into(), &true.into()));
    assert_eq!(world.send(get("/v1/reviews")).json["reviews"][0]["reference"], reference);
    assert_eq!(world.network.maldopay.requests().len(), 1, "nothing was sent");
    assert!(world.lines.0.borrow().iter().any(|queued| queued.contains("unknown_method")));
}

#[test]
fn a_review_that_could_not_be_enqueued_is_enqueued_by_the_next_drain() {
    let world = World::new();
    let reference = world.charge("k");
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    world.clock.advance_seconds(3600);
    refuse_increments(&world, |key, by| by == 1 && key.starts_with("rev/"));
    drain(&world);
    world.store.recover();
    drain(&world);
    let queued = world.store.value("rev/tr/1");
    assert!(queued.is_some_and(|queued| queued.contains(&reference)), "{}", world.store.text());
}

#[test]
fn a_sync_that_the_store_interrupts_again_and_again_is_not_a_crash_of_the_payment() {
    let world = World::new();
    let references = unsynced(&world, 1);
    for _ in 0..8 {
        // The store accepts the crash count and refuses the sync state.
        let sync_state = format!("pay/tr/{}", references[0]);
        let mut written = 0;
        world.store.plan(move |operation| {
            written += usize::from(operation.sets(&sync_state));
            if written == 2 && operation.sets(&sync_state) { Trouble::Refused } else { Trouble::Nothing }
        });
        assert_eq!(drain(&world)["failed"], 1);
        world.clock.advance_seconds(3600);
    }
    world.store.recover();
    assert_eq!(drain(&world)["taken"], 1);
    assert_eq!(world.payment(&references[0])["reviewRequired"], false);
    salesforce_is_right(&world, &references[0], "recovered");
}

/// One operation in twenty fails from now on.
fn fail_now_and_then(world: &World) {
    let mut state = 20_261_120_u32;
    world.store.plan(move |_| {
        // The linear congruential generator of Numerical Recipes.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match (state >> 16) % 100 {
            0..3 => Trouble::Refused,
            3..5 => Trouble::LostResponse,
            _ => Trouble::Nothing,
        }
    });
}

#[test]
fn a_store_that_fails_now_and_then_blocks_nothing() {
    let world = World::new();
    let references = unsynced(&world, 300);
    fail_now_and_then(&world);
    let mut sync_state = Vec::new();
    while sync_state.last() != Some(&references.len()) && sync_state.len() < 12 {
        world.send(post("/v1/drain", "", ""));
        world.clock.advance_seconds(3600);
        sync_state.push(references.iter().filter(|reference| is_synced(&world, reference)).count());
    }
    assert_eq!(sync_state.last(), Some(&references.len()), "synced after each drain: {sync_state:?}");
}

#[test]
fn the_journal_does_not_grow_with_every_drain_that_the_store_interrupts() {
    const PAYMENTS: usize = 400;
    let world = World::new();
    for number in 0..PAYMENTS {
        world.network.maldopay.next(Err(CallError::NoResponse("timeout".to_owned())));
        let order = format!("801Hs000000{number:04}IAA");
        let response = world.send(json("/v1/payments", &format!("k{number}"), &order_body(&order)));
        let reference = response.json["reference"].as_str().unwrap();
        let second = callback(reference, "DISPUTE", "CONFIRMED", &format!("9{number}"), 1);
        world.receive(&second);
    }
    world.clock.advance_seconds(3600);
    let last = || world.send(get("/v1/journal")).json["last"].as_u64().unwrap();
    let before = last();
    fail_now_and_then(&world);
    for _ in 0..20 {
        world.send(post("/v1/drain", "", ""));
        world.clock.advance_seconds(300);
    }
    world.store.recover();
    let asked = world.network.maldopay.requests().len() - PAYMENTS;
    // Each response of MaldoPay is an entry, and each payment may be moved to the end of the journal once or twice.
    let grown = last() - before;
    assert!(grown < 3 * u64::try_from(PAYMENTS).unwrap(), "{grown} more entries after {asked} inquiries");
    assert_eq!(drain(&world)["deferred"], 0);
}

#[test]
fn an_entry_of_a_processed_payment_that_comes_during_the_drain_is_processed_too() {
    let world = World::new();
    let reference = world.charge("k");
    world.clock.advance_seconds(3600);
    let inner = Rc::downgrade(&world);
    let payment = format!("pay/tr/{reference}");
    let (mut is_processed, mut is_written) = (false, false);
    world.store.plan(move |operation| {
        is_processed |=
            matches!(operation, StoreOperation::Set(keys) | StoreOperation::Get(keys) if keys.contains(&payment));
        let reads_journal = matches!(operation, StoreOperation::Increment(key, 0) if key == "jrn/tr#");
        if is_processed && reads_journal && !is_written {
            is_written = true;
            let world = inner.upgrade().unwrap();
            // Its writer was paused for an hour before this write, and dies after it.
            let refund = Callback {
                original: Some("1".to_owned()),
                amount: "49.90",
                ..callback(&payment["pay/tr/".len()..], "REFUND", "CONFIRMED", "8", 1)
            };
            drop(world.gateway().handle(webhook(&refund)));
            let entry = world.store.value("jrn/tr/3").unwrap();
            world.store.put("jrn/tr/3", &entry.replace("T11:", "T10:"));
        }
        Trouble::Nothing
    });
    drain(&world);
    world.store.recover();
    assert_eq!(world.payment(&reference)["refunded"], "49.90");
    salesforce_is_right(&world, &reference, "an entry during the drain");
}
