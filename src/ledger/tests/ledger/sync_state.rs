//! What Salesforce was told, what is new since, and whether that is certain.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use tollbridge_domain::{Event, EventKind, Fact, Operation};
use tollbridge_ledger::{
    Clock as _, Delivered, Failure, History, LEASE_MILLISECONDS, Ledger, QueuePosition, Retry, SyncState,
};

use crate::doubles::Counts;
use crate::stories::*;

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, Box<RawValue>)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), raw(value))).collect()
}

/// A history of these facts of which these entries were told.
fn history(facts: &[Fact], sync_state: &[u64]) -> History {
    let world = World::default();
    for fact in facts {
        append(&world.ledger(), "R", fact.clone()).unwrap();
    }
    let mut history = world.ledger().history(&payment("R")).unwrap();
    history.sync_state.delivered.sequences = sync_state.iter().copied().collect();
    history
}

fn untold(history: &History) -> Vec<(&str, Vec<u64>)> {
    history.pending_events().into_iter().map(|(event, sequences)| (event.kind.as_str(), sequences)).collect()
}

fn pending() -> Fact {
    Fact::Event(event(EventKind::Pending, "T1"))
}

fn captured() -> Fact {
    Fact::Event(event(EventKind::Captured, "T1"))
}

#[test]
fn the_events_that_were_not_told_are_listed_oldest_first_and_nothing_else() {
    let facts = [request(Operation::Charge, 1), captured(), Fact::TimedOut { operation: None }, pending()];
    assert_eq!(untold(&history(&facts, &[])), [("captured", vec![2]), ("pending", vec![4])]);
    assert_eq!(untold(&history(&facts, &[1, 2, 3])), [("pending", vec![4])]);
    assert_eq!(untold(&history(&facts, &[2, 4])), []);
}

#[test]
fn an_event_under_two_numbers_is_listed_once_with_both() {
    let facts = [captured(), pending(), captured()];
    assert_eq!(untold(&history(&facts, &[])), [("captured", vec![1, 3]), ("pending", vec![2])]);
}

#[test]
fn a_repetition_of_a_told_event_is_not_listed_whichever_of_the_two_was_told() {
    let facts = [captured(), pending(), captured()];
    assert_eq!(untold(&history(&facts, &[1])), [("pending", vec![2])]);
    assert_eq!(untold(&history(&facts, &[3])), [("pending", vec![2])]);
}

#[test]
fn of_an_event_that_came_twice_the_first_entry_is_what_is_told() {
    let later = Event { reason: Some("later".into()), ..event(EventKind::Captured, "T1") };
    let history = history(&[captured(), Fact::Event(later)], &[]);
    assert_eq!(history.pending_events()[0].0.reason, None);
}

#[test]
fn only_fields_with_another_value_are_in_the_difference() {
    let world = World::default();
    let ledger = world.ledger();
    let sync_state = sync_states_of(&ledger, "R", &[("A", "\"x\""), ("B", "1.50"), ("C", "null"), ("Gone", "1")]);
    let now = [("A", "\"x\""), ("B", "1.5"), ("C", "null"), ("D", "null")];
    assert_eq!(differing(&ledger, &sync_state, "Order/1", &now), ["B", "D"]);
    assert_eq!(differing(&ledger, &sync_state, "Order/1", &now[..1]), Vec::<String>::new());
    assert_eq!(differing(&ledger, &sync_state, "Order/2", &now[..2]), ["A", "B"], "of a record that was never told");
}

/// What was told of a record when these fields of it were.
fn sync_states_of(ledger: &Ledger<'_>, reference: &str, sync_state: &[(&str, &str)]) -> SyncState {
    let sync_state = ledger.fingerprints(&payment(reference), "Order/1", &fields(sync_state)).into_iter().collect();
    SyncState {
        delivered: Delivered { records: BTreeMap::from([("Order/1".to_owned(), sync_state)]), ..Delivered::default() },
        ..SyncState::default()
    }
}

/// The fields that were not told so.
fn differing(ledger: &Ledger<'_>, sync_state: &SyncState, record: &str, now: &[(&str, &str)]) -> Vec<String> {
    let now = ledger.fingerprints(&payment("R"), record, &fields(now));
    now.into_iter().filter(|(name, value)| !sync_state.has(record, name, value)).map(|(name, _)| name).collect()
}

#[test]
fn what_stands_for_a_value_is_of_its_payment_record_field_and_site_alone() {
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
    assert!(all.iter().all(|kept| kept.len() == 27 && !kept.contains("Ada")), "{all:?}");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
}

#[test]
fn values_that_a_version_before_kept_are_compared_still_and_are_not_kept_again() {
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
fn what_was_told_is_certain_while_no_more_than_one_thing_happened_since() {
    let facts = [request(Operation::Charge, 1), pending(), captured(), Fact::TimedOut { operation: Some(9) }];
    let certain = |facts: &[Fact], reported: u64| {
        let payment = history(facts, &[]).payment(currency()).unwrap();
        SyncState { delivered: Delivered { reported, ..Delivered::default() }, ..SyncState::default() }
            .is_certain(&payment)
    };
    assert!(certain(&facts[..1], 0), "nothing was heard yet");
    assert!(certain(&facts[..2], 0), "one event");
    assert!(!certain(&facts[..3], 0), "two events, none of them told");
    assert!(certain(&facts[..3], 1), "two events, one of them told");
    assert!(!certain(&facts, 1), "an unanswered call is something that happened");
    assert!(certain(&facts, 2));
    assert!(certain(&facts[..2], 3), "a reader that sees less than was told");
}

#[test]
fn requests_and_repetitions_take_nothing_from_certainty() {
    let facts = [request(Operation::Charge, 1), captured(), captured(), request(Operation::Refund, 0), captured()];
    assert!(SyncState::default().is_certain(&history(&facts, &[]).payment(currency()).unwrap()));
}

#[test]
fn what_was_told_is_read_back_with_the_history_to_the_letter() {
    let world = World::default();
    append(&world.ledger(), "R", captured()).unwrap();
    let before = world.ledger().history(&payment("R")).unwrap();
    assert_eq!(
        (before.sync_state.delivered.version, before.sync_state.retry.attempts, before.sync_state.reflects(1)),
        (0, 0, false)
    );
    let failure = Failure {
        at: world.clock.now(),
        code: "UNABLE_TO_LOCK_ROW".into(),
        message: "m".into(),
        terminal: true,
        needs_person: false,
    };
    let amounts = fields(&[("Amount__c", "149.90"), ("Name", "\"\\u00fc\"")]);
    let amounts = world.ledger().fingerprints(&payment("R"), "Order/Id/801", &amounts);
    let sync_state = SyncState {
        delivered: Delivered {
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
        noted_at: Some(world.clock.now()),
    };
    world.store.take_counts();
    world.ledger().write_sync_state(&before, &sync_state, Vec::new(), LEASE_MILLISECONDS).unwrap();
    assert_eq!(world.store.take_counts(), Counts { writes: 1, ..Counts::default() });
    let read = world.ledger().history(&payment("R")).unwrap().sync_state;
    assert_eq!(serde_json::to_string(&read).unwrap(), serde_json::to_string(&sync_state).unwrap());
    assert!(read.reflects(1) && !read.reflects(2) && read.reflects(3));
}

#[test]
fn what_was_told_last_replaces_what_was_told_before_and_is_each_payments_own() {
    let world = World::default();
    append(&world.ledger(), "R", captured()).unwrap();
    append(&world.ledger(), "S", captured()).unwrap();
    let history = world.ledger().history(&payment("R")).unwrap();
    for version in [1, 2] {
        world
            .ledger()
            .write_sync_state(
                &history,
                &SyncState { delivered: Delivered { version, ..Delivered::default() }, ..SyncState::default() },
                Vec::new(),
                LEASE_MILLISECONDS,
            )
            .unwrap();
    }
    let version = |reference| world.ledger().history(&payment(reference)).unwrap().sync_state.delivered.version;
    assert_eq!((version("R"), version("S")), (2, 0));
}
