//! Appending an entry: what it costs, what it stores, and what a reader gets back.

use tollbridge_domain::{Conversion, Event, EventKind, Fact, Operation, Timestamp};
use tollbridge_ledger::{Clock as _, NewEntry, Writes};

use crate::doubles::{CallCounts, Mishap};
use crate::stories::*;

#[test]
fn an_entry_is_read_back_as_it_was_appended() {
    let world = World::default();
    let facts = [
        request(Operation::Charge, 1),
        Fact::TimedOut { operation: None },
        Fact::TimedOut { operation: Some(9) },
        Fact::Withdrawn { operation: 4 },
        Fact::Event(Event {
            operation: Some(4),
            fee: Some(lira(150)),
            conversion: Some(Conversion { original: Some(lira(2)), amount: lira(1), rate: Some("0.5".into()) }),
            acts_on: Some(transaction("T0")),
            method: None,
            code: Some("201".into()),
            reason: Some("ödeme \"tamam\"\n".into()),
            reason_code: Some("7".into()),
            redirect_url: Some("https://pay.example/?a=1&b=2".into()),
            ..event(EventKind::Captured, "T1")
        }),
    ];
    let mut appended = Vec::new();
    for fact in &facts {
        world.clock.advance(1_000);
        let put = append(&world.ledger(), "R", fact.clone()).unwrap();
        assert_eq!((&put.entry.fact, put.entry.received_at), (fact, world.clock.now()));
        appended.push(put.entry);
    }
    let history = world.ledger().history(&payment("R")).unwrap();
    assert_eq!(history.entries, appended);
    assert_eq!(history.entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(history.entries.iter().all(|entry| entry.correlation_id == correlation()));
}

#[test]
fn an_append_costs_two_increments_one_write_and_one_read_of_its_tombstone() {
    let world = World::default();
    let facts = [request(Operation::Charge, 1), Fact::Event(event(EventKind::Captured, "T1"))];
    for fact in facts {
        append_with(&world.ledger(), "R", fact, vec![("idem/tr/x".into(), b"{}".to_vec())]).unwrap();
        assert_eq!(
            world.store.take_counts(),
            CallCounts { increments: 2, writes: 1, reads: 1, ..CallCounts::default() }
        );
    }
}

#[test]
fn reading_a_short_history_costs_its_counter_one_read_and_one_more_for_later_attempts() {
    let world = World::default();
    world.append_events("events", 3);
    append(&world.ledger(), "asked", request(Operation::Charge, 1)).unwrap();
    world.store.take_counts();
    for (reference, reads) in [("events", 1), ("asked", 2)] {
        world.ledger().history(&payment(reference)).unwrap();
        assert_eq!(
            world.store.take_counts(),
            CallCounts { reads, counter_reads: 1, ..CallCounts::default() },
            "{reference}"
        );
    }
}

#[test]
fn each_payment_has_its_own_numbers_and_all_share_the_journal() {
    let world = World::default();
    let ledger = world.ledger();
    let put = |reference| {
        let appended = append(&ledger, reference, Fact::TimedOut { operation: None }).unwrap();
        (appended.entry.sequence, appended.journal)
    };
    assert_eq!([put("A"), put("B"), put("A"), put("B")], [(1, 1), (1, 2), (2, 3), (2, 4)]);
}

#[test]
fn other_records_of_the_write_may_depend_on_the_entry() {
    let world = World::default();
    world.append_events("R", 2);
    let (reference, correlation_id) = (&payment("R"), &correlation());
    let fact = Fact::Event(event(EventKind::Captured, "T1"));
    let new = NewEntry {
        reference,
        after: 0,
        fact: fact.clone(),
        raw: None,
        correlation_id,
        not_before: None,
        authority: None,
    };
    let prepared = world.ledger().prepare(new).unwrap();
    assert_eq!((prepared.entry.sequence, &prepared.entry.fact), (3, &fact));
    let other_records = vec![(format!("idem/tr/{}", prepared.entry.sequence), b"other record".to_vec())];
    let appended = world.ledger().commit(prepared, other_records).unwrap();
    assert_eq!(appended.entry.fact, fact);
    assert_eq!(world.store.value("idem/tr/3"), b"other record");
}

#[test]
fn a_prepared_entry_that_is_not_committed_writes_nothing() {
    let world = World::default();
    let (reference, correlation_id) = (&payment("R"), &correlation());
    let fact = Fact::TimedOut { operation: None };
    let new = NewEntry { reference, after: 0, fact, raw: None, correlation_id, not_before: None, authority: None };
    drop(world.ledger().prepare(new).unwrap());
    assert_eq!(world.store.value_keys(), Vec::<String>::new());
}

#[test]
fn a_providers_message_is_stored_if_it_is_text() {
    let world = World::default();
    let (reference, correlation_id) = (&payment("R"), &correlation());
    let text = "{\"a\": \"ü \\u0000\"}\r\n";
    for raw in [None, Some(text.as_bytes()), Some(&[0xff, 0xfe][..])] {
        let fact = Fact::Event(event(EventKind::Captured, "T1"));
        let new = NewEntry { reference, after: 0, fact, raw, correlation_id, not_before: None, authority: None };
        world.ledger().append(new, Writes::new()).unwrap();
    }
    let (entries, verdict) = world.ledger().audited(&payment("R")).unwrap();
    let raw: Vec<Option<&str>> = entries.iter().map(|entry| entry.raw.as_deref()).collect();
    assert_eq!((raw, verdict.intact), (vec![None, Some(text), None], true));
}

#[test]
fn an_event_is_identified_by_its_id_alone() {
    let world = World::default();
    let captured = event(EventKind::Captured, "T1");
    append(&world.ledger(), "R", Fact::Event(captured.clone())).unwrap();
    let history = world.ledger().history(&payment("R")).unwrap();
    assert!(history.has_event(&captured.id));
    assert!(!history.has_event(&event(EventKind::Captured, "T2").id));
}

#[test]
fn a_history_without_entries_is_no_payment() {
    let world = World::default();
    let history = world.ledger().history(&payment("R")).unwrap();
    assert_eq!((history.entries.len(), history.superseded_by.is_some(), history.payment(currency())), (0, false, None));
}

#[test]
fn an_append_whose_confirmation_was_lost_may_be_repeated() {
    let world = World::default();
    let captured = Fact::Event(event(EventKind::Captured, "T1"));
    world.store.set_mishap(Some(Mishap::AnswersOfWrites));
    append(&world.ledger(), "R", captured.clone()).unwrap_err();
    world.store.set_mishap(None);
    append(&world.ledger(), "R", captured).unwrap();
    assert_eq!(world.read_sequences("R"), [1, 2]);
    let folded = world.fold("R");
    assert_eq!((folded.captured, folded.version), (lira(10_000), 1));
}

#[test]
fn the_journal_entry_says_when_an_entry_is_due() {
    let world = World::default();
    let (reference, correlation_id) = (&payment("R"), &correlation());
    let due = Timestamp::from_milliseconds(1_800_000_000_000).unwrap();
    for not_before in [Some(due), None] {
        let fact = Fact::TimedOut { operation: None };
        let new = NewEntry { reference, after: 0, fact, raw: None, correlation_id, not_before, authority: None };
        world.ledger().append(new, Writes::new()).unwrap();
    }
    let journal = world.ledger().journal_after(0, 10).unwrap();
    let due_at: Vec<_> = journal.into_iter().map(|slot| slot.entry.unwrap().not_before).collect();
    assert_eq!(due_at, [Some(due), None]);
}
