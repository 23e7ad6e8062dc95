//! No record is charged twice, however many numbers were allocated for it: every attempt is checked, and a record with
//! too many attempts is refused.

use tollbridge_domain::{EventKind, Fact, FailedStage, Operation};
use tollbridge_ledger::{AttemptError, Direction, LEASE_MILLISECONDS};

use crate::stories::*;

/// How many numbers lie between the two payments: below and above the eight that an early version checked, and up to
/// the maximum.
const NUMBERS_BETWEEN: [u64; 7] = [1, 7, 8, 9, 16, 40, 63];

fn happen(world: &World, reference: &str, kind: EventKind) {
    append(&world.ledger(), reference, Fact::Event(event(kind, reference))).unwrap();
}

fn has_payment(reference: &str) -> AttemptError {
    AttemptError::HasPayment(payment(reference))
}

/// Another charge for the order is refused because of R1, both before and after a number is allocated for it.
fn is_refused_for_the_first(world: &World, allocated: u64) {
    let ledger = world.ledger();
    assert_eq!(
        ledger.check_source(&order(), Direction::In, currency()),
        Err(has_payment("R1")),
        "after {allocated} numbers"
    );
    assert_eq!(open(&ledger, "second", Operation::Charge, false), Err(has_payment("R1")), "after {allocated} numbers");
}

#[test]
fn an_open_payment_blocks_another_behind_any_number_of_additional_ones() {
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
fn a_failed_payment_that_is_paid_late_blocks_another_behind_any_number_of_failed_ones() {
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
fn an_open_payment_blocks_another_behind_any_number_of_refused_ones() {
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
fn an_open_charge_blocks_another_behind_any_number_of_payouts() {
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
fn a_payment_that_is_being_opened_blocks_another_behind_any_number_that_were_refused_as_busy() {
    for between in NUMBERS_BETWEEN {
        let world = World::default();
        let ledger = world.ledger();
        let first = allocate(&ledger, Operation::Charge, false, "first").unwrap();
        for number in 1..=between {
            let busy = allocate(&ledger, Operation::Charge, false, &format!("busy{number}"));
            assert_eq!(busy.unwrap_err(), AttemptError::Busy, "number {number}");
        }
        begin(&ledger, "R1", Operation::Charge, &first);
        is_refused_for_the_first(&world, between + 1);
    }
}

#[test]
fn a_record_with_more_attempts_than_are_checked_is_refused_except_for_an_additional_payment() {
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
    assert_eq!(open(&ledger, "additional", Operation::Charge, true), Ok(132));
}
