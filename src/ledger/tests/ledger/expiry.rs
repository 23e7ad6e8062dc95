//! Idempotency records expire after their retention time; nothing else does.

use tollbridge_domain::durations::DAY;
use tollbridge_domain::{EventKind, Fact, Operation};
use tollbridge_ledger::{Attempt, Authority, Clock as _, Direction, Expiry, Ledger, NewEntry};

use crate::doubles::CallCounts;
use crate::stories::*;

/// A command from its claim to its response.
fn command(ledger: &Ledger<'_>, reference: &str) {
    let claim = claim(ledger, reference);
    let attempt: Attempt =
        ledger.allocate_attempt(&order(), Direction::In, true, currency()).unwrap().into_result().unwrap();
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
    append_with(ledger, reference, captured, ledger.completed(&claim, response(201)).unwrap()).unwrap();
}

fn close(ledger: &Ledger<'_>) {
    ledger.move_cursor(ledger.last_journal_number().unwrap()).unwrap();
}

fn expire(world: &World, most: u64) -> Expiry {
    let before = world.clock.now().plus_milliseconds(-30 * DAY);
    world.ledger().expire_idempotency(before, most).unwrap()
}

/// The keys of everything that is stored for idempotency keys.
fn stored_keys(world: &World) -> Vec<String> {
    let counters = world.store.counters().into_iter().map(|(key, _)| key);
    let keys = world.store.value_keys().into_iter().chain(counters);
    keys.filter(|key| key.starts_with("idem/tr/")).collect()
}

#[test]
fn an_expired_record_and_its_counters_are_removed_and_the_entries_stay() {
    let world = World::default();
    command(&world.ledger(), "R1");
    close(&world.ledger());
    let entries = world.ledger().history(&payment("R1")).unwrap().entries;
    world.clock.advance(30 * DAY);
    assert_eq!(expire(&world, 100), Expiry { records: 0, more: false }, "the last day is not over");
    assert_eq!(stored_keys(&world).len(), 2);
    world.clock.advance(1);
    assert_eq!(expire(&world, 100), Expiry { records: 1, more: false });
    assert_eq!(stored_keys(&world), Vec::<String>::new());
    assert!(world.ledger().key_state(&idempotency_key("R1"), "request").unwrap().is_none());
    assert_eq!(world.ledger().history(&payment("R1")).unwrap().entries, entries);
}

#[test]
fn a_refusals_record_expires_too_and_a_taken_over_command_leaves_nothing() {
    let world = World::default();
    let ledger = world.ledger();
    claim(&ledger, "k");
    // The process that claimed it died. A request finds here for the first time that it has no record.
    running(&try_claim(&ledger, "k", 1).unwrap_err());
    world.clock.advance(60_001);
    let second = try_claim(&ledger, "k", 2).unwrap();
    let allocated = ledger.allocate_attempt(&order(), Direction::In, true, currency()).unwrap().into_result().unwrap();
    ledger.refuse(&second, &allocated, &payment("R1"), &correlation(), Some(response(409))).unwrap();
    close(&ledger);
    assert_eq!(stored_keys(&world).len(), 5, "a record, when the first was seen, its fence, and two counters");
    world.clock.advance(31 * DAY);
    assert_eq!(expire(&world, 100).records, 1);
    assert_eq!(stored_keys(&world), Vec::<String>::new());
}

#[test]
fn the_expiry_follows_the_journal_in_bounded_steps_and_never_past_an_open_entry() {
    let world = World::default();
    for reference in ["R1", "R2", "R3"] {
        command(&world.ledger(), reference);
    }
    world.clock.advance(31 * DAY);
    assert_eq!(expire(&world, 100).records, 0, "the drain has closed nothing");
    world.ledger().move_cursor(4).unwrap();
    assert_eq!(expire(&world, 2), Expiry { records: 1, more: true });
    assert_eq!(expire(&world, 2), Expiry { records: 1, more: true });
    assert_eq!(expire(&world, 2).records, 0);
    close(&world.ledger());
    assert_eq!(expire(&world, 2).records, 1);
    assert_eq!(stored_keys(&world), Vec::<String>::new());
}

#[test]
fn the_expiry_costs_the_same_however_much_expired_before() {
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
    assert_eq!(cost(0), CallCounts { reads: 4, writes: 2, counter_reads: 1, ..CallCounts::default() });
}
