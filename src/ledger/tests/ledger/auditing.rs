//! The audit detects entries that were changed, moved or removed.

use tollbridge_domain::{EventKind, Fact, Operation};
use tollbridge_ledger::Verdict;

use crate::stories::*;

/// A payment `R` of three entries.
fn world() -> World {
    let world = World::default();
    append(&world.ledger(), "R", request(Operation::Charge, 1)).unwrap();
    append(&world.ledger(), "R", Fact::Event(event(EventKind::Captured, "T1"))).unwrap();
    append(&world.ledger(), "R", Fact::Event(event(EventKind::Settled, "T1"))).unwrap();
    world
}

fn verdict(world: &World, reference: &str) -> Verdict {
    world.ledger().audited(&payment(reference)).unwrap().1
}

fn broken(changed: &[u64], missing: &[u64]) -> Verdict {
    Verdict { intact: false, changed: changed.to_vec(), missing: missing.to_vec(), beyond: Vec::new() }
}

fn intact() -> Verdict {
    Verdict { intact: true, changed: Vec::new(), missing: Vec::new(), beyond: Vec::new() }
}

#[test]
fn an_untouched_history_is_intact() {
    let world = world();
    let (entries, verdict) = world.ledger().audited(&payment("R")).unwrap();
    assert_eq!((entries.len(), verdict), (3, intact()));
    assert!(entries.iter().all(|entry| entry.intact));
    let read = world.ledger().history(&payment("R")).unwrap().entries;
    assert_eq!(entries.into_iter().map(|audited| audited.entry).collect::<Vec<_>>(), read);
}

#[test]
fn a_history_of_any_length_is_fully_audited() {
    let world = World::default();
    world.append_events("R", 600);
    let key = "pay/tr/R/513";
    world.store.tamper(key, world.store.value("pay/tr/R/512"));
    world.store.remove("pay/tr/R/257");
    let (entries, verdict) = world.ledger().audited(&payment("R")).unwrap();
    assert_eq!((entries.len(), verdict), (599, broken(&[513], &[257])));
}

#[test]
fn a_changed_amount_is_detected_only_where_it_was_changed() {
    let world = world();
    let text = String::from_utf8(world.store.value("pay/tr/R/2")).unwrap();
    let forged = text.replacen("10000", "90000", 1);
    assert_ne!(text, forged);
    world.store.tamper("pay/tr/R/2", forged);
    let (entries, verdict) = world.ledger().audited(&payment("R")).unwrap();
    assert_eq!(verdict, broken(&[2], &[]));
    assert_eq!(entries.iter().map(|entry| entry.intact).collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn a_change_of_any_byte_of_an_entry_is_detected() {
    let world = world();
    let key = "pay/tr/R/2";
    let written = world.store.value(key);
    let (mut seen_changed, mut unreadable) = (0, 0);
    for index in 0..written.len() {
        for mask in [0x01, 0x20] {
            let mut forged = written.clone();
            forged[index] ^= mask;
            world.store.tamper(key, forged);
            let (entries, verdict) = world.ledger().audited(&payment("R")).unwrap();
            assert_eq!(verdict, broken(&[2], &[]), "byte {index} changed by {mask:#x}");
            match entries.iter().find(|audited| audited.entry.sequence == 2) {
                Some(audited) => {
                    assert!(!audited.intact, "byte {index} changed by {mask:#x}");
                    seen_changed += 1;
                }
                None => unreadable += 1,
            }
        }
    }
    assert!(seen_changed > 100 && unreadable > 10, "{seen_changed} changed, {unreadable} unreadable");
    world.store.tamper(key, written);
    assert_eq!(verdict(&world, "R"), intact());
}

#[test]
fn the_verdict_names_a_garbled_entry_and_the_others_are_still_read() {
    for garbled in [&b""[..], b"{", b"[1]", b"{\"mac\":1}", &[0xff, 0xfe], b"{\"mac\":\"\",\"content\":{}}"] {
        for sequence in 1..=3 {
            let world = world();
            world.store.tamper(&format!("pay/tr/R/{sequence}"), garbled);
            let (entries, verdict) = world.ledger().audited(&payment("R")).unwrap();
            assert_eq!(verdict, broken(&[sequence], &[]), "{garbled:?}");
            let read: Vec<u64> = entries.iter().map(|audited| audited.entry.sequence).collect();
            assert_eq!(read, (1..=3).filter(|other| *other != sequence).collect::<Vec<_>>(), "{garbled:?}");
        }
    }
}

#[test]
fn an_entry_that_says_the_same_in_other_bytes_is_detected() {
    let world = world();
    let text = String::from_utf8(world.store.value("pay/tr/R/2")).unwrap();
    world.store.tamper("pay/tr/R/2", text.replacen("\"kind\":", "\"kind\": ", 1));
    assert_eq!(verdict(&world, "R"), broken(&[2], &[]));
}

#[test]
fn entries_that_were_swapped_are_detected() {
    let world = world();
    let (second, third) = (world.store.value("pay/tr/R/2"), world.store.value("pay/tr/R/3"));
    world.store.tamper("pay/tr/R/2", third);
    world.store.tamper("pay/tr/R/3", second);
    assert_eq!(verdict(&world, "R"), broken(&[2, 3], &[]));
}

#[test]
fn an_entry_of_another_payment_is_detected() {
    let world = world();
    append(&world.ledger(), "S", request(Operation::Charge, 1)).unwrap();
    world.store.tamper("pay/tr/S/1", world.store.value("pay/tr/R/1"));
    assert_eq!((verdict(&world, "S"), verdict(&world, "R")), (broken(&[1], &[]), intact()));
}

#[test]
fn an_entry_of_another_site_is_detected() {
    let world = world();
    let elsewhere = world.ledger_of("de", AUDIT_KEY);
    append(&elsewhere, "R", request(Operation::Charge, 1)).unwrap();
    assert_eq!(elsewhere.audited(&payment("R")).unwrap().1, intact());
    world.store.tamper("pay/de/R/1", world.store.value("pay/tr/R/1"));
    assert_eq!(elsewhere.audited(&payment("R")).unwrap().1, broken(&[1], &[]));
}

#[test]
fn an_entry_without_its_mac_is_detected() {
    let world = world();
    let text = String::from_utf8(world.store.value("pay/tr/R/2")).unwrap();
    let content = text.split_once("\",\"content\":").unwrap().1;
    world.store.tamper("pay/tr/R/2", format!("{{\"mac\":\"\",\"content\":{content}"));
    assert_eq!(verdict(&world, "R"), broken(&[2], &[]));
}

#[test]
fn removed_entries_are_detected_the_last_one_too() {
    for sequence in 1..=3 {
        let world = world();
        world.store.remove(&format!("pay/tr/R/{sequence}"));
        assert_eq!(verdict(&world, "R"), broken(&[], &[sequence]));
    }
}

#[test]
fn a_number_that_was_allocated_and_not_written_is_missing() {
    let world = world();
    world.leave_gaps("R", 2);
    append(&world.ledger(), "R", Fact::TimedOut { operation: None }).unwrap();
    let (entries, verdict) = world.ledger().audited(&payment("R")).unwrap();
    assert_eq!(entries.last().unwrap().entry.sequence, 6);
    assert_eq!(verdict, broken(&[], &[4, 5]));
}

#[test]
fn under_another_key_no_entry_verifies() {
    let world = world();
    let other = world.ledger_of("tr", [8; 32]).audited(&payment("R")).unwrap().1;
    assert_eq!(other, broken(&[1, 2, 3], &[]));
}

#[test]
fn a_payment_without_entries_is_intact_and_empty() {
    let world = world();
    let (entries, verdict) = world.ledger().audited(&payment("nobody")).unwrap();
    assert_eq!((entries.len(), verdict), (0, intact()));
}

#[test]
fn the_verdict_has_this_json_form() {
    let sync_state = serde_json::to_value(broken(&[2], &[4])).unwrap();
    assert_eq!(sync_state, serde_json::json!({"intact": false, "changed": [2], "missing": [4], "beyond": []}));
}
