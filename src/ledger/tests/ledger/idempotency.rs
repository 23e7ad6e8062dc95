//! One command has one effect: claims, repeated responses, and requests that wait.

use std::sync::Barrier;

use tollbridge_domain::{Fact, Operation};
use tollbridge_ledger::{ClaimOutcome, KeyState, LEASE_MILLISECONDS, Ledger};

use crate::doubles::{CallCounts, Mishap};
use crate::stories::*;

/// Appends an entry with the record that a request is working on the command.
fn work(ledger: &Ledger<'_>, key: &str) -> tollbridge_ledger::Claim {
    let claim = claim(ledger, key);
    append_with(ledger, "R", request(Operation::Charge, 1), ledger.running(&claim).unwrap()).unwrap();
    claim
}

fn key_state(world: &World, key: &str) -> Option<KeyState> {
    world.ledger().key_state(&idempotency_key(key), "request").unwrap()
}

#[test]
fn a_new_key_has_no_state_and_reading_it_claims_nothing() {
    let world = World::default();
    assert!(key_state(&world, "k").is_none());
    assert!(key_state(&world, "k").is_none());
    assert_eq!(world.store.take_counts(), CallCounts { reads: 2, ..CallCounts::default() });
    assert!(world.ledger().claim(&idempotency_key("k"), "request", 1).unwrap().into_result().is_ok());
}

#[test]
fn a_claim_costs_one_increment() {
    let world = World::default();
    claim(&world.ledger(), "k");
    assert_eq!(world.store.take_counts(), CallCounts { increments: 1, ..CallCounts::default() });
}

#[test]
fn the_response_is_repeated_to_the_same_request() {
    let world = World::default();
    let ledger = world.ledger();
    let claim = work(&ledger, "k");
    let answered = ledger.completed(&claim, response(201)).unwrap();
    append_with(&ledger, "R", Fact::TimedOut { operation: None }, answered).unwrap();
    world.clock.advance(1_000 * LEASE_MILLISECONDS);
    let Some(KeyState::Replay(again)) = key_state(&world, "k") else { panic!("not repeated") };
    assert_eq!(again, response(201));
    let ClaimOutcome::Known(KeyState::Replay(again)) = ledger.claim(&idempotency_key("k"), "request", 1).unwrap()
    else {
        panic!("not repeated to a request that claims")
    };
    assert_eq!(again, response(201));
}

#[test]
fn another_request_under_the_key_is_detected_at_every_stage() {
    let world = World::default();
    let ledger = world.ledger();
    let other = || ledger.key_state(&idempotency_key("k"), "other request").unwrap();
    let claim = work(&ledger, "k");
    assert!(matches!(other(), Some(KeyState::OtherRequest)));
    append_with(&ledger, "R", Fact::TimedOut { operation: None }, ledger.completed(&claim, response(201)).unwrap())
        .unwrap();
    assert!(matches!(other(), Some(KeyState::OtherRequest)));
    let claimed = ledger.claim(&idempotency_key("k"), "other request", 1).unwrap();
    assert!(matches!(claimed, ClaimOutcome::Known(KeyState::OtherRequest)));
}

#[test]
fn a_command_is_running_for_the_rest_of_its_lease() {
    let world = World::default();
    work(&world.ledger(), "k");
    assert_eq!(running(&key_state(&world, "k").unwrap()), LEASE_MILLISECONDS);
    world.clock.advance(20_000);
    assert_eq!(running(&key_state(&world, "k").unwrap()), LEASE_MILLISECONDS - 20_000);
    let claimed = world.ledger().claim(&idempotency_key("k"), "request", 1).unwrap();
    assert_eq!(running(&claimed.into_result().unwrap_err()), LEASE_MILLISECONDS - 20_000);
}

#[test]
fn the_rest_of_a_lease_is_between_a_second_and_a_whole_lease() {
    let world = World::default();
    work(&world.ledger(), "k");
    world.clock.advance(-5_000);
    assert_eq!(running(&key_state(&world, "k").unwrap()), LEASE_MILLISECONDS, "the clock was set back");
    world.clock.advance(5_000 + LEASE_MILLISECONDS - 10);
    assert_eq!(running(&key_state(&world, "k").unwrap()), 1_000);
}

#[test]
fn a_claimed_key_without_a_record_is_running() {
    let world = World::default();
    let ledger = world.ledger();
    claim(&ledger, "k");
    assert!(key_state(&world, "k").is_none());
    for digest in ["request", "other request"] {
        let claimed = ledger.claim(&idempotency_key("k"), digest, 1).unwrap();
        assert_eq!(running(&claimed.into_result().unwrap_err()), LEASE_MILLISECONDS, "{digest}");
    }
}

#[test]
fn sixty_four_concurrent_requests_claim_a_key_once() {
    let world = World::default();
    let together = Barrier::new(64);
    let claim = || {
        together.wait();
        world.ledger().claim(&idempotency_key("k"), "request", 1).unwrap().into_result()
    };
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(claim)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (claimed, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(claimed.len(), 1);
    assert!(refused.into_iter().all(|state| running(&state.unwrap_err()) == LEASE_MILLISECONDS));
}

#[test]
fn each_key_of_each_site_is_claimed_separately() {
    let world = World::default();
    claim(&world.ledger(), "k");
    claim(&world.ledger(), "K");
    claim(&world.ledger_of("de", AUDIT_KEY), "k");
}

#[test]
fn the_key_itself_is_nowhere_in_the_store() {
    let world = World::default();
    let claim = work(&world.ledger(), "ada@example.com");
    let answered = world.ledger().completed(&claim, response(201)).unwrap();
    append_with(&world.ledger(), "R", Fact::TimedOut { operation: None }, answered).unwrap();
    let counters = world.store.counters().into_iter().map(|(key, _)| key);
    let names: Vec<String> = world.store.value_keys().into_iter().chain(counters).collect();
    assert!(names.iter().all(|name| !name.contains("ada")), "{names:?}");
    for key in world.store.value_keys() {
        assert!(!String::from_utf8(world.store.value(&key)).unwrap().contains("ada@"), "{key}");
    }
}

#[test]
fn building_the_records_of_a_claim_writes_nothing() {
    let world = World::default();
    let ledger = world.ledger();
    let claim = claim(&ledger, "k");
    world.store.take_counts();
    assert_eq!((ledger.running(&claim).unwrap().len(), ledger.completed(&claim, response(201)).unwrap().len()), (1, 1));
    assert_eq!(world.store.take_counts(), CallCounts::default());
}

#[test]
fn an_outcome_whose_write_failed_leaves_the_key_running() {
    let world = World::default();
    let ledger = world.ledger();
    let claim = work(&ledger, "k");
    world.store.set_mishap(Some(Mishap::Writes));
    let answered = ledger.completed(&claim, response(201)).unwrap();
    append_with(&ledger, "R", Fact::TimedOut { operation: None }, answered).unwrap_err();
    world.store.set_mishap(None);
    assert_eq!(running(&key_state(&world, "k").unwrap()), LEASE_MILLISECONDS);
}
