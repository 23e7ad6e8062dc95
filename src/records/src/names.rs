//! The words that Salesforce shows for what the payment's types say.

use tollbridge_connector::types::{EventKind, Intent, PaymentStatus};

/// The value of `Status__c`.
pub fn status(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Pending => "pending",
        PaymentStatus::Authorized => "authorized",
        PaymentStatus::PartiallyCaptured => "partially_captured",
        PaymentStatus::Captured => "captured",
        PaymentStatus::Settled => "settled",
        PaymentStatus::PartiallyRefunded => "partially_refunded",
        PaymentStatus::Refunded => "refunded",
        PaymentStatus::Failed => "failed",
        PaymentStatus::Canceled => "canceled",
        PaymentStatus::Disputed => "disputed",
        PaymentStatus::ChargedBack => "charged_back",
        PaymentStatus::PaidOut => "paid_out",
    }
}

/// The value of `Intent__c`.
pub fn intent(intent: Intent) -> &'static str {
    match intent {
        Intent::Charge => "charge",
        Intent::Authorize => "authorize",
        Intent::Payout => "payout",
        Intent::Unmatched => "unmatched",
    }
}

/// The value of `Kind__c`: the domain's own word for it.
pub fn event_kind(kind: EventKind) -> &'static str {
    tollbridge_domain::EventKind::from(kind).as_str()
}
