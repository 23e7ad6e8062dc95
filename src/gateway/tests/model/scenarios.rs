//! Scenarios of everyday events: concurrent deliveries, commands, drains and persons, any of whom may die.

use serde_json::json as value;

use super::actor::Actor;
use super::doubles::{Callback, callback};
use super::explore::DeviationKind::{Crash, Jump, Late, Lost, Preemption};
use super::scenario::ModelScenario;

/// A payment of 149.90 for the order, which is synced and whose journal is closed.
pub fn paid(actor: &Actor<'_>) -> String {
    let reference = charged(actor, "k");
    actor.sleep(120);
    assert_eq!(actor.drain().status, 200);
    reference
}

/// A payment of 149.90 for the order.
pub fn charged(actor: &Actor<'_>, key: &str) -> String {
    let response = actor.charge(key);
    assert_eq!(response.status, 201, "{}", response.text);
    response.json["reference"].as_str().unwrap().to_owned()
}

pub fn disputed(reference: &str) -> Callback {
    callback(reference, "DISPUTE", "CONFIRMED", "1", 1)
}

pub fn charged_back(reference: &str) -> Callback {
    let original = Some("1".to_owned());
    Callback { original, amount: "20.00", ..callback(reference, "CHARGEBACK", "CONFIRMED", "C1", 2) }
}

/// The callback of an unmatched payment.
pub fn unmatched(transaction: &str) -> Callback {
    Callback { service: Some("2031"), ..callback("OtherShop", "DEPOSIT", "CONFIRMED", transaction, 1) }
}

pub fn a_webhook_and_a_drain() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    let event = disputed(&payment);
    scenario
        .with("webhook", move |actor| actor.deliver(&event))
        .with("drain", |actor| actor.drain())
        .within(2, 3)
        .most(Preemption, 2, 3)
        .most(Crash, 1, 2)
        .most(Lost, 1, 1)
}

pub fn a_webhook_that_stalls() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    let event = disputed(&payment);
    scenario
        .with("webhook", move |actor| actor.deliver(&event))
        .with("drain", |actor| actor.drain())
        .within(2, 3)
        .most(Preemption, 1, 2)
        .most(Crash, 1, 1)
        .most(Jump, 1, 1)
        .jumping(&[7_200])
}

pub fn two_webhooks() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    let (one, other) = (disputed(&payment), charged_back(&payment));
    scenario
        .with("webhook", move |actor| actor.deliver(&one))
        .with("other", move |actor| actor.deliver(&other))
        .within(2, 3)
        .most(Preemption, 2, 3)
        .most(Crash, 1, 1)
        .most(Lost, 1, 1)
}

pub fn one_delivery_twice() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    let (one, again) = (disputed(&payment), disputed(&payment));
    scenario
        .with("webhook", move |actor| actor.deliver(&one))
        .with("again", move |actor| actor.deliver(&again))
        .within(2, 3)
        .most(Preemption, 2, 3)
        .most(Crash, 1, 1)
        .most(Lost, 1, 1)
}

pub fn one_charge_twice() -> ModelScenario {
    let (scenario, ()) = ModelScenario::after(|_| ());
    scenario
        .with("charge", |actor| actor.charge("k"))
        .with("again", |actor| actor.charge("k"))
        .within(2, 3)
        .most(Preemption, 2, 3)
        .most(Crash, 1, 1)
        .most(Lost, 1, 1)
}

pub fn two_charges_of_an_order() -> ModelScenario {
    let (scenario, ()) = ModelScenario::after(|_| ());
    scenario
        .with("charge", |actor| actor.charge("k1"))
        .with("other", |actor| actor.charge("k2"))
        .within(2, 3)
        .most(Preemption, 2, 3)
        .most(Crash, 1, 1)
        .most(Lost, 1, 1)
}

pub fn a_charge_that_is_repeated_later() -> ModelScenario {
    let (scenario, ()) = ModelScenario::after(|_| ());
    scenario
        .with("charge", |actor| actor.charge("k"))
        .with("again", |actor| {
            actor.sleep(61);
            actor.charge("k");
            actor.sleep(61);
            actor.charge("k");
        })
        .within(1, 2)
        .most(Crash, 1, 1)
        .most(Lost, 1, 1)
        .most(Late, 1, 1)
}

pub fn two_refunds() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    let (one, other) = (payment.clone(), payment);
    scenario
        .with("refund", move |actor| actor.refund(&one, "k1", "100.00"))
        .with("other", move |actor| actor.refund(&other, "k2", "100.00"))
        .within(2, 3)
        .most(Preemption, 2, 3)
        .most(Crash, 1, 1)
        .most(Lost, 1, 1)
}

pub fn a_refund_and_a_drain() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    scenario
        .with("refund", move |actor| actor.refund(&payment, "k1", "100.00"))
        .with("drain", |actor| actor.drain())
        .within(2, 3)
        .most(Preemption, 2, 3)
        .most(Crash, 1, 1)
        .most(Lost, 1, 1)
}

pub fn a_person_and_a_webhook() -> ModelScenario {
    let (scenario, (payment, token)) = ModelScenario::after(|actor| {
        let payment = paid(actor);
        assert!(actor.deliver(&disputed(&payment)));
        let shown = actor.get(&format!("/v1/payments/{payment}")).json;
        (payment, shown["reviewToken"].clone())
    });
    let event = charged_back(&payment);
    scenario
        .with("person", move |actor| {
            let decision = value!({"action": "accept", "reviewToken": token, "note": "agreed"});
            actor.resolve(&payment, &decision);
        })
        .with("webhook", move |actor| actor.deliver(&event))
        .within(2, 3)
        .most(Preemption, 2, 3)
        .most(Crash, 1, 1)
        .most(Lost, 1, 1)
}

pub fn two_payments_of_an_order() -> ModelScenario {
    let (scenario, (one, other)) = ModelScenario::after(|actor| {
        actor.change("MaldoPay declines", |world| world.maldopay.declines = true);
        let declined = charged(actor, "k1");
        actor.change("MaldoPay accepts it", |world| world.maldopay.declines = false);
        let paid = charged(actor, "k2");
        actor.sleep(120);
        actor.drain();
        (declined, paid)
    });
    let (late, event) = (callback(&one, "DEPOSIT", "DECLINED", "1", 9), disputed(&other));
    scenario
        .with("webhook", move |actor| actor.deliver(&late))
        .with("other", move |actor| actor.deliver(&event))
        .within(2, 3)
        .most(Preemption, 2, 3)
        .most(Crash, 1, 1)
        .most(Lost, 1, 1)
}
