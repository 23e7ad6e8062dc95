//! The sync state of a payment: what Salesforce confirmed, when the sync is retried, and whether the payment waits for
//! a person.
//!
//! It changes only by the transitions of [`SyncState`]. Each new state is written together with what caused it.

mod stored;
mod writing;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tollbridge_domain::{Payment, Timestamp};

/// The name of a Salesforce record: its object, key field and key.
pub type RecordName = String;

/// Why the last sync with Salesforce failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// When it failed.
    pub at: Timestamp,
    /// Salesforce's error code, or a code of ours where Salesforce gave none.
    pub code: String,
    /// What was wrong, without field values.
    pub message: String,
    /// The Salesforce object that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The name of the refused record, unless it belongs to somebody else than the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordName>,
    /// The fields that Salesforce named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Whether a retry is useless until a person acts.
    pub terminal: bool,
    /// Whether a person must act, although the sync is retried.
    #[serde(default)]
    pub needs_person: bool,
}

/// The sync state of one payment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "stored::StoredSyncState", into = "stored::StoredSyncState")]
pub struct SyncState {
    /// What Salesforce confirmed.
    pub confirmed: ConfirmedState,
    /// When the sync is retried.
    pub retry: Retry,
    /// The payment's position in the review queue, while it waits for a person.
    pub review: Option<QueuePosition>,
    /// The payment's slot in the inquiry queue, while it is pending.
    pub inquiry: Option<InquirySlot>,
    /// When this state was written. A process that read the payment before may still replace it, until the longest sync
    /// is over.
    pub written_at: Option<Timestamp>,
}

/// What Salesforce confirmed of one payment.
#[derive(Clone, Debug, Default)]
pub struct ConfirmedState {
    /// The payment's version.
    pub version: u64,
    /// The number of facts in that version that are not requests.
    pub reported: u64,
    /// The sequence numbers of the entries that it reflects.
    pub sequences: BTreeSet<u64>,
    /// A fingerprint for each field of each record: see [`crate::Ledger::fingerprints`].
    pub records: BTreeMap<RecordName, BTreeMap<String, Box<RawValue>>>,
    /// The records that are written only once.
    pub inserted: BTreeSet<RecordName>,
    /// When the other payments of its record were read for this sync, if the record has others.
    pub record_as_of: Option<Timestamp>,
}

/// When the sync of a payment is retried that Salesforce does not fully reflect.
#[derive(Clone, Debug, Default)]
pub struct Retry {
    /// How many times in a row it failed.
    pub attempts: u32,
    /// The time before which it is not retried.
    pub next_attempt: Option<Timestamp>,
    /// Why the last attempt failed.
    pub failure: Option<Failure>,
    /// How many drains began to sync the payment and never finished.
    pub crash_count: u32,
}

/// A payment's position in the review queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueuePosition {
    /// It waits and has no number yet. A number costs a store write, which a webhook leaves to the drain.
    #[serde(rename = "awaited")]
    Unassigned,
    /// Its number in the queue.
    Number(u64),
}

/// A payment's slot in the inquiry queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InquirySlot {
    pub(crate) bucket: u64,
    pub(crate) number: u64,
    /// When the slot was allocated.
    pub(crate) at: Timestamp,
}

impl SyncState {
    /// Whether the confirmed state is what Salesforce has. If more than one fact arrived since, a process may have sent
    /// the first and crashed before it wrote that down. A difference against an uncertain state could leave a field
    /// wrong, so the caller then sends all fields.
    #[must_use]
    pub fn is_certain(&self, payment: &Payment) -> bool {
        payment.reported.saturating_sub(self.confirmed.reported) <= 1
    }

    /// The code of a Salesforce refusal that a person must look at.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        let refused = self.retry.failure.as_ref().filter(|failure| failure.terminal || failure.needs_person);
        refused.map(|failure| failure.code.as_str())
    }

    /// Whether Salesforce confirmed this value of a record's field, by its fingerprint.
    #[must_use]
    pub fn has(&self, record: &str, field: &str, fingerprint: &RawValue) -> bool {
        let confirmed = self.confirmed.records.get(record).and_then(|fields| fields.get(field));
        confirmed.is_some_and(|confirmed| confirmed.get() == fingerprint.get())
    }

    /// Whether Salesforce reflects this entry.
    #[must_use]
    pub fn reflects(&self, sequence: u64) -> bool {
        self.confirmed.sequences.contains(&sequence)
    }

    /// The state after Salesforce confirmed this. Nothing is left to retry.
    #[must_use]
    pub fn synced(&self, confirmed: ConfirmedState) -> Self {
        Self { confirmed, retry: Retry::default(), ..self.clone() }
    }

    /// The state before a drain begins a sync. If the count is never cleared, the drain crashed.
    #[must_use]
    pub fn crash_counted(&self) -> Self {
        self.with_crash_count(self.retry.crash_count.saturating_add(1))
    }

    /// The state after a sync that a drain began has ended; `None` if no crash was counted.
    #[must_use]
    pub fn crash_cleared(&self) -> Option<Self> {
        self.retry.crash_count.checked_sub(1).map(|count| self.with_crash_count(count))
    }

    fn with_crash_count(&self, crash_count: u32) -> Self {
        Self { retry: Retry { crash_count, ..self.retry.clone() }, ..self.clone() }
    }

    /// The state after a failed sync that is not retried before `next_attempt`.
    #[must_use]
    pub fn failed(&self, failure: Failure, next_attempt: Option<Timestamp>) -> Self {
        let attempts = self.retry.attempts.saturating_add(1);
        Self { retry: Retry { attempts, next_attempt, failure: Some(failure), crash_count: 0 }, ..self.clone() }
    }

    /// The state after a person accepted that Salesforce refuses these entries: they are not sent any more. The
    /// confirmed state is no base for a difference then.
    #[must_use]
    pub fn waived(&self, sequences: BTreeSet<u64>) -> Self {
        let confirmed = ConfirmedState { sequences, reported: 0, ..self.confirmed.clone() };
        let retry = Retry { crash_count: self.retry.crash_count, ..Retry::default() };
        Self { confirmed, retry, ..self.clone() }
    }

    /// The state of a payment that needs a person, or no longer does. It keeps its position.
    #[must_use]
    pub fn in_review(self, needs_person: bool) -> Self {
        let review = needs_person.then(|| self.review.unwrap_or(QueuePosition::Unassigned));
        Self { review, ..self }
    }

    /// The state with a number in the review queue.
    #[must_use]
    pub(crate) fn at_position(&self, number: u64) -> Self {
        Self { review: Some(QueuePosition::Number(number)), ..self.clone() }
    }

    /// The state with a slot in the inquiry queue.
    #[must_use]
    pub(crate) fn with_inquiry(&self, slot: InquirySlot) -> Self {
        Self { inquiry: Some(slot), ..self.clone() }
    }

    /// The state without fingerprints: they are derived from values that may be personal.
    #[must_use]
    pub(crate) fn without_fingerprints(&self) -> Self {
        let confirmed = ConfirmedState { records: BTreeMap::new(), ..self.confirmed.clone() };
        Self { confirmed, ..self.clone() }
    }
}
