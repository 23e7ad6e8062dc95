//! What a drain says it did.

use serde::Serialize;

use crate::salesforce::CircuitBreaker;

/// What a drain did.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Payments that MaldoPay was asked about because they are pending.
    pub asked: u64,
    /// Payments that were taken up.
    pub taken: u64,
    /// Journal entries that are closed by now: nothing is due for them, and nobody who knows less can be at work.
    pub closed: u64,
    /// Payments whose next attempt is later, or failed now.
    pub deferred: u64,
    /// Payments that wait for a person.
    pub review: u64,
    /// Payments that could not be taken up, because the store or what it holds of them failed: each has a line in the log.
    pub failed: u64,
    /// The age of the oldest entry that is still open.
    pub oldest_open_seconds: i64,
    /// Whether the end of the journal was reached.
    pub complete: bool,
    /// Idempotency records that have expired and were removed.
    pub expired: u64,
    /// Why Salesforce is left alone, and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<PauseView>,
}

/// A site's pause, as the drain and the reviews show it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PauseView {
    code: String,
    message: String,
    since: String,
    attempts: u32,
    next_attempt_at: String,
}

impl From<CircuitBreaker> for PauseView {
    fn from(pause: CircuitBreaker) -> Self {
        Self {
            code: pause.code,
            message: pause.message,
            since: pause.since.to_string(),
            attempts: pause.attempts,
            next_attempt_at: pause.until.to_string(),
        }
    }
}
