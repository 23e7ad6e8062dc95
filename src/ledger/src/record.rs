//! The payments of a record and their totals. Each number of the record's index has a summary of its payment, so that
//! the totals cost one read, however long the histories are.
//!
//! A summary is derived; the payment's entries are the truth. A process that appends an entry writes the new summary in
//! the same write, from the history that it read and the entry. If two processes append at once, the summary may lack
//! one of the entries. The sync compares it with the entries, and replaces it before it sends anything.

use core::ops::RangeInclusive;

use tollbridge_domain::{Entry, Payment, PaymentReference, PaymentSummary, RecordTotals, SourceRecord};

use crate::attempts::{Attempt, LOOK_AHEAD, MAX_ATTEMPTS};
use crate::record_index::RecordIndex;
use crate::record_link::{RecordLink, linked_invoice, record_link};
use crate::{History, Ledger, StoreError, SyncState, Writes, keys, stored};

/// The Salesforce object whose records are invoices.
const INVOICE: &str = "Invoice";

/// The totals of a payment's records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentTotals {
    /// The totals of the record that the payment is for; `None` if it is for none.
    pub record: Option<RecordTotals>,
    /// The totals of the invoice that the payment is for or also names. `None` if the invoice's id is unknown, or if an
    /// older version created the payment for another record and did not count it here.
    pub invoice: Option<RecordTotals>,
}

impl PaymentTotals {
    /// Whether both show the same in the records.
    #[must_use]
    pub fn has_same_content(&self, other: &Self) -> bool {
        let same = |one: &Option<RecordTotals>, other: &Option<RecordTotals>| match (one, other) {
            (Some(one), Some(other)) => one.says_the_same(other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        same(&self.record, &other.record) && same(&self.invoice, &other.invoice)
    }
}

impl History {
    /// The totals of the payment's records, with the Salesforce refusal for which a person must look at the payment.
    /// Call [`Ledger::derive_missing_summaries`] first.
    #[must_use]
    pub fn totals(&self, payment: &Payment, refusal: Option<&str>) -> PaymentTotals {
        let own = PaymentSummary::of(payment, refusal.map(ToOwned::to_owned), true);
        let totals = |index: &Option<RecordIndex>| index.as_ref().and_then(|index| index.totals(&own));
        let record = totals(&self.records.source);
        let is_invoice = self.records.source.as_ref().is_some_and(|index| index.record.object() == INVOICE);
        let invoice = if is_invoice { record.clone() } else { totals(&self.records.invoice) };
        PaymentTotals { record, invoice }
    }

    /// Whether the index of each of the payment's records has a summary that agrees with the payment's entries.
    #[must_use]
    pub fn has_current_summaries(&self) -> bool {
        let Some(summary) = self.summary(&self.entries, &self.sync_state) else { return true };
        // No total includes a payment beyond the limit.
        let mut counted = self.records.all().filter(|index| index.number <= MAX_ATTEMPTS);
        counted.all(|index| index.stored_of(index.number) == Some(&summary))
    }

    fn summary(&self, entries: &[Entry], sync_state: &SyncState) -> Option<PaymentSummary> {
        let payment = self.payment_of(entries, record_link(entries)?.currency)?;
        Some(PaymentSummary::of(
            &payment,
            sync_state.refusal().map(ToOwned::to_owned),
            sync_state.confirmed.version > 0,
        ))
    }
}

impl Ledger<'_> {
    /// Reads the records of a payment with their other payments. It reads nothing for a payment that is for no record.
    pub(crate) fn read_records(&self, history: &mut History) -> Result<(), StoreError> {
        let Some(RecordLink { source, invoice, attempt, operation, .. }) = record_link(&history.entries) else {
            return Ok(());
        };
        let attempt = u64::from(attempt);
        let (source, named) = (source.clone(), linked_invoice(source, invoice));
        // The payment's number in an invoice's index is found by its reference.
        let mut indexes: Vec<RecordIndex> = [Some((source, attempt)), named.map(|named| (named, 0))]
            .into_iter()
            .flatten()
            .map(|(record, number)| RecordIndex::new(record, number))
            .collect();
        // The first page has all numbers up to this payment and those close behind it; each further page is twice as
        // long.
        let mut first = 1;
        let mut last = LOOK_AHEAD.end_of_block(attempt.saturating_add(LOOK_AHEAD.slots)).min(MAX_ATTEMPTS);
        while indexes.iter().any(|index| index.includes_page(first)) {
            self.read_page(&mut indexes, first..=last)?;
            first = last.saturating_add(1);
            last = last.saturating_mul(2).min(MAX_ATTEMPTS);
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

    /// Derives the summaries of other payments that the index lacks, because an older version wrote none, from their
    /// entries. Call it before the totals are read. Usually it reads nothing.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn derive_missing_summaries(&self, history: &mut History) -> Result<(), StoreError> {
        for index in history.records.source.iter_mut().chain(&mut history.records.invoice) {
            self.derive_missing(index)?;
        }
        Ok(())
    }

    /// Reads the numbers of a page, for all of these indexes that have it, in one read of the store.
    fn read_page(&self, indexes: &mut [RecordIndex], numbers: RangeInclusive<u64>) -> Result<(), StoreError> {
        let due = || indexes.iter().enumerate().filter(|(_, index)| index.includes_page(*numbers.start()));
        let positions: Vec<(usize, u64)> =
            due().flat_map(|(position, _)| numbers.clone().map(move |number| (position, number))).collect();
        let keys: Vec<String> = due()
            .flat_map(|(_, index)| numbers.clone().map(move |number| (&index.record, number)))
            .flat_map(|(record, number)| {
                [keys::source_attempt(&self.site, record, number), keys::source_summary(&self.site, record, number)]
            })
            .collect();
        let due: Vec<usize> = due().map(|(position, _)| position).collect();
        let next = LOOK_AHEAD.block_of(numbers.end().saturating_add(1));
        let markers = due.iter().filter_map(|position| indexes.get(*position));
        let markers: Vec<String> = markers.map(|index| keys::source_block(&self.site, &index.record, next)).collect();
        let values = self.store.get_many(&[keys.as_slice(), markers.as_slice()].concat())?;
        for (position, marker) in due.into_iter().zip(values.iter().skip(keys.len())) {
            if let Some(index) = indexes.get_mut(position) {
                index.is_bridged = marker.is_some();
            }
        }
        let mut keyed = keys.iter().zip(values);
        for (position, number) in positions {
            let (Some((attempt_key, attempt)), Some((summary_key, summary))) = (keyed.next(), keyed.next()) else {
                break;
            };
            let Some(index) = indexes.get_mut(position) else { break };
            if let Some(attempt) = attempt {
                index.attempts.push((number, stored::read(attempt_key, &attempt)?));
            }
            if let Some(summary) = summary {
                // A summary of another version that cannot be decoded here is derived from the payment's entries again.
                index.stored.extend(stored::read(summary_key, &summary).ok().map(|summary| (number, summary)));
            }
        }
        Ok(())
    }

    /// Derives the summaries of other payments that are not stored.
    fn derive_missing(&self, index: &mut RecordIndex) -> Result<(), StoreError> {
        let missing: Vec<(u64, PaymentReference)> = index
            .others()
            .filter(|(number, _)| {
                index.stored_of(*number).is_none() && index.derived.iter().all(|(derived, _)| derived != number)
            })
            .map(|(number, reference)| (number, reference.clone()))
            .collect();
        for (number, reference) in missing {
            let other = self.history_reaching(&reference, 0)?;
            // A payment that was assigned to two records at once is for one of them.
            if record_link(&other.entries).is_some_and(|link| !link.counts_in(&index.record)) {
                continue;
            }
            index.derived.extend(other.summary(&other.entries, &other.sync_state).map(|summary| (number, summary)));
        }
        Ok(())
    }

    /// The records of the payment's summaries with this sync state, and of the summaries of others that were derived.
    pub(crate) fn summaries(&self, history: &History, sync_state: &SyncState) -> Result<Writes, StoreError> {
        self.summaries_of(history, &history.entries, sync_state)
    }

    fn summaries_of(&self, history: &History, entries: &[Entry], sync_state: &SyncState) -> Result<Writes, StoreError> {
        let Some(own) = history.summary(entries, sync_state) else { return Ok(Writes::new()) };
        let mut writes = Writes::new();
        for index in history.records.all() {
            for (number, summary) in &index.derived {
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

    /// The records of the payment's summaries with one more entry.
    ///
    /// # Errors
    /// A record cannot be serialized.
    pub fn summaries_with(&self, history: &History, entry: &Entry) -> Result<Writes, StoreError> {
        let mut entries = history.entries.clone();
        if !entries.iter().any(|known| known.sequence == entry.sequence) {
            entries.push(entry.clone());
        }
        self.summaries_of(history, &entries, &history.sync_state)
    }

    /// The records of a payment's summaries for these attempts, from its first entry.
    ///
    /// # Errors
    /// A record cannot be serialized.
    pub fn first_summaries(
        &self,
        reference: &PaymentReference,
        attempts: &[&Attempt],
        entry: &Entry,
    ) -> Result<Writes, StoreError> {
        let entries = core::slice::from_ref(entry);
        let currency = record_link(entries).map(|link| link.currency);
        let Some(payment) = currency.and_then(|currency| Payment::fold(reference, entries, currency)) else {
            return Ok(Writes::new());
        };
        let own = PaymentSummary::of(&payment, None, false);
        attempts.iter().map(|attempt| self.summary_record(&attempt.source, attempt.number, &own)).collect()
    }

    /// Writes the payment's summaries for its records.
    ///
    /// # Errors
    /// The store did not confirm the write.
    pub fn write_summaries(&self, history: &History) -> Result<(), StoreError> {
        self.store.set_many(&self.summaries(history, &history.sync_state)?)
    }
}
