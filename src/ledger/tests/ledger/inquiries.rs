//! The inquiry queue: each pending payment is in it once, inquiries are made when they are due, and an idle queue costs
//! little.

use std::collections::BTreeMap;

use tollbridge_domain::durations::{HOUR, MINUTE};
use tollbridge_domain::{EventKind, Fact, Operation, PaymentReference};
use tollbridge_ledger::{DueInquiry, InquiryCursor, InquiryIntervals, LEASE_MILLISECONDS, Ledger, SyncState, Writes};

use crate::doubles::{HandClock, Mishap};
use crate::stories::*;

const INTERVALS: InquiryIntervals =
    InquiryIntervals { first_milliseconds: 15 * MINUTE, longest_milliseconds: 24 * HOUR };

/// A pending charge under this reference.
fn pend(world: &World, reference: &str) {
    append(&world.ledger(), reference, request(Operation::Charge, 1)).unwrap();
    append(&world.ledger(), reference, Fact::Event(event(EventKind::Pending, reference))).unwrap();
}

fn schedule_inquiries(world: &World, references: &[&str], reached: InquiryCursor) {
    let pending = references.iter().map(|name| (payment(name), world.fold(name).pending));
    world.ledger().schedule_inquiries(pending.collect::<BTreeMap<_, _>>(), INTERVALS, reached).unwrap();
}

/// Completes all inquiries that are due now. Returns the current ones among them, and the cursor.
fn due(world: &World, from: InquiryCursor) -> (Vec<DueInquiry>, InquiryCursor) {
    let ledger = world.ledger();
    let (mut found, mut reached) = (Vec::new(), from);
    loop {
        let page = ledger.due_inquiries(reached, 32).unwrap();
        ledger.complete_inquiries(reached, &page.inquiries, page.reached).unwrap();
        let sync_state = |reference: &PaymentReference| ledger.history(reference).unwrap().sync_state;
        found.extend(page.inquiries.into_iter().filter(|inquiry| inquiry.is_current(&sync_state(&inquiry.reference))));
        reached = page.reached;
        if page.is_last {
            return (found, reached);
        }
    }
}

fn names(inquiries: &[DueInquiry]) -> Vec<(&str, u32)> {
    inquiries.iter().map(|inquiry| (inquiry.reference.as_str(), inquiry.inquiry_count)).collect()
}

fn sync_state(ledger: &Ledger<'_>, reference: &str) -> SyncState {
    ledger.history(&payment(reference)).unwrap().sync_state
}

/// Writes a sync state in place of the present one.
fn overwrite(world: &World, reference: &str, state: &SyncState) {
    let ledger = world.ledger();
    let history = ledger.history(&payment(reference)).unwrap();
    ledger.write_sync_state(&history, state, Writes::new(), LEASE_MILLISECONDS).unwrap();
}

#[test]
fn intervals_double_up_to_the_longest() {
    let minutes: Vec<i64> = (0..9).map(|count| INTERVALS.after(count) / MINUTE).collect();
    assert_eq!(minutes, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
    assert_eq!(INTERVALS.after(u32::MAX), 24 * HOUR);
}

#[test]
fn an_inquiry_is_due_when_its_minute_and_a_lease_are_over() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    pend(&world, "A");
    schedule_inquiries(&world, &["A"], reached);
    world.clock.advance(15 * MINUTE);
    assert_eq!(names(&due(&world, reached).0), []);
    world.clock.advance(MINUTE + LEASE_MILLISECONDS);
    let (inquiries, reached) = due(&world, reached);
    assert_eq!(names(&inquiries), [("A", 0)]);
    assert_eq!(names(&due(&world, reached).0), []);
}

#[test]
fn a_completed_inquiry_leaves_only_the_sync_state_and_the_cursor() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    pend(&world, "A");
    let before = (world.store.value_keys(), world.store.counters());
    assert!(before.0.contains(&"ask/tr@".to_owned()));
    schedule_inquiries(&world, &["A"], reached);
    let minute = (HandClock::BEGINNING + 15 * MINUTE) / MINUTE;
    for key in [format!("ask/tr/{minute}"), format!("ask/tr/{minute}/1"), "pay/tr/A".to_owned()] {
        assert!(world.store.value_keys().contains(&key), "{key}");
    }
    assert!(world.store.counters().contains(&(format!("ask/tr/{minute}#"), 1)));
    let record = String::from_utf8(world.store.value(&format!("ask/tr/{minute}/1"))).unwrap();
    assert_eq!(record, r#"{"reference":"A","asked":0}"#);
    world.clock.advance(HOUR);
    due(&world, reached);
    let keys: Vec<String> = world.store.value_keys().into_iter().filter(|key| key != "pay/tr/A").collect();
    assert_eq!((keys, world.store.counters()), before);
}

#[test]
fn a_payment_is_in_the_inquiry_queue_once_however_often_it_is_scheduled() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    pend(&world, "A");
    for _ in 0..3 {
        schedule_inquiries(&world, &["A"], reached);
    }
    // Two drains read the payment before it had a slot.
    let state = sync_state(&world.ledger(), "A");
    overwrite(&world, "A", &SyncState { inquiry: None, ..state });
    schedule_inquiries(&world, &["A"], reached);
    world.clock.advance(HOUR);
    let page = world.ledger().due_inquiries(reached, 32).unwrap();
    let page = if page.inquiries.is_empty() { world.ledger().due_inquiries(page.reached, 32).unwrap() } else { page };
    assert_eq!(page.inquiries.len(), 2);
    assert_eq!(names(&due(&world, reached).0), [("A", 0)], "the other slot is void");
}

#[test]
fn a_lost_or_overwritten_sync_state_loses_no_inquiry() {
    for lost in [true, false] {
        let world = World::default();
        let reached = world.ledger().inquiry_cursor().unwrap();
        pend(&world, "A");
        schedule_inquiries(&world, &["A"], reached);
        let older = sync_state(&world.ledger(), "A");
        world.clock.advance(HOUR);
        let (_, reached) = due(&world, reached);
        world.ledger().schedule_next_inquiry(&payment("A"), 1, INTERVALS).unwrap();
        overwrite(&world, "A", &if lost { SyncState { inquiry: None, ..older } } else { older });
        world.clock.advance(HOUR);
        let (inquiries, reached) = due(&world, reached);
        assert_eq!(names(&inquiries), [("A", 1)]);
        // The two slots that were allocated meanwhile become one again.
        world.ledger().schedule_next_inquiry(&payment("A"), 2, INTERVALS).unwrap();
        world.clock.advance(2 * HOUR);
        assert_eq!(names(&due(&world, reached).0), [("A", 2)]);
    }
}

#[test]
fn an_operation_requested_later_has_its_own_inquiry_time() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    pend(&world, "A");
    schedule_inquiries(&world, &["A"], reached);
    world.ledger().schedule_next_inquiry(&payment("A"), 7, INTERVALS).unwrap();
    schedule_inquiries(&world, &["A"], reached);
    world.clock.advance(HOUR);
    let (inquiries, reached) = due(&world, reached);
    assert_eq!(names(&inquiries), [], "its slot is tomorrow, whatever else is scheduled");
    let void = append(&world.ledger(), "A", request(Operation::Void, 0)).unwrap().entry.sequence;
    let pending = tollbridge_domain::Event { operation: Some(void), ..event(EventKind::Pending, "V") };
    append(&world.ledger(), "A", Fact::Event(pending)).unwrap();
    schedule_inquiries(&world, &["A"], reached);
    schedule_inquiries(&world, &["A"], reached);
    world.clock.advance(20 * MINUTE);
    let (inquiries, reached) = due(&world, reached);
    assert_eq!(names(&inquiries), [("A", 0)]);
    world.ledger().schedule_next_inquiry(&payment("A"), 7, INTERVALS).unwrap();
    world.clock.advance(25 * HOUR);
    assert_eq!(names(&due(&world, reached).0), [("A", 7)], "and it is in the queue once");
}

#[test]
fn pages_follow_each_other_within_a_minute() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    let references: Vec<String> = (0..70).map(|number| format!("P{number:02}")).collect();
    references.iter().for_each(|reference| pend(&world, reference));
    schedule_inquiries(&world, &references.iter().map(String::as_str).collect::<Vec<_>>(), reached);
    world.clock.advance(HOUR);
    let (inquiries, _) = due(&world, reached);
    let found: Vec<&str> = inquiries.iter().map(|inquiry| inquiry.reference.as_str()).collect();
    assert_eq!(found, references);
}

#[test]
fn a_long_pause_is_passed_in_few_pages() {
    let world = World::default();
    let ledger = world.ledger();
    let mut reached = ledger.inquiry_cursor().unwrap();
    world.clock.advance(30 * 24 * HOUR);
    world.store.take_counts();
    let mut pages = 0;
    loop {
        let page = ledger.due_inquiries(reached, 32).unwrap();
        assert_eq!(page.inquiries, []);
        ledger.complete_inquiries(reached, &[], page.reached).unwrap();
        reached = page.reached;
        pages += 1;
        if page.is_last {
            break;
        }
    }
    assert!(pages < 200, "{pages} pages for 43,200 minutes");
    assert_eq!(world.store.take_counts().increments, 0);
    assert_eq!(ledger.inquiry_cursor().unwrap().max(reached), reached);
}

#[test]
fn an_idle_inquiry_queue_costs_no_writes() {
    let world = World::default();
    let ledger = world.ledger();
    let reached = ledger.inquiry_cursor().unwrap();
    world.clock.advance(10 * MINUTE);
    world.store.take_counts();
    due(&world, reached);
    let counts = world.store.take_counts();
    assert_eq!((counts.writes, counts.increments), (0, 0));
}

#[test]
fn a_slot_whose_write_failed_is_allocated_by_the_next_drain() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    pend(&world, "A");
    world.store.set_mishap(Some(Mishap::Writes));
    let pending = BTreeMap::from([(payment("A"), world.fold("A").pending)]);
    world.ledger().schedule_inquiries(pending, INTERVALS, reached).unwrap_err();
    world.store.set_mishap(None);
    schedule_inquiries(&world, &["A"], reached);
    world.clock.advance(HOUR);
    assert_eq!(names(&due(&world, reached).0), [("A", 0)]);
}

#[test]
fn an_overdue_inquiry_is_scheduled_for_now() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    pend(&world, "A");
    world.clock.advance(10 * HOUR);
    let (_, reached) = due(&world, reached);
    schedule_inquiries(&world, &["A"], reached);
    world.clock.advance(MINUTE + LEASE_MILLISECONDS);
    assert_eq!(names(&due(&world, reached).0), [("A", 0)]);
}
