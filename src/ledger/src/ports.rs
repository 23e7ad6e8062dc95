//! The ledger's ports: a store, a clock and random bytes. Every store that Spin supports has these four operations, and
//! the ledger uses no other.

use tollbridge_domain::Timestamp;

/// A key-value store.
pub trait Store {
    /// Reads the values of these keys, in the order of the keys; `None` for a key that is absent.
    ///
    /// # Errors
    /// The store did not answer.
    fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// Writes all of these records. They are durable once it returns.
    ///
    /// # Errors
    /// The store did not confirm the write. Any of the records may have been written.
    fn set_many(&self, writes: &[(String, Vec<u8>)]) -> Result<(), StoreError>;

    /// Removes all of these keys, counters too, in one call. A key that is absent is ignored. The ledger removes only
    /// records that nobody looks for after some time (responses to idempotency keys, completed status inquiries) and
    /// data that a person had erased. It never removes an entry of a payment or of the journal.
    ///
    /// # Errors
    /// The store did not answer. Any of the keys may have been removed.
    fn delete_many(&self, keys: &[String]) -> Result<(), StoreError>;

    /// Adds to a counter atomically, and returns the new count. An absent counter is 0. Adding 0 reads the counter.
    ///
    /// # Errors
    /// The store did not answer. The counter may have changed.
    fn increment(&self, key: &str, by: i64) -> Result<i64, StoreError>;
}

/// The two clocks of the process.
pub trait Clock {
    /// The time of day. It may be wrong, and it may step.
    fn now(&self) -> Timestamp;

    /// Monotonic milliseconds since a moment before this invocation began.
    fn elapsed_milliseconds(&self) -> i64;
}

/// A source of unpredictable bytes.
pub trait Random {
    /// Fills the slice with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// Why the store cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store did not answer, or refused. A later attempt may succeed.
    #[error("the key-value store did not answer: {0}")]
    Unavailable(String),
    /// A stored value is not one that Tollbridge writes there. A person must look at it.
    #[error("what is stored under {key} cannot be read: {problem}")]
    Unreadable {
        /// The key of the value.
        key: String,
        /// What is wrong with the value.
        problem: String,
    },
}
