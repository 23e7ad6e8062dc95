//! Payments for one record that are made at once: numbers drawn and not yet written, refused, or never written.

use std::sync::Barrier;

use tollbridge_domain::{EventKind, Fact, Operation};
use tollbridge_ledger::{AttemptError, Direction, Known, LEASE_MILLISECONDS};

use crate::doubles::Counts;
use crate::stories::*;

fn check(world: &World) -> Result<(), AttemptError> {
    world.ledger().check_source(&order(), Direction::In, currency())
}

fn fail(world: &World, reference: &str) {
    append(&world.ledger(), reference, Fact::Event(event(failed(), reference))).unwrap();
}

#[test]
fn of_two_payments_drawn_at_once_only_one_is_accepted() {
    let world = World::default();
    let ledger = world.ledger();
    assert_eq!((check(&world), check(&world)), (Ok(()), Ok(())));
    let first = draw(&ledger, Operation::Charge, false, "one").unwrap();
    assert_eq!(draw(&ledger, Operation::Charge, false, "two").unwrap_err(), AttemptError::Busy);
    begin(&ledger, "R1", Operation::Charge, &first);
    assert_eq!(check(&world), Err(AttemptError::HasPayment(payment("R1"))));
}

#[test]
fn checking_passes_over_a_number_without_a_record_so_that_a_later_one_is_drawn() {
    let world = World::default();
    let ledger = world.ledger();
    let first = draw(&ledger, Operation::Charge, false, "one").unwrap();
    assert_eq!((check(&world), check(&world)), (Ok(()), Ok(())));
    begin(&ledger, "R1", Operation::Charge, &first);
    draw(&ledger, Operation::Charge, true, "two").unwrap();
    assert_eq!(check(&world), Err(AttemptError::HasPayment(payment("R1"))), "what stands before it is seen");
    assert_eq!(draw(&ledger, Operation::Charge, false, "three").unwrap_err(), AttemptError::Busy);
}

#[test]
fn a_payout_waits_too_for_a_number_of_which_nothing_is_known_yet() {
    let world = World::default();
    let ledger = world.ledger();
    let first = draw(&ledger, Operation::Charge, false, "one").unwrap();
    assert_eq!(draw(&ledger, Operation::Payout, false, "two").unwrap_err(), AttemptError::Busy);
    begin(&ledger, "R1", Operation::Charge, &first);
    assert_eq!(draw(&ledger, Operation::Payout, false, "three").unwrap().number, 3);
}

#[test]
fn another_payment_waits_for_nothing() {
    let world = World::default();
    draw(&world.ledger(), Operation::Charge, false, "one").unwrap();
    assert_eq!(draw(&world.ledger(), Operation::Charge, true, "two").unwrap().number, 2);
}

#[test]
fn a_refused_number_does_not_stand_in_the_way_of_later_ones() {
    let world = World::default();
    let ledger = world.ledger();
    let first = draw(&ledger, Operation::Charge, false, "one").unwrap();
    for key in ["two", "three", "four"] {
        assert_eq!(draw(&ledger, Operation::Charge, false, key).unwrap_err(), AttemptError::Busy);
    }
    begin(&ledger, "R1", Operation::Charge, &first);
    fail(&world, "R1");
    assert_eq!(check(&world), Ok(()));
    assert_eq!(open(&ledger, "R5", Operation::Charge, false), Ok(5));
}

#[test]
fn a_refusal_is_the_answer_to_its_key_and_costs_a_number_a_write_and_a_look() {
    let world = World::default();
    let ledger = world.ledger();
    open(&ledger, "R1", Operation::Charge, false).unwrap();
    let (drawn, refusal) = ledger.draw_attempt(&order(), Direction::In, false, currency()).unwrap().unwrap_err();
    assert_eq!((drawn.number, refusal), (2, AttemptError::HasPayment(payment("R1"))));
    let claim = claim(&ledger, "two");
    world.store.take_counts();
    ledger.refuse(&claim, &drawn, &payment("REFUSED"), &correlation(), Some(answer(409))).unwrap();
    assert_eq!(world.store.take_counts(), Counts { writes: 1, increments: 1, reads: 1, ..Counts::default() });
    let Some(Known::Replay(again)) = ledger.known(&idempotency_key("two"), "request").unwrap() else {
        panic!("the refusal is not given again")
    };
    assert_eq!(again, answer(409));
}

#[test]
fn a_refusal_that_is_not_to_be_given_again_gives_up_the_number_and_answers_nothing() {
    let world = World::default();
    let ledger = world.ledger();
    let first = draw(&ledger, Operation::Charge, false, "one").unwrap();
    let (drawn, refusal) = ledger.draw_attempt(&order(), Direction::In, false, currency()).unwrap().unwrap_err();
    assert_eq!((drawn.number, refusal), (2, AttemptError::Busy));
    let claim = claim(&ledger, "two");
    let before = world.store.value_keys();
    ledger.refuse(&claim, &drawn, &payment("REFUSED"), &correlation(), None).unwrap();
    let written = world.store.value_keys().into_iter().filter(|key| !before.contains(key));
    let written: Vec<String> = written.map(|key| key.split('/').take(3).collect::<Vec<_>>().join("/")).collect();
    // The journal's entry is there for the end of the key's record.
    assert_eq!((written.len(), written[1].as_str(), written[2].as_str()), (3, "jrn/tr/1", "src/tr/Order"));
    // The key is not spent: once the lease is over it may be tried again.
    assert!(matches!(ledger.known(&idempotency_key("two"), "request").unwrap(), Some(Known::Running { .. })));
    begin(&ledger, "R1", Operation::Charge, &first);
    fail(&world, "R1");
    assert_eq!(open(&ledger, "R3", Operation::Charge, false), Ok(3));
}

#[test]
fn a_number_that_is_never_written_stands_in_the_way_until_the_lease_after_it_is_over() {
    let world = World::default();
    let ledger = world.ledger();
    draw(&ledger, Operation::Charge, false, "died").unwrap();
    assert_eq!(draw(&ledger, Operation::Charge, false, "two").unwrap_err(), AttemptError::Busy);
    world.clock.advance(LEASE_MILLISECONDS);
    assert_eq!(draw(&ledger, Operation::Charge, false, "three").unwrap_err(), AttemptError::Busy);
    world.clock.advance(1);
    assert_eq!(open(&ledger, "R4", Operation::Charge, false), Ok(4), "the third does not begin the wait anew");
    assert_eq!(check(&world), Err(AttemptError::HasPayment(payment("R4"))));
}

#[test]
fn behind_a_number_that_was_never_written_an_open_payment_still_stands_in_the_way() {
    let world = World::default();
    let ledger = world.ledger();
    open(&ledger, "R1", Operation::Charge, false).unwrap();
    fail(&world, "R1");
    draw(&ledger, Operation::Charge, false, "died").unwrap();
    assert_eq!(draw(&ledger, Operation::Charge, false, "three").unwrap_err(), AttemptError::Busy);
    append(&ledger, "R1", Fact::Event(event(EventKind::Captured, "late"))).unwrap();
    world.clock.advance(LEASE_MILLISECONDS + 1);
    assert_eq!(check(&world), Err(AttemptError::HasPayment(payment("R1"))));
}

#[test]
fn of_payments_that_come_at_once_on_many_threads_one_is_accepted() {
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
