//! The payments of a record as they were read, with what follows from them all: the totals, and which payment superseded
//! another.

use tollbridge_domain::{Operation, PaymentReference, PaymentSummary, RecordReason, RecordTotals, SourceRecord};

use crate::attempts::{LOOK_AHEAD, MAX_ATTEMPTS, StoredAttempt};

/// The records that a payment is for, each with its other payments.
#[derive(Clone, Debug, Default)]
pub struct SharedRecords {
    /// The record that the payment was requested for or assigned to.
    pub source: Option<RecordIndex>,
    /// The invoice that the payment also names, by its id.
    pub invoice: Option<RecordIndex>,
}

impl SharedRecords {
    pub(crate) fn all(&self) -> impl Iterator<Item = &RecordIndex> {
        self.source.iter().chain(&self.invoice)
    }

    /// Whether one of the records has other payments.
    #[must_use]
    pub fn are_shared(&self) -> bool {
        self.all().any(RecordIndex::is_shared)
    }
}

/// A record's payments, as they were when they were read.
#[derive(Clone, Debug)]
pub struct RecordIndex {
    pub(crate) record: SourceRecord,
    /// This payment's number among them.
    pub(crate) number: u64,
    /// The attempts with their numbers, in ascending order, like the lists below.
    pub(crate) attempts: Vec<(u64, StoredAttempt)>,
    /// The stored summaries of this payment and of the others.
    pub(crate) stored: Vec<(u64, PaymentSummary)>,
    /// Summaries of other payments that were not stored, derived from their entries.
    pub(crate) derived: Vec<(u64, PaymentSummary)>,
    /// Whether a marker leads readers to the next page.
    pub(crate) is_bridged: bool,
}

impl RecordIndex {
    pub(crate) fn new(record: SourceRecord, number: u64) -> Self {
        Self { record, number, attempts: Vec::new(), stored: Vec::new(), derived: Vec::new(), is_bridged: false }
    }

    pub(crate) fn stored_of(&self, number: u64) -> Option<&PaymentSummary> {
        self.stored.iter().find(|(stored, _)| *stored == number).map(|(_, summary)| summary)
    }

    pub(crate) fn others(&self) -> impl Iterator<Item = (u64, &PaymentReference)> {
        let attempts = self.attempts.iter().filter(|(number, _)| *number != self.number);
        attempts.filter_map(|(number, attempt)| Some((*number, attempt.reference.as_ref()?)))
    }

    /// Whether the record has other payments.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.others().next().is_some()
    }

    /// The totals of the record, with this summary for the payment itself.
    #[must_use]
    pub fn totals(&self, own: &PaymentSummary) -> Option<RecordTotals> {
        let known = || self.stored.iter().chain(&self.derived);
        // A request whose key was taken over may have allocated a second number to the same payment before it noticed.
        let is_older_twin = |number: u64, summary: &PaymentSummary| {
            let twins = known().filter(|(_, twin)| twin.reference == summary.reference);
            twins.into_iter().any(|(twin, other)| (other.version, *twin) > (summary.version, number))
        };
        let others = known().filter(|(number, summary)| {
            *number != self.number && summary.reference != own.reference && !is_older_twin(*number, summary)
        });
        let mut totals =
            RecordTotals::of(others.map(|(number, summary)| (*number, summary)).chain([(self.number, own)]))?;
        if self.number >= MAX_ATTEMPTS || self.attempts.last().is_some_and(|(last, _)| *last >= MAX_ATTEMPTS) {
            totals.review.push(RecordReason::TooManyPayments);
        }
        Some(totals)
    }

    /// The payment that superseded this one, which this operation opened.
    pub(crate) fn superseding(&self, own: &PaymentReference, operation: Operation) -> Option<&PaymentReference> {
        let later = self.attempts.iter().rev().filter(|(number, _)| *number > self.number);
        later.filter_map(|(_, attempt)| attempt.in_place_of(operation)).find(|reference| *reference != own)
    }

    /// Whether the page that begins with this number must be read.
    pub(crate) fn includes_page(&self, first: u64) -> bool {
        let last = self.attempts.last().map_or(0, |(last, _)| *last);
        let end = self.number.max(last).saturating_add(LOOK_AHEAD.slots);
        first <= MAX_ATTEMPTS && (first == 1 || self.is_bridged || first <= end)
    }
}
