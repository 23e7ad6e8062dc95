//! The sync state of a payment: what Salesforce confirmed of it, when it is tried again, and whether it waits for a person.
//!
//! It changes by the transitions of [`SyncState`] only. The next state is written with whatever makes it so.

mod stored;
mod writing;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tollbridge_domain::{Event, Fact, Payment, Timestamp};

use crate::{History, InquirySlot};

/// Names one record of Salesforce's: its object, key field and key.
pub type RecordName = String;

/// Why Salesforce could not be updated, the last time it was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// Salesforce's error code, or what stands for one.
    pub code: String,
    /// What was wrong, without values of fields.
    pub message: String,
    /// Whether trying again without a person's doing is of no use.
    pub terminal: bool,
    /// Whether a person must do something, although it is tried again.
    #[serde(default)]
    pub needs_person: bool,
}

/// The sync state of one payment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "stored::StoredSyncState", into = "stored::StoredSyncState")]
pub struct SyncState {
    /// What Salesforce confirmed.
    pub delivered: Delivered,
    /// What is to be tried again, and when.
    pub retry: Retry,
    /// The payment's position in the review queue, while it waits for a person.
    pub review: Option<QueuePosition>,
    /// When the provider is asked about the payment, while it is pending.
    pub inquiry: Option<InquirySlot>,
    /// When this was written. Whoever read the payment before may replace it until a sync's time is over.
    pub noted_at: Option<Timestamp>,
}

/// What Salesforce confirmed of one payment.
#[derive(Clone, Debug, Default)]
pub struct Delivered {
    /// The version of the payment.
    pub version: u64,
    /// How many facts besides requests that version had.
    pub reported: u64,
    /// The entries that it reflects.
    pub sequences: BTreeSet<u64>,
    /// A fingerprint for each field of each record: see [`crate::Ledger::fingerprints`].
    pub records: BTreeMap<RecordName, BTreeMap<String, Box<RawValue>>>,
    /// The records that are written once.
    pub inserted: BTreeSet<RecordName>,
    /// When the other payments of its record were read for it, where the record has others.
    pub record_as_of: Option<Timestamp>,
}

/// When a payment that Salesforce does not have as a whole is tried again.
#[derive(Clone, Debug, Default)]
pub struct Retry {
    /// How often in a row it failed.
    pub attempts: u32,
    /// Not to be tried again before.
    pub next_attempt: Option<Timestamp>,
    /// Why it failed, the last time.
    pub failure: Option<Failure>,
    /// How many drains began to sync it and never finished.
    pub crash_count: u32,
}

/// A payment's position in the review queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueuePosition {
    /// It waits and has no number yet: to allocate one is a store write, which a webhook need not pay for.
    #[serde(rename = "awaited")]
    Unassigned,
    /// It waits under this number.
    Number(u64),
}

impl SyncState {
    /// Whether Salesforce may have been sent something since that there is no record of: more than one thing happened, and
    /// whoever sent the first did not live to write it down. A difference against what may not be there would leave a
    /// field wrong, so all fields are sent then.
    #[must_use]
    pub fn is_certain(&self, payment: &Payment) -> bool {
        payment.reported.saturating_sub(self.delivered.reported) <= 1
    }

    /// Salesforce's refusal that a person must look at, as its code.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        let refused = self.retry.failure.as_ref().filter(|failure| failure.terminal || failure.needs_person);
        refused.map(|failure| failure.code.as_str())
    }

    /// Whether Salesforce confirmed this value of a record's field, by its fingerprint.
    #[must_use]
    pub fn has(&self, record: &str, field: &str, fingerprint: &RawValue) -> bool {
        let confirmed = self.delivered.records.get(record).and_then(|fields| fields.get(field));
        confirmed.is_some_and(|confirmed| confirmed.get() == fingerprint.get())
    }

    /// Whether this entry is reflected in Salesforce.
    #[must_use]
    pub fn reflects(&self, sequence: u64) -> bool {
        self.delivered.sequences.contains(&sequence)
    }

    /// The state once Salesforce has confirmed this. Nothing is left to be retried.
    #[must_use]
    pub fn synced(&self, delivered: Delivered) -> Self {
        Self { delivered, retry: Retry::default(), ..self.clone() }
    }

    /// The state before a drain begins a sync. If nothing ever takes it back, the drain crashed.
    #[must_use]
    pub fn begun(&self) -> Self {
        self.with_crash_count(self.retry.crash_count.saturating_add(1))
    }

    /// The state after a sync that a drain began has come back; none where nothing was begun.
    #[must_use]
    pub fn crash_cleared(&self) -> Option<Self> {
        self.retry.crash_count.checked_sub(1).map(|count| self.with_crash_count(count))
    }

    fn with_crash_count(&self, crash_count: u32) -> Self {
        Self { retry: Retry { crash_count, ..self.retry.clone() }, ..self.clone() }
    }

    /// The state after a sync failed, not to be tried again before `next_attempt`.
    #[must_use]
    pub fn failed(&self, failure: Failure, next_attempt: Option<Timestamp>) -> Self {
        let attempts = self.retry.attempts.saturating_add(1);
        Self { retry: Retry { attempts, next_attempt, failure: Some(failure), crash_count: 0 }, ..self.clone() }
    }

    /// The state after a person accepted that Salesforce refuses these entries: they are not sent any more. What Salesforce
    /// has is no base for a difference then.
    #[must_use]
    pub fn waived(&self, sequences: BTreeSet<u64>) -> Self {
        let delivered = Delivered { sequences, reported: 0, ..self.delivered.clone() };
        let retry = Retry { crash_count: self.retry.crash_count, ..Retry::default() };
        Self { delivered, retry, ..self.clone() }
    }

    /// The state of a payment that needs a person, or does not any more. It keeps the position that it has.
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

    /// The state with a time at which the provider is asked.
    #[must_use]
    pub(crate) fn with_inquiry(&self, slot: InquirySlot) -> Self {
        Self { inquiry: Some(slot), ..self.clone() }
    }

    /// The state without the fingerprints: they are made of values that may be personal.
    #[must_use]
    pub(crate) fn without_fingerprints(&self) -> Self {
        let delivered = Delivered { records: BTreeMap::new(), ..self.delivered.clone() };
        Self { delivered, ..self.clone() }
    }
}

impl History {
    /// The events that Salesforce was not told of, oldest first, each with all the entries that say it; a repetition of
    /// a told event is none.
    #[must_use]
    pub fn pending_events(&self) -> Vec<(&Event, Vec<u64>)> {
        let mut known = BTreeSet::new();
        for entry in &self.entries {
            if let Fact::Event(event) = &entry.fact
                && self.sync_state.reflects(entry.sequence)
            {
                known.insert(&event.id);
            }
        }
        let mut untold: Vec<(&Event, Vec<u64>)> = Vec::new();
        for entry in &self.entries {
            let Fact::Event(event) = &entry.fact else { continue };
            if known.contains(&event.id) {
                continue;
            }
            match untold.iter_mut().find(|(listed, _)| listed.id == event.id) {
                Some((_, sequences)) => sequences.push(entry.sequence),
                None => untold.push((event, vec![entry.sequence])),
            }
        }
        untold
    }
}
