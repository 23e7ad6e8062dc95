//! An accepted reason is no longer a reason for review, until its evidence changes.

use std::collections::BTreeSet;

use tollbridge_domain::{Acceptance, Event, EventKind::*, Fact, FailedStage, Operation, Payment, ReviewReason};

use crate::histories::*;

/// The acceptance of all reasons that this payment is in review for.
pub fn acceptance_of(payment: &Payment) -> Fact {
    Fact::Accepted(Acceptance {
        reasons: payment.review.clone(),
        salesforce: None,
        note: "agreed with the customer".to_owned(),
        by: None,
    })
}

fn charged(events: impl IntoIterator<Item = Event>) -> Vec<Fact> {
    core::iter::once(request(Operation::Charge, 10_000)).chain(events.into_iter().map(Fact::Event)).collect()
}

#[test]
fn an_accepted_chargeback_needs_no_review_and_the_next_one_does() {
    let captured = event(Captured, "T1", 10_000, Some(10));
    let first = acting_on("T1", event(ChargedBack, "C1", 3_000, Some(20)));
    let second = acting_on("T1", event(ChargedBack, "C2", 3_000, Some(30)));
    let mut facts = charged([captured, first]);
    let in_review = fold_facts(facts.clone());
    assert_eq!(in_review.reasons(), BTreeSet::from([ReviewReason::ChargedBack]));
    facts.push(acceptance_of(&in_review));
    let accepted = fold_facts(facts.clone());
    assert_eq!((accepted.reasons(), accepted.status), (BTreeSet::new(), in_review.status), "the state is what it was");
    assert_eq!(accepted.version, in_review.version + 1, "Salesforce is told of the decision");
    // Other events do not reopen the review; another chargeback does.
    facts.push(Fact::Event(event(Settled, "S1", 10_000, Some(25))));
    assert_eq!(fold_facts(facts.clone()).reasons(), BTreeSet::new());
    facts.push(Fact::Event(second));
    assert_eq!(fold_facts(facts).reasons(), BTreeSet::from([ReviewReason::ChargedBack]));
}

#[test]
fn every_reason_can_be_accepted() {
    let other = |money| Event { amount: Some(money), ..event(Captured, "T9", 1, Some(12)) };
    let euro = tollbridge_domain::Currency::parse("EUR").unwrap();
    let refund_failed = || {
        let of_two = |kind, second| of_operation(2, event(kind, "R1", 4_000, Some(second)));
        let events = [of_two(Pending, 20), of_two(Failed(FailedStage::Refund), 30)].map(Fact::Event);
        [request(Operation::Charge, 10_000), request(Operation::Refund, 4_000)].into_iter().chain(events).collect()
    };
    let unknown = || {
        let asked = core::iter::repeat_n(Fact::TimedOut { operation: None }, 11);
        core::iter::once(request(Operation::Charge, 10_000)).chain(asked).collect::<Vec<_>>()
    };
    let histories = [
        charged([event(Captured, "T1", 9_000, Some(10))]),
        charged([other(tollbridge_domain::Money::from_minor_units(5, euro).unwrap())]),
        charged([Event {
            amount: None,
            acts_on: event(Captured, "T1", 1, None).transaction,
            ..event(Refunded, "R", 1, None)
        }]),
        charged([event(Captured, "T1", 10_000, Some(10)), event(Settled, "S", 11_000, Some(20))]),
        charged([event(Captured, "T1", 10_000, Some(10)), event(Disputed, "T1", 10_000, Some(20))]),
        charged([event(Captured, "T1", 10_000, Some(10)), event(Canceled, "T1", 10_000, Some(20))]),
        charged([event(Failed(FailedStage::Settlement), "S1", 1, Some(10))]),
        vec![Fact::Event(event(Captured, "T1", 10_000, Some(10)))],
        vec![request(Operation::Payout, 10_000), Fact::Event(event(PaidOut, "P", 9_000, Some(10)))],
        vec![request(Operation::Authorize, 10_000), Fact::Event(event(Authorized, "A", 9_000, Some(10)))],
        refund_failed(),
        unknown(),
    ];
    for (place, mut facts) in histories.into_iter().enumerate() {
        let in_review = fold_facts(facts.clone());
        assert!(!in_review.review.is_empty(), "history {place} needs nobody");
        facts.push(acceptance_of(&in_review));
        assert_eq!(fold_facts(facts).reasons(), BTreeSet::new(), "history {place}");
    }
}

#[test]
fn a_changed_history_and_a_superseded_payment_can_be_accepted_and_return_when_they_grow() {
    let facts = charged([event(Captured, "T1", 10_000, Some(10))]);
    let accept = |payment: &Payment| {
        let mut facts = facts.clone();
        facts.push(acceptance_of(payment));
        fold_facts(facts)
    };
    let tampered = fold_facts(facts.clone()).tampered_with(&[2]);
    assert_eq!(tampered.reasons(), BTreeSet::from([ReviewReason::HistoryChanged]));
    let accepted = accept(&tampered);
    assert_eq!(accepted.clone().tampered_with(&[2]).reasons(), BTreeSet::new());
    assert_eq!(accepted.tampered_with(&[1, 2]).reasons(), BTreeSet::from([ReviewReason::HistoryChanged]));
    let superseded = fold_facts(facts.clone()).superseded();
    assert_eq!(superseded.reasons(), BTreeSet::from([ReviewReason::PaidAfterSuperseded]));
    assert_eq!(accept(&superseded).superseded().reasons(), BTreeSet::new());
}
