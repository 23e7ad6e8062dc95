//! Attempts to pay for a record: which payments block another one, and which do not.

use tollbridge_domain::{Event, EventKind, Fact, FailedStage, Operation, PaymentStatus, ReviewReason, SourceRecord};
use tollbridge_ledger::{AttemptError, Direction};

use crate::stories::*;

fn check(world: &World, operation: Operation) -> Result<(), AttemptError> {
    world.ledger().check_source(&order(), Direction::from(operation), currency())
}

fn has_payment(reference: &str) -> AttemptError {
    AttemptError::HasPayment(payment(reference))
}

fn happen(world: &World, reference: &str, kind: EventKind) {
    append(&world.ledger(), reference, Fact::Event(event(kind, reference))).unwrap();
}

/// A charge for the order with these events.
fn charged(kinds: &[EventKind]) -> World {
    let world = World::default();
    assert_eq!(open(&world.ledger(), "R1", Operation::Charge, false), Ok(1));
    kinds.iter().for_each(|kind| happen(&world, "R1", *kind));
    world
}

#[test]
fn the_first_payment_for_a_record_is_its_first_attempt() {
    let world = World::default();
    assert_eq!(check(&world, Operation::Charge), Ok(()));
    assert_eq!(open(&world.ledger(), "R1", Operation::Charge, false), Ok(1));
    assert_eq!(world.fold("R1").attempt, 1);
}

#[test]
fn a_check_allocates_no_number() {
    let world = World::default();
    check(&world, Operation::Charge).unwrap();
    assert_eq!(world.store.counters(), []);
}

#[test]
fn a_payment_that_may_pay_the_record_blocks_another_and_is_named() {
    use EventKind::{Authorized, Captured, Disputed, Pending, Settled};
    for kinds in [&[][..], &[Pending], &[Authorized], &[Captured], &[Captured, Settled], &[Captured, Disputed]] {
        let world = charged(kinds);
        assert_eq!(check(&world, Operation::Charge), Err(has_payment("R1")), "{kinds:?}");
        assert_eq!(check(&world, Operation::Authorize), Err(has_payment("R1")), "{kinds:?}");
        assert_eq!(open(&world.ledger(), "R2", Operation::Charge, false), Err(has_payment("R1")), "{kinds:?}");
    }
}

#[test]
fn a_payment_with_a_pending_outcome_blocks_another() {
    let world = charged(&[]);
    append(&world.ledger(), "R1", Fact::TimedOut { operation: None }).unwrap();
    assert_eq!(check(&world, Operation::Charge), Err(has_payment("R1")));
}

#[test]
fn a_partially_refunded_payment_blocks_another() {
    let world = charged(&[EventKind::Captured]);
    let part = Event { amount: Some(lira(1)), ..event(EventKind::Refunded, "F1") };
    append(&world.ledger(), "R1", Fact::Event(part)).unwrap();
    assert_eq!(world.fold("R1").status, PaymentStatus::PartiallyRefunded);
    assert_eq!(check(&world, Operation::Charge), Err(has_payment("R1")));
}

#[test]
fn after_a_payment_that_ended_without_money_the_next_attempt_is_the_second() {
    use EventKind::{Canceled, Captured, ChargedBack, Failed, Refunded};
    for kinds in
        [&[Failed(FailedStage::Authorization)][..], &[Canceled], &[Captured, Refunded], &[Captured, ChargedBack]]
    {
        let world = charged(kinds);
        assert_eq!(check(&world, Operation::Charge), Ok(()), "{kinds:?}");
        assert_eq!(open(&world.ledger(), "R2", Operation::Charge, false), Ok(2), "{kinds:?}");
        assert_eq!(world.fold("R2").attempt, 2, "{kinds:?}");
        assert_eq!(check(&world, Operation::Charge), Err(has_payment("R2")), "{kinds:?}");
    }
}

#[test]
fn each_failed_attempt_allows_the_next() {
    let world = World::default();
    for number in 1..=20 {
        let reference = format!("R{number}");
        assert_eq!(open(&world.ledger(), &reference, Operation::Charge, false), Ok(number));
        assert_eq!(check(&world, Operation::Charge), Err(has_payment(&reference)));
        happen(&world, &reference, failed());
    }
}

#[test]
fn an_earlier_attempt_that_is_paid_late_blocks_another() {
    let world = charged(&[failed()]);
    open(&world.ledger(), "R2", Operation::Charge, false).unwrap();
    happen(&world, "R2", failed());
    assert_eq!(check(&world, Operation::Charge), Ok(()));
    happen(&world, "R1", EventKind::Captured);
    assert_eq!(check(&world, Operation::Charge), Err(has_payment("R1")));
}

#[test]
fn an_additional_payment_may_be_made_while_one_is_open() {
    let world = charged(&[]);
    assert_eq!(open(&world.ledger(), "R2", Operation::Charge, true), Ok(2));
    assert_eq!(check(&world, Operation::Charge), Err(has_payment("R2")));
    happen(&world, "R2", failed());
    assert_eq!(check(&world, Operation::Charge), Err(has_payment("R1")));
}

#[test]
fn a_payout_and_a_charge_do_not_block_each_other() {
    let world = charged(&[EventKind::Captured]);
    assert_eq!(check(&world, Operation::Payout), Ok(()));
    assert_eq!(open(&world.ledger(), "O1", Operation::Payout, false), Ok(2));
    assert_eq!(check(&world, Operation::Payout), Err(has_payment("O1")));
    assert_eq!(check(&world, Operation::Charge), Err(has_payment("R1")));
    happen(&world, "R1", EventKind::Refunded);
    assert_eq!(open(&world.ledger(), "R2", Operation::Charge, false), Ok(3));
}

#[test]
fn only_a_payout_sends_money_out() {
    for operation in [Operation::Charge, Operation::Authorize, Operation::Capture, Operation::Refund, Operation::Void] {
        assert_eq!(Direction::from(operation), Direction::In);
    }
    assert_eq!(Direction::from(Operation::Payout), Direction::Out);
}

#[test]
fn both_forms_of_an_id_name_one_record_and_other_records_and_sites_are_distinct() {
    let world = charged(&[]);
    let named = |object: &str, id: &str| SourceRecord::parse(object.into(), id.into(), Some("17".into())).unwrap();
    let ledger = world.ledger();
    let check = |source: &SourceRecord| ledger.check_source(source, Direction::In, currency());
    assert_eq!(check(&named("Order", "801Hs00000abcdeIAA")), Err(has_payment("R1")));
    assert_eq!(check(&named("Order", "801Hs00000abcdf")), Ok(()));
    assert_eq!(check(&named("Order", "801Hs00000abcdE")), Ok(()), "ids are case-sensitive");
    assert_eq!(check(&named("Invoice", "801Hs00000abcde")), Ok(()));
    let elsewhere = world.ledger_of("de", AUDIT_KEY);
    assert_eq!(elsewhere.check_source(&order(), Direction::In, currency()), Ok(()));
}

#[test]
fn the_spelling_of_a_record_does_not_give_it_other_attempts() {
    let world = charged(&[]);
    let ledger = world.ledger();
    for (object, id) in [("order", "801Hs00000abcde"), ("ORDER", "801hs00000abcdeiaa"), ("Order", "801HS00000ABCDEIAA")]
    {
        let source = SourceRecord::parse(object.into(), id.into(), None).unwrap();
        assert_eq!(ledger.check_source(&source, Direction::In, currency()), Err(has_payment("R1")), "{object} {id}");
    }
}

#[test]
fn an_attempt_whose_payment_has_no_entries_blocks_another() {
    // A write that failed may have taken effect in part.
    let world = charged(&[]);
    world.store.remove("pay/tr/R1/1");
    assert_eq!(check(&world, Operation::Charge), Err(has_payment("R1")));
}

#[test]
fn a_payment_shows_that_a_later_attempt_superseded_it() {
    let world = charged(&[failed()]);
    let superseded = |reference| world.ledger().history(&payment(reference)).unwrap().superseded_by.is_some();
    assert!(!superseded("R1"));
    open(&world.ledger(), "R2", Operation::Charge, false).unwrap();
    assert_eq!((superseded("R1"), superseded("R2")), (true, false));
    assert_eq!(world.fold("R1").review.len(), 0);
    happen(&world, "R1", EventKind::Captured);
    let first = world.fold("R1");
    assert!(first.superseded && first.review.contains_key(&ReviewReason::PaidAfterSuperseded), "{:?}", first.review);
    assert!(!world.fold("R2").superseded);
}

#[test]
fn additional_payments_payouts_and_refused_attempts_supersede_nothing() {
    let world = charged(&[]);
    let ledger = world.ledger();
    open(&ledger, "R2", Operation::Charge, true).unwrap();
    open(&ledger, "O1", Operation::Payout, false).unwrap();
    assert_eq!(open(&ledger, "R3", Operation::Charge, false), Err(has_payment("R2")));
    for reference in ["R1", "R2", "O1"] {
        assert!(ledger.history(&payment(reference)).unwrap().superseded_by.is_none(), "{reference}");
    }
}

#[test]
fn a_payment_finds_its_successor_behind_up_to_fifteen_refused_numbers() {
    for refused in 0..=15 {
        let world = charged(&[]);
        for number in 1..=refused {
            let reference = format!("refused{number}");
            assert_eq!(open(&world.ledger(), &reference, Operation::Charge, false), Err(has_payment("R1")));
        }
        happen(&world, "R1", failed());
        assert!(!world.fold("R1").superseded, "behind {refused} refused numbers is nothing yet");
        assert_eq!(open(&world.ledger(), "next", Operation::Charge, false), Ok(refused + 2));
        happen(&world, "R1", EventKind::Captured);
        let first = world.fold("R1");
        let paid_twice = first.review.contains_key(&ReviewReason::PaidAfterSuperseded);
        assert!(first.superseded && paid_twice, "behind {refused} refused numbers: {:?}", first.review);
    }
}
