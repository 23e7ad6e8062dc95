//! Everything that the connector assumes about MaldoPay without a public source. `docs/maldopay.md` explains it; if a
//! contract contradicts an assumption, only this file changes.

use tollbridge_connector::types::{EventKind, FailedStage, Operation, ReportedOutcome};

/// `transaction.request.type` for an operation. MaldoPay documents `DEPOSIT` and `WITHDRAW`; the others are assumed.
pub fn request_type(operation: Operation) -> &'static str {
    match operation {
        Operation::Charge => "DEPOSIT",
        Operation::Payout => "WITHDRAW",
        Operation::Authorize => "AUTHORIZE",
        Operation::Capture => "CAPTURE",
        Operation::Refund => "REFUND",
        Operation::Void => "VOID",
        Operation::Status => "STATUS",
    }
}

/// Whether the service alone says what a request is, so that a site may leave out its `type`. Public integrations send
/// deposits and payouts so. Without its type, a refund would be taken for another payment.
pub fn is_known_by_its_service(operation: Operation) -> bool {
    match operation {
        Operation::Charge | Operation::Payout => true,
        Operation::Authorize | Operation::Capture | Operation::Refund | Operation::Void | Operation::Status => false,
    }
}

/// Whether an operation's request carries `originalTransactionId`. The id is that of the payment's first transaction,
/// whatever captures happened in between.
pub fn acts_on_a_transaction(operation: Operation) -> bool {
    match operation {
        Operation::Capture | Operation::Refund | Operation::Void => true,
        Operation::Charge | Operation::Authorize | Operation::Payout | Operation::Status => false,
    }
}

/// Every callback `type` that [`meaning`] knows.
pub const CALLBACK_TYPES: [&str; 10] =
    ["DEPOSIT", "AUTHORIZE", "CAPTURE", "VOID", "REFUND", "SETTLEMENT", "CHARGEBACK", "DISPUTE", "WITHDRAW", "PAYOUT"];

/// The meaning of a callback with this `type` and result; `None` for an unknown type. A callback without a type is
/// about the operation that its reference names.
pub fn meaning(kind: Option<&str>, outcome: ReportedOutcome) -> Option<EventKind> {
    use ReportedOutcome::{Canceled, Confirmed, Declined};
    if kind.is_some_and(|kind| !CALLBACK_TYPES.contains(&kind)) {
        return None;
    }
    Some(match (kind, outcome) {
        (None, outcome) => EventKind::Reported(outcome),
        (Some("DEPOSIT" | "CAPTURE"), Confirmed) => EventKind::Captured,
        (Some("AUTHORIZE"), Confirmed) => EventKind::Authorized,
        (Some("REFUND"), Confirmed) => EventKind::Refunded,
        (Some("SETTLEMENT"), Confirmed) => EventKind::Settled,
        (Some("CHARGEBACK"), Confirmed) => EventKind::ChargedBack,
        (Some("DISPUTE"), Confirmed) => EventKind::Disputed,
        (Some("WITHDRAW" | "PAYOUT"), Confirmed) => EventKind::PaidOut,
        (Some("VOID"), Confirmed) | (Some("DEPOSIT" | "AUTHORIZE" | "WITHDRAW" | "PAYOUT"), Canceled) => {
            EventKind::Canceled
        }
        (Some("DEPOSIT" | "AUTHORIZE"), Declined) => EventKind::Failed(FailedStage::Authorization),
        (Some("WITHDRAW" | "PAYOUT"), Declined) => EventKind::Failed(FailedStage::Payout),
        (Some("CAPTURE"), Canceled | Declined) => EventKind::Failed(FailedStage::Capture),
        (Some("REFUND"), Canceled | Declined) => EventKind::Failed(FailedStage::Refund),
        (Some("VOID"), Canceled | Declined) => EventKind::Failed(FailedStage::Void),
        (Some("SETTLEMENT"), Canceled | Declined) => EventKind::Failed(FailedStage::Settlement),
        // The payer's bank withdrew the dispute or lost it.
        (Some("CHARGEBACK" | "DISPUTE"), Canceled | Declined) => EventKind::DisputeWon,
        (Some(_), _) => return None,
    })
}

/// The meaning of a pending callback of this `type`: a pending chargeback is a dispute.
pub fn meaning_while_pending(kind: Option<&str>) -> EventKind {
    match kind {
        Some("CHARGEBACK" | "DISPUTE") => EventKind::Disputed,
        Some(_) | None => EventKind::Pending,
    }
}

/// The maximum length of `transaction.request.reason`, in characters.
pub const LONGEST_REASON: usize = 255;

/// The signature header of the scheme `body`.
pub const BODY_SIGNATURE_HEADER: &str = "x-maldo-signature";
