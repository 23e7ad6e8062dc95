//! Deliveries that could not be read: they move nothing, and a person looks at them. And payouts of another amount.

use std::collections::BTreeSet;

use tollbridge_domain::{
    Acceptance, DeliveryProblem, Event, EventId, EventKind::*, Fact, FailedStage, Intent, Operation, PaymentStatus,
    ReviewReason, UnreadableDelivery,
};

use crate::histories::*;

fn unreadable(name: &str) -> Fact {
    Fact::Unreadable(UnreadableDelivery {
        id: EventId::derive(&[name]),
        field: Some("amount".into()),
        problem: DeliveryProblem::Invalid,
        detail: "not an amount".into(),
        digest: String::new(),
    })
}

fn accepted(payment: &tollbridge_domain::Payment) -> Fact {
    let reasons = payment.review.clone();
    Fact::Accepted(Acceptance { reasons, salesforce: None, note: "seen".into(), by: None })
}

#[test]
fn an_unreadable_delivery_moves_nothing_and_each_needs_a_person_once() {
    let captured = Fact::Event(event(Captured, "T1", 10_000, Some(10)));
    let mut facts = vec![request(Operation::Charge, 10_000), captured, unreadable("a"), unreadable("a")];
    let payment = fold_facts(facts.clone());
    assert_eq!((payment.status, payment.captured), (PaymentStatus::Captured, lira(10_000)));
    assert_eq!(payment.reasons(), BTreeSet::from([ReviewReason::UnreadableDelivery]));
    assert_eq!((payment.unreadable.len(), payment.version), (1, 3), "a repetition counts once");
    facts.push(accepted(&payment));
    assert_eq!(fold_facts(facts.clone()).reasons(), BTreeSet::new());
    facts.push(unreadable("b"));
    assert_eq!(fold_facts(facts).reasons(), BTreeSet::from([ReviewReason::UnreadableDelivery]), "another one");
}

#[test]
fn of_a_payment_with_nothing_readable_only_the_delivery_is_in_review() {
    let alone = fold_facts(vec![unreadable("a")]);
    assert_eq!((alone.intent, alone.amount), (Intent::Unmatched, lira(0)));
    assert_eq!(alone.reasons(), BTreeSet::from([ReviewReason::UnreadableDelivery]));
    let with_money = fold_facts(vec![unreadable("a"), Fact::Event(event(Captured, "T1", 1, Some(1)))]);
    let both = BTreeSet::from([ReviewReason::UnreadableDelivery, ReviewReason::UnmatchedPayment]);
    assert_eq!(with_money.reasons(), both);
}

#[test]
fn a_payout_that_is_reported_with_another_amount_needs_a_person_whatever_became_of_it() {
    let other = BTreeSet::from([ReviewReason::PaidOutOtherThanAsked]);
    for (kind, needs) in [(Pending, true), (Failed(FailedStage::Payout), true), (Canceled, true), (PaidOut, true)] {
        for (amount, needs) in [(9_990, needs), (10_000, false)] {
            let facts = vec![request(Operation::Payout, 10_000), Fact::Event(event(kind, "T1", amount, Some(1)))];
            let payment = fold_facts(facts.clone());
            assert_eq!(payment.reasons(), if needs { other.clone() } else { BTreeSet::new() }, "{kind:?} {amount}");
        }
    }
    let mut facts = vec![request(Operation::Payout, 10_000), Fact::Event(event(PaidOut, "T1", 9_990, Some(1)))];
    facts.push(accepted(&fold_facts(facts.clone())));
    assert_eq!(fold_facts(facts.clone()).reasons(), BTreeSet::new());
    let nameless = Event { amount: None, ..event(Pending, "T1", 0, Some(2)) };
    facts.push(Fact::Event(nameless));
    assert_eq!(fold_facts(facts).reasons(), BTreeSet::new(), "nothing else was said of the amount");
}

/// Of a deposit, the payer may choose another amount, or give up: that is no contradiction until it is captured.
#[test]
fn a_deposit_that_is_reported_with_another_amount_counts_with_the_amount_that_was_captured() {
    for kind in [Pending, Failed(FailedStage::Authorization), Canceled] {
        let facts = vec![request(Operation::Charge, 10_000), Fact::Event(event(kind, "T1", 9_990, Some(1)))];
        assert_eq!(fold_facts(facts).reasons(), BTreeSet::new(), "{kind:?}");
    }
    let facts = vec![request(Operation::Charge, 10_000), Fact::Event(event(Captured, "T1", 9_990, Some(1)))];
    assert_eq!(fold_facts(facts).captured, lira(9_990));
}
