//! Locks state that tests read while servers change it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks even after a panic elsewhere: a test that panics while it holds the lock must not fail all other users.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
