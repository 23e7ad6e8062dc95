//! The resources and errors of the offered interfaces that the generated bindings refer to. They know nothing of the
//! bindings, so that imports go one way.

use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisError};
use wasmtime::component::ResourceTableError;

use crate::store::BackendError;

/// A key-value store that the component has opened.
pub struct Bucket {
    pub(crate) store: String,
}

/// A compare-and-swap in progress, with the value that the component saw.
pub struct CompareAndSwap {
    pub(crate) store: String,
    pub(crate) key: String,
    pub(crate) seen: Option<Vec<u8>>,
}

/// A connection to Redis that the component has opened.
pub struct RedisConnection {
    pub(crate) inner: MultiplexedConnection,
}

/// Why a call of `wasi:keyvalue` fails.
pub enum KeyValueFailure {
    /// The component may not open the store.
    AccessDenied,
    /// The store failed.
    Store(BackendError),
    /// The component's handle is invalid, so it traps.
    Trap(wasmtime::Error),
}

impl From<BackendError> for KeyValueFailure {
    fn from(error: BackendError) -> Self {
        KeyValueFailure::Store(error)
    }
}

impl From<ResourceTableError> for KeyValueFailure {
    fn from(error: ResourceTableError) -> Self {
        KeyValueFailure::Trap(error.into())
    }
}

/// Why a call of `fermyon:spin/redis` fails.
pub enum RedisFailure {
    /// The address is invalid or not allowed.
    InvalidAddress,
    /// The component has too many connections.
    TooManyConnections,
    /// A value has the wrong type for the command.
    WrongType,
    /// The server or a test made the command fail.
    Other(String),
    /// The component's handle is invalid, so it traps.
    Trap(wasmtime::Error),
}

impl From<ResourceTableError> for RedisFailure {
    fn from(error: ResourceTableError) -> Self {
        RedisFailure::Trap(error.into())
    }
}

impl From<RedisError> for RedisFailure {
    fn from(error: RedisError) -> Self {
        let of_type = error.kind() == ErrorKind::UnexpectedReturnType
            || error.code() == Some("WRONGTYPE")
            || error.detail().is_some_and(|detail| detail.contains("not an integer"));
        if of_type { RedisFailure::WrongType } else { RedisFailure::Other(error.to_string()) }
    }
}

impl From<BackendError> for RedisFailure {
    fn from(error: BackendError) -> Self {
        RedisFailure::Other(error.to_string())
    }
}
