//! One command, one effect: claims, answers given again, and requests that wait.

use std::sync::Barrier;

use tollbridge_domain::{Fact, Operation};
use tollbridge_ledger::{Known, LEASE_MILLISECONDS, Ledger};

use crate::doubles::{Counts, Mishap};
use crate::stories::*;

/// Appends something with the record that the claim is being worked on.
fn work(ledger: &Ledger<'_>, key: &str) -> tollbridge_ledger::Claim {
    let claim = claim(ledger, key);
    append_with(ledger, "R", request(Operation::Charge, 1), ledger.running(&claim).unwrap()).unwrap();
    claim
}

fn known(world: &World, key: &str) -> Option<Known> {
    world.ledger().known(&idempotency_key(key), "request").unwrap()
}

#[test]
fn nothing_is_known_of_a_new_key_and_asking_claims_nothing() {
    let world = World::default();
    assert!(known(&world, "k").is_none());
    assert!(known(&world, "k").is_none());
    assert_eq!(world.store.take_counts(), Counts { reads: 2, ..Counts::default() });
    assert!(world.ledger().claim(&idempotency_key("k"), "request", 1).unwrap().is_ok());
}

#[test]
fn a_claim_costs_one_increment() {
    let world = World::default();
    claim(&world.ledger(), "k");
    assert_eq!(world.store.take_counts(), Counts { increments: 1, ..Counts::default() });
}

#[test]
fn the_answer_is_given_again_to_the_same_request() {
    let world = World::default();
    let ledger = world.ledger();
    let claim = work(&ledger, "k");
    let answered = ledger.answered(&claim, answer(201)).unwrap();
    append_with(&ledger, "R", Fact::TimedOut { operation: None }, answered).unwrap();
    world.clock.advance(1_000 * LEASE_MILLISECONDS);
    let Some(Known::Replay(again)) = known(&world, "k") else { panic!("not given again") };
    assert_eq!(again, answer(201));
    let Err(Known::Replay(again)) = ledger.claim(&idempotency_key("k"), "request", 1).unwrap() else {
        panic!("not given again to who claims")
    };
    assert_eq!(again, answer(201));
}

#[test]
fn another_request_under_the_key_is_told_so_at_every_stage() {
    let world = World::default();
    let ledger = world.ledger();
    let other = || ledger.known(&idempotency_key("k"), "other request").unwrap();
    let claim = work(&ledger, "k");
    assert!(matches!(other(), Some(Known::OtherRequest)));
    append_with(&ledger, "R", Fact::TimedOut { operation: None }, ledger.answered(&claim, answer(201)).unwrap())
        .unwrap();
    assert!(matches!(other(), Some(Known::OtherRequest)));
    let claimed = ledger.claim(&idempotency_key("k"), "other request", 1).unwrap();
    assert!(matches!(claimed, Err(Known::OtherRequest)));
}

#[test]
fn a_request_that_is_worked_on_is_running_for_what_is_left_of_its_lease() {
    let world = World::default();
    work(&world.ledger(), "k");
    assert_eq!(running(&known(&world, "k").unwrap()), LEASE_MILLISECONDS);
    world.clock.advance(20_000);
    assert_eq!(running(&known(&world, "k").unwrap()), LEASE_MILLISECONDS - 20_000);
    let claimed = world.ledger().claim(&idempotency_key("k"), "request", 1).unwrap();
    assert_eq!(running(&claimed.unwrap_err()), LEASE_MILLISECONDS - 20_000);
}

#[test]
fn what_is_left_of_a_lease_is_a_second_at_least_and_never_more_than_a_lease() {
    let world = World::default();
    work(&world.ledger(), "k");
    world.clock.advance(-5_000);
    assert_eq!(running(&known(&world, "k").unwrap()), LEASE_MILLISECONDS, "where the clock was put back");
    world.clock.advance(5_000 + LEASE_MILLISECONDS - 10);
    assert_eq!(running(&known(&world, "k").unwrap()), 1_000);
}

#[test]
fn a_key_that_is_claimed_and_not_yet_written_is_running() {
    let world = World::default();
    let ledger = world.ledger();
    claim(&ledger, "k");
    assert!(known(&world, "k").is_none());
    for digest in ["request", "other request"] {
        let claimed = ledger.claim(&idempotency_key("k"), digest, 1).unwrap();
        assert_eq!(running(&claimed.unwrap_err()), LEASE_MILLISECONDS, "{digest}");
    }
}

#[test]
fn sixty_four_requests_that_come_at_once_claim_a_key_once() {
    let world = World::default();
    let together = Barrier::new(64);
    let claim = || {
        together.wait();
        world.ledger().claim(&idempotency_key("k"), "request", 1).unwrap()
    };
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(claim)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (claimed, sync_state): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(claimed.len(), 1);
    assert!(sync_state.into_iter().all(|known| running(&known.unwrap_err()) == LEASE_MILLISECONDS));
}

#[test]
fn keys_and_sites_are_claimed_apart() {
    let world = World::default();
    claim(&world.ledger(), "k");
    claim(&world.ledger(), "K");
    claim(&world.ledger_of("de", AUDIT_KEY), "k");
}

#[test]
fn the_key_itself_is_nowhere_in_the_store() {
    let world = World::default();
    let claim = work(&world.ledger(), "ada@example.com");
    let answered = world.ledger().answered(&claim, answer(201)).unwrap();
    append_with(&world.ledger(), "R", Fact::TimedOut { operation: None }, answered).unwrap();
    let counters = world.store.counters().into_iter().map(|(key, _)| key);
    let names: Vec<String> = world.store.value_keys().into_iter().chain(counters).collect();
    assert!(names.iter().all(|name| !name.contains("ada")), "{names:?}");
    for key in world.store.value_keys() {
        assert!(!String::from_utf8(world.store.value(&key)).unwrap().contains("ada@"), "{key}");
    }
}

#[test]
fn making_the_records_of_a_claim_writes_nothing() {
    let world = World::default();
    let ledger = world.ledger();
    let claim = claim(&ledger, "k");
    world.store.take_counts();
    assert_eq!((ledger.running(&claim).unwrap().len(), ledger.answered(&claim, answer(201)).unwrap().len()), (1, 1));
    assert_eq!(world.store.take_counts(), Counts::default());
}

#[test]
fn an_outcome_that_was_not_written_leaves_the_key_running() {
    let world = World::default();
    let ledger = world.ledger();
    let claim = work(&ledger, "k");
    world.store.set_mishap(Some(Mishap::Writes));
    let answered = ledger.answered(&claim, answer(201)).unwrap();
    append_with(&ledger, "R", Fact::TimedOut { operation: None }, answered).unwrap_err();
    world.store.set_mishap(None);
    assert_eq!(running(&known(&world, "k").unwrap()), LEASE_MILLISECONDS);
}
