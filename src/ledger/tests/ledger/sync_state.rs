//! The sync state: what Salesforce confirmed, what is pending, and whether the state is certain.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use tollbridge_domain::{Event, EventKind, Fact, Operation};
use tollbridge_ledger::{
    Clock as _, ConfirmedState, Failure, History, LEASE_MILLISECONDS, Ledger, QueuePosition, Retry, SyncState,
};

use crate::doubles::CallCounts;
use crate::stories::*;

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, Box<RawValue>)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), raw(value))).collect()
}

/// A history of these facts, of which Salesforce reflects these entries.
fn history(facts: &[Fact], reflected: &[u64]) -> History {
    let world = World::default();
    for fact in facts {
        append(&world.ledger(), "R", fact.clone()).unwrap();
    }
    let mut history = world.ledger().history(&payment("R")).unwrap();
    history.sync_state.confirmed.sequences = reflected.iter().copied().collect();
    history
}

fn pending_kinds(history: &History) -> Vec<(&str, Vec<u64>)> {
    history.pending_events().into_iter().map(|(event, sequences)| (event.kind.as_str(), sequences)).collect()
}

fn pending() -> Fact {
    Fact::Event(event(EventKind::Pending, "T1"))
}

fn captured() -> Fact {
    Fact::Event(event(EventKind::Captured, "T1"))
}

#[test]
fn exactly_the_pending_events_are_listed_oldest_first() {
    let facts = [request(Operation::Charge, 1), captured(), Fact::TimedOut { operation: None }, pending()];
    assert_eq!(pending_kinds(&history(&facts, &[])), [("captured", vec![2]), ("pending", vec![4])]);
    assert_eq!(pending_kinds(&history(&facts, &[1, 2, 3])), [("pending", vec![4])]);
    assert_eq!(pending_kinds(&history(&facts, &[2, 4])), []);
}

#[test]
fn an_event_under_two_numbers_is_listed_once_with_both() {
    let facts = [captured(), pending(), captured()];
    assert_eq!(pending_kinds(&history(&facts, &[])), [("captured", vec![1, 3]), ("pending", vec![2])]);
}

#[test]
fn a_repetition_of_a_reflected_event_is_not_listed_whichever_of_the_two_is_reflected() {
    let facts = [captured(), pending(), captured()];
    assert_eq!(pending_kinds(&history(&facts, &[1])), [("pending", vec![2])]);
    assert_eq!(pending_kinds(&history(&facts, &[3])), [("pending", vec![2])]);
}

#[test]
fn the_first_entry_of_a_repeated_event_is_the_pending_one() {
    let later = Event { reason: Some("later".into()), ..event(EventKind::Captured, "T1") };
    let history = history(&[captured(), Fact::Event(later)], &[]);
    assert_eq!(history.pending_events()[0].0.reason, None);
}

#[test]
fn only_fields_with_another_value_are_in_the_difference() {
    let world = World::default();
    let ledger = world.ledger();
    let sync_state = sync_state_of(&ledger, "R", &[("A", "\"x\""), ("B", "1.50"), ("C", "null"), ("Gone", "1")]);
    let now = [("A", "\"x\""), ("B", "1.5"), ("C", "null"), ("D", "null")];
    assert_eq!(differing(&ledger, &sync_state, "Order/1", &now), ["B", "D"]);
    assert_eq!(differing(&ledger, &sync_state, "Order/1", &now[..1]), Vec::<String>::new());
    assert_eq!(differing(&ledger, &sync_state, "Order/2", &now[..2]), ["A", "B"], "of a record that was never synced");
}

/// The sync state after these fields of a record were synced.
fn sync_state_of(ledger: &Ledger<'_>, reference: &str, confirmed: &[(&str, &str)]) -> SyncState {
    let fingerprints = ledger.fingerprints(&payment(reference), "Order/1", &fields(confirmed)).into_iter().collect();
    SyncState {
        confirmed: ConfirmedState {
            records: BTreeMap::from([("Order/1".to_owned(), fingerprints)]),
            ..ConfirmedState::default()
        },
        ..SyncState::default()
    }
}

/// The fields whose values Salesforce has not confirmed.
fn differing(ledger: &Ledger<'_>, sync_state: &SyncState, record: &str, now: &[(&str, &str)]) -> Vec<String> {
    let now = ledger.fingerprints(&payment("R"), record, &fields(now));
    now.into_iter().filter(|(name, value)| !sync_state.has(record, name, value)).map(|(name, _)| name).collect()
}

#[test]
fn a_fingerprint_depends_on_the_payment_record_field_and_site() {
    let world = World::default();
    let ledger = world.ledger();
    let of = |ledger: &Ledger<'_>, reference: &str, record: &str, field: &str, value: &str| {
        let field = fields(&[(field, value)]);
        ledger.fingerprints(&payment(reference), record, &field)[0].1.get().to_owned()
    };
    let all = [
        of(&ledger, "R", "Contact/1", "Name", "\"Ada\""),
        of(&ledger, "R", "Contact/1", "Name", "\"Adb\""),
        of(&ledger, "R", "Contact/", "1Name", "\"Ada\""),
        of(&ledger, "R", "Contact/2", "Name", "\"Ada\""),
        of(&ledger, "S", "Contact/1", "Name", "\"Ada\""),
        of(&world.ledger_of("de", AUDIT_KEY), "R", "Contact/1", "Name", "\"Ada\""),
        of(&world.ledger_of("tr", [8; 32]), "R", "Contact/1", "Name", "\"Ada\""),
    ];
    assert!(all.iter().all(|fingerprint| fingerprint.len() == 27 && !fingerprint.contains("Ada")), "{all:?}");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
}

#[test]
fn values_stored_by_an_older_version_are_still_compared_and_not_stored_again() {
    let world = World::default();
    append(&world.ledger(), "R", captured()).unwrap();
    let before =
        r#"{"version":2,"reported":1,"sequences":[1],"records":{"Order/1":{"A":"x","B":1.50,"C":null}},"inserted":[]}"#;
    world.store.tamper("pay/tr/R", before);
    let ledger = world.ledger();
    let history = ledger.history(&payment("R")).unwrap();
    let now = [("A", "\"x\""), ("B", "1.5"), ("C", "null")];
    assert_eq!(differing(&ledger, &history.sync_state, "Order/1", &now), ["B"]);
    ledger.write_sync_state(&history, &history.sync_state, Vec::new(), LEASE_MILLISECONDS).unwrap();
    let stored = String::from_utf8(world.store.value("pay/tr/R")).unwrap();
    assert!(stored.contains("\"~") && !stored.contains("\"x\"") && !stored.contains("1.50"), "{stored}");
    assert_eq!(differing(&ledger, &ledger.history(&payment("R")).unwrap().sync_state, "Order/1", &now), ["B"]);
}

#[test]
fn the_sync_state_is_certain_while_at_most_one_fact_arrived_since() {
    let facts = [request(Operation::Charge, 1), pending(), captured(), Fact::TimedOut { operation: Some(9) }];
    let certain = |facts: &[Fact], reported: u64| {
        let payment = history(facts, &[]).payment(currency()).unwrap();
        SyncState { confirmed: ConfirmedState { reported, ..ConfirmedState::default() }, ..SyncState::default() }
            .is_certain(&payment)
    };
    assert!(certain(&facts[..1], 0), "no event yet");
    assert!(certain(&facts[..2], 0), "one event");
    assert!(!certain(&facts[..3], 0), "two events, none of them synced");
    assert!(certain(&facts[..3], 1), "two events, one of them synced");
    assert!(!certain(&facts, 1), "a timed-out call is a fact");
    assert!(certain(&facts, 2));
    assert!(certain(&facts[..2], 3), "a reader that sees less than was synced");
}

#[test]
fn requests_and_repetitions_do_not_make_the_sync_state_uncertain() {
    let facts = [request(Operation::Charge, 1), captured(), captured(), request(Operation::Refund, 0), captured()];
    assert!(SyncState::default().is_certain(&history(&facts, &[]).payment(currency()).unwrap()));
}

#[test]
fn the_sync_state_is_read_back_unchanged_with_the_history() {
    let world = World::default();
    append(&world.ledger(), "R", captured()).unwrap();
    let before = world.ledger().history(&payment("R")).unwrap();
    assert_eq!(
        (before.sync_state.confirmed.version, before.sync_state.retry.attempts, before.sync_state.reflects(1)),
        (0, 0, false)
    );
    let failure = Failure {
        at: world.clock.now(),
        code: "UNABLE_TO_LOCK_ROW".into(),
        message: "m".into(),
        object: Some("Order".into()),
        record: Some("Order/801".into()),
        fields: vec!["Name".into()],
        terminal: true,
        needs_person: false,
    };
    let amounts = fields(&[("Amount__c", "149.90"), ("Name", "\"\\u00fc\"")]);
    let amounts = world.ledger().fingerprints(&payment("R"), "Order/Id/801", &amounts);
    let sync_state = SyncState {
        confirmed: ConfirmedState {
            version: 3,
            reported: 2,
            sequences: BTreeSet::from([1, 3]),
            records: BTreeMap::from([("Order/Id/801".to_owned(), amounts.into_iter().collect())]),
            inserted: BTreeSet::from(["MaldoPay_Event__c/Event_Id__c/ev1".to_owned()]),
            record_as_of: Some(world.clock.now()),
        },
        retry: Retry {
            attempts: 4,
            next_attempt: Some(world.clock.now().plus_milliseconds(60_000)),
            failure: Some(failure),
            crash_count: 2,
        },
        review: Some(QueuePosition::Number(7)),
        inquiry: None,
        written_at: Some(world.clock.now()),
    };
    world.store.take_counts();
    world.ledger().write_sync_state(&before, &sync_state, Vec::new(), LEASE_MILLISECONDS).unwrap();
    assert_eq!(world.store.take_counts(), CallCounts { writes: 1, ..CallCounts::default() });
    let read = world.ledger().history(&payment("R")).unwrap().sync_state;
    assert_eq!(serde_json::to_string(&read).unwrap(), serde_json::to_string(&sync_state).unwrap());
    assert!(read.reflects(1) && !read.reflects(2) && read.reflects(3));
}

#[test]
fn each_payment_has_its_own_sync_state_and_the_last_write_replaces_it() {
    let world = World::default();
    append(&world.ledger(), "R", captured()).unwrap();
    append(&world.ledger(), "S", captured()).unwrap();
    let history = world.ledger().history(&payment("R")).unwrap();
    for version in [1, 2] {
        world
            .ledger()
            .write_sync_state(
                &history,
                &SyncState {
                    confirmed: ConfirmedState { version, ..ConfirmedState::default() },
                    ..SyncState::default()
                },
                Vec::new(),
                LEASE_MILLISECONDS,
            )
            .unwrap();
    }
    let version = |reference| world.ledger().history(&payment(reference)).unwrap().sync_state.confirmed.version;
    assert_eq!((version("R"), version("S")), (2, 0));
}
