//! Counts what the runtime does, so that a test can check an application's budget.

use std::ops::Sub;
use std::sync::atomic::{AtomicU64, Ordering};

/// The counts up to a point in time. The difference of two values is the work in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests that the runtime passed to the component.
    pub requests: u64,
    /// Requests that the component sent.
    pub outbound_requests: u64,
    /// Calls that read from the key-value store, whatever the number of keys.
    pub store_reads: u64,
    /// Calls that wrote to the key-value store.
    pub store_writes: u64,
    /// Bytes of the values read.
    pub store_bytes_read: u64,
    /// Bytes of the values written.
    pub store_bytes_written: u64,
    /// Transactions that the store committed. Concurrent writes share them.
    pub store_commits: u64,
}

impl Sub for Counters {
    type Output = Counters;

    fn sub(self, earlier: Counters) -> Counters {
        Counters {
            requests: self.requests.saturating_sub(earlier.requests),
            outbound_requests: self.outbound_requests.saturating_sub(earlier.outbound_requests),
            store_reads: self.store_reads.saturating_sub(earlier.store_reads),
            store_writes: self.store_writes.saturating_sub(earlier.store_writes),
            store_bytes_read: self.store_bytes_read.saturating_sub(earlier.store_bytes_read),
            store_bytes_written: self.store_bytes_written.saturating_sub(earlier.store_bytes_written),
            store_commits: self.store_commits.saturating_sub(earlier.store_commits),
        }
    }
}

/// The running counters.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    requests: AtomicU64,
    outbound_requests: AtomicU64,
    store_reads: AtomicU64,
    store_writes: AtomicU64,
    store_bytes_read: AtomicU64,
    store_bytes_written: AtomicU64,
}

impl Meter {
    pub(crate) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn outbound_request(&self) {
        self.outbound_requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn store_read(&self) {
        self.store_reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn store_write(&self) {
        self.store_writes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn bytes_read(&self, value: &[u8]) {
        add_length(&self.store_bytes_read, value);
    }

    pub(crate) fn bytes_written(&self, value: &[u8]) {
        add_length(&self.store_bytes_written, value);
    }

    pub(crate) fn snapshot(&self, store_commits: u64) -> Counters {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            requests: value(&self.requests),
            outbound_requests: value(&self.outbound_requests),
            store_reads: value(&self.store_reads),
            store_writes: value(&self.store_writes),
            store_bytes_read: value(&self.store_bytes_read),
            store_bytes_written: value(&self.store_bytes_written),
            store_commits,
        }
    }
}

fn add_length(counter: &AtomicU64, value: &[u8]) {
    counter.fetch_add(u64::try_from(value.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
}
