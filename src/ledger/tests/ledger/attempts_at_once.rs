//! Concurrent attempts for one record: numbers that are allocated and not written yet, refused, or never written.

use std::sync::Barrier;

use tollbridge_domain::{EventKind, Fact, Operation};
use tollbridge_ledger::{AttemptError, Direction, KeyState, LEASE_MILLISECONDS};

use crate::doubles::CallCounts;
use crate::stories::*;

fn check(world: &World) -> Result<(), AttemptError> {
    world.ledger().check_source(&order(), Direction::In, currency())
}

fn fail(world: &World, reference: &str) {
    append(&world.ledger(), reference, Fact::Event(event(failed(), reference))).unwrap();
}

#[test]
fn of_two_concurrent_attempts_only_one_is_accepted() {
    let world = World::default();
    let ledger = world.ledger();
    assert_eq!((check(&world), check(&world)), (Ok(()), Ok(())));
    let first = allocate(&ledger, Operation::Charge, false, "one").unwrap();
    assert_eq!(allocate(&ledger, Operation::Charge, false, "two").unwrap_err(), AttemptError::Busy);
    begin(&ledger, "R1", Operation::Charge, &first);
    assert_eq!(check(&world), Err(AttemptError::HasPayment(payment("R1"))));
}

#[test]
fn a_check_ignores_a_gap_at_the_end_so_that_a_later_number_is_allocated() {
    let world = World::default();
    let ledger = world.ledger();
    let first = allocate(&ledger, Operation::Charge, false, "one").unwrap();
    assert_eq!((check(&world), check(&world)), (Ok(()), Ok(())));
    begin(&ledger, "R1", Operation::Charge, &first);
    allocate(&ledger, Operation::Charge, true, "two").unwrap();
    assert_eq!(check(&world), Err(AttemptError::HasPayment(payment("R1"))), "the attempt before it is checked");
    assert_eq!(allocate(&ledger, Operation::Charge, false, "three").unwrap_err(), AttemptError::Busy);
}

#[test]
fn a_gap_blocks_a_payout_too() {
    let world = World::default();
    let ledger = world.ledger();
    let first = allocate(&ledger, Operation::Charge, false, "one").unwrap();
    assert_eq!(allocate(&ledger, Operation::Payout, false, "two").unwrap_err(), AttemptError::Busy);
    begin(&ledger, "R1", Operation::Charge, &first);
    assert_eq!(allocate(&ledger, Operation::Payout, false, "three").unwrap().number, 3);
}

#[test]
fn an_additional_payment_is_never_blocked() {
    let world = World::default();
    allocate(&world.ledger(), Operation::Charge, false, "one").unwrap();
    assert_eq!(allocate(&world.ledger(), Operation::Charge, true, "two").unwrap().number, 2);
}

#[test]
fn a_refused_number_does_not_block_later_ones() {
    let world = World::default();
    let ledger = world.ledger();
    let first = allocate(&ledger, Operation::Charge, false, "one").unwrap();
    for key in ["two", "three", "four"] {
        assert_eq!(allocate(&ledger, Operation::Charge, false, key).unwrap_err(), AttemptError::Busy);
    }
    begin(&ledger, "R1", Operation::Charge, &first);
    fail(&world, "R1");
    assert_eq!(check(&world), Ok(()));
    assert_eq!(open(&ledger, "R5", Operation::Charge, false), Ok(5));
}

#[test]
fn a_refusal_is_the_stored_response_and_costs_a_number_a_write_and_a_read() {
    let world = World::default();
    let ledger = world.ledger();
    open(&ledger, "R1", Operation::Charge, false).unwrap();
    let (allocated, refusal) =
        ledger.allocate_attempt(&order(), Direction::In, false, currency()).unwrap().into_result().unwrap_err();
    assert_eq!((allocated.number, refusal), (2, AttemptError::HasPayment(payment("R1"))));
    let claim = claim(&ledger, "two");
    world.store.take_counts();
    ledger.refuse(&claim, &allocated, &payment("REFUSED"), &correlation(), Some(response(409))).unwrap();
    assert_eq!(world.store.take_counts(), CallCounts { writes: 1, increments: 1, reads: 1, ..CallCounts::default() });
    let Some(KeyState::Replay(again)) = ledger.key_state(&idempotency_key("two"), "request").unwrap() else {
        panic!("the refusal is not repeated")
    };
    assert_eq!(again, response(409));
}

#[test]
fn a_refusal_without_a_stored_response_only_releases_the_number() {
    let world = World::default();
    let ledger = world.ledger();
    let first = allocate(&ledger, Operation::Charge, false, "one").unwrap();
    let (allocated, refusal) =
        ledger.allocate_attempt(&order(), Direction::In, false, currency()).unwrap().into_result().unwrap_err();
    assert_eq!((allocated.number, refusal), (2, AttemptError::Busy));
    let claim = claim(&ledger, "two");
    let before = world.store.value_keys();
    ledger.refuse(&claim, &allocated, &payment("REFUSED"), &correlation(), None).unwrap();
    let written = world.store.value_keys().into_iter().filter(|key| !before.contains(key));
    let written: Vec<String> = written.map(|key| key.split('/').take(3).collect::<Vec<_>>().join("/")).collect();
    // The journal entry makes the idempotency record expire.
    assert_eq!((written.len(), written[1].as_str(), written[2].as_str()), (3, "jrn/tr/1", "src/tr/Order"));
    // The key is not used up: a repetition may try again once the lease is over.
    assert!(matches!(ledger.key_state(&idempotency_key("two"), "request").unwrap(), Some(KeyState::Running { .. })));
    begin(&ledger, "R1", Operation::Charge, &first);
    fail(&world, "R1");
    assert_eq!(open(&ledger, "R3", Operation::Charge, false), Ok(3));
}

#[test]
fn a_gap_blocks_until_a_later_number_is_a_lease_old() {
    let world = World::default();
    let ledger = world.ledger();
    allocate(&ledger, Operation::Charge, false, "died").unwrap();
    assert_eq!(allocate(&ledger, Operation::Charge, false, "two").unwrap_err(), AttemptError::Busy);
    world.clock.advance(LEASE_MILLISECONDS);
    assert_eq!(allocate(&ledger, Operation::Charge, false, "three").unwrap_err(), AttemptError::Busy);
    world.clock.advance(1);
    assert_eq!(open(&ledger, "R4", Operation::Charge, false), Ok(4), "the third does not start the wait again");
    assert_eq!(check(&world), Err(AttemptError::HasPayment(payment("R4"))));
}

#[test]
fn an_open_payment_before_a_gap_still_blocks_another() {
    let world = World::default();
    let ledger = world.ledger();
    open(&ledger, "R1", Operation::Charge, false).unwrap();
    fail(&world, "R1");
    allocate(&ledger, Operation::Charge, false, "died").unwrap();
    assert_eq!(allocate(&ledger, Operation::Charge, false, "three").unwrap_err(), AttemptError::Busy);
    append(&ledger, "R1", Fact::Event(event(EventKind::Captured, "late"))).unwrap();
    world.clock.advance(LEASE_MILLISECONDS + 1);
    assert_eq!(check(&world), Err(AttemptError::HasPayment(payment("R1"))));
}

#[test]
fn of_concurrent_payments_on_many_threads_one_is_accepted() {
    const AT_ONCE: usize = 8;
    for round in 0..50 {
        let world = World::default();
        let together = Barrier::new(AT_ONCE);
        let attempt = |thread: usize| {
            let ledger = world.ledger();
            let reference = format!("R{thread}");
            together.wait();
            open(&ledger, &reference, Operation::Charge, false).map(|number| (number, reference))
        };
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let attempt = &attempt;
            let threads: Vec<_> = (0..AT_ONCE).map(|thread| scope.spawn(move || attempt(thread))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (accepted, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        let [Ok((1, reference))] = accepted.as_slice() else { panic!("round {round}: accepted {accepted:?}") };
        let has_payment = AttemptError::HasPayment(payment(reference));
        for refusal in refused.into_iter().map(Result::unwrap_err) {
            assert!(refusal == AttemptError::Busy || refusal == has_payment, "round {round}: {refusal}");
        }
        assert_eq!(check(&world), Err(has_payment), "round {round}");
    }
}
