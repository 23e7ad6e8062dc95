//! Scenarios of rare events: many lost numbers, readers that overtake writers, stalled processes, clocks that differ,
//! and late writes.

use serde_json::json as value;

use super::actor::{Actor, DecodedResponse};
use super::doubles::{Callback, callback};
use super::explore::DeviationKind::{Crash, Late, Lost, Preemption, Torn};
use super::scenario::ModelScenario;
use super::scenarios::{charged, charged_back, disputed, paid, unmatched};

/// The journal's counter.
const JOURNAL: &str = "jrn/tr#";

/// This many numbers are allocated and stay without a record.
fn lose(actor: &Actor<'_>, counter: &str, numbers: i64) {
    actor.change("numbers are lost", |world| {
        let counter = world.store.counter(counter);
        world.store.increment(&counter, numbers);
    });
}

pub fn lost_numbers_fill_a_page_of_the_journal() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(|actor| {
        let payment = paid(actor);
        lose(actor, JOURNAL, 70);
        payment
    });
    let event = disputed(&payment);
    scenario.with("webhook", move |actor| actor.deliver(&event)).within(1, 2).most(Crash, 1, 1).most(Lost, 1, 1)
}

pub fn an_old_entry_moves_to_the_end() -> ModelScenario {
    let (scenario, ()) = ModelScenario::after(|actor| {
        actor.change("Salesforce is down", |world| world.salesforce.set_down(true));
        charged(actor, "k");
        for version in 0..520 {
            actor.store_mapping(&format!("version {version}"));
        }
        actor.sleep(7_200);
    });
    let event = unmatched("99");
    scenario
        .with("webhook", move |actor| actor.deliver(&event))
        .with("drain", |actor| actor.drain())
        .within(1, 2)
        .most(Preemption, 1, 2)
        .most(Crash, 1, 1)
}

pub fn lost_numbers_of_a_payment_hide_what_follows() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(|actor| {
        let payment = paid(actor);
        lose(actor, &format!("pay/tr/{payment}#"), 40);
        payment
    });
    let event = disputed(&payment);
    scenario.with("webhook", move |actor| actor.deliver(&event)).within(1, 1).most(Crash, 1, 1)
}

pub fn lost_numbers_of_a_payment_hide_a_refund() -> ModelScenario {
    let (scenario, (payment, refund)) = ModelScenario::after(|actor| {
        let payment = paid(actor);
        lose(actor, &format!("pay/tr/{payment}#"), 40);
        // The drain finds the numbers too young to count as lost.
        actor.refund(&payment, "k1", "50.00");
        actor.sleep(120);
        assert_eq!(actor.refund(&payment, "k2", "50.00").status, 201);
        (payment, actor.reference_of("REFUND"))
    });
    let event = Callback { amount: "50.00", ..callback(&refund, "REFUND", "CONFIRMED", "2", 1) };
    scenario.with("webhook", move |actor| actor.deliver_about(&event, &payment)).within(1, 1).most(Crash, 1, 1)
}

pub fn lost_attempts_hide_a_payment_of_the_order() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(|actor| {
        actor.change("MaldoPay declines", |world| world.maldopay.declines = true);
        let declined = charged(actor, "k1");
        actor.change("MaldoPay accepts it", |world| world.maldopay.declines = false);
        actor.sleep(120);
        lose(actor, "src/tr/", 8);
        // It finds the numbers too young to be lost.
        actor.charge("k2");
        actor.sleep(120);
        charged(actor, "k3");
        actor.sleep(120);
        assert_eq!(actor.drain().status, 200);
        declined
    });
    let late = callback(&payment, "DEPOSIT", "DECLINED", "1", 9);
    scenario.with("webhook", move |actor| actor.deliver(&late)).within(1, 1).most(Crash, 1, 1)
}

pub fn a_reader_follows_the_feed() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    let event = disputed(&payment);
    scenario
        .with("webhook", move |actor| actor.deliver(&event))
        .with("reader", |actor| {
            actor.follow();
            actor.follow();
        })
        .within(2, 3)
        .most(Preemption, 2, 3)
        .most(Crash, 1, 1)
}

pub fn two_drains_enqueue_a_review() -> ModelScenario {
    let (scenario, ()) = ModelScenario::after(|actor| {
        let payment = paid(actor);
        assert!(actor.deliver(&disputed(&payment)));
    });
    scenario
        .with("drain", |actor| actor.drain())
        .with("other", |actor| actor.drain())
        .within(2, 3)
        .most(Preemption, 2, 3)
        .most(Crash, 1, 1)
}

pub fn a_person_decides_by_what_is_old() -> ModelScenario {
    let (scenario, (payment, token)) = ModelScenario::after(|actor| {
        let payment = paid(actor);
        actor.change("Salesforce refuses", |world| world.salesforce_refuses = true);
        assert!(actor.deliver(&disputed(&payment)));
        actor.change("Salesforce is repaired", |world| {
            world.salesforce_refuses = false;
            // Salesforce must not get what it refused and a person accepted.
            world.notes.acknowledged.clear();
        });
        let shown = actor.get(&format!("/v1/payments/{payment}")).json;
        (payment, shown["reviewToken"].clone())
    });
    let event = charged_back(&payment);
    scenario
        .with("person", move |actor| {
            let decision = value!({"action": "accept", "reviewToken": token, "note": "agreed"});
            actor.resolve(&payment, &decision);
        })
        .with("webhook", move |actor| {
            actor.deliver(&event);
            actor.sleep(121);
            actor.drain();
        })
        .within(1, 2)
        .most(Preemption, 1, 2)
        .most(Crash, 1, 1)
}

pub fn a_repeated_refund_by_clocks_that_differ() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    let refund = |payment: &String| {
        let payment = payment.clone();
        move |actor: &Actor<'_>| actor.refund(&payment, "k1", "50.00")
    };
    let (first, again, ahead) = (refund(&payment), refund(&payment), refund(&payment));
    scenario
        .with("refund", first)
        .with("again", again)
        .with_clock_ahead("ahead", 90, ahead)
        .within(1, 2)
        .most(Preemption, 1, 2)
}

/// A request is on its way to MaldoPay for less than six minutes, and clocks that differ make it look longer.
fn on_its_way(
    scenario: ModelScenario,
    sends: impl Fn(&Actor<'_>) -> DecodedResponse + Send + Sync + 'static,
    sends_anew: impl Fn(&Actor<'_>) -> DecodedResponse + Send + Sync + 'static,
) -> ModelScenario {
    scenario
        .with_clock_ahead("behind", -90, sends)
        .with("drain", |actor| actor.drain())
        .with_clock_ahead("ahead", 90, move |actor| {
            actor.sleep(211);
            actor.drain();
            sends_anew(actor);
        })
        .within(1, 2)
        .most(Preemption, 1, 1)
        .most(Late, 1, 1)
        .most(Lost, 1, 1)
}

pub fn a_refund_on_its_way_and_clocks_that_differ() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    let (one, other) = (payment.clone(), payment);
    on_its_way(
        scenario,
        move |actor| actor.refund(&one, "k1", "100.00"),
        move |actor| actor.refund(&other, "k2", "100.00"),
    )
}

pub fn a_charge_on_its_way_and_clocks_that_differ() -> ModelScenario {
    let (scenario, ()) = ModelScenario::after(|_| ());
    on_its_way(scenario, |actor| actor.charge("k1"), |actor| actor.charge("k2"))
}

pub fn a_stalled_refund_is_repeated() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    let (one, again) = (payment.clone(), payment);
    scenario
        .with("refund", move |actor| actor.refund(&one, "k1", "50.00"))
        .with("again", move |actor| {
            actor.refund(&again, "k1", "50.00");
            actor.sleep(61);
            actor.refund(&again, "k1", "50.00");
        })
        .within(1, 2)
        .most(Preemption, 1, 2)
        .most(Crash, 1, 1)
}

/// A process stalls before sending for so long that two status inquiries reach MaldoPay meanwhile.
fn stalled(
    scenario: ModelScenario,
    sends: impl Fn(&Actor<'_>) -> DecodedResponse + Send + Sync + 'static,
    sends_anew: impl Fn(&Actor<'_>) -> DecodedResponse + Send + Sync + 'static,
) -> ModelScenario {
    scenario
        .with("still", sends)
        .with("new request", move |actor| {
            actor.sleep(61);
            actor.drain();
            actor.sleep(301);
            actor.drain();
            sends_anew(actor);
        })
        .within(1, 2)
        .most(Preemption, 1, 2)
        .most(Crash, 1, 1)
}

pub fn a_refund_stalls_before_it_is_sent() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    let (one, other) = (payment.clone(), payment);
    stalled(
        scenario,
        move |actor| actor.refund(&one, "k1", "100.00"),
        move |actor| actor.refund(&other, "k2", "100.00"),
    )
}

pub fn a_charge_stalls_before_it_is_sent() -> ModelScenario {
    let (scenario, ()) = ModelScenario::after(|_| ());
    stalled(scenario, |actor| actor.charge("k1"), |actor| actor.charge("k2"))
}

pub fn a_delivery_is_written_late() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    let event = disputed(&payment);
    scenario
        .with("webhook", move |actor| actor.deliver(&event))
        .with("drain", |actor| {
            actor.deliver(&unmatched("99"));
            actor.sleep(121);
            actor.drain();
        })
        .within(1, 2)
        .most(Preemption, 1, 1)
        .most(Late, 1, 1)
        .most(Crash, 1, 1)
}

pub fn a_delivery_is_written_in_part() -> ModelScenario {
    let (scenario, payment) = ModelScenario::after(paid);
    let event = disputed(&payment);
    scenario
        .with("webhook", move |actor| actor.deliver(&event))
        .with("drain", |actor| actor.drain())
        .within(1, 2)
        .most(Preemption, 1, 1)
        .most(Torn, 1, 1)
}
