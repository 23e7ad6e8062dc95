//! Erasure: the personal data of a payment is gone, its history and the audit are not, and no personal data is stored
//! from then on.

use tollbridge_domain::{Erasure, Fact, MappingName};
use tollbridge_ledger::{History, LEASE_MILLISECONDS, NewEntry, SyncState, Writes};

use crate::doubles::Mishap;
use crate::sealing::{append_said, entry_of_a_version_before, everything, said};
use crate::stories::*;

fn erasure() -> Erasure {
    Erasure { note: "request 2026-17".into(), by: "privacy".into() }
}

fn erase(world: &World) {
    let ledger = world.ledger();
    let history = ledger.history(&payment("R")).unwrap();
    ledger.erase(&history, erasure(), &correlation()).unwrap();
}

fn data_keys(world: &World) -> Vec<String> {
    world.store.value_keys().into_iter().filter(|key| key.ends_with('!')).collect()
}

fn opened(world: &World) -> History {
    world.ledger().opened_history(&payment("R"), 0).unwrap()
}

#[test]
fn an_erasure_removes_the_data_keys_and_the_audit_stays_intact_and_reports_it() {
    let world = World::default();
    append_said(&world.ledger(), "R", "T1");
    append_said(&world.ledger(), "S", "T2");
    let before = world.fold("R");
    erase(&world);
    assert_eq!(data_keys(&world), ["pay/tr/S/1!"]);
    let (entries, verdict) = world.ledger().audited(&payment("R")).unwrap();
    assert!(verdict.intact, "{verdict:?}");
    assert!(entries[0].erased && entries[0].raw.is_none() && entries[0].intact);
    assert_eq!(entries[0].entry.fact.event().unwrap().reason, None);
    assert_eq!((&entries[1].entry.fact, entries[1].erased), (&Fact::Erased(erasure()), false));
    let after = world.fold("R");
    assert_eq!((after.captured, after.status, after.version), (before.captured, before.status, before.version + 1));
    assert!(opened(&world).raw.is_empty() && !opened(&world).has_unerased_data());
    assert!(world.ledger().audited(&payment("S")).unwrap().0[0].raw.is_some());
}

#[test]
fn an_erasure_removes_fingerprints_and_shadow_differences_too() {
    let world = World::default();
    append_said(&world.ledger(), "R", "T1");
    let ledger = world.ledger();
    let name = MappingName::parse("next").unwrap();
    ledger.store_mapping(&name, "document", &correlation()).unwrap();
    let history = ledger.history(&payment("R")).unwrap();
    let with = ledger.shadow_record(&name, &payment("R"), &"Ada Yılmaz").unwrap();
    let records = r#"{"version":0,"reported":0,"sequences":[],"records":{"Contact/1":{"Name":"Ada"}},"inserted":[]}"#;
    let sync_state: SyncState = serde_json::from_str(records).unwrap();
    ledger.write_sync_state(&history, &sync_state, with, LEASE_MILLISECONDS).unwrap();
    let shadows = || ledger.shadows::<String>(&name, &[payment("R")]).unwrap();
    assert_eq!(shadows(), [(payment("R"), "Ada Yılmaz".to_owned())]);
    assert!(!String::from_utf8(world.store.value("map/tr/next/~R")).unwrap().contains("Ada"));
    erase(&world);
    assert!(shadows().is_empty());
    assert!(ledger.history(&payment("R")).unwrap().sync_state.confirmed.records.is_empty());
    assert!(!everything(&world).contains("Ada"));
}

#[test]
fn a_repeated_erasure_writes_no_mark_and_removes_what_is_left() {
    let world = World::default();
    append_said(&world.ledger(), "R", "T1");
    erase(&world);
    // This process read the payment before the erasure.
    append_said(&world.ledger(), "R", "T2");
    assert!(opened(&world).has_unerased_data() && opened(&world).raw.is_empty());
    assert!(world.ledger().audited(&payment("R")).unwrap().0[2].erased, "no reader sees it even so");
    erase(&world);
    assert_eq!(data_keys(&world), Vec::<String>::new());
    assert_eq!(world.read_sequences("R"), [1, 2, 3]);
    assert!(!opened(&world).has_unerased_data());
}

#[test]
fn no_personal_data_of_later_events_is_stored() {
    let world = World::default();
    append_said(&world.ledger(), "R", "T1");
    let kept = |history: &History| {
        let (fact, raw) = history.strip_if_erased(said("T2"), Some(b"{}"));
        (fact.event().unwrap().reason.is_some(), fact.event().unwrap().digest.clone(), raw.is_some())
    };
    assert_eq!(kept(&world.ledger().history(&payment("R")).unwrap()), (true, "d1".into(), true));
    erase(&world);
    assert_eq!(kept(&world.ledger().history(&payment("R")).unwrap()), (false, String::new(), false));
}

#[test]
fn wherever_an_erasure_fails_repeating_it_does_the_rest() {
    for after in 0.. {
        let world = World::default();
        append_said(&world.ledger(), "R", "T1");
        let ledger = world.ledger();
        let history = ledger.history(&payment("R")).unwrap();
        world.store.set_mishap(Some(Mishap::OperationAfter(after)));
        let ended = ledger.erase(&history, erasure(), &correlation());
        world.store.set_mishap(None);
        // Before the mark, everything is readable; from the mark on, no personal data is.
        let marked = ledger.history(&payment("R")).unwrap().erased_at().is_some();
        assert_eq!(opened(&world).raw.is_empty(), marked, "after {after}");
        erase(&world);
        assert_eq!(data_keys(&world), Vec::<String>::new(), "after {after}");
        // A read of a tombstone that fails is repeated once.
        if ended.is_ok() && after > 4 {
            return;
        }
    }
}

#[test]
fn clear_text_of_an_older_version_is_erased_from_its_entry() {
    let world = World::default();
    let content = |transaction: &str| {
        format!(
            r#"{{"fact":"event","id":"{transaction}","kind":"captured","transaction":"{transaction}","reason":"Ada","digest":"d1","receivedAt":1700000000000,"correlationId":"c","raw":"Ada Yılmaz"}}"#
        )
    };
    world.store.set_counter("pay/tr/R#", 2);
    world.store.tamper("pay/tr/R/1", entry_of_a_version_before("R", 1, &content("T1")));
    let forged = entry_of_a_version_before("R", 2, &content("T2")).replace("captured", "refunded");
    world.store.tamper("pay/tr/R/2", forged);
    erase(&world);
    assert!(!everything(&world).contains("Ada"), "{}", everything(&world));
    let (entries, verdict) = world.ledger().audited(&payment("R")).unwrap();
    assert_eq!(verdict.changed, [2], "an erasure does not repair a tampered entry");
    assert!(entries[0].erased && entries[0].intact && entries[1].erased && !entries[1].intact);
}

#[test]
fn an_entry_without_personal_data_is_not_rewritten() {
    let world = World::default();
    append(&world.ledger(), "R", Fact::TimedOut { operation: None }).unwrap();
    let before = world.store.value("pay/tr/R/1");
    erase(&world);
    assert_eq!(world.store.value("pay/tr/R/1"), before);
    assert!(!world.ledger().audited(&payment("R")).unwrap().0[0].erased);
    let mark = world.ledger().journal_after(1, 10).unwrap();
    assert_eq!(serde_json::to_value(&mark[0]).unwrap()["kind"], "erased");
}

#[test]
fn an_erasure_is_stored_in_this_form() {
    let world = World::default();
    let (reference, correlation_id) = (&payment("R"), &correlation());
    let fact = Fact::Erased(erasure());
    let entry = NewEntry { reference, after: 0, fact, raw: None, correlation_id, not_before: None, authority: None };
    world.ledger().append(entry, Writes::new()).unwrap();
    let stored: serde_json::Value = serde_json::from_slice(&world.store.value("pay/tr/R/1")).unwrap();
    let content = serde_json::json!({
        "fact": "erased", "note": "request 2026-17", "by": "privacy",
        "receivedAt": 1_700_000_000_000_i64, "correlationId": "correlation-1", "journal": 1,
    });
    assert_eq!(stored["content"], content);
}
