//! A process that stands still between writing what it is about to ask for and asking MaldoPay for it does not ask once
//! others count on that.

use std::rc::Rc;

use serde_json::json as value;

use super::doubles::{
    CONFIG, Operation, Trouble, World, body, callback, json, operation, post, secrets, unknown_reference,
};

/// The next time that something is written under a key with this end, this happens right after it.
fn right_after(world: &Rc<World>, end: &'static str, then: impl Fn(&World) + 'static) {
    let inner = Rc::downgrade(world);
    let (mut is_written, mut is_done) = (false, false);
    world.store.plan(move |operation| {
        // The operation after the write: by then it is there.
        if is_written && !is_done {
            is_done = true;
            then(&inner.upgrade().unwrap());
        }
        is_written |= matches!(operation, Operation::Set(keys) if keys.iter().any(|key| key.ends_with(end)));
        Trouble::Nothing
    });
}

fn drain(world: &World) {
    world.send(post("/v1/drain", "", ""));
}

#[test]
fn a_refund_whose_process_stood_still_is_not_sent_and_may_be_made_by_another() {
    let world = World::new();
    let reference = world.charge("k");
    let of = reference.clone();
    right_after(&world, "/3", move |world| {
        // An hour later. MaldoPay does not know of it, and says so twice; then somebody else refunds all.
        for _ in 0..2 {
            world.clock.advance_seconds(1_800);
            world.network.maldopay.next(unknown_reference());
            drain(world);
        }
        let other = world.send(operation(&of, "refunds", "k3", &value!({})));
        assert_eq!((other.status, &other.json["refunded"]), (201, &"149.90".into()), "{}", other.text);
    });
    let refund = world.send(operation(&reference, "refunds", "k2", &value!({})));
    world.store.recover();
    assert_eq!((refund.status, refund.code()), (409, "payment_busy"), "{}", refund.text);
    assert_eq!(world.payment(&reference)["refunded"], "149.90");
    assert_eq!(world.provider_calls(), 2, "the charge and one refund");
}

#[test]
fn a_refund_that_nobody_asked_about_is_not_sent_either_once_its_time_is_over() {
    let world = World::new();
    let reference = world.charge("k");
    // Eleven seconds between the look at its fences and MaldoPay. Nobody did anything meanwhile.
    let inner = Rc::downgrade(&world);
    let mut writes = 0;
    world.store.plan(move |operation| {
        let is_set = matches!(operation, Operation::Set(_));
        writes += usize::from(is_set);
        if writes == 1 && !is_set {
            inner.upgrade().unwrap().clock.advance_seconds(6);
        }
        Trouble::Nothing
    });
    let refund = world.send(operation(&reference, "refunds", "k2", &value!({"amount": "10.00"})));
    world.store.recover();
    assert_eq!(refund.status, 201, "{}", refund.text);
    let payment = world.payment(&reference);
    assert_eq!((&payment["refunded"], &payment["outcome"]), (&"0.00".into(), &"known".into()), "{payment:#}");
    assert_eq!(world.provider_calls(), 1, "the charge alone");
    assert_eq!(world.send(operation(&reference, "refunds", "k4", &value!({}))).json["refunded"], "149.90");
}

#[test]
fn a_charge_whose_key_was_taken_over_is_made_once() {
    let world = World::new();
    right_after(&world, "/1", |world| {
        // The same request again, an hour later, takes the key over and finds the charge.
        world.clock.advance_seconds(3_600);
        world.network.maldopay.next(unknown_reference());
        let again = world.send(json("/v1/payments", "k", &body()));
        assert_eq!((again.status, &again.json["outcome"]), (202, &"unknown".into()), "{}", again.text);
    });
    let charge = world.send(json("/v1/payments", "k", &body()));
    world.store.recover();
    assert_eq!((charge.status, charge.code()), (409, "in_progress"), "{}", charge.text);
    assert_eq!(world.provider_calls(), 0, "nothing but the question was sent");
}

#[test]
fn a_key_is_not_taken_over_by_a_clock_that_is_ahead() {
    let world = World::new();
    world.network.maldopay_clock.is_ahead(0);
    right_after(&world, "/1", |world| {
        // To another host, whose clock is an hour ahead, the claim looks abandoned.
        world.clock.advance_seconds(3_600);
        world.network.maldopay_clock.is_ahead(-3_600);
        let again = world.send(json("/v1/payments", "k", &body()));
        assert_eq!((again.status, again.code()), (503, "clocks_apart"), "{}", again.text);
        world.network.maldopay_clock.is_ahead(0);
    });
    let charge = world.send(json("/v1/payments", "k", &body()));
    world.store.recover();
    assert_eq!(charge.status, 201, "{}", charge.text);
    let again = world.send(json("/v1/payments", "k", &body()));
    assert_eq!((again.status, again.json), (201, charge.json));
}

#[test]
fn how_long_an_operation_may_be_on_its_way_is_the_sites_own() {
    let config = CONFIG.replace("[sites.tr]", "[sites.tr]\nstatus = { flight_minutes = 30 }");
    let world = World::configured(&config, &secrets());
    world.network.maldopay.next(Err(super::doubles::CallError::NoResponse("timeout".to_owned())));
    let charge = world.send(json("/v1/payments", "k", &body()));
    let path = format!("/v1/payments/{}/status", charge.json["reference"].as_str().unwrap());
    world.clock.advance_seconds(29 * 60);
    let early = world.send(post(&path, "", ""));
    assert_eq!((early.status, early.code(), early.header("retry-after")), (409, "payment_busy", Some("61")));
    world.clock.advance_seconds(61);
    assert_eq!(world.send(post(&path, "", "")).json["status"], "captured");
}

#[test]
fn a_refusal_that_is_noted_long_after_another_told_it_all_is_looked_at_again() {
    let world = World::new();
    let reference = world.charge("k");
    world.clock.advance_seconds(121);
    drain(&world);
    // The process stands still at the very write of the note. Meanwhile a drain tells it, and passes what happened.
    let (inner, sync_state) = (Rc::downgrade(&world), format!("pay/tr/{reference}"));
    let mut is_done = false;
    world.store.plan(move |operation| {
        if !is_done && matches!(operation, Operation::Set(keys) if keys.contains(&sync_state)) {
            is_done = true;
            let world = inner.upgrade().unwrap();
            world.clock.advance_seconds(121);
            drain(&world);
        }
        Trouble::Nothing
    });
    world.network.salesforce.next(Err(super::doubles::CallError::NoResponse("timeout".to_owned())));
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    world.store.recover();
    assert_eq!(world.payment(&reference)["salesforce"]["failedAttempts"], 1, "the older note is there");
    world.clock.advance_seconds(3_600);
    drain(&world);
    let payment = world.payment(&reference);
    let salesforce = &payment["salesforce"];
    assert_eq!(
        (&salesforce["version"], &salesforce["failedAttempts"]),
        (&payment["version"], &0.into()),
        "{payment:#}"
    );
}
