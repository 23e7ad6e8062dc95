//! The store's keys and record formats: a contract that outlives every version of the code.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tollbridge_domain::{EventKind, Fact, Invoice, Operation, SourceRecord};
use tollbridge_ledger::{ConfirmedState, Direction, LEASE_MILLISECONDS, SyncState};

use crate::stories::*;

/// SHA-256 of `order-1`.
const HASH: &str = "0bafe22156d2698c143b86040446d366ead863ba600d5c924f3d15c786ef4057";

/// A charge from the command to Salesforce: two entries, an attempt, a response, the sync state, and a cursor.
fn charge(world: &World) {
    let ledger = world.ledger();
    let claim = ledger.claim(&idempotency_key("order-1"), "request", 1).unwrap().into_result().unwrap();
    let attempt = ledger.allocate_attempt(&order(), Direction::In, false, currency()).unwrap().into_result().unwrap();
    let mut with = ledger.running(&claim).unwrap();
    with.extend(ledger.accepted_attempt(&attempt, &payment("R")).unwrap());
    append_with(&ledger, "R", request(Operation::Charge, attempt.number), with).unwrap();
    let captured = Fact::Event(event(EventKind::Captured, "T1"));
    append_with(&ledger, "R", captured, ledger.completed(&claim, response(201)).unwrap()).unwrap();
    let history = ledger.history(&payment("R")).unwrap();
    ledger
        .write_sync_state(
            &history,
            &SyncState {
                confirmed: ConfirmedState { version: 2, ..ConfirmedState::default() },
                ..SyncState::default()
            },
            Vec::new(),
            LEASE_MILLISECONDS,
        )
        .unwrap();
    ledger.move_cursor(2).unwrap();
}

fn stored(world: &World, key: &str) -> Value {
    serde_json::from_slice(&world.store.value(key)).unwrap()
}

#[test]
fn a_charge_is_stored_under_exactly_these_keys() {
    let world = World::default();
    charge(&world);
    let values = [
        format!("idem/tr/{HASH}"),
        "jrn/tr/1".into(),
        "jrn/tr/2".into(),
        "jrn/tr@".into(),
        "pay/tr/R".into(),
        "pay/tr/R/1".into(),
        "pay/tr/R/2".into(),
        "src/tr/Order/801Hs00000abcde/1".into(),
        "src/tr/Order/801Hs00000abcde/1@".into(),
        "tx/tr/T1".into(),
    ];
    assert_eq!(world.store.value_keys(), values);
    let counters = [
        (format!("idem/tr/{HASH}#1"), 1),
        ("jrn/tr#".into(), 2),
        ("pay/tr/R#".into(), 2),
        ("src/tr/Order/801Hs00000abcde#".into(), 1),
    ];
    assert_eq!(world.store.counters(), counters);
}

#[test]
fn an_entry_is_stored_as_its_content_and_a_mac_over_its_position_and_content() {
    let world = World::default();
    charge(&world);
    for sequence in [1, 2] {
        let text = String::from_utf8(world.store.value(&format!("pay/tr/R/{sequence}"))).unwrap();
        let (mac, content) = text.strip_prefix("{\"mac\":\"").unwrap().split_once("\",\"content\":").unwrap();
        let content = content.strip_suffix('}').unwrap();
        let mut expected = Hmac::<Sha256>::new_from_slice(&AUDIT_KEY).unwrap();
        expected.update(format!("tr|R|{sequence}|{content}").as_bytes());
        assert_eq!(mac, base16ct::lower::encode_string(&expected.finalize().into_bytes()));
    }
    let content = &stored(&world, "pay/tr/R/2")["content"];
    let expected = json!({
        "fact": "event", "id": event(EventKind::Captured, "T1").id.as_str(), "kind": "captured",
        "amount": {"minorUnits": 10_000, "currency": "TRY"}, "transaction": "T1",
        "occurredAt": 1_699_999_995_000_i64, "digest": "d1",
        "receivedAt": 1_700_000_000_000_i64, "correlationId": "correlation-1", "journal": 2,
    });
    assert_eq!(content, &expected);
}

#[test]
fn the_other_records_are_stored_in_these_forms() {
    let world = World::default();
    charge(&world);
    assert_eq!(stored(&world, "tx/tr/T1"), json!("R"));
    assert_eq!(stored(&world, "jrn/tr@"), json!(2));
    let journal = json!({
        "at": 1_700_000_000_000_i64, "kind": "event", "detail": "captured", "reference": "R", "sequence": 2,
        "correlationId": "correlation-1",
    });
    assert_eq!(stored(&world, "jrn/tr/2"), journal);
    let attempt = json!({"reference": "R", "direction": "in", "another": false, "at": 1_700_000_000_000_i64});
    assert_eq!(stored(&world, "src/tr/Order/801Hs00000abcde/1"), attempt);
    let kept = json!({
        "digest": "request", "at": 1_700_000_000_000_i64, "attempt": 1,
        "answer": {"status": 201, "content_type": "application/json", "location": "/v1/payments/R",
                   "body": "{\"status\":201}"},
    });
    assert_eq!(stored(&world, &format!("idem/tr/{HASH}")), kept);
}

#[test]
fn a_command_that_is_taken_over_is_stored_under_these_keys_and_in_these_forms() {
    let world = World::default();
    let ledger = world.ledger();
    let claim = claim(&ledger, "order-1");
    running(&try_claim(&ledger, "order-1", 1).unwrap_err());
    assert_eq!(world.store.value_keys(), [format!("idem/tr/{HASH}#1@")]);
    assert_eq!(stored(&world, &format!("idem/tr/{HASH}#1@")), json!(1_700_000_000_000_i64));
    let second = try_claim(&ledger, "order-1", 2).unwrap();
    let counters = [(format!("idem/tr/{HASH}#1"), 2), (format!("idem/tr/{HASH}#2"), 1)];
    assert_eq!(world.store.counters(), counters);
    let record = format!("idem/tr/{HASH}");
    let running = json!({"digest": "request", "at": 1_700_000_000_000_i64, "attempt": 2});
    assert_eq!(stored(&world, &record), running);
    for (claim, attempt) in [(&claim, 1), (&second, 2)] {
        let [(key, value)] = ledger.running(claim).unwrap().try_into().unwrap();
        let value: Value = serde_json::from_slice(&value).unwrap();
        assert_eq!((&key, &value["attempt"]), (&record, &json!(attempt)));
    }
}

#[test]
fn a_record_id_of_either_length_is_the_same_key() {
    let world = World::default();
    let ledger = world.ledger();
    for (id, number) in [("801Hs00000abcdeIAA", 1), ("801Hs00000abcde", 2)] {
        let order = SourceRecord::parse("Order".into(), id.into(), None).unwrap();
        let allocated =
            ledger.allocate_attempt(&order, Direction::In, true, currency()).unwrap().into_result().unwrap();
        assert_eq!(allocated.number, number);
    }
    assert_eq!(world.store.counters(), [("src/tr/Order/801Hs00000abcde#".to_owned(), 2)]);
}

#[test]
fn a_payment_is_indexed_by_the_numbers_of_its_record_and_its_invoice() {
    let world = World::default();
    let ledger = world.ledger();
    let order = SourceRecord::parse("Order".into(), "801Hs00000abcde".into(), Some("ORDER-1 ".into())).unwrap();
    let invoice = Invoice::parse(None, "INV-1".into()).unwrap();
    let mut with = Vec::new();
    for (invoice, slots) in [(None, 1), (Some(&invoice), 2)] {
        let records = ledger.number_records(&order, invoice, &payment("R")).unwrap();
        assert_eq!(records.len(), slots);
        with.extend(records);
    }
    append_with(&ledger, "R", request(Operation::Charge, 1), with).unwrap();
    // SHA-256 of `inv-1`.
    let digest = base16ct::lower::encode_string(&Sha256::digest("inv-1"));
    let key = |slot| format!("num/tr/{HASH}/{slot}");
    let values = [key(1), key(2), format!("num/tr/{digest}/1")];
    for key in &values {
        assert_eq!(stored(&world, key), json!("R"));
    }
    let counters = world.store.counters();
    assert!(counters.contains(&(format!("num/tr/{HASH}#"), 2)), "{counters:?}");
    let found = ledger.payments_of_number("order-1", 10).unwrap();
    assert_eq!(found.references, [payment("R")], "a number that was allocated twice finds the payment once");
}

#[test]
fn an_event_is_indexed_by_its_own_transaction_and_not_by_the_one_it_acts_on() {
    let world = World::default();
    let refunded = tollbridge_domain::Event { acts_on: Some(transaction("T1")), ..event(EventKind::Refunded, "T2") };
    append(&world.ledger(), "R", Fact::Event(refunded)).unwrap();
    assert_eq!(world.store.value_keys(), ["jrn/tr/1", "pay/tr/R/1", "tx/tr/T2"]);
}

#[test]
fn keys_of_the_longest_names_fit_the_stores_limit() {
    // The store panics at a key that is too long.
    let world = World::default();
    let ledger = world.ledger_of(&"s".repeat(32), AUDIT_KEY);
    let source = SourceRecord::parse("o".repeat(80), "i".repeat(18), None).unwrap();
    let claim = ledger.claim(&idempotency_key(&"k".repeat(255)), "request", 1).unwrap().into_result().unwrap();
    for _ in 0..2 {
        let _ = ledger.claim(&idempotency_key(&"k".repeat(255)), "request", u32::MAX).unwrap();
    }
    let attempt = ledger.allocate_attempt(&source, Direction::In, false, currency()).unwrap().into_result().unwrap();
    let reference = "r".repeat(40);
    let mut with = ledger.completed(&claim, response(201)).unwrap();
    with.extend(ledger.accepted_attempt(&attempt, &payment(&reference)).unwrap());
    append_with(&ledger, &reference, Fact::Event(event(EventKind::Captured, &"t".repeat(64))), with).unwrap();
    ledger.history(&payment(&reference)).unwrap();
}
