//! The key-value store: what a backend must do, and the errors it may answer with.

mod faults;
mod guarded;
mod memory;
mod open;
mod redis;
mod sqlite;

use std::future::Future;
use std::pin::Pin;

pub use faults::StoreFaults;
pub(crate) use guarded::GuardedStore;
pub(crate) use memory::MemoryBackend;
pub(crate) use open::open;
pub use open::{OpenError, State};
pub(crate) use sqlite::SqliteBackend;

/// The longest key, in bytes. Fermyon documents it for its own stores.
const LONGEST_KEY: usize = 256;

/// The largest value, in bytes. Fermyon documents it for its own stores.
const LARGEST_VALUE: usize = 1_000_000;

/// What a backend answers, later.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Something that keeps named stores of keys and values. Each call is atomic, and what it wrote is durable, as far as
/// the backend is, when it answers.
pub(crate) trait Backend: Send + Sync {
    /// The values of these keys at one moment, in the order of the keys.
    fn get_many(&self, store: &str, keys: Vec<String>) -> Answer<'_, Vec<Option<Vec<u8>>>>;

    /// Every key of the store. It costs what the store is large.
    fn list_keys(&self, store: &str) -> Answer<'_, Vec<String>>;

    /// The value of a counter, 0 where there is none.
    fn counter(&self, store: &str, key: String) -> Answer<'_, i64>;

    /// Sets all of these, or none.
    fn set_many(&self, store: &str, entries: Vec<(String, Vec<u8>)>) -> Answer<'_, ()>;

    /// Deletes all of these that there are, or none.
    fn delete_many(&self, store: &str, keys: Vec<String>) -> Answer<'_, ()>;

    /// Adds to a counter, which starts at 0, and answers its new value.
    fn increment(&self, store: &str, key: String, delta: i64) -> Answer<'_, i64>;

    /// Sets a value if the present one (or there being none) is as expected, and says whether it was.
    fn swap(&self, store: &str, key: String, expected: Option<Vec<u8>>, value: Vec<u8>) -> Answer<'_, bool>;

    /// How many transactions were committed.
    fn commits(&self) -> u64;

    /// Finishes what is under way and lets go of what the backend holds. Later calls fail.
    fn close(&self) -> Answer<'_, ()>;
}

/// Why a store did not do what was asked. Nothing was changed, unless it says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The key is too long.
    #[error("a key may have 256 bytes, and this one has {0}")]
    KeyTooLong(usize),
    /// The value is too large.
    #[error("a value may have 1,000,000 bytes, and this one has {0}")]
    ValueTooLarge(usize),
    /// The value that should be incremented was not written by an increment.
    #[error("the value is not a counter")]
    NotACounter,
    /// The counter would leave the range of 64 bits.
    #[error("the counter would overflow")]
    CounterOverflow,
    /// The store was told to fail.
    #[error("the store was told to fail")]
    Fault,
    /// The store is closed, or its thread is gone. Whether a write was carried out is not known.
    #[error("the store is closed")]
    Closed,
    /// The database failed.
    #[error("the store failed: {0}")]
    Database(String),
}

/// A counter as Spin's SQLite store has it: 8 bytes, little-endian.
fn decode_counter(value: Option<&[u8]>) -> Result<i64, StoreError> {
    match value {
        None => Ok(0),
        Some(bytes) => bytes.try_into().map(i64::from_le_bytes).map_err(|_| StoreError::NotACounter),
    }
}

fn incremented(value: Option<&[u8]>, delta: i64) -> Result<i64, StoreError> {
    decode_counter(value)?.checked_add(delta).ok_or(StoreError::CounterOverflow)
}
