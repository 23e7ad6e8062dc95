//! A store that does not answer: whichever operation fails, the caller gets an error, and never a success.

use tollbridge_domain::{EventKind, Fact, Operation, OperationReference};
use tollbridge_ledger::{AttemptError, Direction, LEASE_MILLISECONDS, Ledger, StoreError, SyncState};

use crate::doubles::{Mishap, unavailable};
use crate::stories::*;

/// A failed charge and a second attempt, with their journal entries.
fn world() -> World {
    let world = World::default();
    let ledger = world.ledger();
    open(&ledger, "R1", Operation::Charge, false).unwrap();
    append(&ledger, "R1", Fact::Event(event(failed(), "T1"))).unwrap();
    open(&ledger, "R2", Operation::Charge, false).unwrap();
    append(&ledger, "R2", Fact::Event(event(failed(), "T2"))).unwrap();
    world
}

/// Lets each of the operations of `act` fail in turn, and checks that it needs exactly this many.
fn every_failure_surfaces<T>(operations: usize, act: impl Fn(&Ledger<'_>) -> Result<T, StoreError>) {
    for failing in 0..operations {
        let world = world();
        world.store.set_mishap(Some(Mishap::OperationAfter(failing)));
        let Err(error) = act(&world.ledger()) else { panic!("operation {failing} failed and it worked") };
        assert_eq!(error, unavailable(), "operation {failing} failed");
    }
    let world = world();
    world.store.set_mishap(Some(Mishap::OperationAfter(operations)));
    assert!(act(&world.ledger()).is_ok(), "it needs more than {operations} operations");
}

#[test]
fn appending_surfaces_every_failure_and_leaves_nothing_half_written() {
    let append_event = |ledger: &Ledger<'_>| append(ledger, "R1", Fact::Event(event(EventKind::Captured, "T9")));
    every_failure_surfaces(3, append_event);
    for failing in 0..3 {
        let world = world();
        let before = world.store.value_keys();
        world.store.set_mishap(Some(Mishap::OperationAfter(failing)));
        append_event(&world.ledger()).unwrap_err();
        assert_eq!(world.store.value_keys(), before, "operation {failing} failed");
    }
    // The read of the tombstone is repeated once.
    let world = world();
    world.store.set_mishap(Some(Mishap::OperationAfter(3)));
    append_event(&world.ledger()).unwrap();
}

#[test]
fn a_write_whose_confirmation_was_lost_surfaces() {
    let world = world();
    let history = world.ledger().history(&payment("R1")).unwrap();
    world.store.set_mishap(Some(Mishap::AnswersOfWrites));
    let ledger = world.ledger();
    assert_eq!(append(&ledger, "R1", Fact::TimedOut { operation: None }).unwrap_err(), unavailable());
    assert_eq!(
        ledger.write_sync_state(&history, &SyncState::default(), Vec::new(), LEASE_MILLISECONDS),
        Err(unavailable())
    );
    assert_eq!(ledger.move_cursor(1), Err(unavailable()));
}

#[test]
fn reading_a_history_surfaces_every_failure() {
    every_failure_surfaces(3, |ledger| ledger.history(&payment("R1")));
    every_failure_surfaces(2, |ledger| ledger.history_reaching(&payment("R1"), 100));
}

#[test]
fn a_failure_on_a_later_page_surfaces() {
    let world = World::default();
    world.append_events("R", 40);
    for failing in 0..2 {
        world.store.set_mishap(Some(Mishap::OperationAfter(failing)));
        let read = world.ledger().history_reaching(&payment("R"), 0);
        assert_eq!(read.unwrap_err(), unavailable(), "page {failing}");
    }
}

#[test]
fn finding_surfaces_every_failure() {
    let known = OperationReference::parse("R1").unwrap();
    every_failure_surfaces(2, |ledger| ledger.find(Some(&known), &[&transaction("T1")]));
    every_failure_surfaces(3, |ledger| ledger.find(None, &[&transaction("T1")]));
    let unknown = OperationReference::parse("unknown").unwrap();
    every_failure_surfaces(3, |ledger| ledger.find(Some(&unknown), &[&transaction("T1")]));
    every_failure_surfaces(1, |ledger| ledger.find(Some(&unknown), &[&transaction("T77")]));
}

#[test]
fn auditing_surfaces_every_failure() {
    every_failure_surfaces(2, |ledger| ledger.audited(&payment("R1")));
}

#[test]
fn idempotency_surfaces_every_failure() {
    every_failure_surfaces(1, |ledger| ledger.key_state(&idempotency_key("k"), "request"));
    every_failure_surfaces(1, |ledger| ledger.claim(&idempotency_key("k"), "request", 1));
    every_failure_surfaces(2, |ledger| ledger.claim(&idempotency_key("k"), "request", 2));
    every_failure_surfaces(5, |ledger| {
        // The second claim increments the counter, reads the record and when it was first seen, and writes the latter.
        ledger.claim(&idempotency_key("k"), "request", 1)?.into_result().unwrap();
        ledger.claim(&idempotency_key("k"), "request", 1)
    });
    every_failure_surfaces(2, |ledger| {
        let claim = ledger.claim(&idempotency_key("k"), "request", 1)?.into_result().unwrap();
        ledger.store_response(&claim, response(201))
    });
}

#[test]
fn checking_a_record_surfaces_every_failure() {
    // The counter, the attempts, and a counter and two reads for each of two payments.
    every_failure_surfaces(8, |ledger| {
        ledger.check_source(&order(), Direction::In, currency()).map_err(|error| match error {
            AttemptError::Store(error) => error,
            AttemptError::Busy | AttemptError::TooMany | AttemptError::HasPayment(_) => {
                panic!("refused for a failure: {error}")
            }
        })
    });
}

#[test]
fn allocating_an_attempt_surfaces_every_failure_and_refuses_nothing_for_it() {
    let allocate = |another| {
        move |ledger: &Ledger<'_>| {
            let allocated = ledger.allocate_attempt(&order(), Direction::In, another, currency())?;
            Ok(allocated.into_result().unwrap_or_else(|(_, refusal)| panic!("refused: {refusal}")))
        }
    };
    every_failure_surfaces(8, allocate(false));
    every_failure_surfaces(1, allocate(true));
}

#[test]
fn refusing_surfaces_a_failure() {
    every_failure_surfaces(4, |ledger| {
        let claim = ledger.claim(&idempotency_key("k"), "request", 1)?.into_result().unwrap();
        let allocated = ledger.allocate_attempt(&order(), Direction::In, true, currency())?.into_result().unwrap();
        ledger.refuse(&claim, &allocated, &payment("REFUSED"), &correlation(), Some(response(409)))
    });
}

#[test]
fn the_journal_surfaces_every_failure() {
    every_failure_surfaces(1, |ledger| ledger.last_journal_number());
    every_failure_surfaces(2, |ledger| ledger.journal_after(0, 10));
    every_failure_surfaces(1, |ledger| ledger.cursor());
    every_failure_surfaces(1, |ledger| ledger.move_cursor(3));
    every_failure_surfaces(4, |ledger| {
        let entry = ledger.journal_after(0, 1)?.remove(0).entry.unwrap();
        ledger.defer(entry)
    });
}

#[test]
fn writing_the_sync_state_surfaces_a_failure() {
    every_failure_surfaces(4, |ledger| {
        let history = ledger.history(&payment("R1"))?;
        ledger.write_sync_state(&history, &SyncState::default(), Vec::new(), LEASE_MILLISECONDS)
    });
}
