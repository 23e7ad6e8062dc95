//! Failures on demand, so that a test can see what an application does when its store fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::StoreError;

/// Makes the key-value operations of a running application fail. It never does until told to; a clone is the same
/// switch.
#[derive(Clone, Debug, Default)]
pub struct StoreFaults {
    switches: Arc<Switches>,
}

#[derive(Debug, Default)]
struct Switches {
    all: AtomicBool,
    writes: AtomicBool,
    batch_reads: AtomicBool,
}

impl StoreFaults {
    /// Whether every operation fails from now on.
    pub fn fail_all(&self, fail: bool) {
        self.switches.all.store(fail, Ordering::SeqCst);
    }

    /// Whether every operation that writes fails from now on.
    pub fn fail_writes(&self, fail: bool) {
        self.switches.writes.store(fail, Ordering::SeqCst);
    }

    /// Whether reads of several keys at once go wrong from now on, as they do on some hosts: `get-many` fails, and a
    /// Redis `MGET` leaves out what is absent.
    pub fn spoil_batch_reads(&self, spoil: bool) {
        self.switches.batch_reads.store(spoil, Ordering::SeqCst);
    }

    pub(super) fn spoils_batch_reads(&self) -> bool {
        self.switches.batch_reads.load(Ordering::SeqCst)
    }

    pub(super) fn check_read(&self) -> Result<(), StoreError> {
        if self.switches.all.load(Ordering::SeqCst) {
            return Err(StoreError::Fault);
        }
        Ok(())
    }

    pub(super) fn check_write(&self) -> Result<(), StoreError> {
        self.check_read()?;
        if self.switches.writes.load(Ordering::SeqCst) {
            return Err(StoreError::Fault);
        }
        Ok(())
    }
}
