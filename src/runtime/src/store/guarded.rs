//! Wraps a backend for the component: enforces limits, counts operations, fails on demand.

use std::sync::Arc;

use super::faults::FaultDecision;
use super::{Backend, BackendError, LARGEST_VALUE, LONGEST_KEY, StoreFaults};
use crate::counters::Meter;

/// A backend with the limits of every Spin store.
pub(crate) struct GuardedStore {
    backend: Arc<dyn Backend>,
    meter: Arc<Meter>,
    faults: StoreFaults,
}

impl GuardedStore {
    pub(crate) fn new(backend: Arc<dyn Backend>, meter: Arc<Meter>, faults: StoreFaults) -> GuardedStore {
        GuardedStore { backend, meter, faults }
    }

    pub(crate) async fn get_many(&self, store: &str, keys: Vec<String>) -> Result<Vec<Option<Vec<u8>>>, BackendError> {
        let admitted = self.reading(&keys)?;
        let values = admitted.reported(self.backend.get_many(store, keys).await)?;
        for value in values.iter().flatten() {
            self.meter.bytes_read(value);
        }
        Ok(values)
    }

    /// As [`GuardedStore::get_many`], for a call of `get-many`.
    pub(crate) async fn get_batch(&self, store: &str, keys: Vec<String>) -> Result<Vec<Option<Vec<u8>>>, BackendError> {
        if self.spoils_batch_reads() {
            return Err(BackendError::Fault);
        }
        self.get_many(store, keys).await
    }

    pub(crate) async fn get(&self, store: &str, key: String) -> Result<Option<Vec<u8>>, BackendError> {
        let values = self.get_many(store, vec![key]).await?;
        Ok(values.into_iter().next().flatten())
    }

    pub(crate) async fn list_keys(&self, store: &str) -> Result<Vec<String>, BackendError> {
        let admitted = self.reading(&[])?;
        admitted.reported(self.backend.list_keys(store).await)
    }

    pub(crate) async fn set_many(&self, store: &str, entries: Vec<(String, Vec<u8>)>) -> Result<(), BackendError> {
        let admitted = self.writing(entries.iter().map(|(key, _)| key))?;
        for (_, value) in &entries {
            self.admit_value(value)?;
        }
        admitted.reported(self.backend.set_many(store, entries).await)
    }

    pub(crate) async fn delete_many(&self, store: &str, keys: Vec<String>) -> Result<(), BackendError> {
        let admitted = self.writing(&keys)?;
        admitted.reported(self.backend.delete_many(store, keys).await)
    }

    /// Adding zero reads a counter, so it counts as a read.
    pub(crate) async fn increment(&self, store: &str, key: String, delta: i64) -> Result<i64, BackendError> {
        if delta == 0 {
            let admitted = self.reading([&key])?;
            return admitted.reported(self.backend.counter(store, key).await);
        }
        let admitted = self.writing([&key])?;
        admitted.reported(self.backend.increment(store, key, delta).await)
    }

    pub(crate) async fn swap(
        &self,
        store: &str,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, BackendError> {
        let admitted = self.writing([&key])?;
        self.admit_value(&value)?;
        admitted.reported(self.backend.swap(store, key, expected, value).await)
    }

    pub(crate) fn commits(&self) -> u64 {
        self.backend.commits()
    }

    pub(crate) async fn close(&self) -> Result<(), BackendError> {
        self.backend.close().await
    }

    /// Whether batch reads fail.
    pub(crate) fn spoils_batch_reads(&self) -> bool {
        self.faults.spoils_batch_reads()
    }

    /// Counts a read, and fails it on demand.
    pub(crate) fn reading<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a String>,
    ) -> Result<FaultDecision, BackendError> {
        self.meter.store_read();
        admit_keys(keys)?;
        self.faults.check_read()
    }

    /// Counts a write, and fails it on demand.
    pub(crate) fn writing<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a String>,
    ) -> Result<FaultDecision, BackendError> {
        self.meter.store_write();
        admit_keys(keys)?;
        self.faults.check_write()
    }

    fn admit_value(&self, value: &[u8]) -> Result<(), BackendError> {
        if value.len() > LARGEST_VALUE {
            return Err(BackendError::ValueTooLarge(value.len()));
        }
        self.meter.bytes_written(value);
        Ok(())
    }
}

fn admit_keys<'a>(keys: impl IntoIterator<Item = &'a String>) -> Result<(), BackendError> {
    match keys.into_iter().find(|key| key.len() > LONGEST_KEY) {
        Some(key) => Err(BackendError::KeyTooLong(key.len())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryBackend;
    use super::*;
    use crate::counters::Counters;
    use crate::store::RandomFaults;

    fn store() -> (GuardedStore, Arc<Meter>, StoreFaults) {
        let meter = Arc::new(Meter::default());
        let faults = StoreFaults::default();
        let store = GuardedStore::new(Arc::new(MemoryBackend::default()), meter.clone(), faults.clone());
        (store, meter, faults)
    }

    #[tokio::test]
    async fn counts_calls_and_not_keys() {
        let (store, meter, _) = store();
        let entries = vec![("a".to_owned(), vec![1, 2, 3]), ("b".to_owned(), vec![4, 5])];
        store.set_many("default", entries).await.unwrap();
        let keys = vec!["a".to_owned(), "b".to_owned(), "absent".to_owned()];
        let values = store.get_many("default", keys).await.unwrap();
        assert_eq!(values, [Some(vec![1, 2, 3]), Some(vec![4, 5]), None]);
        let counter = || "count".to_owned();
        assert_eq!(store.increment("default", counter(), 2).await, Ok(2));
        assert_eq!(store.increment("default", counter(), 0).await, Ok(2));
        assert_eq!(
            meter.snapshot(0),
            Counters {
                store_reads: 2,
                store_writes: 2,
                store_bytes_read: 5,
                store_bytes_written: 5,
                ..Counters::default()
            }
        );
    }

    #[tokio::test]
    async fn enforces_the_limits_of_keys_and_values() {
        let (store, _, _) = store();
        let longest = "k".repeat(256);
        let largest = vec![0; 1_000_000];
        let set = |key: String, value: Vec<u8>| store.set_many("default", vec![(key, value)]);
        assert_eq!(set(longest.clone(), largest.clone()).await, Ok(()));
        assert_eq!(set(format!("{longest}k"), vec![]).await, Err(BackendError::KeyTooLong(257)));
        assert_eq!(set("k".to_owned(), [largest, vec![0]].concat()).await, Err(BackendError::ValueTooLarge(1_000_001)));
    }

    #[tokio::test]
    async fn fails_on_demand() {
        let (store, _, faults) = store();
        let key = || "count".to_owned();
        faults.fail_writes(true);
        assert_eq!(store.increment("default", key(), 1).await, Err(BackendError::Fault));
        assert_eq!(store.get("default", key()).await, Ok(None));
        faults.fail_all(true);
        assert_eq!(store.get("default", key()).await, Err(BackendError::Fault));
        faults.fail_all(false);
        faults.fail_writes(false);
        assert_eq!(store.increment("default", key(), 1).await, Ok(1));
    }
    #[tokio::test]
    async fn an_operation_can_succeed_and_lose_its_answer() {
        let (store, _, faults) = store();
        let key = || "count".to_owned();
        let all = |refused_percent, lost_percent| RandomFaults { seed: 1, refused_percent, lost_percent };
        faults.fail_randomly(Some(all(100, 0)));
        assert_eq!(store.increment("default", key(), 1).await, Err(BackendError::Fault));
        faults.fail_randomly(Some(all(0, 100)));
        assert_eq!(store.increment("default", key(), 1).await, Err(BackendError::AnswerLost));
        assert_eq!(store.increment("default", key(), 0).await, Err(BackendError::AnswerLost));
        faults.fail_randomly(None);
        assert_eq!(store.increment("default", key(), 0).await, Ok(1));
    }
}
