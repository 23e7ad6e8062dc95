//! Records that the ledger did not write: each gives an error that names its key, for a person to look at.

use tollbridge_domain::{EventKind, Fact, Operation};
use tollbridge_ledger::{AttemptError, Direction, Ledger, StoreError};

use crate::stories::*;

const NONSENSE: [&[u8]; 6] = [b"", b"{", b"[1]", b"{\"mac\":1}", &[0xff, 0xfe], b"{\"mac\":\"\",\"content\":{}}"];

fn world() -> World {
    let world = World::default();
    open(&world.ledger(), "R", Operation::Charge, false).unwrap();
    append(&world.ledger(), "R", Fact::Event(event(EventKind::Captured, "T1"))).unwrap();
    world
}

/// Writes nonsense under a key, and checks that reading it fails and names the key.
fn named<T>(key: &str, act: impl Fn(&Ledger<'_>) -> Result<T, StoreError>) {
    assert!(act(&world().ledger()).is_ok(), "{key}");
    for nonsense in NONSENSE {
        let world = world();
        world.store.tamper(key, nonsense);
        match act(&world.ledger()) {
            Ok(_) => panic!("{nonsense:?} under {key} was read"),
            Err(StoreError::Unavailable(problem)) => panic!("{nonsense:?} under {key} is {problem}"),
            Err(StoreError::Unreadable { key: named, problem }) => {
                assert_eq!(named, key);
                assert!(!problem.is_empty());
            }
        }
    }
}

#[test]
fn an_entry_that_cannot_be_read_is_named() {
    named("pay/tr/R/2", |ledger| ledger.history(&payment("R")));
}

#[test]
fn a_sync_state_that_cannot_be_read_is_named() {
    named("pay/tr/R", |ledger| ledger.history(&payment("R")));
}

#[test]
fn a_journal_entry_or_cursor_that_cannot_be_read_is_named() {
    named("jrn/tr/1", |ledger| ledger.journal_after(0, 10));
    named("jrn/tr@", |ledger| ledger.cursor());
}

#[test]
fn a_transaction_index_that_cannot_be_read_is_named() {
    named("tx/tr/T1", |ledger| ledger.find(None, &[&transaction("T1")]));
}

#[test]
fn an_attempt_that_cannot_be_read_is_named_and_blocks_payments() {
    named("src/tr/Order/801Hs00000abcde/2", |ledger| ledger.history(&payment("R")));
    let world = world();
    let key = "src/tr/Order/801Hs00000abcde/1";
    world.store.tamper(key, "nonsense");
    let refused = world.ledger().check_source(&order(), Direction::In, currency()).unwrap_err();
    assert!(matches!(refused, AttemptError::Store(StoreError::Unreadable { key: named, .. }) if named == key));
    let allocated = world.ledger().allocate_attempt(&order(), Direction::In, false, currency()).unwrap_err();
    assert!(matches!(allocated, StoreError::Unreadable { key: named, .. } if named == key));
}

#[test]
fn an_idempotency_record_that_cannot_be_read_is_named() {
    let world = world();
    let ledger = world.ledger();
    let claim = claim(&ledger, "k");
    let key = ledger.running(&claim).unwrap().remove(0).0;
    named(&key, |ledger| ledger.key_state(&idempotency_key("k"), "request"));
}

#[test]
fn a_counter_that_is_not_above_zero_allocates_nothing() {
    for (key, count) in [("pay/tr/R#", -1), ("pay/tr/R#", i64::MIN), ("jrn/tr#", -7)] {
        let world = world();
        world.store.set_counter(key, count);
        let before = world.store.value_keys();
        let error = append(&world.ledger(), "R", Fact::TimedOut { operation: None }).unwrap_err();
        assert!(matches!(&error, StoreError::Unreadable { key: named, .. } if named == key), "{error}");
        assert_eq!(world.store.value_keys(), before);
    }
}
