//! Test doubles: a store in memory that enforces the ledger's rules and fails on request, and a clock that is set by
//! hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard};

use tollbridge_domain::Timestamp;
use tollbridge_ledger::{Clock, Random, Store, StoreError};

/// Spin's limit for a key, in bytes.
pub const MAX_KEY_BYTES: usize = 256;

/// How often each operation of the store was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounts {
    pub reads: usize,
    pub writes: usize,
    pub increments: usize,
    pub counter_reads: usize,
}

/// A failure of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The operation after this many fails without effect; later ones succeed.
    OperationAfter(usize),
    /// No write takes effect: the process dies between allocating its numbers and writing under them.
    Writes,
    /// Every write takes effect, and its confirmation is lost.
    AnswersOfWrites,
}

#[derive(Default)]
struct Contents {
    values: BTreeMap<String, Vec<u8>>,
    // Apart from the values, because each store keeps counters in its own way.
    counters: BTreeMap<String, i64>,
    counts: CallCounts,
    mishap: Option<Mishap>,
}

/// A key-value store in memory. It panics at what no store of Spin guarantees: a counter that is read or written as a
/// value, a key twice in one write, a key that is too long. It also panics when the ledger writes an immutable record
/// twice.
#[derive(Default)]
pub struct MemoryStore(Mutex<Contents>);

impl MemoryStore {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap()
    }

    /// Sets the failure from now on; `None` for no failure.
    pub fn set_mishap(&self, mishap: Option<Mishap>) {
        self.contents().mishap = mishap;
    }

    /// The calls since the last `take_counts`.
    pub fn take_counts(&self) -> CallCounts {
        core::mem::take(&mut self.contents().counts)
    }

    /// The keys of all values, in order.
    pub fn value_keys(&self) -> Vec<String> {
        self.contents().values.keys().cloned().collect()
    }

    /// All counters, in order.
    pub fn counters(&self) -> Vec<(String, i64)> {
        self.contents().counters.iter().map(|(key, count)| (key.clone(), *count)).collect()
    }

    /// Reads a value directly from the store.
    pub fn value(&self, key: &str) -> Vec<u8> {
        self.contents().values.get(key).unwrap_or_else(|| panic!("nothing is stored under {key}")).clone()
    }

    /// Writes a value directly to the store.
    pub fn tamper(&self, key: &str, value: impl Into<Vec<u8>>) {
        self.contents().values.insert(key.to_owned(), value.into());
    }

    /// Removes a value directly from the store.
    pub fn remove(&self, key: &str) {
        assert!(self.contents().values.remove(key).is_some(), "nothing is stored under {key}");
    }

    /// Sets a counter directly in the store.
    pub fn set_counter(&self, key: &str, count: i64) {
        self.contents().counters.insert(key.to_owned(), count);
    }
}

impl Contents {
    fn may_fail(&mut self) -> Result<(), StoreError> {
        match &mut self.mishap {
            Some(Mishap::OperationAfter(0)) => {
                self.mishap = None;
                Err(unavailable())
            }
            Some(Mishap::OperationAfter(left)) => {
                *left -= 1;
                Ok(())
            }
            Some(Mishap::Writes | Mishap::AnswersOfWrites) | None => Ok(()),
        }
    }
}

/// The error of every failure here.
pub fn unavailable() -> StoreError {
    StoreError::Unavailable("on request".to_owned())
}

/// Whether the key is that of an entry of a payment, a journal entry, or an attempt.
fn is_immutable(key: &str) -> bool {
    let has_number = key.rsplit('/').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    match key.split('/').next() {
        Some("pay") => has_number && key.split('/').count() == 4,
        Some("jrn" | "src") => has_number,
        Some(_) | None => false,
    }
}

/// The one case in which an entry is written again: an older version stored the provider's message in clear text, and
/// it is erased.
fn loses_its_clear_text(before: &[u8], after: &[u8]) -> bool {
    let has_raw = |entry: &[u8]| String::from_utf8_lossy(entry).contains("\"raw\":");
    has_raw(before) && !has_raw(after)
}

fn check_key(key: &str, is_counter: bool) {
    assert!(key.len() <= MAX_KEY_BYTES, "the key is too long for the store: {key}");
    let names_a_counter = key.contains('#') && !key.ends_with('@');
    assert_eq!(
        names_a_counter, is_counter,
        "a key is that of a counter if it contains # and does not end with @: {key}"
    );
}

impl Store for MemoryStore {
    fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        keys.iter().for_each(|key| check_key(key, false));
        let mut contents = self.contents();
        contents.counts.reads += 1;
        contents.may_fail()?;
        Ok(keys.iter().map(|key| contents.values.get(key).cloned()).collect())
    }

    fn set_many(&self, writes: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        let distinct: BTreeSet<&String> = writes.iter().map(|(key, _)| key).collect();
        assert_eq!(distinct.len(), writes.len(), "a key is named twice in one write: {distinct:?}");
        distinct.iter().for_each(|key| check_key(key, false));
        let mut contents = self.contents();
        contents.counts.writes += 1;
        contents.may_fail()?;
        if contents.mishap == Some(Mishap::Writes) {
            return Err(unavailable());
        }
        for (key, value) in writes {
            let before = contents.values.insert(key.clone(), value.clone());
            if is_immutable(key) && before.is_some_and(|before| !loses_its_clear_text(&before, value)) {
                drop(contents);
                panic!("the immutable record {key} is written again");
            }
        }
        if contents.mishap == Some(Mishap::AnswersOfWrites) { Err(unavailable()) } else { Ok(()) }
    }

    fn delete_many(&self, keys: &[String]) -> Result<(), StoreError> {
        assert!(keys.iter().all(|key| !is_immutable(key)), "an immutable record is removed: {keys:?}");
        let mut contents = self.contents();
        contents.counts.writes += 1;
        contents.may_fail()?;
        contents.values.retain(|key, _| !keys.contains(key));
        contents.counters.retain(|key, _| !keys.contains(key));
        Ok(())
    }

    fn increment(&self, key: &str, by: i64) -> Result<i64, StoreError> {
        check_key(key, true);
        let mut contents = self.contents();
        if by == 0 {
            contents.counts.counter_reads += 1;
        } else {
            contents.counts.increments += 1;
        }
        contents.may_fail()?;
        if by == 0 {
            return Ok(contents.counters.get(key).copied().unwrap_or(0));
        }
        let count = contents.counters.entry(key.to_owned()).or_insert(0);
        *count += by;
        Ok(*count)
    }
}

/// Bytes that differ from call to call, and are the same in every run.
#[derive(Default)]
pub struct CountingRandom(AtomicU8);

impl Random for CountingRandom {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::SeqCst));
    }
}

/// A clock that only moves when it is advanced.
pub struct HandClock(AtomicI64);

impl HandClock {
    /// The time at which the clock begins, in milliseconds since 1970.
    pub const BEGINNING: i64 = 1_700_000_000_000;

    pub fn advance(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Default for HandClock {
    fn default() -> Self {
        Self(AtomicI64::new(Self::BEGINNING))
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.0.load(Ordering::SeqCst)).unwrap()
    }

    fn elapsed_milliseconds(&self) -> i64 {
        self.0.load(Ordering::SeqCst) - Self::BEGINNING
    }
}
