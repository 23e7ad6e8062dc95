//! A store in memory that is as strict as the ledger's rules and fails when told to, and a clock set by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard};

use tollbridge_domain::Timestamp;
use tollbridge_ledger::{Clock, Random, Store, StoreError};

/// What Spin allows of a key, in bytes.
pub const LONGEST_KEY: usize = 256;

/// How often the store was asked for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub reads: usize,
    pub writes: usize,
    pub increments: usize,
    pub counter_reads: usize,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The one operation after so many others fails, without effect; those after it do not.
    OperationAfter(usize),
    /// No write takes effect: the process dies between drawing its numbers and writing under them.
    Writes,
    /// Every write takes effect and its answer is lost.
    AnswersOfWrites,
}

#[derive(Default)]
struct Contents {
    values: BTreeMap<String, Vec<u8>>,
    // Apart from the values, since how a store keeps a counter is its own affair.
    counters: BTreeMap<String, i64>,
    counts: Counts,
    mishap: Option<Mishap>,
}

/// A key-value store in memory. It panics at what no store of Spin's promises: reading a counter as a value, writing
/// one, naming a key twice in one write, a key that is too long. It panics too when the ledger writes an immutable
/// record twice.
#[derive(Default)]
pub struct MemoryStore(Mutex<Contents>);

impl MemoryStore {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap()
    }

    /// From now on this goes wrong, or nothing does.
    pub fn set_mishap(&self, mishap: Option<Mishap>) {
        self.contents().mishap = mishap;
    }

    /// What was asked of the store since this was asked last.
    pub fn take_counts(&self) -> Counts {
        core::mem::take(&mut self.contents().counts)
    }

    /// The names of all values, in order.
    pub fn value_keys(&self) -> Vec<String> {
        self.contents().values.keys().cloned().collect()
    }

    /// All counters, in order.
    pub fn counters(&self) -> Vec<(String, i64)> {
        self.contents().counters.iter().map(|(key, count)| (key.clone(), *count)).collect()
    }

    /// What is stored there, past the ledger.
    pub fn value(&self, key: &str) -> Vec<u8> {
        self.contents().values.get(key).unwrap_or_else(|| panic!("nothing is stored under {key}")).clone()
    }

    /// Puts something there, past the ledger.
    pub fn tamper(&self, key: &str, value: impl Into<Vec<u8>>) {
        self.contents().values.insert(key.to_owned(), value.into());
    }

    /// Takes away what is there, past the ledger.
    pub fn remove(&self, key: &str) {
        assert!(self.contents().values.remove(key).is_some(), "nothing is stored under {key}");
    }

    /// Sets a counter, past the ledger.
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

/// The error that every mishap is told as.
pub fn unavailable() -> StoreError {
    StoreError::Unavailable("as told".to_owned())
}

/// An entry of a payment, of the journal, or an attempt: what stands under a number.
fn is_immutable(key: &str) -> bool {
    let numbered = key.rsplit('/').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    match key.split('/').next() {
        Some("pay") => numbered && key.split('/').count() == 4,
        Some("jrn" | "src") => numbered,
        Some(_) | None => false,
    }
}

/// The one case in which an entry is written again: a version before kept what the provider sent in clear, and it is erased.
fn loses_its_clear_text(before: &[u8], after: &[u8]) -> bool {
    let has_raw = |entry: &[u8]| String::from_utf8_lossy(entry).contains("\"raw\":");
    has_raw(before) && !has_raw(after)
}

fn check_key(key: &str, is_counter: bool) {
    assert!(key.len() <= LONGEST_KEY, "the key is too long for the store: {key}");
    let names_a_counter = key.contains('#') && !key.ends_with('@');
    assert_eq!(names_a_counter, is_counter, "counters and values are told apart by #, and by @ after it: {key}");
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

/// Bytes that differ from one time to the next, and are the same in every run.
#[derive(Default)]
pub struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::SeqCst));
    }
}

/// A clock that stands still until it is moved.
pub struct HandClock(AtomicI64);

impl HandClock {
    /// Milliseconds since 1970 that the clock begins at.
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
