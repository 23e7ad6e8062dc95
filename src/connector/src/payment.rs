//! Conversions of a payment into what a mapper component receives.

use tollbridge_domain::{Intent, Invoice, Payment, PaymentStatus, RecordTotals, SourceRecord, Tax};

use crate::event::fitting;
use crate::types;
use crate::variants::same_variants;

/// The payment without the totals of its records. The caller adds them, because it has read the records' other
/// payments.
impl From<Payment> for types::Payment {
    fn from(payment: Payment) -> Self {
        Self {
            reference: payment.reference.into(),
            intent: payment.intent.into(),
            status: payment.status.into(),
            method: payment.method,
            amount: payment.amount.into(),
            tax: payment.tax.map(Into::into),
            authorized: payment.authorized.into(),
            captured: payment.captured.into(),
            refunded: payment.refunded.into(),
            charged_back: payment.charged_back.into(),
            settled: payment.settled.into(),
            paid_out: payment.paid_out.into(),
            fees: payment.fees.into(),
            source: payment.source.map(Into::into),
            invoice: payment.invoice.map(Into::into),
            record: None,
            invoice_record: None,
            attempt: payment.attempt,
            superseded: payment.superseded,
            transaction_id: payment.transaction.map(Into::into),
            conversion: payment.conversion.map(Into::into),
            review_reasons: payment.review.keys().map(ToString::to_string).collect(),
            reason_code: fitting(payment.reason_code),
            correlation_id: payment.correlation_id.into(),
            version: payment.version,
            created_at: payment.created_at.into(),
            updated_at: payment.updated_at.into(),
            details: Vec::new(),
        }
    }
}

impl From<RecordTotals> for types::RecordTotals {
    fn from(totals: RecordTotals) -> Self {
        Self {
            status: totals.status.into(),
            payments: u32::try_from(totals.payments).unwrap_or(u32::MAX),
            authorized: totals.amounts.authorized.into(),
            captured: totals.amounts.captured.into(),
            refunded: totals.amounts.refunded.into(),
            charged_back: totals.amounts.charged_back.into(),
            settled: totals.amounts.settled.into(),
            paid_out: totals.amounts.paid_out.into(),
            fees: totals.amounts.fees.into(),
            outstanding: totals.outstanding.into(),
            reference: totals.reference.into(),
            transaction_id: totals.transaction.map(Into::into),
            review_reasons: totals.review.iter().map(ToString::to_string).collect(),
            version: totals.version,
        }
    }
}

impl From<Tax> for types::Tax {
    fn from(tax: Tax) -> Self {
        Self {
            amount: tax.amount().into(),
            rate: tax.rate().map(Into::into),
            country: tax.country().map(Into::into),
            inclusive: tax.inclusive(),
        }
    }
}

impl From<SourceRecord> for types::SourceRecord {
    fn from(source: SourceRecord) -> Self {
        Self {
            object: source.object().to_owned(),
            id: source.id().to_owned(),
            number: source.number().map(ToOwned::to_owned),
        }
    }
}

impl From<Invoice> for types::Invoice {
    fn from(invoice: Invoice) -> Self {
        Self { id: invoice.id().map(ToOwned::to_owned), number: invoice.number().to_owned() }
    }
}

same_variants!(Intent, types::Intent, Charge, Authorize, Payout, Unmatched);
same_variants!(
    PaymentStatus,
    types::PaymentStatus,
    Pending,
    Authorized,
    PartiallyCaptured,
    Captured,
    Settled,
    PartiallyRefunded,
    Refunded,
    Failed,
    Canceled,
    Disputed,
    ChargedBack,
    PaidOut
);
