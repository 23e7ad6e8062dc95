//! What Salesforce was last told of a payment, and what is new since: deltas only.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tollbridge_domain::{Event, Fact, Payment, PaymentReference, Timestamp};

use crate::slots::write;
use crate::{History, Ledger, StoreError, Turn, Writes, keys};

/// Names one record in what was told: its object, key field and key.
pub type RecordName = String;

/// Why Salesforce could not be told, the last time it was tried.
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

/// What Salesforce was last told of one payment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// The version of the payment that it was told.
    pub version: u64,
    /// How many facts besides requests that version had.
    pub reported: u64,
    /// The entries that it reflects.
    pub sequences: BTreeSet<u64>,
    /// The fields of each record, as what stands for their values: see [`Ledger::fingerprints`].
    pub records: BTreeMap<RecordName, BTreeMap<String, Box<RawValue>>>,
    /// The records that are written once.
    pub inserted: BTreeSet<RecordName>,
    /// How often in a row it could not be told.
    #[serde(default)]
    pub attempts: u32,
    /// Not to be tried again before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Timestamp>,
    /// Why it could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// How many drains began to tell it and never came back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub begun: u32,
    /// The payment's place in the line of reviews, while it waits for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Place>,
    /// When this was written. Who read the payment before may replace it until a telling's time is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noted_at: Option<Timestamp>,
    /// When the other payments of its record were read for what was told last, where the record has others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_as_of: Option<Timestamp>,
    /// When the provider is to be asked about the payment, while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Turn>,
}

/// Of the serialiser's own making: it hands over a reference.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A payment's place in the line of reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// It waits and has no number yet: drawing one is a store write, which a webhook need not pay for.
    Awaited,
    /// It waits under this number.
    Number(u64),
}

impl Told {
    /// Whether Salesforce may have been told something since that there is no record of: more than one thing happened,
    /// and whoever told of the first did not live to write it down. A difference against what may not be there would
    /// leave a field wrong, so all fields are sent then.
    #[must_use]
    pub fn is_certain(&self, payment: &Payment) -> bool {
        payment.reported.saturating_sub(self.reported) <= 1
    }

    /// The refusal of Salesforce for which a person must look at the payment, as its code.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        let refused = self.failure.as_ref().filter(|failure| failure.terminal || failure.needs_person);
        refused.map(|failure| failure.code.as_str())
    }

    /// Whether this is what a record's field was told, by what stands for its value.
    #[must_use]
    pub fn has(&self, record: &str, field: &str, fingerprint: &RawValue) -> bool {
        let told = self.records.get(record).and_then(|fields| fields.get(field));
        told.is_some_and(|told| told.get() == fingerprint.get())
    }

    /// Whether this entry is reflected.
    #[must_use]
    pub fn reflects(&self, sequence: u64) -> bool {
        self.sequences.contains(&sequence)
    }
}

impl History {
    /// The events that Salesforce was not told of, oldest first, each with all the entries that say it; a repetition of
    /// a told event is none.
    #[must_use]
    pub fn untold_events(&self) -> Vec<(&Event, Vec<u64>)> {
        let mut known = BTreeSet::new();
        for entry in &self.entries {
            if let Fact::Event(event) = &entry.fact
                && self.told.reflects(entry.sequence)
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

impl Ledger<'_> {
    /// Writes down what Salesforce was told, or why it could not be, with whatever else is to be kept of telling it, and
    /// what the payment contributes to its records then. It must be written within this time of reading the history.
    ///
    /// # Errors
    /// The store did not take it, or it comes too late. Salesforce is told again then, which changes nothing there.
    pub fn write_told(
        &self,
        history: &History,
        told: &Told,
        with: Writes,
        within_milliseconds: i64,
    ) -> Result<(), StoreError> {
        let mut writes = with;
        writes.extend(self.told_record(history, told)?);
        writes.extend(self.summaries(history, told)?);
        self.in_time(history.read_at, within_milliseconds)?;
        self.write_notes(&history.reference, &writes)?;
        match history.entries.last().filter(|_| self.in_time(history.read_at, within_milliseconds).is_err()) {
            // It stood still at the write itself, and may have put an older note in the place of a newer one.
            Some(last) => self.reopen(&history.reference, last.sequence, &last.correlation_id),
            None => Ok(()),
        }
    }

    /// Writes a payment's note of what Salesforce was told, with whatever belongs to it. Where the store does not say that it
    /// took it, the payment is in doubt. If even that cannot be written, the store has failed altogether, and the caller says so.
    pub(crate) fn write_notes(&self, reference: &PaymentReference, writes: &Writes) -> Result<(), StoreError> {
        self.store.set_many(writes).inspect_err(|_| drop(self.doubt(reference)))
    }

    /// Refuses to go on where more than this time went by since something was read that is about to be replaced as a whole.
    /// A process that stood still for so long would put an older state back, and others do not expect that any more.
    pub(crate) fn in_time(&self, since: i64, within_milliseconds: i64) -> Result<(), StoreError> {
        let passed = self.clock.elapsed_milliseconds().saturating_sub(since);
        if passed < within_milliseconds {
            return Ok(());
        }
        Err(StoreError::Unavailable("this process stood still between reading and writing".to_owned()))
    }

    /// The record of what Salesforce was told, to be written with what makes it so.
    ///
    /// # Errors
    /// It cannot be written as text.
    pub fn told_record(&self, history: &History, told: &Told) -> Result<Writes, StoreError> {
        Ok(vec![self.note_of(&history.reference, told.clone())?])
    }

    /// The note of what Salesforce was told of a payment, ready to be written.
    pub(crate) fn note_of(&self, reference: &PaymentReference, told: Told) -> Result<(String, Vec<u8>), StoreError> {
        let told = Told { noted_at: Some(self.clock.now()), ..told };
        write(&keys::told(&self.site, reference), &told)
    }
}
