//! The same event in many requests at once: all of them may append it, and it counts once.

use std::collections::BTreeSet;
use std::sync::Barrier;

use tollbridge_domain::{EventKind, Fact, Operation, PaymentStatus};
use tollbridge_ledger::AppendedEntry;

use crate::stories::*;

const TWINS: usize = 32;

/// Appends the same event on many threads at once.
fn race(world: &World) -> Vec<AppendedEntry> {
    let together = Barrier::new(TWINS);
    let twin = || {
        together.wait();
        append(&world.ledger(), "R", Fact::Event(event(EventKind::Captured, "T1"))).unwrap()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..TWINS).map(|_| scope.spawn(twin)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn racing_twins_are_all_stored_and_counted_once() {
    let world = World::default();
    append(&world.ledger(), "R", request(Operation::Charge, 1)).unwrap();
    race(&world);
    let history = world.ledger().history(&payment("R")).unwrap();
    assert_eq!(history.entries.len(), 1 + TWINS);
    let folded = history.payment(currency()).unwrap();
    assert_eq!((folded.status, folded.captured), (PaymentStatus::Captured, lira(10_000)));
    assert_eq!((folded.version, folded.reported, folded.review.len()), (2, 1, 0));
}

#[test]
fn racing_twins_have_numbers_of_their_own_without_a_gap() {
    let world = World::default();
    let appended = race(&world);
    let sequences: BTreeSet<u64> = appended.iter().map(|twin| twin.entry.sequence).collect();
    let journal: BTreeSet<u64> = appended.iter().map(|twin| twin.journal).collect();
    let all: BTreeSet<u64> = (1..=32).collect();
    assert_eq!((&sequences, &journal), (&all, &all));
    assert!(world.ledger().audited(&payment("R")).unwrap().1.intact);
    for slot in world.ledger().journal_after(0, 100).unwrap() {
        let twin = appended.iter().find(|twin| twin.journal == slot.number).unwrap();
        assert_eq!(slot.entry.unwrap().sequence, twin.entry.sequence);
    }
}

#[test]
fn racing_twins_are_one_pending_event_with_all_their_entries() {
    let world = World::default();
    race(&world);
    let mut history = world.ledger().history(&payment("R")).unwrap();
    {
        let pending = history.pending_events();
        let [(pending_event, sequences)] = pending.as_slice() else { panic!("{} events", pending.len()) };
        assert_eq!((pending_event, sequences), (&&event(EventKind::Captured, "T1"), &(1..=32).collect()));
    }
    history.sync_state.confirmed.sequences.insert(17);
    assert_eq!(history.pending_events(), []);
}
