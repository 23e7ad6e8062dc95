//! A process that stalls between writing its operation request and calling MaldoPay does not call any more once others
//! rely on that.

use std::rc::Rc;

use serde_json::json as value;

use super::doubles::{
    CONFIG, StoreOperation, Trouble, World, body, callback, json, operation, post, secrets, unknown_reference,
};

/// Runs `then` right after the next write of a key that ends like this.
fn right_after(world: &Rc<World>, end: &'static str, then: impl Fn(&World) + 'static) {
    let inner = Rc::downgrade(world);
    let (mut is_written, mut is_done) = (false, false);
    world.store.plan(move |operation| {
        // At the operation after the write, the write has taken effect.
        if is_written && !is_done {
            is_done = true;
            then(&inner.upgrade().unwrap());
        }
        is_written |= matches!(operation, StoreOperation::Set(keys) if keys.iter().any(|key| key.ends_with(end)));
        Trouble::Nothing
    });
}

fn drain(world: &World) {
    world.send(post("/v1/drain", "", ""));
}

#[test]
fn a_refund_whose_process_stalled_is_not_sent_and_may_be_requested_again() {
    let world = World::new();
    let reference = world.charge("k");
    let of = reference.clone();
    right_after(&world, "/3", move |world| {
        // An hour later MaldoPay says twice that it does not know of the refund. Then another request refunds
        // everything.
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
fn a_refund_without_an_inquiry_is_not_sent_either_after_its_send_deadline() {
    let world = World::new();
    let reference = world.charge("k");
    // Eleven seconds pass between the check of the fences and the call to MaldoPay. Nothing else happens meanwhile.
    let inner = Rc::downgrade(&world);
    let mut writes = 0;
    world.store.plan(move |operation| {
        let is_set = matches!(operation, StoreOperation::Set(_));
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
    assert_eq!(world.provider_calls(), 1, "only the charge");
    assert_eq!(world.send(operation(&reference, "refunds", "k4", &value!({}))).json["refunded"], "149.90");
}

#[test]
fn a_charge_whose_key_was_taken_over_is_carried_out_once() {
    let world = World::new();
    right_after(&world, "/1", |world| {
        // An hour later the same request takes over the key and finds the charge.
        world.clock.advance_seconds(3_600);
        world.network.maldopay.next(unknown_reference());
        let again = world.send(json("/v1/payments", "k", &body()));
        assert_eq!((again.status, &again.json["outcome"]), (202, &"unknown".into()), "{}", again.text);
    });
    let charge = world.send(json("/v1/payments", "k", &body()));
    world.store.recover();
    assert_eq!((charge.status, charge.code()), (409, "in_progress"), "{}", charge.text);
    assert_eq!(world.provider_calls(), 0, "only the inquiry was sent");
}

#[test]
fn a_host_whose_clock_is_ahead_does_not_take_over_a_key() {
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
fn a_site_configures_how_long_an_operation_may_be_on_its_way() {
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
fn a_refusal_that_is_stored_long_after_another_sync_is_checked_again() {
    let world = World::new();
    let reference = world.charge("k");
    world.clock.advance_seconds(121);
    drain(&world);
    // The process stalls at the write of the sync state. Meanwhile a drain syncs the payment and passes its entry.
    let (inner, sync_state) = (Rc::downgrade(&world), format!("pay/tr/{reference}"));
    let mut is_done = false;
    world.store.plan(move |operation| {
        if !is_done && matches!(operation, StoreOperation::Set(keys) if keys.contains(&sync_state)) {
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
    assert_eq!(world.payment(&reference)["salesforce"]["failedAttempts"], 1, "the older sync state is stored");
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
