//! A payment, as a mapper component sees it.

use tollbridge_domain::{Intent, Payment, PaymentStatus, SourceRecord};

use crate::types;

impl From<Payment> for types::Payment {
    fn from(payment: Payment) -> Self {
        Self {
            reference: payment.reference.into(),
            intent: payment.intent.into(),
            status: payment.status.into(),
            amount: payment.amount.into(),
            authorized: payment.authorized.into(),
            captured: payment.captured.into(),
            refunded: payment.refunded.into(),
            charged_back: payment.charged_back.into(),
            settled: payment.settled.into(),
            paid_out: payment.paid_out.into(),
            fees: payment.fees.into(),
            source: payment.source.map(Into::into),
            attempt: payment.attempt,
            superseded: payment.superseded,
            transaction_id: payment.transaction.map(Into::into),
            conversion: payment.conversion.map(Into::into),
            review_reasons: payment.review.iter().map(ToString::to_string).collect(),
            reason_code: payment.reason_code,
            correlation_id: payment.correlation_id.into(),
            version: payment.version,
            created_at: payment.created_at.into(),
            updated_at: payment.updated_at.into(),
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

impl From<Intent> for types::Intent {
    fn from(intent: Intent) -> Self {
        match intent {
            Intent::Charge => Self::Charge,
            Intent::Authorize => Self::Authorize,
            Intent::Payout => Self::Payout,
            Intent::Unmatched => Self::Unmatched,
        }
    }
}

impl From<PaymentStatus> for types::PaymentStatus {
    fn from(status: PaymentStatus) -> Self {
        match status {
            PaymentStatus::Pending => Self::Pending,
            PaymentStatus::Authorized => Self::Authorized,
            PaymentStatus::PartiallyCaptured => Self::PartiallyCaptured,
            PaymentStatus::Captured => Self::Captured,
            PaymentStatus::Settled => Self::Settled,
            PaymentStatus::PartiallyRefunded => Self::PartiallyRefunded,
            PaymentStatus::Refunded => Self::Refunded,
            PaymentStatus::Failed => Self::Failed,
            PaymentStatus::Canceled => Self::Canceled,
            PaymentStatus::Disputed => Self::Disputed,
            PaymentStatus::ChargedBack => Self::ChargedBack,
            PaymentStatus::PaidOut => Self::PaidOut,
        }
    }
}
