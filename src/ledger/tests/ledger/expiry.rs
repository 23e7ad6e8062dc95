//! Idempotency records end after their time, and nothing else does.

use tollbridge_domain::{EventKind, Fact, Operation};
use tollbridge_ledger::{Attempt, Authority, Clock as _, Direction, Expired, Ledger, NewEntry};

use crate::doubles::Counts;
use crate::stories::*;

const DAY: i64 = 86_400_000;

/// A command from its claim to its answer.
fn command(ledger: &Ledger<'_>, reference: &str) {
    let claim = claim(ledger, reference);
    let attempt: Attempt = ledger.draw_attempt(&order(), Direction::In, true, currency()).unwrap().unwrap();
    let entry = NewEntry {
        reference: &payment(reference),
        after: 0,
        fact: request(Operation::Charge, attempt.number),
        raw: None,
        correlation_id: &correlation(),
        not_before: None,
        authority: Some(Authority { claim: &claim, attempts: &[] }),
    };
    ledger.append(entry, ledger.running(&claim).unwrap()).unwrap();
    let captured = Fact::Event(event(EventKind::Captured, reference));
    append_with(ledger, reference, captured, ledger.answered(&claim, answer(201)).unwrap()).unwrap();
}

fn close(ledger: &Ledger<'_>) {
    ledger.move_cursor(ledger.last_journal_number().unwrap()).unwrap();
}

fn expire(world: &World, most: u64) -> Expired {
    let before = world.clock.now().plus_milliseconds(-30 * DAY);
    world.ledger().expire_idempotency(before, most).unwrap()
}

/// Everything that is stored for idempotency keys.
fn kept(world: &World) -> Vec<String> {
    let counters = world.store.counters().into_iter().map(|(key, _)| key);
    let keys = world.store.value_keys().into_iter().chain(counters);
    keys.filter(|key| key.starts_with("idem/tr/")).collect()
}

#[test]
fn a_record_and_its_counters_go_when_their_time_is_over_and_the_entries_stay() {
    let world = World::default();
    command(&world.ledger(), "R1");
    close(&world.ledger());
    let entries = world.ledger().history(&payment("R1")).unwrap().entries;
    world.clock.advance(30 * DAY);
    assert_eq!(expire(&world, 100), Expired { records: 0, more: false }, "the last day is not over");
    assert_eq!(kept(&world).len(), 2);
    world.clock.advance(1);
    assert_eq!(expire(&world, 100), Expired { records: 1, more: false });
    assert_eq!(kept(&world), Vec::<String>::new());
    assert!(world.ledger().known(&idempotency_key("R1"), "request").unwrap().is_none());
    assert_eq!(world.ledger().history(&payment("R1")).unwrap().entries, entries);
}

#[test]
fn a_refusal_s_record_goes_too_and_what_was_taken_over_goes_whole() {
    let world = World::default();
    let ledger = world.ledger();
    claim(&ledger, "k");
    // Whoever claimed it died; that it has no record is first seen here.
    running(&try_claim(&ledger, "k", 1).unwrap_err());
    world.clock.advance(60_001);
    let second = try_claim(&ledger, "k", 2).unwrap();
    let drawn = ledger.draw_attempt(&order(), Direction::In, true, currency()).unwrap().unwrap();
    ledger.refuse(&second, &drawn, &payment("R1"), &correlation(), Some(answer(409))).unwrap();
    close(&ledger);
    assert_eq!(kept(&world).len(), 5, "a record, when the first was seen, its fence, and two counters");
    world.clock.advance(31 * DAY);
    assert_eq!(expire(&world, 100).records, 1);
    assert_eq!(kept(&world), Vec::<String>::new());
}

#[test]
fn it_follows_the_journal_in_bounded_steps_and_never_past_what_is_open() {
    let world = World::default();
    for reference in ["R1", "R2", "R3"] {
        command(&world.ledger(), reference);
    }
    world.clock.advance(31 * DAY);
    assert_eq!(expire(&world, 100).records, 0, "the drain has closed nothing");
    world.ledger().move_cursor(4).unwrap();
    assert_eq!(expire(&world, 2), Expired { records: 1, more: true });
    assert_eq!(expire(&world, 2), Expired { records: 1, more: true });
    assert_eq!(expire(&world, 2).records, 0);
    close(&world.ledger());
    assert_eq!(expire(&world, 2).records, 1);
    assert_eq!(kept(&world), Vec::<String>::new());
}

#[test]
fn it_costs_the_same_however_much_was_expired_before() {
    let cost = |before: usize| {
        let world = World::default();
        for number in 0..before {
            command(&world.ledger(), &format!("OLD{number}"));
        }
        close(&world.ledger());
        world.clock.advance(31 * DAY);
        while expire(&world, 1000).records > 0 {}
        command(&world.ledger(), "NEW");
        close(&world.ledger());
        world.clock.advance(31 * DAY);
        world.store.take_counts();
        assert_eq!(expire(&world, 1000).records, 1);
        world.store.take_counts()
    };
    assert_eq!(cost(0), cost(200));
    assert_eq!(cost(0), Counts { reads: 4, writes: 2, counter_reads: 1, ..Counts::default() });
}
