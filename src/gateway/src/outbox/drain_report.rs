//! The response of a drain.

use serde::Serialize;

use crate::salesforce::{CircuitBreaker, remedy};

/// The counts of one drain.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct DrainReport {
    /// Payments with pending operations for which MaldoPay received a status inquiry.
    #[serde(rename = "asked")]
    pub inquired: u64,
    /// Payments that were processed.
    #[serde(rename = "taken")]
    pub processed: u64,
    /// Journal entries that were closed: nothing is due for them, and no process that read an older state can still
    /// write.
    pub closed: u64,
    /// Payments whose next attempt is later, including those whose attempt failed now.
    pub deferred: u64,
    /// Payments that need a person.
    pub review: u64,
    /// Payments that could not be processed because of the store or of an unreadable record. The log has a line for
    /// each.
    pub failed: u64,
    /// The age of the oldest open entry.
    pub oldest_open_seconds: i64,
    /// Whether the run reached the end of the journal.
    pub complete: bool,
    /// Expired idempotency records that were removed.
    pub expired: u64,
    /// Why the circuit breaker is open, and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<CircuitBreakerView>,
}

/// An open circuit breaker, as the drain, the reviews and `/readyz` show it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CircuitBreakerView {
    code: String,
    message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
    since: String,
    attempts: u32,
    next_attempt_at: String,
}

impl From<CircuitBreaker> for CircuitBreakerView {
    fn from(breaker: CircuitBreaker) -> Self {
        Self {
            remedy: remedy(&breaker.code),
            code: breaker.code,
            message: breaker.message,
            since: breaker.since.to_string(),
            attempts: breaker.attempts,
            next_attempt_at: breaker.until.to_string(),
        }
    }
}
