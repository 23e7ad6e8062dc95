//! The records that a payment is for: the one that it was asked for or assigned to, and the invoice beside it.

use tollbridge_domain::{Currency, Entry, EventKind, Fact, Invoice, Money, Operation, SourceRecord};

/// Where a payment belongs: by the request that opened it, or by what a person said of one that nobody asked for.
pub(crate) struct RecordLink<'a> {
    pub(crate) source: &'a SourceRecord,
    pub(crate) invoice: Option<&'a Invoice>,
    /// The payment's number among those of the record.
    pub(crate) attempt: u32,
    pub(crate) operation: Operation,
    pub(crate) currency: Currency,
}

impl RecordLink<'_> {
    /// Whether a payment that belongs here is counted in a record.
    pub(crate) fn counts_in(&self, record: &SourceRecord) -> bool {
        self.source.is_same_record(record)
            || beside(self.source, self.invoice).is_some_and(|invoice| invoice.is_same_record(record))
    }
}

/// Where the payment belongs that these entries make; none where nobody said.
pub(crate) fn record_link(entries: &[Entry]) -> Option<RecordLink<'_>> {
    let mut assigned = None;
    let mut currency = None;
    let mut operation = Operation::Charge;
    for entry in entries {
        match &entry.fact {
            Fact::OperationRequested(request) => {
                if let Some(source) = &request.source {
                    return Some(RecordLink {
                        source,
                        invoice: request.invoice.as_ref(),
                        attempt: request.attempt,
                        operation: request.operation,
                        currency: request.amount.currency(),
                    });
                }
            }
            Fact::Event(event) => {
                currency = currency.or(event.amount.map(Money::currency));
                if event.kind == EventKind::PaidOut {
                    operation = Operation::Payout;
                }
            }
            // Of several, the last one in the ledger holds.
            Fact::Assigned(assignment) => assigned = Some(assignment),
            Fact::Withdrawn { .. }
            | Fact::TimedOut { .. }
            | Fact::NotFound { .. }
            | Fact::Accepted(_)
            | Fact::Erased(_) => {}
        }
    }
    let (assigned, currency) = assigned.zip(currency)?;
    Some(RecordLink {
        source: &assigned.source,
        invoice: assigned.invoice.as_ref(),
        attempt: assigned.attempt,
        operation,
        currency,
    })
}

/// The invoice that a payment names beside the record that it is for.
#[must_use]
pub fn beside(source: &SourceRecord, invoice: Option<&Invoice>) -> Option<SourceRecord> {
    let invoice = invoice?.record()?;
    (!invoice.is_same_record(source)).then_some(invoice)
}
