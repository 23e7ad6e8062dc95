//! Commands whose request died: when they count as abandoned, and that one request takes them over.

use std::sync::Barrier;

use tollbridge_domain::Operation;
use tollbridge_ledger::{Claim, Known, LEASE_MILLISECONDS};

use crate::doubles::{Counts, Mishap, unavailable};
use crate::stories::*;

fn known(world: &World) -> Option<Known> {
    world.ledger().known(&idempotency_key("k"), "request").unwrap()
}

fn sync_state(world: &World, attempt: u32) -> Known {
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

/// Claims an attempt and dies before its record is written.
fn lose(world: &World, attempt: u32) {
    world.store.set_mishap(Some(Mishap::Writes));
    let lost = world.ledger().claim(&idempotency_key("k"), "request", attempt);
    assert_eq!(lost.unwrap_err(), unavailable(), "attempt {attempt}");
    world.store.set_mishap(None);
}

/// Does as a command does: claims the first attempt, and the next wherever one was abandoned.
fn take_over(world: &World) -> Result<(Claim, u32), Known> {
    let mut attempt = 1;
    loop {
        match try_claim(&world.ledger(), "k", attempt) {
            Ok(claim) => return Ok((claim, attempt)),
            Err(Known::Abandoned { attempt: died }) => attempt = died + 1,
            Err(known @ (Known::Replay(_) | Known::OtherRequest | Known::Running { .. })) => return Err(known),
        }
    }
}

/// The attempt is being worked on for a whole lease, and what it is answered is given again.
fn carries_on(world: &World, claim: &Claim, attempt: u32) {
    assert_eq!(running(&known(world).unwrap()), LEASE_MILLISECONDS);
    assert_eq!(running(&sync_state(world, attempt)), LEASE_MILLISECONDS);
    world.store.take_counts();
    world.ledger().settle(claim, answer(201)).unwrap();
    assert_eq!(world.store.take_counts(), Counts { writes: 1, ..Counts::default() });
    world.clock.advance(100 * LEASE_MILLISECONDS);
    for known in
        [known(world).unwrap(), sync_state(world, 1), sync_state(world, attempt), take_over(world).unwrap_err()]
    {
        let Known::Replay(again) = known else { panic!("not given again but {known:?}") };
        assert_eq!(again, answer(201));
    }
}

#[test]
fn a_command_that_was_only_claimed_is_abandoned_one_lease_after_that_was_first_seen() {
    let world = claimed();
    world.clock.advance(100 * LEASE_MILLISECONDS);
    assert_eq!(running(&sync_state(&world, 1)), LEASE_MILLISECONDS, "nothing says when it was claimed");
    world.clock.advance(20_000);
    assert_eq!(running(&sync_state(&world, 1)), LEASE_MILLISECONDS - 20_000, "seeing it again begins nothing anew");
    world.clock.advance(LEASE_MILLISECONDS - 20_001);
    assert_eq!(running(&sync_state(&world, 1)), 1_000);
    world.clock.advance(1);
    assert_eq!(abandoned(&sync_state(&world, 1)), 1);
    assert!(known(&world).is_none());
    let (claim, attempt) = take_over(&world).unwrap();
    assert_eq!(attempt, 2);
    carries_on(&world, &claim, 2);
}

#[test]
fn a_command_that_was_claimed_and_running_is_abandoned_one_lease_after_it_said_so() {
    let world = claimed_and_running();
    world.clock.advance(LEASE_MILLISECONDS - 1);
    assert_eq!((running(&known(&world).unwrap()), running(&sync_state(&world, 1))), (1_000, 1_000));
    world.clock.advance(1);
    assert_eq!((abandoned(&known(&world).unwrap()), abandoned(&sync_state(&world, 1))), (1, 1));
    let (claim, attempt) = take_over(&world).unwrap();
    assert_eq!(attempt, 2);
    carries_on(&world, &claim, 2);
}

#[test]
fn a_takeover_writes_that_it_is_running_at_once() {
    let world = claimed_and_running();
    world.clock.advance(LEASE_MILLISECONDS);
    world.store.take_counts();
    try_claim(&world.ledger(), "k", 2).unwrap();
    assert_eq!(world.store.take_counts(), Counts { increments: 1, writes: 1, ..Counts::default() });
    assert_eq!(running(&known(&world).unwrap()), LEASE_MILLISECONDS);
}

#[test]
fn a_second_attempt_that_was_claimed_and_not_recorded_is_taken_over_by_a_third() {
    for world in [claimed(), claimed_and_running()] {
        let _ = try_claim(&world.ledger(), "k", 1);
        world.clock.advance(LEASE_MILLISECONDS);
        lose(&world, 2);
        assert_eq!(abandoned(&sync_state(&world, 1)), 1);
        assert_eq!(running(&take_over(&world).unwrap_err()), LEASE_MILLISECONDS, "whoever claimed it may be at work");
        world.clock.advance(LEASE_MILLISECONDS - 1);
        assert_eq!(running(&sync_state(&world, 2)), 1_000);
        world.clock.advance(1);
        assert_eq!(abandoned(&sync_state(&world, 2)), 2);
        let (claim, attempt) = take_over(&world).unwrap();
        assert_eq!(attempt, 3);
        carries_on(&world, &claim, 3);
    }
}

#[test]
fn attempt_after_attempt_may_die_at_either_point() {
    for world in [claimed(), claimed_and_running()] {
        let _ = try_claim(&world.ledger(), "k", 1);
        for attempt in 2..=9 {
            world.clock.advance(LEASE_MILLISECONDS);
            if attempt % 2 == 0 {
                lose(&world, attempt);
                running(&sync_state(&world, attempt));
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
fn a_takeover_whose_record_was_written_and_not_answered_runs_out_its_lease() {
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
fn an_answer_that_was_not_written_leaves_the_command_to_be_taken_over() {
    let world = World::default();
    let ledger = world.ledger();
    let first = claim(&ledger, "k");
    append_with(&ledger, "R", request(Operation::Charge, 1), ledger.running(&first).unwrap()).unwrap();
    world.store.set_mishap(Some(Mishap::Writes));
    assert_eq!(ledger.settle(&first, answer(201)), Err(unavailable()));
    world.store.set_mishap(None);
    assert_eq!(running(&take_over(&world).unwrap_err()), LEASE_MILLISECONDS);
    world.clock.advance(LEASE_MILLISECONDS);
    let (claim, attempt) = take_over(&world).unwrap();
    assert_eq!(attempt, 2);
    carries_on(&world, &claim, 2);
}

#[test]
fn an_abandoned_command_is_no_other_requests_to_take_over() {
    let world = claimed_and_running();
    world.clock.advance(LEASE_MILLISECONDS);
    let ledger = world.ledger();
    assert!(matches!(ledger.known(&idempotency_key("k"), "other").unwrap(), Some(Known::OtherRequest)));
    assert!(matches!(ledger.claim(&idempotency_key("k"), "other", 1).unwrap(), Err(Known::OtherRequest)));
    assert_eq!(take_over(&world).unwrap().1, 2);
    assert!(matches!(ledger.claim(&idempotency_key("k"), "other", 2).unwrap(), Err(Known::OtherRequest)));
}

#[test]
fn a_clock_that_was_put_back_prolongs_a_lease_to_no_more_than_a_whole_one() {
    for world in [claimed(), claimed_and_running()] {
        running(&sync_state(&world, 1));
        world.clock.advance(-5_000);
        assert_eq!(running(&sync_state(&world, 1)), LEASE_MILLISECONDS);
        world.clock.advance(5_000 + LEASE_MILLISECONDS);
        assert_eq!(abandoned(&sync_state(&world, 1)), 1);
    }
}

#[test]
fn of_sixty_four_requests_that_take_over_an_abandoned_command_at_once_one_gets_it() {
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
        running(&take_over(&world).err().filter(|known| matches!(known, Known::Running { .. })).unwrap());
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
        let (claimed, sync_state): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        let [Ok((claim, attempt))] = claimed.as_slice() else { panic!("round {round}: {} claims", claimed.len()) };
        assert_eq!(*attempt, expected, "round {round}");
        assert!(sync_state.into_iter().all(|known| running(&known.unwrap_err()) == LEASE_MILLISECONDS));
        carries_on(&world, claim, expected);
    }
}
