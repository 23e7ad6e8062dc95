//! The records that a payment is for: the one that it was requested for or assigned to, and an invoice that it also
//! names.

use tollbridge_domain::{Currency, Entry, EventKind, Fact, Invoice, Money, Operation, SourceRecord};

/// The records of a payment, as the request that opened it names them. For a payment that nobody requested, a person's
/// assignment names them.
pub(crate) struct RecordLink<'a> {
    pub(crate) source: &'a SourceRecord,
    pub(crate) invoice: Option<&'a Invoice>,
    /// The payment's number among the payments of the record.
    pub(crate) attempt: u32,
    pub(crate) operation: Operation,
    pub(crate) currency: Currency,
}

impl RecordLink<'_> {
    /// Whether the totals of this record include the payment.
    pub(crate) fn counts_in(&self, record: &SourceRecord) -> bool {
        self.source.is_same_record(record)
            || linked_invoice(self.source, self.invoice).is_some_and(|invoice| invoice.is_same_record(record))
    }
}

/// The link of the payment that these entries make; `None` if neither a request nor an assignment names a record.
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
            // The last assignment in the ledger counts.
            Fact::Assigned(assignment) => assigned = Some(assignment),
            Fact::Withdrawn { .. }
            | Fact::TimedOut { .. }
            | Fact::NotFound { .. }
            | Fact::Unreadable(_)
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

/// The invoice that a payment names in addition to its source record; `None` if the invoice is that record, or its id
/// is unknown.
#[must_use]
pub fn linked_invoice(source: &SourceRecord, invoice: Option<&Invoice>) -> Option<SourceRecord> {
    let invoice = invoice?.record()?;
    (!invoice.is_same_record(source)).then_some(invoice)
}
