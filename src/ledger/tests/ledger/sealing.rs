//! The provider's message is sealed in the ledger: only a reader that asks for it reads it, and a change of it is
//! detected.

use tollbridge_domain::{Event, EventKind, Fact};
use tollbridge_ledger::{AppendedEntry, Ledger, NewEntry, Verdict, Writes, open, seal};

use crate::doubles::{CallCounts, CountingRandom};
use crate::stories::*;

const RAW: &str = r#"{"name":"Ada Yılmaz","iban":"TR330006100519786457841326"}"#;
const REASON: &str = "account of Ada Yılmaz is blocked";

/// An event of this transaction, with a reason.
pub fn said(transaction: &str) -> Fact {
    Fact::Event(Event { reason: Some(REASON.into()), ..event(EventKind::Captured, transaction) })
}

pub fn append_said(ledger: &Ledger<'_>, reference: &str, transaction: &str) -> AppendedEntry {
    let (reference, correlation_id) = (&payment(reference), &correlation());
    let (fact, raw) = (said(transaction), Some(RAW.as_bytes()));
    let entry = NewEntry { reference, after: 0, fact, raw, correlation_id, not_before: None, authority: None };
    ledger.append(entry, Writes::new()).unwrap()
}

/// All stored values, as text.
pub fn everything(world: &World) -> String {
    let keys = world.store.value_keys().into_iter();
    keys.map(|key| format!("{key} {}\n", String::from_utf8_lossy(&world.store.value(&key)))).collect()
}

fn verdict(world: &World) -> Verdict {
    world.ledger().audited(&payment("R")).unwrap().1
}

#[test]
fn the_message_is_not_stored_in_clear_text_and_is_read_back_in_full() {
    let world = World::default();
    world.store.take_counts();
    let appended = append_said(&world.ledger(), "R", "T1");
    assert_eq!(world.store.take_counts(), CallCounts { writes: 1, increments: 2, reads: 1, ..CallCounts::default() });
    assert_eq!(appended.entry.fact, said("T1"), "the writer still has it");
    let stored = everything(&world);
    for clear in ["Ada", "TR33", "blocked", "d1"] {
        assert!(!stored.contains(clear), "{clear}: {stored}");
    }
    let history = world.ledger().opened_history(&payment("R"), 0).unwrap();
    assert_eq!((&history.entries[0].fact, history.raw[&1].as_str()), (&said("T1"), RAW));
    let (entries, verdict) = world.ledger().audited(&payment("R")).unwrap();
    assert_eq!((&entries[0].entry.fact, entries[0].raw.as_deref()), (&said("T1"), Some(RAW)));
    assert!(verdict.intact && !entries[0].erased);
}

#[test]
fn a_reader_that_does_not_open_the_message_reads_no_data_key() {
    let world = World::default();
    append_said(&world.ledger(), "R", "T1");
    let mut history = world.ledger().history(&payment("R")).unwrap();
    assert_eq!(history.raw.len(), 0);
    assert_eq!(history.entries[0].fact.event().unwrap().reason, None);
    assert_eq!(history.payment(currency()).unwrap(), world.fold("R"));
    world.store.take_counts();
    world.ledger().open(&mut history).unwrap();
    assert_eq!(world.store.take_counts(), CallCounts { reads: 1, ..CallCounts::default() });
    assert_eq!((&history.entries[0].fact, history.raw[&1].as_str()), (&said("T1"), RAW));
}

#[test]
fn opening_the_message_costs_no_further_operation() {
    let world = World::default();
    append_said(&world.ledger(), "R", "T1");
    world.store.take_counts();
    world.ledger().history_reaching(&payment("R"), 0).unwrap();
    let without = world.store.take_counts();
    world.ledger().opened_history(&payment("R"), 0).unwrap();
    assert_eq!(world.store.take_counts(), without);
}

#[test]
fn each_entry_has_its_own_data_key_and_opens_nowhere_else() {
    let world = World::default();
    for (reference, transaction) in [("R", "T1"), ("R", "T2"), ("S", "T3")] {
        append_said(&world.ledger(), reference, transaction);
    }
    let key = |place: &str| world.store.value(&format!("pay/tr/{place}!"));
    let keys = [key("R/1"), key("R/2"), key("S/1")];
    assert!(keys[0] != keys[1] && keys[1] != keys[2]);
    for other in ["R/2", "S/1"] {
        world.store.tamper("pay/tr/R/1!", key(other));
        assert_eq!(verdict(&world).changed, [1], "the key of {other}");
        assert_eq!(world.ledger().opened_history(&payment("R"), 0).unwrap().raw.len(), 1);
    }
}

#[test]
fn a_changed_sealed_text_or_data_key_is_detected() {
    let world = World::default();
    append_said(&world.ledger(), "R", "T1");
    for key in ["pay/tr/R/1", "pay/tr/R/1!"] {
        let written = world.store.value(key);
        for index in 0..written.len() {
            let mut forged = written.clone();
            forged[index] ^= 1;
            world.store.tamper(key, forged);
            assert_eq!(verdict(&world).changed, [1], "byte {index} of {key}");
        }
        world.store.tamper(key, written);
        assert!(verdict(&world).intact);
    }
    world.store.remove("pay/tr/R/1!");
    assert_eq!(verdict(&world).changed, [1], "a data key was removed without an erasure");
}

#[test]
fn only_the_sites_current_and_former_keys_open_the_message() {
    let world = World::default();
    append_said(&world.ledger(), "R", "T1");
    let read = |audit: &[[u8; 32]]| {
        let (entries, verdict) = world.ledger_with("tr", keys(audit)).audited(&payment("R")).unwrap();
        (entries[0].raw.clone(), verdict.intact)
    };
    assert_eq!(read(&[[8; 32]]), (None, false));
    assert_eq!(read(&[[8; 32], AUDIT_KEY]), (Some(RAW.to_owned()), true));
    append_said(&world.ledger_with("tr", keys(&[[8; 32], AUDIT_KEY])), "R", "T2");
    assert_eq!(verdict(&world).changed, [2], "a new entry is signed by the new key alone");
}

#[test]
fn clear_text_of_an_older_version_is_read_and_verified() {
    let world = World::default();
    let reference = payment("R");
    let content = format!(
        r#"{{"fact":"event","id":"ev1","kind":"captured","amount":{{"minorUnits":10000,"currency":"TRY"}},"transaction":"T1","reason":"blocked","digest":"d1","receivedAt":1700000000000,"correlationId":"c","raw":{}}}"#,
        serde_json::Value::from(RAW)
    );
    world.store.set_counter("pay/tr/R#", 1);
    world.store.tamper("pay/tr/R/1", entry_of_a_version_before("R", 1, &content));
    let history = world.ledger().opened_history(&reference, 0).unwrap();
    assert_eq!(history.raw[&1], RAW);
    assert_eq!(history.entries[0].fact.event().unwrap().reason.as_deref(), Some("blocked"));
    let (entries, verdict) = world.ledger().audited(&reference).unwrap();
    assert_eq!((entries[0].raw.as_deref(), verdict.intact), (Some(RAW), true));
}

/// An entry with its MAC, as versions that sealed nothing wrote it.
pub fn entry_of_a_version_before(reference: &str, sequence: u64, content: &str) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&AUDIT_KEY).unwrap();
    mac.update(format!("tr|{reference}|{sequence}|{content}").as_bytes());
    let mac = base16ct::lower::encode_string(&mac.finalize().into_bytes());
    format!(r#"{{"mac":"{mac}","content":{content}}}"#)
}

#[test]
fn sealed_text_opens_only_with_its_key_and_under_its_store_key() {
    let random = CountingRandom::default();
    let sealed = seal(&[1; 32], "pay/tr/R/1", b"text", &random).unwrap();
    assert_eq!(open(&[1; 32], "pay/tr/R/1", &sealed).as_deref(), Some(&b"text"[..]));
    for (key, place) in [([2; 32], "pay/tr/R/1"), ([1; 32], "pay/tr/R/2"), ([1; 32], "pay/de/R/1")] {
        assert_eq!(open(&key, place, &sealed), None);
    }
    for other in ["", "!", "AAAA", &sealed[4..]] {
        assert_eq!(open(&[1; 32], "pay/tr/R/1", other), None);
    }
    assert_ne!(seal(&[1; 32], "pay/tr/R/1", b"text", &random).unwrap(), sealed);
}
