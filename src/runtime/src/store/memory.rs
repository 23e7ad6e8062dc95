//! A backend that keeps everything in memory and persists nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Backend, BackendError, StoreFuture, decode_counter, incremented};

type Entries = BTreeMap<(String, String), Vec<u8>>;

/// The stores of a test or a demonstration.
#[derive(Debug, Default)]
pub(crate) struct MemoryBackend {
    entries: Mutex<Entries>,
}

impl MemoryBackend {
    // No operation panics between two changes, so the data behind a poisoned lock is consistent.
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for MemoryBackend {
    fn get_many(&self, store: &str, keys: Vec<String>) -> StoreFuture<'_, Vec<Option<Vec<u8>>>> {
        let entries = self.entries();
        let values = keys.into_iter().map(|key| entries.get(&(store.to_owned(), key)).cloned()).collect();
        ready(Ok(values))
    }

    fn list_keys(&self, store: &str) -> StoreFuture<'_, Vec<String>> {
        let keys = self.entries().keys().filter(|(of, _)| of == store).map(|(_, key)| key.clone()).collect();
        ready(Ok(keys))
    }

    fn counter(&self, store: &str, key: String) -> StoreFuture<'_, i64> {
        let entries = self.entries();
        let value = entries.get(&(store.to_owned(), key)).map(Vec::as_slice);
        ready(decode_counter(value))
    }

    fn set_many(&self, store: &str, new: Vec<(String, Vec<u8>)>) -> StoreFuture<'_, ()> {
        let mut entries = self.entries();
        for (key, value) in new {
            entries.insert((store.to_owned(), key), value);
        }
        ready(Ok(()))
    }

    fn delete_many(&self, store: &str, keys: Vec<String>) -> StoreFuture<'_, ()> {
        let mut entries = self.entries();
        for key in keys {
            entries.remove(&(store.to_owned(), key));
        }
        ready(Ok(()))
    }

    fn increment(&self, store: &str, key: String, delta: i64) -> StoreFuture<'_, i64> {
        let mut entries = self.entries();
        let place = (store.to_owned(), key);
        let result = incremented(entries.get(&place).map(Vec::as_slice), delta);
        if let Ok(value) = result {
            entries.insert(place, value.to_le_bytes().to_vec());
        }
        ready(result)
    }

    fn swap(&self, store: &str, key: String, expected: Option<Vec<u8>>, value: Vec<u8>) -> StoreFuture<'_, bool> {
        let mut entries = self.entries();
        let place = (store.to_owned(), key);
        let as_expected = entries.get(&place) == expected.as_ref();
        if as_expected {
            entries.insert(place, value);
        }
        ready(Ok(as_expected))
    }

    fn commits(&self) -> u64 {
        0
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        ready(Ok(()))
    }
}

fn ready<'a, T: Send + 'a>(result: Result<T, BackendError>) -> StoreFuture<'a, T> {
    Box::pin(std::future::ready(result))
}
