//! The line of questions about what is pending: in turn, once for each payment, and no busy looking.

use std::collections::BTreeMap;

use tollbridge_domain::{EventKind, Fact, Operation, PaymentReference};
use tollbridge_ledger::{DueInquiry, InquiryCursor, InquiryIntervals, LEASE_MILLISECONDS, Ledger, SyncState, Writes};

use crate::doubles::{HandClock, Mishap};
use crate::stories::*;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const WAITS: InquiryIntervals = InquiryIntervals { first_milliseconds: 15 * MINUTE, longest_milliseconds: 24 * HOUR };

/// A charge under this reference whose payer was sent away.
fn pend(world: &World, reference: &str) {
    append(&world.ledger(), reference, request(Operation::Charge, 1)).unwrap();
    append(&world.ledger(), reference, Fact::Event(event(EventKind::Pending, reference))).unwrap();
}

fn schedule_inquiries(world: &World, references: &[&str], reached: InquiryCursor) {
    let pending = references.iter().map(|name| (payment(name), world.fold(name).pending));
    world.ledger().schedule_inquiries(pending.collect::<BTreeMap<_, _>>(), WAITS, reached).unwrap();
}

/// All that is due now and in turn, passed; with where that ends.
fn due(world: &World, from: InquiryCursor) -> (Vec<DueInquiry>, InquiryCursor) {
    let ledger = world.ledger();
    let (mut found, mut reached) = (Vec::new(), from);
    loop {
        let page = ledger.due_inquiries(reached, 32).unwrap();
        ledger.pass_inquiries(reached, &page.questions, page.reached).unwrap();
        let sync_state = |reference: &PaymentReference| ledger.history(reference).unwrap().sync_state;
        found.extend(
            page.questions.into_iter().filter(|question| question.is_in_turn(&sync_state(&question.reference))),
        );
        reached = page.reached;
        if page.is_last {
            return (found, reached);
        }
    }
}

fn names(questions: &[DueInquiry]) -> Vec<(&str, u32)> {
    questions.iter().map(|question| (question.reference.as_str(), question.asked)).collect()
}

fn sync_state(ledger: &Ledger<'_>, reference: &str) -> SyncState {
    ledger.history(&payment(reference)).unwrap().sync_state
}

/// Writes down a note of what was told, in place of the one that is there.
fn put_back(world: &World, reference: &str, note: &SyncState) {
    let ledger = world.ledger();
    let history = ledger.history(&payment(reference)).unwrap();
    ledger.write_sync_state(&history, note, Writes::new(), LEASE_MILLISECONDS).unwrap();
}

#[test]
fn waits_double_up_to_the_longest() {
    let minutes: Vec<i64> = (0..9).map(|asked| WAITS.after(asked) / MINUTE).collect();
    assert_eq!(minutes, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
    assert_eq!(WAITS.after(u32::MAX), 24 * HOUR);
}

#[test]
fn a_question_is_due_when_its_minute_and_a_lease_are_over() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    pend(&world, "A");
    schedule_inquiries(&world, &["A"], reached);
    world.clock.advance(15 * MINUTE);
    assert_eq!(names(&due(&world, reached).0), []);
    world.clock.advance(MINUTE + LEASE_MILLISECONDS);
    let (questions, reached) = due(&world, reached);
    assert_eq!(names(&questions), [("A", 0)]);
    assert_eq!(names(&due(&world, reached).0), []);
}

#[test]
fn what_was_asked_leaves_nothing_behind_but_its_note_and_the_cursor() {
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
fn a_payment_stands_in_line_once_however_often_it_is_enrolled() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    pend(&world, "A");
    for _ in 0..3 {
        schedule_inquiries(&world, &["A"], reached);
    }
    // Two drains that saw it without a turn.
    let note = sync_state(&world.ledger(), "A");
    put_back(&world, "A", &SyncState { inquiry: None, ..note });
    schedule_inquiries(&world, &["A"], reached);
    world.clock.advance(HOUR);
    let page = world.ledger().due_inquiries(reached, 32).unwrap();
    let page = if page.questions.is_empty() { world.ledger().due_inquiries(page.reached, 32).unwrap() } else { page };
    assert_eq!(page.questions.len(), 2);
    assert_eq!(names(&due(&world, reached).0), [("A", 0)], "the other is void");
}

#[test]
fn a_note_that_was_lost_or_put_back_loses_no_question() {
    for lost in [true, false] {
        let world = World::default();
        let reached = world.ledger().inquiry_cursor().unwrap();
        pend(&world, "A");
        schedule_inquiries(&world, &["A"], reached);
        let older = sync_state(&world.ledger(), "A");
        world.clock.advance(HOUR);
        let (_, reached) = due(&world, reached);
        world.ledger().schedule_next_inquiry(&payment("A"), 1, WAITS).unwrap();
        put_back(&world, "A", &if lost { SyncState { inquiry: None, ..older } } else { older });
        world.clock.advance(HOUR);
        let (questions, reached) = due(&world, reached);
        assert_eq!(names(&questions), [("A", 1)]);
        // Both that were enrolled meanwhile are one again.
        world.ledger().schedule_next_inquiry(&payment("A"), 2, WAITS).unwrap();
        world.clock.advance(2 * HOUR);
        assert_eq!(names(&due(&world, reached).0), [("A", 2)]);
    }
}

#[test]
fn what_is_asked_for_later_is_asked_about_in_its_own_time() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    pend(&world, "A");
    schedule_inquiries(&world, &["A"], reached);
    world.ledger().schedule_next_inquiry(&payment("A"), 7, WAITS).unwrap();
    schedule_inquiries(&world, &["A"], reached);
    world.clock.advance(HOUR);
    let (questions, reached) = due(&world, reached);
    assert_eq!(names(&questions), [], "it has its turn tomorrow, whatever else is passed of it");
    let void = append(&world.ledger(), "A", request(Operation::Void, 0)).unwrap().entry.sequence;
    let pending = tollbridge_domain::Event { operation: Some(void), ..event(EventKind::Pending, "V") };
    append(&world.ledger(), "A", Fact::Event(pending)).unwrap();
    schedule_inquiries(&world, &["A"], reached);
    schedule_inquiries(&world, &["A"], reached);
    world.clock.advance(20 * MINUTE);
    let (questions, reached) = due(&world, reached);
    assert_eq!(names(&questions), [("A", 0)]);
    world.ledger().schedule_next_inquiry(&payment("A"), 7, WAITS).unwrap();
    world.clock.advance(25 * HOUR);
    assert_eq!(names(&due(&world, reached).0), [("A", 7)], "and in line once");
}

#[test]
fn pages_follow_each_other_within_a_minute() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    let references: Vec<String> = (0..70).map(|number| format!("P{number:02}")).collect();
    references.iter().for_each(|reference| pend(&world, reference));
    schedule_inquiries(&world, &references.iter().map(String::as_str).collect::<Vec<_>>(), reached);
    world.clock.advance(HOUR);
    let (questions, _) = due(&world, reached);
    let found: Vec<&str> = questions.iter().map(|question| question.reference.as_str()).collect();
    assert_eq!(found, references);
}

#[test]
fn a_long_pause_is_passed_in_few_steps() {
    let world = World::default();
    let ledger = world.ledger();
    let mut reached = ledger.inquiry_cursor().unwrap();
    world.clock.advance(30 * 24 * HOUR);
    world.store.take_counts();
    let mut pages = 0;
    loop {
        let page = ledger.due_inquiries(reached, 32).unwrap();
        assert_eq!(page.questions, []);
        ledger.pass_inquiries(reached, &[], page.reached).unwrap();
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
fn an_idle_site_writes_nothing_for_its_questions() {
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
fn a_turn_whose_write_failed_is_taken_by_whoever_comes_next() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    pend(&world, "A");
    world.store.set_mishap(Some(Mishap::Writes));
    let pending = BTreeMap::from([(payment("A"), world.fold("A").pending)]);
    world.ledger().schedule_inquiries(pending, WAITS, reached).unwrap_err();
    world.store.set_mishap(None);
    schedule_inquiries(&world, &["A"], reached);
    world.clock.advance(HOUR);
    assert_eq!(names(&due(&world, reached).0), [("A", 0)]);
}

#[test]
fn a_turn_of_the_past_is_taken_now() {
    let world = World::default();
    let reached = world.ledger().inquiry_cursor().unwrap();
    pend(&world, "A");
    world.clock.advance(10 * HOUR);
    let (_, reached) = due(&world, reached);
    schedule_inquiries(&world, &["A"], reached);
    world.clock.advance(MINUTE + LEASE_MILLISECONDS);
    assert_eq!(names(&due(&world, reached).0), [("A", 0)]);
}
