//! The payments of one record together: beside each number of the record's index stands what that payment contributes,
//! so that the sums over all of them cost one read, however long their histories are.
//!
//! A summary is never the truth: that is the payment's entries. Whoever appends an entry writes the summary that follows
//! from what was read and the entry, in the same write. Of two who append at once, one may leave a summary that lacks
//! the other's entry; whoever tells Salesforce sees that it is not what the entries make, and writes it anew first.

use core::ops::RangeInclusive;

use tollbridge_domain::{
    Entry, Operation, Payment, PaymentReference, PaymentSummary, RecordReason, RecordTotals, SourceRecord,
};

use crate::attempts::{Attempt, MOST_ATTEMPTS, StoredAttempt};
use crate::record_link::{RecordLink, beside, record_link};
use crate::slots::Reach;
use crate::{History, Ledger, StoreError, SyncState, Writes, keys, stored};

/// How far an index is read beyond the last number found. A number that was allocated and not written yet stands between
/// others, so one absent number says nothing.
pub(crate) const REACH: Reach = Reach { look_ahead: 4, block: 8 };

/// The object whose records are invoices.
const INVOICE: &str = "Invoice";

/// The records that a payment is for, each with its other payments.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// The record that it was asked for.
    pub source: Option<RecordIndex>,
    /// The invoice that it names beside that record, by its id.
    pub invoice: Option<RecordIndex>,
}

impl Records {
    fn all(&self) -> impl Iterator<Item = &RecordIndex> {
        self.source.iter().chain(&self.invoice)
    }

    /// Whether one of them has other payments.
    #[must_use]
    pub fn are_shared(&self) -> bool {
        self.all().any(RecordIndex::is_shared)
    }
}

/// A record's payments, as they stood when they were read.
#[derive(Clone, Debug)]
pub struct RecordIndex {
    record: SourceRecord,
    /// This payment's number among them.
    number: u64,
    /// The attempts by their numbers, in order, as all below.
    attempts: Vec<(u64, StoredAttempt)>,
    /// What is stored of this payment and of the others.
    stored: Vec<(u64, PaymentSummary)>,
    /// What was not stored of others, made of their entries.
    made: Vec<(u64, PaymentSummary)>,
    /// Whether a writer led readers on to the next page.
    is_bridged: bool,
}

impl RecordIndex {
    fn of(record: SourceRecord, number: u64) -> Self {
        Self { record, number, attempts: Vec::new(), stored: Vec::new(), made: Vec::new(), is_bridged: false }
    }

    fn stored_of(&self, number: u64) -> Option<&PaymentSummary> {
        self.stored.iter().find(|(stored, _)| *stored == number).map(|(_, summary)| summary)
    }

    fn others(&self) -> impl Iterator<Item = (u64, &PaymentReference)> {
        let attempts = self.attempts.iter().filter(|(number, _)| *number != self.number);
        attempts.filter_map(|(number, attempt)| Some((*number, attempt.reference.as_ref()?)))
    }

    /// Whether there are other payments for the record.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.others().next().is_some()
    }

    /// The totals of the record, with this summary of the payment itself.
    #[must_use]
    pub fn totals(&self, own: &PaymentSummary) -> Option<RecordTotals> {
        let known = || self.stored.iter().chain(&self.made);
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
        if self.number >= MOST_ATTEMPTS || self.attempts.last().is_some_and(|(last, _)| *last >= MOST_ATTEMPTS) {
            totals.review.push(RecordReason::TooManyPayments);
        }
        Some(totals)
    }

    /// The payment that took the place of this one, which was opened by this operation.
    fn superseding(&self, own: &PaymentReference, operation: Operation) -> Option<&PaymentReference> {
        let later = self.attempts.iter().rev().filter(|(number, _)| *number > self.number);
        later.filter_map(|(_, attempt)| attempt.in_place_of(operation)).find(|reference| *reference != own)
    }

    /// Whether the page that begins with this number is to be read.
    fn reaches(&self, first: u64) -> bool {
        let last = self.attempts.last().map_or(0, |(last, _)| *last);
        let end = self.number.max(last).saturating_add(REACH.look_ahead);
        first <= MOST_ATTEMPTS && (first == 1 || self.is_bridged || first <= end)
    }
}

/// What the records of a payment show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The record that it was asked for; none where it is for none.
    pub record: Option<RecordTotals>,
    /// The invoice that it is for, as its record or named beside it; none where its id is not known, and beside another
    /// record for a payment of a version that kept no account of it.
    pub invoice: Option<RecordTotals>,
}

impl Totals {
    /// Whether both say the same of the records.
    #[must_use]
    pub fn say_the_same(&self, other: &Self) -> bool {
        let same = |one: &Option<RecordTotals>, other: &Option<RecordTotals>| match (one, other) {
            (Some(one), Some(other)) => one.says_the_same(other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        same(&self.record, &other.record) && same(&self.invoice, &other.invoice)
    }
}

impl History {
    /// What the records of the payment show, with the refusal of Salesforce for which a person must look at it. See
    /// [`Ledger::count_all`].
    #[must_use]
    pub fn totals(&self, payment: &Payment, refusal: Option<&str>) -> Totals {
        let own = PaymentSummary::of(payment, refusal.map(ToOwned::to_owned), true);
        let totals = |index: &Option<RecordIndex>| index.as_ref().and_then(|index| index.totals(&own));
        let record = totals(&self.records.source);
        let is_invoice = self.records.source.as_ref().is_some_and(|index| index.record.object() == INVOICE);
        let invoice = if is_invoice { record.clone() } else { totals(&self.records.invoice) };
        Totals { record, invoice }
    }

    /// Whether the index of each of its records has what the payment contributes by its entries.
    #[must_use]
    pub fn is_summed_up(&self) -> bool {
        let Some(summary) = self.summary(&self.entries, &self.sync_state) else { return true };
        // What is beyond those that are looked at is in no sum.
        let mut counted = self.records.all().filter(|index| index.number <= MOST_ATTEMPTS);
        counted.all(|index| index.stored_of(index.number) == Some(&summary))
    }

    fn summary(&self, entries: &[Entry], sync_state: &SyncState) -> Option<PaymentSummary> {
        let payment = self.payment_of(entries, record_link(entries)?.currency)?;
        Some(PaymentSummary::of(
            &payment,
            sync_state.refusal().map(ToOwned::to_owned),
            sync_state.delivered.version > 0,
        ))
    }
}

impl Ledger<'_> {
    /// Reads the records of a payment with their other payments. Reads nothing for a payment that is for no record.
    pub(crate) fn read_records(&self, history: &mut History) -> Result<(), StoreError> {
        let Some(RecordLink { source, invoice, attempt, operation, .. }) = record_link(&history.entries) else {
            return Ok(());
        };
        let attempt = u64::from(attempt);
        let (source, named) = (source.clone(), beside(source, invoice));
        // The number in an invoice's index is found by the payment that stands there.
        let mut indexes: Vec<RecordIndex> = [Some((source, attempt)), named.map(|named| (named, 0))]
            .into_iter()
            .flatten()
            .map(|(record, number)| RecordIndex::of(record, number))
            .collect();
        // All that is before this payment and close behind it at once, then twice as much each time.
        let mut first = 1;
        let mut last = REACH.end_of_block(attempt.saturating_add(REACH.look_ahead)).min(MOST_ATTEMPTS);
        while indexes.iter().any(|index| index.reaches(first)) {
            self.read_page(&mut indexes, first..=last)?;
            first = last.saturating_add(1);
            last = last.saturating_mul(2).min(MOST_ATTEMPTS);
        }
        let mut indexes = indexes.into_iter();
        history.records.source = indexes.next();
        history.records.invoice = indexes.next().and_then(|index| {
            let own = index.attempts.iter().find(|(_, attempt)| attempt.reference.as_ref() == Some(&history.reference));
            own.map(|(number, _)| *number).map(|number| RecordIndex { number, ..index })
        });
        let superseding =
            history.records.source.as_ref().and_then(|index| index.superseding(&history.reference, operation));
        history.superseded_by = superseding.cloned();
        Ok(())
    }

    /// Counts the other payments of which the index has no summary, since an older version wrote none, by their entries.
    /// Needed before the totals are asked for; reads nothing in the ordinary course.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn count_all(&self, history: &mut History) -> Result<(), StoreError> {
        for index in history.records.source.iter_mut().chain(&mut history.records.invoice) {
            self.make_missing(index)?;
        }
        Ok(())
    }

    /// Reads the numbers of a page of all these indexes that have it, in one question.
    fn read_page(&self, indexes: &mut [RecordIndex], numbers: RangeInclusive<u64>) -> Result<(), StoreError> {
        let due = || indexes.iter().enumerate().filter(|(_, index)| index.reaches(*numbers.start()));
        let places: Vec<(usize, u64)> =
            due().flat_map(|(place, _)| numbers.clone().map(move |number| (place, number))).collect();
        let keys: Vec<String> = due()
            .flat_map(|(_, index)| numbers.clone().map(move |number| (&index.record, number)))
            .flat_map(|(record, number)| {
                [keys::source_attempt(&self.site, record, number), keys::source_summary(&self.site, record, number)]
            })
            .collect();
        let due: Vec<usize> = due().map(|(place, _)| place).collect();
        let next = REACH.block_of(numbers.end().saturating_add(1));
        let markers = due.iter().filter_map(|place| indexes.get(*place));
        let markers: Vec<String> = markers.map(|index| keys::source_block(&self.site, &index.record, next)).collect();
        let values = self.store.get_many(&[keys.as_slice(), markers.as_slice()].concat())?;
        for (place, marker) in due.into_iter().zip(values.iter().skip(keys.len())) {
            if let Some(index) = indexes.get_mut(place) {
                index.is_bridged = marker.is_some();
            }
        }
        let mut keyed = keys.iter().zip(values);
        for (place, number) in places {
            let (Some((attempt_key, attempt)), Some((summary_key, summary))) = (keyed.next(), keyed.next()) else {
                break;
            };
            let Some(index) = indexes.get_mut(place) else { break };
            if let Some(attempt) = attempt {
                index.attempts.push((number, stored::read(attempt_key, &attempt)?));
            }
            if let Some(summary) = summary {
                // One of another version that cannot be read here is made of the payment's entries again.
                index.stored.extend(stored::read(summary_key, &summary).ok().map(|summary| (number, summary)));
            }
        }
        Ok(())
    }

    /// Makes the summaries of other payments that no version has written yet.
    fn make_missing(&self, index: &mut RecordIndex) -> Result<(), StoreError> {
        let missing: Vec<(u64, PaymentReference)> = index
            .others()
            .filter(|(number, _)| {
                index.stored_of(*number).is_none() && index.made.iter().all(|(made, _)| made != number)
            })
            .map(|(number, reference)| (number, reference.clone()))
            .collect();
        for (number, reference) in missing {
            let other = self.history_reaching(&reference, 0)?;
            // Of two records that one payment was assigned to at once, it is for one.
            if record_link(&other.entries).is_some_and(|place| !place.counts_in(&index.record)) {
                continue;
            }
            index.made.extend(other.summary(&other.entries, &other.sync_state).map(|summary| (number, summary)));
        }
        Ok(())
    }

    /// What the payment contributes to its records once this is what Salesforce was told, and what was made of others.
    pub(crate) fn summaries(&self, history: &History, sync_state: &SyncState) -> Result<Writes, StoreError> {
        self.summaries_of(history, &history.entries, sync_state)
    }

    fn summaries_of(&self, history: &History, entries: &[Entry], sync_state: &SyncState) -> Result<Writes, StoreError> {
        let Some(own) = history.summary(entries, sync_state) else { return Ok(Writes::new()) };
        let mut writes = Writes::new();
        for index in history.records.all() {
            for (number, summary) in &index.made {
                writes.push(self.summary_record(&index.record, *number, summary)?);
            }
            writes.push(self.summary_record(&index.record, index.number, &own)?);
        }
        Ok(writes)
    }

    fn summary_record(
        &self,
        record: &SourceRecord,
        number: u64,
        summary: &PaymentSummary,
    ) -> Result<(String, Vec<u8>), StoreError> {
        let key = keys::source_summary(&self.site, record, number);
        let value = stored::write(&key, summary)?;
        Ok((key, value))
    }

    /// What the payment contributes to its records with one more entry.
    ///
    /// # Errors
    /// It cannot be written as text.
    pub fn summaries_with(&self, history: &History, entry: &Entry) -> Result<Writes, StoreError> {
        let mut entries = history.entries.clone();
        if !entries.iter().any(|known| known.sequence == entry.sequence) {
            entries.push(entry.clone());
        }
        self.summaries_of(history, &entries, &history.sync_state)
    }

    /// What a payment contributes to the records of these attempts by its first entry.
    ///
    /// # Errors
    /// It cannot be written as text.
    pub fn first_summaries(
        &self,
        reference: &PaymentReference,
        attempts: &[&Attempt],
        entry: &Entry,
    ) -> Result<Writes, StoreError> {
        let entries = core::slice::from_ref(entry);
        let currency = record_link(entries).map(|place| place.currency);
        let Some(payment) = currency.and_then(|currency| Payment::fold(reference, entries, currency)) else {
            return Ok(Writes::new());
        };
        let own = PaymentSummary::of(&payment, None, false);
        attempts.iter().map(|attempt| self.summary_record(&attempt.source, attempt.number, &own)).collect()
    }

    /// Writes what the payment contributes to its records, where what stands there is something else.
    ///
    /// # Errors
    /// The store did not take it.
    pub fn sum_up(&self, history: &History) -> Result<(), StoreError> {
        self.store.set_many(&self.summaries(history, &history.sync_state)?)
    }
}
