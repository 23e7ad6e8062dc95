//! Pending outcomes: operations without an answer, as a payment's history shows them.

use tollbridge_domain::{Event, EventKind, Fact, Operation, Payment, PendingOutcome};
use tollbridge_ledger::LEASE_MILLISECONDS;

use crate::doubles::HandClock;
use crate::stories::*;

/// A charge `R` with each of these facts, one second after the last.
fn charged(facts: &[Fact]) -> Payment {
    let world = World::default();
    append(&world.ledger(), "R", request(Operation::Charge, 1)).unwrap();
    for fact in facts {
        world.clock.advance(1_000);
        append(&world.ledger(), "R", fact.clone()).unwrap();
    }
    world.fold("R")
}

/// The request's number, how many calls timed out, and when the last one was made, in milliseconds since the beginning.
fn open(payment: &Payment) -> Vec<(Option<u64>, u32, i64)> {
    let since = |pending_outcome: &PendingOutcome| pending_outcome.since.milliseconds() - HandClock::BEGINNING;
    payment.pending_outcomes.iter().map(|open| (open.number, open.unanswered, since(open))).collect()
}

fn captured() -> Fact {
    Fact::Event(event(EventKind::Captured, "T1"))
}

fn unanswered(operation: Option<u64>) -> Fact {
    Fact::TimedOut { operation }
}

#[test]
fn a_request_without_an_event_has_a_pending_outcome() {
    let payment = charged(&[]);
    assert_eq!((open(&payment), payment.outcome_unknown()), (vec![(None, 0, 0)], true));
    let pending_outcome = &payment.pending_outcomes[0];
    assert_eq!((pending_outcome.operation, pending_outcome.amount), (Operation::Charge, lira(10_000)));
    assert_eq!(pending_outcome.digest, "d0");
    let asked = payment.created_at.plus_milliseconds(LEASE_MILLISECONDS);
    assert_eq!(pending_outcome.next_question(), Some(asked));
}

#[test]
fn each_timed_out_call_is_counted_and_leaves_the_outcome_pending() {
    let once = charged(&[unanswered(None)]);
    assert_eq!((open(&once), once.outcome_unknown()), (vec![(None, 1, 1_000)], true));
    let twice = charged(&[unanswered(None), unanswered(None)]);
    assert_eq!((open(&twice), twice.outcome_unknown()), (vec![(None, 2, 2_000)], true));
}

#[test]
fn any_event_of_an_operation_ends_its_pending_outcome() {
    for kind in [EventKind::Captured, EventKind::Pending, failed()] {
        for facts in
            [&[unanswered(None), Fact::Event(event(kind, "T1"))], &[Fact::Event(event(kind, "T1")), unanswered(None)]]
        {
            let payment = charged(facts);
            assert_eq!((open(&payment), payment.outcome_unknown()), (vec![], false), "{facts:?}");
        }
    }
}

#[test]
fn an_operations_pending_outcome_has_the_number_of_its_request() {
    let refund = || request(Operation::Refund, 0);
    let payment = charged(&[refund()]);
    assert_eq!(open(&payment), [(None, 0, 0), (Some(2), 0, 1_000)]);
    let payment = charged(&[captured(), refund(), refund(), unanswered(Some(4))]);
    assert_eq!((open(&payment), payment.outcome_unknown()), (vec![(Some(3), 0, 2_000), (Some(4), 1, 4_000)], true));
    let withdrawn = Fact::Withdrawn { operation: 3 };
    assert_eq!(open(&charged(&[captured(), refund(), unanswered(Some(3)), withdrawn])), []);
    let refunded = Event { operation: Some(3), ..event(EventKind::Refunded, "T2") };
    assert_eq!(open(&charged(&[captured(), refund(), unanswered(Some(3)), Fact::Event(refunded)])), []);
}

#[test]
fn an_operation_whose_request_is_a_gap_keeps_its_own_number() {
    let world = World::default();
    append(&world.ledger(), "R", request(Operation::Charge, 1)).unwrap();
    append(&world.ledger(), "R", captured()).unwrap();
    world.leave_gaps("R", 3);
    append(&world.ledger(), "R", request(Operation::Refund, 0)).unwrap();
    assert_eq!(open(&world.fold("R")), [(Some(6), 0, 0)]);
}
