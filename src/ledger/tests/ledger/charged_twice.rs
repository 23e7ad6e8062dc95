//! No record is charged twice, however many numbers were drawn for it: every attempt is looked at, and a record with
//! more than can be looked at is refused.

use tollbridge_domain::{EventKind, Fact, FailedStage, Operation};
use tollbridge_ledger::{AttemptError, Direction, LEASE_MILLISECONDS};

use crate::stories::*;

/// How many numbers come between: fewer and more than the eight that were once looked at, and all there may be.
const NUMBERS_BETWEEN: [u64; 7] = [1, 7, 8, 9, 16, 40, 63];

fn happen(world: &World, reference: &str, kind: EventKind) {
    append(&world.ledger(), reference, Fact::Event(event(kind, reference))).unwrap();
}

fn has_payment(reference: &str) -> AttemptError {
    AttemptError::HasPayment(payment(reference))
}

/// Another charge for the order is refused because of R1, both before and after a number is drawn for it.
fn is_refused_for_the_first(world: &World, drawn: u64) {
    let ledger = world.ledger();
    assert_eq!(
        ledger.check_source(&order(), Direction::In, currency()),
        Err(has_payment("R1")),
        "after {drawn} numbers"
    );
    assert_eq!(open(&ledger, "second", Operation::Charge, false), Err(has_payment("R1")), "after {drawn} numbers");
}

#[test]
fn an_open_payment_stands_in_the_way_behind_any_number_of_others_that_were_wanted_beside_it() {
    for between in NUMBERS_BETWEEN {
        let world = World::default();
        open(&world.ledger(), "R1", Operation::Charge, false).unwrap();
        for number in 2..=between + 1 {
            let reference = format!("R{number}");
            assert_eq!(open(&world.ledger(), &reference, Operation::Charge, true), Ok(number));
            happen(&world, &reference, failed());
        }
        is_refused_for_the_first(&world, between + 1);
    }
}

#[test]
fn a_failed_payment_that_is_paid_late_stands_in_the_way_behind_any_number_of_failed_ones() {
    for between in NUMBERS_BETWEEN {
        let world = World::default();
        for number in 1..=between + 1 {
            let reference = format!("R{number}");
            assert_eq!(open(&world.ledger(), &reference, Operation::Charge, false), Ok(number));
            happen(&world, &reference, failed());
        }
        assert_eq!(world.ledger().check_source(&order(), Direction::In, currency()), Ok(()));
        happen(&world, "R1", EventKind::Captured);
        is_refused_for_the_first(&world, between + 1);
    }
}

#[test]
fn an_open_payment_stands_in_the_way_behind_any_number_of_refused_ones() {
    for between in NUMBERS_BETWEEN {
        let world = World::default();
        open(&world.ledger(), "R1", Operation::Charge, false).unwrap();
        for number in 1..=between {
            let refused = open(&world.ledger(), &format!("refused{number}"), Operation::Charge, false);
            assert_eq!(refused, Err(has_payment("R1")), "number {number}");
        }
        is_refused_for_the_first(&world, between + 1);
    }
}

#[test]
fn an_open_charge_stands_in_the_way_behind_any_number_of_payouts() {
    for between in NUMBERS_BETWEEN {
        let world = World::default();
        open(&world.ledger(), "R1", Operation::Charge, false).unwrap();
        for number in 2..=between + 1 {
            let reference = format!("R{number}");
            assert_eq!(open(&world.ledger(), &reference, Operation::Payout, false), Ok(number));
            happen(&world, &reference, EventKind::Failed(FailedStage::Payout));
        }
        is_refused_for_the_first(&world, between + 1);
    }
}

#[test]
fn a_payment_that_is_being_made_stands_in_the_way_behind_any_number_that_were_busy_with_it() {
    for between in NUMBERS_BETWEEN {
        let world = World::default();
        let ledger = world.ledger();
        let first = draw(&ledger, Operation::Charge, false, "first").unwrap();
        for number in 1..=between {
            let busy = draw(&ledger, Operation::Charge, false, &format!("busy{number}"));
            assert_eq!(busy.unwrap_err(), AttemptError::Busy, "number {number}");
        }
        begin(&ledger, "R1", Operation::Charge, &first);
        is_refused_for_the_first(&world, between + 1);
    }
}

#[test]
fn the_hundred_and_twenty_ninth_payment_for_a_record_is_the_last_and_waits_for_none_that_was_wanted_beside_others() {
    let world = World::default();
    let ledger = world.ledger();
    for number in 1..=129 {
        let reference = format!("R{number}");
        assert_eq!(ledger.check_source(&order(), Direction::In, currency()), Ok(()), "before {number}");
        assert_eq!(open(&ledger, &reference, Operation::Charge, false), Ok(number));
        happen(&world, &reference, failed());
    }
    let mut said = Vec::new();
    for direction in [Direction::In, Direction::Out] {
        said.push(ledger.check_source(&order(), direction, currency()).unwrap_err());
    }
    said.push(open(&ledger, "refused", Operation::Charge, false).unwrap_err());
    world.clock.advance(1_000 * LEASE_MILLISECONDS);
    said.push(open(&ledger, "refused-later", Operation::Charge, false).unwrap_err());
    assert_eq!(said, [const { AttemptError::TooMany }; 4]);
    assert_eq!(AttemptError::TooMany.to_string(), "more than 128 payments were tried for this record");
    assert_eq!(open(&ledger, "beside", Operation::Charge, true), Ok(132));
}
