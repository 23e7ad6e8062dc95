//! The key-value store: the backend's interface and errors.

mod durability;
mod faults;
mod guarded;
mod memory;
mod open;
mod open_error;
mod redis;
mod sqlite;

use std::future::Future;
use std::pin::Pin;

pub use durability::{Durability, StoreSetting, durability};
pub use faults::{FaultCounts, RandomFaults, StoreFaults};
pub(crate) use guarded::GuardedStore;
pub(crate) use memory::MemoryBackend;
pub use open::StoreLocation;
pub(crate) use open::open;
pub use open_error::OpenError;
pub(crate) use sqlite::SqliteBackend;

/// The maximum length of a key in bytes. Fermyon documents it for its own stores.
const LONGEST_KEY: usize = 256;

/// The maximum size of a value in bytes. Fermyon documents it for its own stores.
const LARGEST_VALUE: usize = 1_000_000;

/// The future result of a backend's operation.
pub(crate) type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, BackendError>> + Send + 'a>>;

/// Keeps named stores of keys and values. Each call is atomic. When it returns, its writes are as durable as the
/// backend can make them.
pub(crate) trait Backend: Send + Sync {
    /// The values of these keys at one point in time, in the order of the keys.
    fn get_many(&self, store: &str, keys: Vec<String>) -> StoreFuture<'_, Vec<Option<Vec<u8>>>>;

    /// Every key of the store. The cost grows with the size of the store.
    fn list_keys(&self, store: &str) -> StoreFuture<'_, Vec<String>>;

    /// The value of a counter, 0 if it does not exist.
    fn counter(&self, store: &str, key: String) -> StoreFuture<'_, i64>;

    /// Sets all of these or none.
    fn set_many(&self, store: &str, entries: Vec<(String, Vec<u8>)>) -> StoreFuture<'_, ()>;

    /// Deletes all of these that exist, or none.
    fn delete_many(&self, store: &str, keys: Vec<String>) -> StoreFuture<'_, ()>;

    /// Adds to a counter, which starts at 0, and returns its new value.
    fn increment(&self, store: &str, key: String, delta: i64) -> StoreFuture<'_, i64>;

    /// Sets a value if the current one (`None` if absent) is the expected one, and returns whether it was.
    fn swap(&self, store: &str, key: String, expected: Option<Vec<u8>>, value: Vec<u8>) -> StoreFuture<'_, bool>;

    /// The number of committed transactions.
    fn commits(&self) -> u64;

    /// Finishes running operations and releases the backend's resources. Later calls fail.
    fn close(&self) -> StoreFuture<'_, ()>;
}

/// Why an operation failed. It changed nothing unless the variant says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// The key is too long.
    #[error("a key may have at most 256 bytes; this one has {0}")]
    KeyTooLong(usize),
    /// The value is too large.
    #[error("a value may have at most 1,000,000 bytes; this one has {0}")]
    ValueTooLarge(usize),
    /// The value to increment is not a counter.
    #[error("the value is not a counter")]
    NotACounter,
    /// The counter would leave the range of 64 bits.
    #[error("the counter would overflow")]
    CounterOverflow,
    /// A test made the operation fail.
    #[error("a test made the store fail")]
    Fault,
    /// A test made the store lose its answer. The operation was carried out.
    #[error("a test made the store lose its answer")]
    AnswerLost,
    /// The store is closed, or its thread has ended. It is unknown whether a write was carried out.
    #[error("the store is closed")]
    Closed,
    /// The database failed.
    #[error("the store failed: {0}")]
    Database(String),
}

/// Decodes a counter in the format of Spin's SQLite store: 8 bytes, little-endian.
fn decode_counter(value: Option<&[u8]>) -> Result<i64, BackendError> {
    match value {
        None => Ok(0),
        Some(bytes) => bytes.try_into().map(i64::from_le_bytes).map_err(|_| BackendError::NotACounter),
    }
}

fn incremented(value: Option<&[u8]>, delta: i64) -> Result<i64, BackendError> {
    decode_counter(value)?.checked_add(delta).ok_or(BackendError::CounterOverflow)
}
