//! The clock that dates the responses: this machine's, or in tests one that runs ahead of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::HeaderValue;
use jiff::fmt::rfc2822::DateTimePrinter;

/// Clones share one clock.
#[derive(Clone, Debug, Default)]
pub(crate) struct SandboxClock {
    /// In milliseconds.
    ahead: Arc<AtomicU64>,
}

impl SandboxClock {
    /// Moves the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        self.ahead.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// The current time in HTTP's date format; `None` for years that the format cannot express.
    pub(crate) fn date(&self) -> Option<HeaderValue> {
        let now = jiff::Timestamp::now().checked_add(Duration::from_millis(self.ahead.load(Ordering::SeqCst))).ok()?;
        DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok()?.try_into().ok()
    }
}
