//! Locking state that tests look at while servers change it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a test that panicked while it held the lock must not take every other user of the sandbox with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
