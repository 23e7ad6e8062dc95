//! The review queue: each waiting payment is in it once, in order, and the cost does not grow with the closed
//! positions.

use std::collections::BTreeSet;

use tollbridge_domain::{EventKind, Fact, Operation, PaymentReference};
use tollbridge_ledger::{Clock as _, LEASE_MILLISECONDS, Ledger, QueuePosition, SyncState};

use crate::stories::*;

/// A payment that begins to wait, as the sync writes it.
fn waits(ledger: &Ledger<'_>, reference: &str) {
    append(ledger, reference, Fact::Event(event(EventKind::ChargedBack, reference))).unwrap();
    sync(ledger, reference, Some(QueuePosition::Unassigned));
}

fn sync(ledger: &Ledger<'_>, reference: &str, review: Option<QueuePosition>) {
    let history = ledger.history(&payment(reference)).unwrap();
    ledger
        .write_sync_state(&history, &SyncState { review, ..history.sync_state.clone() }, Vec::new(), LEASE_MILLISECONDS)
        .unwrap();
}

fn number(ledger: &Ledger<'_>, references: &[&str]) {
    let references: BTreeSet<PaymentReference> = references.iter().map(|reference| payment(reference)).collect();
    ledger.assign_review_positions(references).unwrap();
}

fn open(ledger: &Ledger<'_>, after: u64, limit: u64) -> (Vec<String>, u64, bool) {
    let page = ledger.reviews_after(after, limit).unwrap();
    let open = page.open.iter().map(|open| open.review.reference.to_string()).collect();
    (open, page.reached, page.is_last)
}

#[test]
fn a_payment_is_in_the_review_queue_once_and_leaves_it_when_it_no_longer_waits() {
    let world = World::default();
    let ledger = world.ledger();
    waits(&ledger, "R1");
    waits(&ledger, "R2");
    assert_eq!(open(&ledger, 0, 10).0, Vec::<String>::new(), "no drain has enqueued them");
    number(&ledger, &["R1", "R2", "R3"]);
    number(&ledger, &["R1", "R2"]);
    assert_eq!(open(&ledger, 0, 10), (vec!["R1".into(), "R2".into()], 2, true));
    sync(&ledger, "R1", None);
    assert_eq!(open(&ledger, 0, 10).0, ["R2"]);
    // It waits again: at the end of the queue, and its old position stays void.
    sync(&ledger, "R1", Some(QueuePosition::Unassigned));
    number(&ledger, &["R1"]);
    assert_eq!(open(&ledger, 0, 10).0, ["R2", "R1"]);
}

#[test]
fn positions_are_given_in_the_order_in_which_the_reasons_arose() {
    let world = World::default();
    let ledger = world.ledger();
    let begin = world.clock.now();
    for reference in ["R3", "R1", "R2"] {
        waits(&ledger, reference);
        world.clock.advance(60_000);
    }
    number(&ledger, &["R1", "R2", "R3"]);
    let page = ledger.reviews_after(0, 10).unwrap();
    let open: Vec<(&str, i64)> = page
        .open
        .iter()
        .map(|open| (open.review.reference.as_str(), open.review.since.milliseconds() - begin.milliseconds()))
        .collect();
    assert_eq!(open, [("R3", 0), ("R1", 60_000), ("R2", 120_000)]);
}

#[test]
fn a_reason_that_came_back_is_as_old_as_its_return() {
    let world = World::default();
    let ledger = world.ledger();
    append(&ledger, "R", request(Operation::Charge, 1)).unwrap();
    append(&ledger, "R", Fact::Event(event(EventKind::Captured, "T1"))).unwrap();
    for (seconds, kind, id, expected) in [
        (10, EventKind::Disputed, "D1", Some(10)),
        (20, EventKind::DisputeWon, "D1", None),
        (40, EventKind::Disputed, "D2", Some(70)),
        (5, EventKind::Settled, "S1", Some(70)),
    ] {
        world.clock.advance(seconds * 1000);
        append(&ledger, "R", Fact::Event(event(kind, id))).unwrap();
        let since = ledger.history(&payment("R")).unwrap().in_review_since();
        let since = since.map(|since| (since.milliseconds() - 1_700_000_000_000) / 1000);
        assert_eq!(since, expected, "{kind:?} {id}");
    }
}

#[test]
fn pages_go_on_where_the_last_one_ended() {
    let world = World::default();
    let ledger = world.ledger();
    for reference in ["R1", "R2", "R3"] {
        waits(&ledger, reference);
        number(&ledger, &[reference]);
    }
    assert_eq!(open(&ledger, 0, 2), (vec!["R1".into(), "R2".into()], 2, false));
    assert_eq!(open(&ledger, 2, 2), (vec!["R3".into()], 3, true));
    assert_eq!(open(&ledger, 3, 2), (Vec::new(), 3, true));
}

#[test]
fn a_position_lost_to_a_concurrent_write_loses_no_payment() {
    let world = World::default();
    let ledger = world.ledger();
    waits(&ledger, "R1");
    number(&ledger, &["R1"]);
    // A process that read the sync state before overwrites it without the number.
    sync(&ledger, "R1", Some(QueuePosition::Unassigned));
    assert_eq!(open(&ledger, 0, 10).0, ["R1"]);
    number(&ledger, &["R1"]);
    assert_eq!(open(&ledger, 0, 10), (vec!["R1".into()], 2, true));
}

#[test]
fn a_payment_that_waits_for_long_does_not_keep_the_closed_positions_behind_it_in_the_queue() {
    let world = World::default();
    let ledger = world.ledger();
    for name in 0..9 {
        let reference = format!("R{name}");
        waits(&ledger, &reference);
        number(&ledger, &[&reference]);
        if name > 0 {
            sync(&ledger, &reference, None);
        }
    }
    ledger.compact_review_queue(4).unwrap();
    ledger.compact_review_queue(4).unwrap();
    ledger.compact_review_queue(4).unwrap();
    world.store.take_counts();
    assert_eq!(open(&ledger, 0, 4), (vec!["R0".into()], 10, true), "it is at the end, and the cursor before it");
    assert_eq!(
        ledger.reviews_after(0, 4).unwrap().open[0].review.since,
        world.clock.now(),
        "the time since when it waits stays"
    );
}
