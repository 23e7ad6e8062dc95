//! A lost write does not block a record for ever: once the lease is over, the gap is passed.

use tollbridge_domain::{Fact, Operation};
use tollbridge_ledger::{AttemptError, AttemptOutcome, Direction, LEASE_MILLISECONDS};

use crate::doubles::Mishap;
use crate::stories::*;

const A_LEASE_AND_MORE: i64 = LEASE_MILLISECONDS + 1;

fn charge(world: &World, reference: &str) -> Result<u64, AttemptError> {
    world.ledger().check_source(&order(), Direction::In, currency())?;
    open(&world.ledger(), reference, Operation::Charge, false)
}

/// Allocates a number for a charge, accepted or refused, and loses the write of its record.
fn lose(world: &World) {
    let ledger = world.ledger();
    let allocated = ledger.allocate_attempt(&order(), Direction::In, false, currency()).unwrap();
    world.store.set_mishap(Some(Mishap::Writes));
    match allocated {
        AttemptOutcome::Allocated(attempt) => {
            let accepted = ledger.accepted_attempt(&attempt, &payment("lost")).unwrap();
            append_with(&ledger, "lost", request(Operation::Charge, attempt.number), accepted).unwrap_err();
        }
        AttemptOutcome::Refused { attempt, .. } => {
            let claim = claim(&ledger, &format!("lost{}", attempt.number));
            ledger.refuse(&claim, &attempt, &payment("REFUSED"), &correlation(), Some(response(409))).unwrap_err();
        }
    }
    world.store.set_mishap(None);
}

#[test]
fn a_lost_first_entry_keeps_the_record_busy_for_a_lease_after_the_next_attempt_and_no_longer() {
    let world = World::default();
    lose(&world);
    assert_eq!(charge(&world, "two"), Err(AttemptError::Busy));
    world.clock.advance(LEASE_MILLISECONDS);
    assert_eq!(charge(&world, "three"), Err(AttemptError::Busy));
    world.clock.advance(1);
    assert_eq!(charge(&world, "R4"), Ok(3));
    assert_eq!(charge(&world, "R5"), Err(AttemptError::HasPayment(payment("R4"))));
}

#[test]
fn the_first_attempt_after_a_lost_write_shows_that_it_is_old() {
    let world = World::default();
    lose(&world);
    world.clock.advance(100 * LEASE_MILLISECONDS);
    assert_eq!(charge(&world, "two"), Err(AttemptError::Busy), "nothing says how old the first number is");
    world.clock.advance(A_LEASE_AND_MORE);
    assert_eq!(charge(&world, "R3"), Ok(3));
}

#[test]
fn a_lost_refusal_keeps_the_record_busy_for_no_more_than_a_lease() {
    let world = World::default();
    assert_eq!(charge(&world, "R1"), Ok(1));
    lose(&world);
    append(&world.ledger(), "R1", Fact::Event(event(failed(), "T1"))).unwrap();
    assert_eq!(charge(&world, "three"), Err(AttemptError::Busy));
    world.clock.advance(A_LEASE_AND_MORE);
    assert_eq!(charge(&world, "R4"), Ok(4));
}

#[test]
fn any_number_of_lost_writes_in_a_row_are_passed_together() {
    for lost in [2, 5, 30] {
        let world = World::default();
        (0..lost).for_each(|_| lose(&world));
        assert_eq!(charge(&world, "busy"), Err(AttemptError::Busy));
        world.clock.advance(A_LEASE_AND_MORE);
        assert_eq!(charge(&world, "R"), Ok(lost + 2), "{lost} lost writes");
    }
}

#[test]
fn each_lost_write_waits_for_its_own_lease() {
    let world = World::default();
    lose(&world);
    assert_eq!(charge(&world, "two"), Err(AttemptError::Busy));
    world.clock.advance(A_LEASE_AND_MORE);
    lose(&world);
    assert_eq!(charge(&world, "four"), Err(AttemptError::Busy), "the third number was allocated a moment ago");
    world.clock.advance(A_LEASE_AND_MORE);
    assert_eq!(charge(&world, "R5"), Ok(5));
}

#[test]
fn a_write_whose_confirmation_was_lost_blocks_another_payment() {
    let world = World::default();
    let ledger = world.ledger();
    let attempt = allocate(&ledger, Operation::Charge, false, "one").unwrap();
    let accepted = ledger.accepted_attempt(&attempt, &payment("R1")).unwrap();
    world.store.set_mishap(Some(Mishap::AnswersOfWrites));
    append_with(&ledger, "R1", request(Operation::Charge, attempt.number), accepted).unwrap_err();
    world.store.set_mishap(None);
    world.clock.advance(100 * LEASE_MILLISECONDS);
    assert_eq!(charge(&world, "R2"), Err(AttemptError::HasPayment(payment("R1"))));
}
