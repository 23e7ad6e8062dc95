//! Commands whose request died: when they count as abandoned, and that exactly one request takes each of them over.

use std::sync::Barrier;

use tollbridge_domain::Operation;
use tollbridge_ledger::{Claim, ClaimOutcome, KeyState, LEASE_MILLISECONDS};

use crate::doubles::{CallCounts, Mishap, unavailable};
use crate::stories::*;

fn key_state(world: &World) -> Option<KeyState> {
    world.ledger().key_state(&idempotency_key("k"), "request").unwrap()
}

fn claim_state(world: &World, attempt: u32) -> KeyState {
    try_claim(&world.ledger(), "k", attempt).unwrap_err()
}

/// The first attempt died with nothing written.
fn claimed() -> World {
    let world = World::default();
    claim(&world.ledger(), "k");
    world
}

/// The first attempt died after its first entry.
fn claimed_and_running() -> World {
    let world = World::default();
    let ledger = world.ledger();
    let running = ledger.running(&claim(&ledger, "k")).unwrap();
    append_with(&ledger, "R", request(Operation::Charge, 1), running).unwrap();
    world
}

/// Claims an attempt, and dies before its record is written.
fn lose(world: &World, attempt: u32) {
    world.store.set_mishap(Some(Mishap::Writes));
    let lost = world.ledger().claim(&idempotency_key("k"), "request", attempt);
    assert_eq!(lost.unwrap_err(), unavailable(), "attempt {attempt}");
    world.store.set_mishap(None);
}

/// Claims as a command does: the first attempt, and the next one after each abandoned attempt.
fn take_over(world: &World) -> Result<(Claim, u32), KeyState> {
    let mut attempt = 1;
    loop {
        match try_claim(&world.ledger(), "k", attempt) {
            Ok(claim) => return Ok((claim, attempt)),
            Err(KeyState::Abandoned { attempt: died }) => attempt = died + 1,
            Err(state @ (KeyState::Replay(_) | KeyState::OtherRequest | KeyState::Running { .. })) => {
                return Err(state);
            }
        }
    }
}

/// The attempt runs for a whole lease, and its response is repeated.
fn carries_on(world: &World, claim: &Claim, attempt: u32) {
    assert_eq!(running(&key_state(world).unwrap()), LEASE_MILLISECONDS);
    assert_eq!(running(&claim_state(world, attempt)), LEASE_MILLISECONDS);
    world.store.take_counts();
    world.ledger().store_response(claim, response(201)).unwrap();
    assert_eq!(world.store.take_counts(), CallCounts { writes: 1, ..CallCounts::default() });
    world.clock.advance(100 * LEASE_MILLISECONDS);
    for state in
        [key_state(world).unwrap(), claim_state(world, 1), claim_state(world, attempt), take_over(world).unwrap_err()]
    {
        let KeyState::Replay(again) = state else { panic!("not repeated but {state:?}") };
        assert_eq!(again, response(201));
    }
}

#[test]
fn a_command_that_was_only_claimed_is_abandoned_one_lease_after_a_request_first_saw_it() {
    let world = claimed();
    world.clock.advance(100 * LEASE_MILLISECONDS);
    assert_eq!(running(&claim_state(&world, 1)), LEASE_MILLISECONDS, "nothing says when it was claimed");
    world.clock.advance(20_000);
    assert_eq!(
        running(&claim_state(&world, 1)),
        LEASE_MILLISECONDS - 20_000,
        "seeing it again does not start the lease again"
    );
    world.clock.advance(LEASE_MILLISECONDS - 20_001);
    assert_eq!(running(&claim_state(&world, 1)), 1_000);
    world.clock.advance(1);
    assert_eq!(abandoned(&claim_state(&world, 1)), 1);
    assert!(key_state(&world).is_none());
    let (claim, attempt) = take_over(&world).unwrap();
    assert_eq!(attempt, 2);
    carries_on(&world, &claim, 2);
}

#[test]
fn a_running_command_is_abandoned_one_lease_after_its_record() {
    let world = claimed_and_running();
    world.clock.advance(LEASE_MILLISECONDS - 1);
    assert_eq!((running(&key_state(&world).unwrap()), running(&claim_state(&world, 1))), (1_000, 1_000));
    world.clock.advance(1);
    assert_eq!((abandoned(&key_state(&world).unwrap()), abandoned(&claim_state(&world, 1))), (1, 1));
    let (claim, attempt) = take_over(&world).unwrap();
    assert_eq!(attempt, 2);
    carries_on(&world, &claim, 2);
}

#[test]
fn a_takeover_writes_its_record_at_once() {
    let world = claimed_and_running();
    world.clock.advance(LEASE_MILLISECONDS);
    world.store.take_counts();
    try_claim(&world.ledger(), "k", 2).unwrap();
    assert_eq!(world.store.take_counts(), CallCounts { increments: 1, writes: 1, ..CallCounts::default() });
    assert_eq!(running(&key_state(&world).unwrap()), LEASE_MILLISECONDS);
}

#[test]
fn a_second_attempt_without_a_record_is_taken_over_by_a_third() {
    for world in [claimed(), claimed_and_running()] {
        let _ = try_claim(&world.ledger(), "k", 1);
        world.clock.advance(LEASE_MILLISECONDS);
        lose(&world, 2);
        assert_eq!(abandoned(&claim_state(&world, 1)), 1);
        assert_eq!(
            running(&take_over(&world).unwrap_err()),
            LEASE_MILLISECONDS,
            "the request that claimed it may be at work"
        );
        world.clock.advance(LEASE_MILLISECONDS - 1);
        assert_eq!(running(&claim_state(&world, 2)), 1_000);
        world.clock.advance(1);
        assert_eq!(abandoned(&claim_state(&world, 2)), 2);
        let (claim, attempt) = take_over(&world).unwrap();
        assert_eq!(attempt, 3);
        carries_on(&world, &claim, 3);
    }
}

#[test]
fn any_number_of_attempts_may_die_before_or_after_their_record() {
    for world in [claimed(), claimed_and_running()] {
        let _ = try_claim(&world.ledger(), "k", 1);
        for attempt in 2..=9 {
            world.clock.advance(LEASE_MILLISECONDS);
            if attempt % 2 == 0 {
                lose(&world, attempt);
                running(&claim_state(&world, attempt));
            } else {
                assert_eq!(take_over(&world).unwrap().1, attempt);
            }
            assert_eq!(running(&take_over(&world).unwrap_err()), LEASE_MILLISECONDS, "after attempt {attempt}");
        }
        world.clock.advance(LEASE_MILLISECONDS);
        assert_eq!(take_over(&world).unwrap().1, 10);
    }
}

#[test]
fn a_takeover_whose_confirmation_was_lost_keeps_its_lease() {
    let world = claimed_and_running();
    world.clock.advance(LEASE_MILLISECONDS);
    world.store.set_mishap(Some(Mishap::AnswersOfWrites));
    world.ledger().claim(&idempotency_key("k"), "request", 2).unwrap_err();
    world.store.set_mishap(None);
    assert_eq!(running(&take_over(&world).unwrap_err()), LEASE_MILLISECONDS);
    world.clock.advance(LEASE_MILLISECONDS);
    assert_eq!(take_over(&world).unwrap().1, 3);
}

#[test]
fn a_response_whose_write_failed_leaves_the_command_to_be_taken_over() {
    let world = World::default();
    let ledger = world.ledger();
    let first = claim(&ledger, "k");
    append_with(&ledger, "R", request(Operation::Charge, 1), ledger.running(&first).unwrap()).unwrap();
    world.store.set_mishap(Some(Mishap::Writes));
    assert_eq!(ledger.store_response(&first, response(201)), Err(unavailable()));
    world.store.set_mishap(None);
    assert_eq!(running(&take_over(&world).unwrap_err()), LEASE_MILLISECONDS);
    world.clock.advance(LEASE_MILLISECONDS);
    let (claim, attempt) = take_over(&world).unwrap();
    assert_eq!(attempt, 2);
    carries_on(&world, &claim, 2);
}

#[test]
fn an_abandoned_command_is_not_taken_over_by_another_request() {
    let world = claimed_and_running();
    world.clock.advance(LEASE_MILLISECONDS);
    let ledger = world.ledger();
    assert!(matches!(ledger.key_state(&idempotency_key("k"), "other").unwrap(), Some(KeyState::OtherRequest)));
    assert!(matches!(
        ledger.claim(&idempotency_key("k"), "other", 1).unwrap(),
        ClaimOutcome::Known(KeyState::OtherRequest)
    ));
    assert_eq!(take_over(&world).unwrap().1, 2);
    assert!(matches!(
        ledger.claim(&idempotency_key("k"), "other", 2).unwrap(),
        ClaimOutcome::Known(KeyState::OtherRequest)
    ));
}

#[test]
fn a_clock_that_was_set_back_extends_a_lease_to_at_most_a_whole_one() {
    for world in [claimed(), claimed_and_running()] {
        running(&claim_state(&world, 1));
        world.clock.advance(-5_000);
        assert_eq!(running(&claim_state(&world, 1)), LEASE_MILLISECONDS);
        world.clock.advance(5_000 + LEASE_MILLISECONDS);
        assert_eq!(abandoned(&claim_state(&world, 1)), 1);
    }
}

#[test]
fn of_sixty_four_concurrent_takeovers_one_succeeds() {
    const AT_ONCE: usize = 64;
    let second_lost = || {
        let world = claimed_and_running();
        world.clock.advance(LEASE_MILLISECONDS);
        lose(&world, 2);
        world
    };
    let abandoned: [(&dyn Fn() -> World, u32); 3] = [(&claimed, 2), (&claimed_and_running, 2), (&second_lost, 3)];
    for (round, (world, expected)) in (0..10).flat_map(|round| abandoned.map(|abandoned| (round, abandoned))) {
        let world = world();
        running(&take_over(&world).err().filter(|state| matches!(state, KeyState::Running { .. })).unwrap());
        world.clock.advance(LEASE_MILLISECONDS);
        let together = Barrier::new(AT_ONCE);
        let claim = || {
            together.wait();
            take_over(&world)
        };
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(claim)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (claimed, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        let [Ok((claim, attempt))] = claimed.as_slice() else { panic!("round {round}: {} claims", claimed.len()) };
        assert_eq!(*attempt, expected, "round {round}");
        assert!(refused.into_iter().all(|state| running(&state.unwrap_err()) == LEASE_MILLISECONDS));
        carries_on(&world, claim, expected);
    }
}
