//! Gaps are passed by a handshake: either the slow writer or the reader that passes its number sees the other. Readers
//! find the record behind a gap, however long the gap is.

use tollbridge_domain::durations::DAY;
use tollbridge_domain::{EventKind, Fact, Operation, PaymentReference};
use tollbridge_ledger::{
    Authority, ConfirmedState, Direction, Fence, JournalKind, LEASE_MILLISECONDS, NewEntry, SyncState, Writes,
};

use crate::doubles::Mishap;
use crate::stories::*;

fn captured(id: &str) -> Fact {
    Fact::Event(event(EventKind::Captured, id))
}

/// The numbers of the journal, each with the sequence number of its entry.
fn journal(world: &World) -> Vec<(u64, Option<u64>)> {
    let entries = world.ledger().journal_after(0, 1000).unwrap().into_iter();
    entries.map(|slot| (slot.number, slot.entry.map(|entry| entry.sequence))).collect()
}

#[test]
fn a_writer_whose_number_was_passed_writes_its_entry_again() {
    let world = World::default();
    append(&world.ledger(), "R", captured("T1")).unwrap();
    // A drain passed the second and the third number while their writer was paused.
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
fn a_reader_that_passes_a_number_finds_an_entry_that_was_written_before() {
    let world = World::default();
    append(&world.ledger(), "R", captured("T1")).unwrap();
    world.leave_gaps("R", 2);
    append(&world.ledger(), "R", captured("T2")).unwrap();
    let late = world.store.value("jrn/tr/1");
    world.store.tamper("jrn/tr/2", late);
    let found = world.ledger().pass_journal(&[2, 3]).unwrap();
    let found: Vec<(u64, bool)> = found.into_iter().map(|slot| (slot.number, slot.entry.is_some())).collect();
    assert_eq!(found, [(2, true), (3, false)]);
}

#[test]
fn an_entry_written_after_its_number_was_passed_is_revisited_for_a_day() {
    let world = World::default();
    let ledger = world.ledger();
    append(&ledger, "R", captured("T1")).unwrap();
    world.leave_gaps("R", 1);
    append(&ledger, "R", captured("T2")).unwrap();
    assert_eq!(ledger.pass_journal(&[2]).unwrap().len(), 1);
    let nobody = |_: &PaymentReference| false;
    assert_eq!(ledger.revisit(&nobody), Ok(0));
    // A slow writer wrote its entry after all, and died before it read the tombstone.
    let entry = String::from_utf8(world.store.value("jrn/tr/3")).unwrap();
    world.store.tamper("jrn/tr/2", entry.replace("\"sequence\":3", "\"sequence\":2"));
    assert_eq!(ledger.revisit(&|reference| *reference == payment("R")), Ok(0), "it is open in the journal");
    assert_eq!(ledger.revisit(&nobody), Ok(1));
    assert_eq!(journal(&world).last(), Some(&(4, Some(3))));
    let last = ledger.journal_after(3, 1).unwrap().remove(0).entry.unwrap();
    assert_eq!(last.kind, JournalKind::Deferred);
    // Once Salesforce reflects the entry, it is not reopened.
    let history = ledger.history(&payment("R")).unwrap();
    let sync_state = SyncState {
        confirmed: ConfirmedState { sequences: [1, 2, 3].into(), ..ConfirmedState::default() },
        ..SyncState::default()
    };
    ledger.write_sync_state(&history, &sync_state, Writes::new(), LEASE_MILLISECONDS).unwrap();
    assert_eq!(ledger.revisit(&nobody), Ok(0));
    ledger.write_sync_state(&history, &SyncState::default(), Writes::new(), LEASE_MILLISECONDS).unwrap();
    assert_eq!(ledger.revisit(&nobody), Ok(1));
    world.clock.advance(DAY + 1);
    assert_eq!((ledger.revisit(&nobody), ledger.revisit(&nobody)), (Ok(1), Ok(0)), "it was revisited for a day");
}

#[test]
fn a_payment_with_several_late_entries_is_reopened_once() {
    let world = World::default();
    let ledger = world.ledger();
    append(&ledger, "R", captured("T1")).unwrap();
    world.leave_gaps("R", 2);
    append(&ledger, "R", captured("T2")).unwrap();
    ledger.pass_journal(&[2, 3]).unwrap();
    for number in ["jrn/tr/2", "jrn/tr/3"] {
        world.store.tamper(number, world.store.value("jrn/tr/4"));
    }
    assert_eq!(ledger.revisit(&|_| false), Ok(1));
    assert_eq!(journal(&world).last(), Some(&(5, Some(4))));
}

#[test]
fn a_payment_with_an_unconfirmed_write_is_revisited_for_a_day() {
    let world = World::default();
    let ledger = world.ledger();
    append(&ledger, "R", captured("T1")).unwrap();
    append(&ledger, "R", captured("T2")).unwrap();
    let history = ledger.history(&payment("R")).unwrap();
    let older = SyncState {
        confirmed: ConfirmedState { sequences: [1].into(), ..ConfirmedState::default() },
        review: Some(tollbridge_ledger::QueuePosition::Unassigned),
        ..SyncState::default()
    };
    ledger.write_sync_state(&history, &older, Writes::new(), LEASE_MILLISECONDS).unwrap();
    let late = world.store.value("pay/tr/R");
    world.store.set_mishap(Some(Mishap::OperationAfter(0)));
    ledger.write_sync_state(&history, &older, Writes::new(), LEASE_MILLISECONDS).unwrap_err();
    let newer = SyncState {
        confirmed: ConfirmedState { sequences: [1, 2].into(), ..ConfirmedState::default() },
        ..SyncState::default()
    };
    ledger.write_sync_state(&history, &newer, Writes::new(), LEASE_MILLISECONDS).unwrap();
    let nobody = |_: &PaymentReference| false;
    assert_eq!(ledger.revisit(&nobody), Ok(0), "Salesforce reflects all of it");
    world.store.tamper("pay/tr/R", late);
    assert_eq!(ledger.revisit(&nobody), Ok(1));
    assert_eq!(journal(&world).last(), Some(&(3, Some(2))));
    assert_eq!(ledger.reviews_after(0, 10).unwrap().open.len(), 1, "the older sync state says that it waits");
    // The cursor has passed the number by the time an older sync state names it again.
    world.store.tamper("rev/tr@", "1");
    assert_eq!(ledger.revisit(&nobody), Ok(1));
    assert_eq!(ledger.reviews_after(0, 10).unwrap().open.len(), 1);
    world.clock.advance(DAY + 1);
    ledger.revisit(&nobody).unwrap();
    assert_eq!(ledger.revisit(&nobody), Ok(0), "it was revisited for a day");
}

#[test]
fn a_repeated_event_that_salesforce_does_not_reflect_becomes_pending_again() {
    let world = World::default();
    let ledger = world.ledger();
    append(&ledger, "R", captured("T1")).unwrap();
    let repeated = |sequence: u64| {
        let history = world.ledger().history(&payment("R")).unwrap();
        world.ledger().ensure_pending(&history, sequence, &correlation()).unwrap()
    };
    assert!(!repeated(1), "a drain will process it");
    world.ledger().pass_journal(&[1]).unwrap();
    assert!(repeated(1), "its number was passed");
    assert_eq!(journal(&world), [(1, Some(1)), (2, Some(1))]);
    // The process died when only a part of the write had taken effect.
    append(&ledger, "R", captured("T2")).unwrap();
    world.store.remove("jrn/tr/3");
    assert!(repeated(2), "its journal number was never written");
    let history = ledger.history(&payment("R")).unwrap();
    let sync_state = SyncState {
        confirmed: ConfirmedState { sequences: [1, 2].into(), ..ConfirmedState::default() },
        ..SyncState::default()
    };
    ledger.write_sync_state(&history, &sync_state, Writes::new(), LEASE_MILLISECONDS).unwrap();
    assert!(!repeated(1) && !repeated(2), "Salesforce reflects both");
}

#[test]
fn the_change_feed_ends_before_a_gap_that_may_still_be_written() {
    let world = World::default();
    let numbers = || {
        let entries = world.ledger().final_journal_after(0, 100).unwrap().into_iter();
        entries.map(|slot| (slot.number, slot.entry.is_some())).collect::<Vec<_>>()
    };
    world.append_events("R", 2);
    world.leave_gaps("R", 2);
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
fn an_entry_behind_a_gap_of_any_length_is_found_without_the_counter() {
    for (before, lost) in [(0, 31), (0, 200), (1, 16), (3, 40), (17, 100), (40, 1100)] {
        let world = World::default();
        world.append_events("R", before);
        world.leave_gaps("R", lost);
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
        assert!(seen.has_event(&event(EventKind::Captured, "T-behind").id));
    }
}

#[test]
fn an_attempt_behind_a_gap_is_found_by_the_payment_before_it() {
    for lost in [4, 9, 60] {
        let world = World::default();
        open(&world.ledger(), "R1", Operation::Charge, false).unwrap();
        append(&world.ledger(), "R1", Fact::Event(event(failed(), "T1"))).unwrap();
        for _ in 0..lost {
            world.ledger().allocate_linked_attempt(&order(), Direction::In).unwrap();
        }
        world.clock.advance(LEASE_MILLISECONDS + 1);
        // The first attempt after them shows that the lost numbers are old.
        open(&world.ledger(), "busy", Operation::Charge, false).unwrap_err();
        world.clock.advance(LEASE_MILLISECONDS + 1);
        open(&world.ledger(), "R2", Operation::Charge, false).unwrap();
        let history = world.ledger().history(&payment("R1")).unwrap();
        assert_eq!(history.superseded_by, Some(payment("R2")), "after {lost} lost numbers");
    }
}

#[test]
fn an_operation_whose_number_was_passed_is_fenced() {
    let world = World::default();
    let ledger = world.ledger();
    let claim = claim(&ledger, "k");
    let attempt = allocate(&ledger, Operation::Charge, true, "one").unwrap();
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
fn an_attempt_that_passes_a_gap_checks_what_was_written_there_meanwhile() {
    let world = World::default();
    // It allocated its number, and has written nothing yet.
    let slow = allocate(&world.ledger(), Operation::Charge, false, "slow").unwrap();
    open(&world.ledger(), "busy", Operation::Charge, false).unwrap_err();
    world.clock.advance(LEASE_MILLISECONDS + 1);
    open(&world.ledger(), "R3", Operation::Charge, false).unwrap();
    // Now the slow attempt writes, and sees that its number was passed.
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
fn a_sync_state_that_was_read_too_long_ago_is_not_written_back() {
    let world = World::default();
    let ledger = world.ledger();
    append(&ledger, "R", captured("T1")).unwrap();
    let history = ledger.history(&payment("R")).unwrap();
    world.clock.advance(LEASE_MILLISECONDS);
    ledger.write_sync_state(&history, &SyncState::default(), Writes::new(), LEASE_MILLISECONDS).unwrap_err();
    ledger.write_sync_state(&history, &SyncState::default(), Writes::new(), LEASE_MILLISECONDS + 1).unwrap();
}

#[test]
fn a_payment_whose_review_position_was_passed_is_enqueued_again() {
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
fn the_review_queue_passes_gaps_only_once_they_are_old() {
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
