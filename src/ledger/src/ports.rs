//! What the ledger needs of the world. The four store operations are all that is safe on every store that Spin has.

use tollbridge_domain::Timestamp;

/// A key-value store.
pub trait Store {
    /// The values of these keys, in their order; none for a key that is absent.
    ///
    /// # Errors
    /// The store did not answer.
    fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// Writes all of these, durably once it returns.
    ///
    /// # Errors
    /// The store did not take them; any of them may have been written.
    fn set_many(&self, writes: &[(String, Vec<u8>)]) -> Result<(), StoreError>;

    /// Removes all of these, counters too, at once; what is absent is passed over. For records that have a time after
    /// which nobody looks for them: answers to idempotency keys, and questions that were asked; and for what a person had
    /// erased. No entry of a payment or of the journal is ever removed.
    ///
    /// # Errors
    /// The store did not answer; any of them may have been removed.
    fn delete_many(&self, keys: &[String]) -> Result<(), StoreError>;

    /// Adds to a counter, atomically, and gives what it is then. An absent counter is 0. Adding 0 reads it.
    ///
    /// # Errors
    /// The store did not answer; the counter may have been moved.
    fn increment(&self, key: &str, by: i64) -> Result<i64, StoreError>;
}

/// What time it is.
pub trait Clock {
    /// The time of day. It may be wrong, and it may step.
    fn now(&self) -> Timestamp;

    /// How much time went by since some moment before this invocation began, in milliseconds. It never steps.
    fn elapsed_milliseconds(&self) -> i64;
}

/// Unpredictable bytes.
pub trait Random {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// Why the store cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It did not answer, or refused. Trying again later may help.
    #[error("the key-value store did not answer: {0}")]
    Unavailable(String),
    /// What is stored under a key is not what Tollbridge writes there. A person must look.
    #[error("what is stored under {key} cannot be read: {problem}")]
    Unreadable {
        /// The key.
        key: String,
        /// What is wrong.
        problem: String,
    },
}
