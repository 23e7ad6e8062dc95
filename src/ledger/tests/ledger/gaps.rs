//! Numbers without a record are passed by a handshake: of a slow writer and of whoever passes it, one sees the other. And
//! readers find what stands behind a gap, however long it is.

use tollbridge_domain::{EventKind, Fact, Operation, PaymentReference};
use tollbridge_ledger::{
    Authority, Delivered, Direction, Fence, JournalKind, LEASE_MILLISECONDS, NewEntry, SyncState, Writes,
};

use crate::doubles::Mishap;
use crate::stories::*;

const DAY: i64 = 24 * 60 * 60 * 1000;

fn captured(id: &str) -> Fact {
    Fact::Event(event(EventKind::Captured, id))
}

/// The numbers of the journal with the payment's entry under each.
fn journal(world: &World) -> Vec<(u64, Option<u64>)> {
    let entries = world.ledger().journal_after(0, 1000).unwrap().into_iter();
    entries.map(|numbered| (numbered.number, numbered.entry.map(|entry| entry.sequence))).collect()
}

#[test]
fn a_writer_whose_number_was_passed_writes_its_entry_once_more() {
    let world = World::default();
    append(&world.ledger(), "R", captured("T1")).unwrap();
    // A drain passed the second and the third number while their writer stood still.
    for number in [2, 3] {
        world.store.tamper(&format!("jrn/tr/{number}-"), "1");
    }
    let appended = append(&world.ledger(), "R", captured("T2")).unwrap();
    assert_eq!(appended.journal, 4);
    assert_eq!(journal(&world), [(1, Some(1)), (2, Some(2)), (3, Some(2)), (4, Some(2))]);
    assert_eq!(world.read_sequences("R"), [1, 2], "the payment has it once");
}

#[test]
fn a_writer_that_is_always_passed_acknowledges_nothing() {
    let world = World::default();
    (1..=100).for_each(|number| world.store.tamper(&format!("jrn/tr/{number}-"), "1"));
    append(&world.ledger(), "R", captured("T1")).unwrap_err();
}

#[test]
fn what_is_written_before_its_number_is_passed_is_found_by_whoever_passes() {
    let world = World::default();
    append(&world.ledger(), "R", captured("T1")).unwrap();
    world.leave_holes("R", 2);
    append(&world.ledger(), "R", captured("T2")).unwrap();
    let late = world.store.value("jrn/tr/1");
    world.store.tamper("jrn/tr/2", late);
    let found = world.ledger().pass_journal(&[2, 3]).unwrap();
    let found: Vec<(u64, bool)> =
        found.into_iter().map(|numbered| (numbered.number, numbered.entry.is_some())).collect();
    assert_eq!(found, [(2, true), (3, false)]);
}

#[test]
fn an_entry_that_comes_after_its_number_was_passed_is_looked_at_for_a_day() {
    let world = World::default();
    let ledger = world.ledger();
    append(&ledger, "R", captured("T1")).unwrap();
    world.leave_holes("R", 1);
    append(&ledger, "R", captured("T2")).unwrap();
    assert_eq!(ledger.pass_journal(&[2]).unwrap().len(), 1);
    let nobody = |_: &PaymentReference| false;
    assert_eq!(ledger.revisit(&nobody), Ok(0));
    // Its writer was slow, wrote after all, and died before it looked.
    let entry = String::from_utf8(world.store.value("jrn/tr/3")).unwrap();
    world.store.tamper("jrn/tr/2", entry.replace("\"sequence\":3", "\"sequence\":2"));
    assert_eq!(ledger.revisit(&|reference| *reference == payment("R")), Ok(0), "it is open in the journal");
    assert_eq!(ledger.revisit(&nobody), Ok(1));
    assert_eq!(journal(&world).last(), Some(&(4, Some(3))));
    let last = ledger.journal_after(3, 1).unwrap().remove(0).entry.unwrap();
    assert_eq!(last.kind, JournalKind::Deferred);
    // Once Salesforce shows it, it is left alone.
    let history = ledger.history(&payment("R")).unwrap();
    let sync_state = SyncState {
        delivered: Delivered { sequences: [1, 2, 3].into(), ..Delivered::default() },
        ..SyncState::default()
    };
    ledger.write_sync_state(&history, &sync_state, Writes::new(), LEASE_MILLISECONDS).unwrap();
    assert_eq!(ledger.revisit(&nobody), Ok(0));
    ledger.write_sync_state(&history, &SyncState::default(), Writes::new(), LEASE_MILLISECONDS).unwrap();
    assert_eq!(ledger.revisit(&nobody), Ok(1));
    world.clock.advance(DAY + 1);
    assert_eq!((ledger.revisit(&nobody), ledger.revisit(&nobody)), (Ok(1), Ok(0)), "it was looked at for a day");
}

#[test]
fn a_payment_whose_note_may_still_take_effect_is_looked_at_for_a_day() {
    let world = World::default();
    let ledger = world.ledger();
    append(&ledger, "R", captured("T1")).unwrap();
    append(&ledger, "R", captured("T2")).unwrap();
    let history = ledger.history(&payment("R")).unwrap();
    let older = SyncState {
        delivered: Delivered { sequences: [1].into(), ..Delivered::default() },
        review: Some(tollbridge_ledger::QueuePosition::Unassigned),
        ..SyncState::default()
    };
    ledger.write_sync_state(&history, &older, Writes::new(), LEASE_MILLISECONDS).unwrap();
    let late = world.store.value("pay/tr/R");
    world.store.set_mishap(Some(Mishap::OperationAfter(0)));
    ledger.write_sync_state(&history, &older, Writes::new(), LEASE_MILLISECONDS).unwrap_err();
    let newer =
        SyncState { delivered: Delivered { sequences: [1, 2].into(), ..Delivered::default() }, ..SyncState::default() };
    ledger.write_sync_state(&history, &newer, Writes::new(), LEASE_MILLISECONDS).unwrap();
    let nobody = |_: &PaymentReference| false;
    assert_eq!(ledger.revisit(&nobody), Ok(0), "Salesforce shows all of it");
    world.store.tamper("pay/tr/R", late);
    assert_eq!(ledger.revisit(&nobody), Ok(1));
    assert_eq!(journal(&world).last(), Some(&(3, Some(2))));
    assert_eq!(ledger.reviews_after(0, 10).unwrap().open.len(), 1, "the older note says that it waits");
    // The number that it was given is behind the cursor by the time that an older note names it again.
    world.store.tamper("rev/tr@", "1");
    assert_eq!(ledger.revisit(&nobody), Ok(1));
    assert_eq!(ledger.reviews_after(0, 10).unwrap().open.len(), 1);
    world.clock.advance(DAY + 1);
    ledger.revisit(&nobody).unwrap();
    assert_eq!(ledger.revisit(&nobody), Ok(0), "it was looked at for a day");
}

#[test]
fn a_repetition_of_what_salesforce_does_not_show_is_pending_again_unless_it_is_so() {
    let world = World::default();
    let ledger = world.ledger();
    append(&ledger, "R", captured("T1")).unwrap();
    let repeated = |sequence: u64| {
        let history = world.ledger().history(&payment("R")).unwrap();
        world.ledger().ensure_pending(&history, sequence, &correlation()).unwrap()
    };
    assert!(!repeated(1), "a drain comes to it");
    world.ledger().pass_journal(&[1]).unwrap();
    assert!(repeated(1), "its number was passed");
    assert_eq!(journal(&world), [(1, Some(1)), (2, Some(1))]);
    // The process died when only a part was written.
    append(&ledger, "R", captured("T2")).unwrap();
    world.store.remove("jrn/tr/3");
    assert!(repeated(2), "its place in the journal was never written");
    let history = ledger.history(&payment("R")).unwrap();
    let sync_state =
        SyncState { delivered: Delivered { sequences: [1, 2].into(), ..Delivered::default() }, ..SyncState::default() };
    ledger.write_sync_state(&history, &sync_state, Writes::new(), LEASE_MILLISECONDS).unwrap();
    assert!(!repeated(1) && !repeated(2), "Salesforce shows both");
}

#[test]
fn a_feed_ends_before_a_number_that_may_still_be_written() {
    let world = World::default();
    let numbers = || {
        let entries = world.ledger().settled_journal_after(0, 100).unwrap().into_iter();
        entries.map(|numbered| (numbered.number, numbered.entry.is_some())).collect::<Vec<_>>()
    };
    world.append_events("R", 2);
    world.leave_holes("R", 2);
    world.append_events("R", 1);
    assert_eq!(numbers(), [(1, true), (2, true)]);
    world.ledger().pass_journal(&[3]).unwrap();
    assert_eq!(numbers(), [(1, true), (2, true), (3, false)]);
    let late = world.store.value("jrn/tr/1");
    world.store.tamper("jrn/tr/3", late);
    world.ledger().pass_journal(&[4]).unwrap();
    assert_eq!(numbers(), [(1, true), (2, true), (3, true), (4, false), (5, true)]);
}

#[test]
fn an_entry_behind_any_number_of_lost_ones_is_found_without_the_counter() {
    for (before, lost) in [(0, 31), (0, 200), (1, 16), (3, 40), (17, 100), (40, 1100)] {
        let world = World::default();
        world.append_events("R", before);
        world.leave_holes("R", lost);
        let ledger = world.ledger();
        let reference = &payment("R");
        let correlation_id = &correlation();
        let entry = |after: u64, id: &str| NewEntry {
            reference,
            after,
            fact: captured(id),
            raw: None,
            correlation_id,
            not_before: None,
            authority: None,
        };
        let before = u64::try_from(before).unwrap();
        let seen = ledger.history_reaching(reference, 0).unwrap();
        assert_eq!(seen.last_sequence(), before);
        ledger.append(entry(before, "T-behind"), Writes::new()).unwrap();
        let seen = ledger.history_reaching(reference, 0).unwrap();
        assert_eq!(seen.last_sequence(), before + u64::try_from(lost).unwrap() + 1, "{lost} lost after {before}");
        assert!(seen.knows(&event(EventKind::Captured, "T-behind").id));
    }
}

#[test]
fn an_attempt_behind_lost_numbers_is_found_by_the_payment_before_them() {
    for lost in [4, 9, 60] {
        let world = World::default();
        open(&world.ledger(), "R1", Operation::Charge, false).unwrap();
        append(&world.ledger(), "R1", Fact::Event(event(failed(), "T1"))).unwrap();
        for _ in 0..lost {
            world.ledger().draw_beside(&order(), Direction::In).unwrap();
        }
        world.clock.advance(LEASE_MILLISECONDS + 1);
        // The first who comes shows that the lost numbers are old.
        open(&world.ledger(), "busy", Operation::Charge, false).unwrap_err();
        world.clock.advance(LEASE_MILLISECONDS + 1);
        open(&world.ledger(), "R2", Operation::Charge, false).unwrap();
        let history = world.ledger().history(&payment("R1")).unwrap();
        assert_eq!(history.superseded_by, Some(payment("R2")), "after {lost} lost numbers");
    }
}

#[test]
fn an_operation_under_a_number_that_was_passed_is_fenced() {
    let world = World::default();
    let ledger = world.ledger();
    let claim = claim(&ledger, "k");
    let attempt = draw(&ledger, Operation::Charge, true, "one").unwrap();
    let fence_of = |world: &World| {
        let new = NewEntry {
            reference: &payment("R"),
            after: 0,
            fact: request(Operation::Charge, attempt.number),
            raw: None,
            correlation_id: &correlation(),
            not_before: None,
            authority: Some(Authority { claim: &claim, attempts: &[&attempt] }),
        };
        world.ledger().append(new, Writes::new()).unwrap().fence
    };
    assert_eq!(fence_of(&world), None);
    ledger.fence(&payment("R"), &[2]).unwrap();
    assert_eq!(fence_of(&world), Some(Fence::Passed), "the number of its entry was passed");
    assert_eq!(fence_of(&world), None);
    world.store.tamper("src/tr/Order/801Hs00000abcde/1-", "1");
    assert_eq!(fence_of(&world), Some(Fence::Passed), "its number among the payments of the record was passed");
    world.clock.advance(LEASE_MILLISECONDS + 1);
    running(&try_claim(&ledger, "k", 2).map(drop).err().unwrap_or_else(|| try_claim(&ledger, "k", 2).unwrap_err()));
    assert_eq!(fence_of(&world), Some(Fence::TakenOver), "its key was taken over");
}

#[test]
fn whoever_passes_a_number_of_a_record_looks_at_what_came_under_it_meanwhile() {
    let world = World::default();
    // Its number is drawn; nothing is written yet.
    let slow = draw(&world.ledger(), Operation::Charge, false, "slow").unwrap();
    open(&world.ledger(), "busy", Operation::Charge, false).unwrap_err();
    world.clock.advance(LEASE_MILLISECONDS + 1);
    open(&world.ledger(), "R3", Operation::Charge, false).unwrap();
    // Now the slow one writes, and sees that it was passed.
    let new = NewEntry {
        reference: &payment("R1"),
        after: 0,
        fact: request(Operation::Charge, slow.number),
        raw: None,
        correlation_id: &correlation(),
        not_before: None,
        authority: Some(Authority { claim: &claim(&world.ledger(), "slow-key"), attempts: &[&slow] }),
    };
    let with = world.ledger().accepted_attempt(&slow, &payment("R1")).unwrap();
    assert_eq!(world.ledger().append(new, with).unwrap().fence, Some(Fence::Passed));
}

#[test]
fn what_was_read_too_long_ago_is_not_written_back() {
    let world = World::default();
    let ledger = world.ledger();
    append(&ledger, "R", captured("T1")).unwrap();
    let history = ledger.history(&payment("R")).unwrap();
    world.clock.advance(LEASE_MILLISECONDS);
    ledger.write_sync_state(&history, &SyncState::default(), Writes::new(), LEASE_MILLISECONDS).unwrap_err();
    ledger.write_sync_state(&history, &SyncState::default(), Writes::new(), LEASE_MILLISECONDS + 1).unwrap();
}

#[test]
fn a_place_among_the_reviews_that_was_passed_is_taken_anew() {
    let world = World::default();
    let ledger = world.ledger();
    append(&ledger, "R", captured("T1")).unwrap();
    world.store.tamper("rev/tr/1-", "1");
    let history = ledger.history(&payment("R")).unwrap();
    let sync_state = SyncState { review: Some(tollbridge_ledger::QueuePosition::Unassigned), ..SyncState::default() };
    ledger.write_sync_state(&history, &sync_state, Writes::new(), LEASE_MILLISECONDS).unwrap();
    ledger.assign_review_positions([payment("R")].into()).unwrap();
    let open = ledger.reviews_after(1, 10).unwrap().open;
    assert_eq!(open.iter().map(|open| open.number).collect::<Vec<_>>(), [2]);
}

#[test]
fn the_line_of_reviews_is_closed_over_lost_numbers_only_once_they_are_old() {
    let world = World::default();
    let ledger = world.ledger();
    let wait = |reference: &str| {
        append(&ledger, reference, captured(reference)).unwrap();
        let history = ledger.history(&payment(reference)).unwrap();
        let sync_state =
            SyncState { review: Some(tollbridge_ledger::QueuePosition::Unassigned), ..SyncState::default() };
        ledger.write_sync_state(&history, &sync_state, Writes::new(), LEASE_MILLISECONDS).unwrap();
    };
    wait("R1");
    world.store.set_mishap(Some(Mishap::Writes));
    ledger.assign_review_positions([payment("R1")].into()).unwrap_err();
    world.store.set_mishap(None);
    wait("R2");
    ledger.assign_review_positions([payment("R2")].into()).unwrap();
    let history = ledger.history(&payment("R2")).unwrap();
    ledger
        .write_sync_state(
            &history,
            &SyncState { review: None, ..history.sync_state.clone() },
            Writes::new(),
            LEASE_MILLISECONDS,
        )
        .unwrap();
    ledger.compact_review_queue(100).unwrap();
    assert!(!world.store.value_keys().contains(&"rev/tr@".to_owned()), "the first number may still be written");
    world.clock.advance(LEASE_MILLISECONDS + 1);
    ledger.compact_review_queue(100).unwrap();
    assert_eq!(world.store.value("rev/tr@"), b"2");
    assert!(world.store.value_keys().contains(&"rev/tr/1-".to_owned()), "it was passed by the handshake");
}
