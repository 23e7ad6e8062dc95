//! Tampering by somebody who can write to the store: a lowered counter, and payments whose history was changed.

use std::collections::BTreeSet;

use tollbridge_domain::{EventKind, Fact, Operation, OperationReference, ReviewReason};
use tollbridge_ledger::{History, Verdict};

use crate::stories::*;

/// A charge `R` of three entries, captured and settled.
fn world() -> World {
    let world = World::default();
    append(&world.ledger(), "R", request(Operation::Charge, 1)).unwrap();
    append(&world.ledger(), "R", Fact::Event(event(EventKind::Captured, "T1"))).unwrap();
    append(&world.ledger(), "R", Fact::Event(event(EventKind::Settled, "T1"))).unwrap();
    world
}

fn replace(world: &World, key: &str, written: &str, forged: &str) {
    let text = String::from_utf8(world.store.value(key)).unwrap();
    let changed = text.replacen(written, forged, 1);
    assert_ne!(text, changed, "{key} has no {written}");
    world.store.tamper(key, changed);
}

fn review(history: &History) -> BTreeSet<ReviewReason> {
    history.payment(currency()).unwrap().reasons()
}

fn beyond(sequences: impl IntoIterator<Item = u64>) -> Verdict {
    Verdict { intact: false, changed: Vec::new(), missing: Vec::new(), beyond: sequences.into_iter().collect() }
}

#[test]
fn a_lowered_counter_is_detected_by_the_entries_beyond_it_and_hides_none() {
    for (counter, first_beyond) in [(2, 3), (1, 2), (0, 1), (-1, 1), (i64::MIN, 1)] {
        let world = world();
        world.store.set_counter("pay/tr/R#", counter);
        let (entries, verdict) = world.ledger().audited(&payment("R")).unwrap();
        assert_eq!((entries.len(), verdict), (3, beyond(first_beyond..=3)), "lowered to {counter}");
        assert_eq!(world.read_sequences("R"), [1, 2, 3], "lowered to {counter}");
    }
}

#[test]
fn a_counter_that_was_lowered_far_is_detected_too() {
    let world = World::default();
    world.append_events("R", 60);
    world.store.set_counter("pay/tr/R#", 20);
    let (_, verdict) = world.ledger().audited(&payment("R")).unwrap();
    assert_eq!(verdict, beyond(21..=36), "the audit reads sixteen numbers beyond the counter");
    assert_eq!(world.read_sequences("R"), (1..=60).collect::<Vec<_>>());
}

#[test]
fn an_entry_beyond_the_counter_may_be_changed_too_and_gaps_beyond_it_are_not_missing() {
    let world = world();
    world.leave_gaps("R", 2);
    world.append_events("R", 1);
    world.store.tamper("pay/tr/R/6", "garbled");
    world.store.set_counter("pay/tr/R#", 3);
    let verdict = world.ledger().audited(&payment("R")).unwrap().1;
    assert_eq!(verdict, Verdict { changed: vec![6], ..beyond([6]) });
}

#[test]
fn an_untouched_payment_is_not_in_review() {
    let history = world().ledger().history(&payment("R")).unwrap();
    assert_eq!((history.changed.len(), review(&history)), (0, BTreeSet::new()));
}

#[test]
fn a_changed_amount_puts_the_payment_in_review_as_changed() {
    let world = world();
    for sequence in [2, 3] {
        replace(&world, &format!("pay/tr/R/{sequence}"), "10000", "90000");
    }
    replace(&world, "pay/tr/R/1", "10000", "90000");
    let history = world.ledger().history(&payment("R")).unwrap();
    assert_eq!(history.changed, [1, 2, 3]);
    assert_eq!(history.payment(currency()).unwrap().captured, lira(90_000));
    assert_eq!(review(&history), [ReviewReason::HistoryChanged].into(), "the totals still agree");
}

#[test]
fn any_changed_entry_is_listed_and_puts_the_payment_in_review_however_it_is_read() {
    for (sequence, written, forged) in [(1, "\"d0\"", "\"d9\""), (2, "\"d1\"", "\"d9\""), (3, "T1", "T2")] {
        let world = world();
        replace(&world, &format!("pay/tr/R/{sequence}"), written, forged);
        let ledger = world.ledger();
        let reference = OperationReference::parse("R").unwrap();
        let histories = [
            ledger.history(&payment("R")).unwrap(),
            ledger.history_reaching(&payment("R"), 0).unwrap(),
            ledger.find(Some(&reference), &[]).unwrap().unwrap(),
            ledger.find(None, &[&transaction("T1")]).unwrap().unwrap(),
        ];
        for history in histories {
            assert_eq!(history.changed, [sequence]);
            assert!(review(&history).contains(&ReviewReason::HistoryChanged), "entry {sequence}");
        }
    }
}

#[test]
fn a_changed_entry_on_a_later_page_is_listed() {
    let world = World::default();
    world.append_events("R", 50);
    for key in ["pay/tr/R/1", "pay/tr/R/50"] {
        replace(&world, key, "correlation-1", "correlation-2");
    }
    for history in [world.ledger().history(&payment("R")), world.ledger().history_reaching(&payment("R"), 0)] {
        assert_eq!(history.unwrap().changed, [1, 50]);
    }
}

#[test]
fn a_copied_entry_and_another_audit_key_put_the_payment_in_review() {
    let world = world();
    let elsewhere = world.ledger_of("tr", [8; 32]).history(&payment("R")).unwrap();
    assert_eq!(elsewhere.changed, [1, 2, 3]);
    assert!(review(&elsewhere).contains(&ReviewReason::HistoryChanged));
    world.store.tamper("pay/tr/R/4", world.store.value("pay/tr/R/2"));
    let history = world.ledger().history(&payment("R")).unwrap();
    assert_eq!((&history.changed[..], review(&history)), (&[4][..], [ReviewReason::HistoryChanged].into()));
}

#[test]
fn a_changed_and_superseded_payment_is_in_review_for_both_reasons() {
    let world = World::default();
    open(&world.ledger(), "R1", Operation::Charge, false).unwrap();
    append(&world.ledger(), "R1", Fact::Event(event(failed(), "T0"))).unwrap();
    open(&world.ledger(), "R2", Operation::Charge, false).unwrap();
    append(&world.ledger(), "R1", Fact::Event(event(EventKind::Captured, "T1"))).unwrap();
    replace(&world, "pay/tr/R1/3", "\"d1\"", "\"d9\"");
    let history = world.ledger().history(&payment("R1")).unwrap();
    assert_eq!(review(&history), [ReviewReason::HistoryChanged, ReviewReason::PaidAfterSuperseded].into());
}
