//! The journal: all that happened at a site in one order, read in pages, and the cursor of what is closed.

use tollbridge_domain::{EventKind, Fact, Operation};
use tollbridge_ledger::{JournalEntry, JournalKind, JournalSlot};

use crate::doubles::{CallCounts, HandClock, Mishap, unavailable};
use crate::stories::*;

fn numbers(world: &World, after: u64, limit: u64) -> Vec<u64> {
    world.ledger().journal_after(after, limit).unwrap().iter().map(|slot| slot.number).collect()
}

/// The payment and the sequence number of each entry; `None` for a gap.
fn about(journal: &[JournalSlot]) -> Vec<(u64, Option<(&str, u64)>)> {
    let entries = journal.iter().map(|slot| slot.entry.as_ref());
    let entries = entries.map(|entry| {
        entry.map(|entry| (entry.reference.as_ref().map_or("", |reference| reference.as_str()), entry.sequence))
    });
    journal.iter().map(|slot| slot.number).zip(entries).collect()
}

#[test]
fn the_journal_has_all_entries_of_a_site_in_the_order_of_allocation() {
    let world = World::default();
    let ledger = world.ledger();
    let facts = [
        ("A", request(Operation::Charge, 1), JournalKind::OperationRequested("charge".into())),
        ("B", Fact::Event(event(EventKind::Captured, "T1")), JournalKind::Event("captured".into())),
        ("A", Fact::TimedOut { operation: None }, JournalKind::TimedOut),
        ("A", Fact::Withdrawn { operation: 1 }, JournalKind::Withdrawn),
        ("A", Fact::NotFound { operation: None }, JournalKind::NotFound),
        ("A", Fact::Event(event(failed(), "T2")), JournalKind::Event("authorization_failed".into())),
    ];
    for (reference, fact, _) in &facts {
        world.clock.advance(1_000);
        append(&ledger, reference, fact.clone()).unwrap();
    }
    let journal = ledger.journal_after(0, 100).unwrap();
    assert_eq!(
        about(&journal),
        [
            (1, Some(("A", 1))),
            (2, Some(("B", 1))),
            (3, Some(("A", 2))),
            (4, Some(("A", 3))),
            (5, Some(("A", 4))),
            (6, Some(("A", 5)))
        ]
    );
    for ((slot, (_, _, kind)), second) in journal.iter().zip(&facts).zip(1..) {
        let entry = slot.entry.as_ref().unwrap();
        assert_eq!((&entry.kind, entry.at.milliseconds()), (kind, HandClock::BEGINNING + second * 1_000));
        assert_eq!((&entry.correlation_id, entry.not_before), (&correlation(), None));
    }
}

#[test]
fn pages_follow_each_other_without_gap_or_overlap() {
    let world = World::default();
    world.append_events("R", 10);
    assert_eq!(numbers(&world, 0, 4), [1, 2, 3, 4]);
    assert_eq!(numbers(&world, 4, 4), [5, 6, 7, 8]);
    assert_eq!(numbers(&world, 8, 4), [9, 10]);
    for (after, limit) in [(10, 4), (11, 4), (0, 0), (u64::MAX, 4)] {
        assert_eq!(numbers(&world, after, limit), Vec::<u64>::new(), "after {after}, at most {limit}");
    }
    assert_eq!(numbers(&world, 7, u64::MAX), [8, 9, 10]);
}

#[test]
fn a_page_costs_one_read_of_the_counter_and_one_of_the_entries() {
    let world = World::default();
    world.append_events("R", 10);
    world.store.take_counts();
    numbers(&world, 0, 10);
    assert_eq!(world.store.take_counts(), CallCounts { reads: 1, counter_reads: 1, ..CallCounts::default() });
    numbers(&world, 10, 10);
    assert_eq!(world.store.take_counts(), CallCounts { counter_reads: 1, ..CallCounts::default() });
}

#[test]
fn a_gap_keeps_its_number() {
    let world = World::default();
    world.append_events("R", 1);
    world.leave_gaps("R", 2);
    world.append_events("R", 1);
    let journal = world.ledger().journal_after(0, 10).unwrap();
    assert_eq!(about(&journal), [(1, Some(("R", 1))), (2, None), (3, None), (4, Some(("R", 4)))]);
    assert_eq!(numbers(&world, 1, 2), [2, 3], "a page counts numbers, not entries");
}

#[test]
fn the_last_number_is_the_last_one_allocated() {
    let world = World::default();
    assert_eq!(world.ledger().last_journal_number(), Ok(0));
    world.append_events("R", 2);
    world.leave_gaps("R", 1);
    assert_eq!(world.ledger().last_journal_number(), Ok(3));
    assert_eq!(world.ledger_of("de", AUDIT_KEY).last_journal_number(), Ok(0));
}

#[test]
fn the_cursor_begins_before_the_first_entry_and_is_moved() {
    let world = World::default();
    assert_eq!(world.ledger().cursor(), Ok(0));
    for number in [1, 17, 12, u64::MAX] {
        world.store.take_counts();
        world.ledger().move_cursor(number).unwrap();
        assert_eq!(world.store.take_counts(), CallCounts { writes: 1, ..CallCounts::default() });
        assert_eq!(world.ledger().cursor(), Ok(number));
    }
    assert_eq!(world.ledger_of("de", AUDIT_KEY).cursor(), Ok(0));
}

#[test]
fn the_change_feed_has_this_form() {
    let world = World::default();
    append(&world.ledger(), "R", request(Operation::Authorize, 1)).unwrap();
    world.leave_gaps("R", 1);
    append(&world.ledger(), "R", Fact::Withdrawn { operation: 1 }).unwrap();
    let feed = serde_json::to_value(world.ledger().journal_after(0, 10).unwrap()).unwrap();
    let at = HandClock::BEGINNING;
    let expected = serde_json::json!([
        {"number": 1, "at": at, "kind": "requested", "detail": "authorize", "reference": "R", "sequence": 1,
         "correlationId": "correlation-1"},
        {"number": 2},
        {"number": 3, "at": at, "kind": "withdrawn", "reference": "R", "sequence": 3, "correlationId": "correlation-1"},
    ]);
    assert_eq!(feed, expected);
}

/// The journal entry of this number.
fn entry(world: &World, number: u64) -> JournalEntry {
    world.ledger().journal_after(number - 1, 1).unwrap().remove(0).entry.unwrap()
}

#[test]
fn a_deferred_entry_is_appended_again_and_keeps_its_time() {
    let world = World::default();
    append(&world.ledger(), "A", request(Operation::Charge, 1)).unwrap();
    world.append_events("B", 2);
    world.clock.advance(3_600_000);
    let first = JournalEntry { not_before: Some(entry(&world, 1).at.plus_milliseconds(1)), ..entry(&world, 1) };
    let before = world.store.value("jrn/tr/1");
    world.store.take_counts();
    world.ledger().defer(first.clone()).unwrap();
    assert_eq!(world.store.take_counts(), CallCounts { increments: 1, writes: 1, reads: 1, ..CallCounts::default() });
    let journal = world.ledger().journal_after(0, 10).unwrap();
    assert_eq!(about(&journal), [(1, Some(("A", 1))), (2, Some(("B", 1))), (3, Some(("B", 2))), (4, Some(("A", 1)))]);
    assert_eq!(entry(&world, 4), JournalEntry { kind: JournalKind::Deferred, ..first });
    assert_eq!(world.store.value("jrn/tr/1"), before);
    assert_eq!(world.read_sequences("A"), [1], "the payment's own entries are not touched");
}

#[test]
fn an_entry_may_be_deferred_again_and_has_this_form() {
    let world = World::default();
    append(&world.ledger(), "R", request(Operation::Charge, 1)).unwrap();
    for number in 1..=3 {
        world.ledger().defer(entry(&world, number)).unwrap();
    }
    assert_eq!(numbers(&world, 0, 10), [1, 2, 3, 4]);
    let expected = serde_json::json!({
        "number": 4, "at": HandClock::BEGINNING, "kind": "deferred", "reference": "R", "sequence": 1,
        "correlationId": "correlation-1",
    });
    assert_eq!(serde_json::to_value(&world.ledger().journal_after(3, 1).unwrap()[0]).unwrap(), expected);
}

#[test]
fn an_entry_whose_deferral_was_lost_stays_where_it_was() {
    let world = World::default();
    world.append_events("R", 1);
    let first = entry(&world, 1);
    world.store.set_mishap(Some(Mishap::Writes));
    assert_eq!(world.ledger().defer(first), Err(unavailable()));
    world.store.set_mishap(None);
    let journal = world.ledger().journal_after(0, 10).unwrap();
    assert_eq!(about(&journal), [(1, Some(("R", 1))), (2, None)]);
}
