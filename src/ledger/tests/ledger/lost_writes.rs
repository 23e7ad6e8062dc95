//! A write that is lost does not make a record unpayable: once the lease is over, a number without a record is passed
//! over.

use tollbridge_domain::{Fact, Operation};
use tollbridge_ledger::{AttemptError, Direction, LEASE_MILLISECONDS};

use crate::doubles::Mishap;
use crate::stories::*;

const A_LEASE_AND_MORE: i64 = LEASE_MILLISECONDS + 1;

fn charge(world: &World, reference: &str) -> Result<u64, AttemptError> {
    world.ledger().check_source(&order(), Direction::In, currency())?;
    open(&world.ledger(), reference, Operation::Charge, false)
}

/// Draws a number for a charge, accepted or refused, and loses what is written under it.
fn lose(world: &World) {
    let ledger = world.ledger();
    let drawn = ledger.draw_attempt(&order(), Direction::In, false, currency()).unwrap();
    world.store.set_mishap(Some(Mishap::Writes));
    match drawn {
        Ok(attempt) => {
            let accepted = ledger.accepted_attempt(&attempt, &payment("lost")).unwrap();
            append_with(&ledger, "lost", request(Operation::Charge, attempt.number), accepted).unwrap_err();
        }
        Err((attempt, _)) => {
            let claim = claim(&ledger, &format!("lost{}", attempt.number));
            ledger.refuse(&claim, &attempt, &payment("REFUSED"), &correlation(), Some(answer(409))).unwrap_err();
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
fn a_lost_write_that_nobody_came_after_is_shown_to_be_old_by_the_first_who_comes() {
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
fn any_number_of_lost_writes_in_a_row_are_passed_over_together() {
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
    assert_eq!(charge(&world, "four"), Err(AttemptError::Busy), "the third number was drawn a moment ago");
    world.clock.advance(A_LEASE_AND_MORE);
    assert_eq!(charge(&world, "R5"), Ok(5));
}

#[test]
fn a_write_whose_answer_only_was_lost_stands_in_the_way_as_the_payment_it_is() {
    let world = World::default();
    let ledger = world.ledger();
    let attempt = draw(&ledger, Operation::Charge, false, "one").unwrap();
    let accepted = ledger.accepted_attempt(&attempt, &payment("R1")).unwrap();
    world.store.set_mishap(Some(Mishap::AnswersOfWrites));
    append_with(&ledger, "R1", request(Operation::Charge, attempt.number), accepted).unwrap_err();
    world.store.set_mishap(None);
    world.clock.advance(100 * LEASE_MILLISECONDS);
    assert_eq!(charge(&world, "R2"), Err(AttemptError::HasPayment(payment("R1"))));
}
