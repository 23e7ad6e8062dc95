//! Finds payments by the record that they are for, and by the numbers that people know the record or its invoice by.
//!
//! The payments of a record are its attempts. For the numbers there is an index: each payment has a slot under each of
//! its numbers. The slot is written together with the entry that names the number, so it costs one counter.

use sha2::{Digest as _, Sha256};
use tollbridge_domain::{Invoice, PaymentReference, SourceRecord};

use crate::attempts::StoredAttempt;
use crate::slots::{Slots, write};
use crate::{Ledger, StoreError, Writes, keys};

/// Payments that were found, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundPayments {
    /// Their references, each once.
    pub references: Vec<PaymentReference>,
    /// Whether these are all of them.
    pub is_complete: bool,
}

impl FoundPayments {
    fn new(slots: impl IntoIterator<Item = Option<PaymentReference>>, is_complete: bool) -> Self {
        let mut references = Vec::new();
        for reference in slots.into_iter().flatten() {
            // A request whose key was taken over may have allocated a second number to the same payment.
            if !references.contains(&reference) {
                references.push(reference);
            }
        }
        Self { references, is_complete }
    }
}

impl Ledger<'_> {
    /// The payments that were requested for a record or assigned to it, or that name it as their invoice. Reads at most
    /// `limit` of them. A payment that was assigned to two records at once is for only one of them.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn payments_of_record(&self, record: &SourceRecord, limit: u64) -> Result<FoundPayments, StoreError> {
        let slots = self.attempts_for(record);
        let (numbers, is_complete) = newest(slots.last()?, limit);
        let attempts = slots.read::<StoredAttempt>(&numbers)?.into_iter();
        Ok(FoundPayments::new(attempts.map(|(_, attempt)| attempt?.reference), is_complete))
    }

    /// The payments whose record or invoice has this number, in capitals or small letters. Reads at most `limit` of
    /// them.
    ///
    /// # Errors
    /// As for [`Ledger::payments_of_record`].
    pub fn payments_of_number(&self, number: &str, limit: u64) -> Result<FoundPayments, StoreError> {
        let slots = self.numbered(number);
        let (numbers, is_complete) = newest(slots.last()?, limit);
        let references = slots.read::<PaymentReference>(&numbers)?.into_iter();
        Ok(FoundPayments::new(references.map(|(_, reference)| reference), is_complete))
    }

    /// The records by which a payment is found by the numbers of its record and its invoice, to be written with the
    /// entry that names them.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn number_records(
        &self,
        source: &SourceRecord,
        invoice: Option<&Invoice>,
        reference: &PaymentReference,
    ) -> Result<Writes, StoreError> {
        let of_source = source.number();
        let of_invoice = invoice.map(Invoice::number);
        let of_invoice = of_invoice.filter(|number| !of_source.is_some_and(|known| is_same_number(known, number)));
        let mut writes = Writes::new();
        for number in [of_source, of_invoice].into_iter().flatten() {
            let (_, key) = self.numbered(number).allocate()?;
            writes.push(write(&key, reference)?);
        }
        Ok(writes)
    }

    fn numbered(&self, number: &str) -> Slots<'_> {
        let digest = Sha256::digest(folded(number).as_bytes());
        let digest = base16ct::lower::encode_string(&digest);
        let counter = keys::number_counter(&self.site, &digest);
        Slots::new(self, counter, move |slot| keys::numbered_payment(&self.site, &digest, slot))
    }
}

/// Whether these are the same number for a person: capitals, small letters and blanks around it do not matter.
#[must_use]
pub fn is_same_number(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

fn folded(number: &str) -> String {
    number.trim().to_ascii_lowercase()
}

/// The last numbers up to this one, at most `limit`, in descending order, and whether these are all.
fn newest(last: u64, limit: u64) -> (Vec<u64>, bool) {
    let before = last.saturating_sub(limit);
    ((before.saturating_add(1)..=last).rev().collect(), before == 0)
}
