//! What no public source documents about MaldoPay, in one place. `docs/maldopay.md` tells it to people; a contract that
//! says otherwise changes this file and nothing else.

use tollbridge_connector::types::{EventKind, FailedStage, Operation, ReportedOutcome};

/// `transaction.request.type` for an operation. `DEPOSIT` and `WITHDRAW` are documented; the others are assumed.
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

/// Whether an operation's request names the transaction that it acts on, in `originalTransactionId`: the payment's first
/// one, whichever captures came between.
pub fn acts_on_a_transaction(operation: Operation) -> bool {
    match operation {
        Operation::Capture | Operation::Refund | Operation::Void => true,
        Operation::Charge | Operation::Authorize | Operation::Payout | Operation::Status => false,
    }
}

/// Every `type` that a callback is known to have; [`meaning`] knows these and no others.
pub const CALLBACK_TYPES: [&str; 10] =
    ["DEPOSIT", "AUTHORIZE", "CAPTURE", "VOID", "REFUND", "SETTLEMENT", "CHARGEBACK", "DISPUTE", "WITHDRAW", "PAYOUT"];

/// What a callback of this `type` means when it ended so; none for a type that is not known. A callback without a type
/// is about the operation that its reference names.
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
        // The payer's bank took the dispute back, or lost it.
        (Some("CHARGEBACK" | "DISPUTE"), Canceled | Declined) => EventKind::DisputeWon,
        (Some(_), _) => return None,
    })
}

/// What a callback of this `type` means while nothing is decided: a chargeback under way is a dispute.
pub fn meaning_while_pending(kind: Option<&str>) -> EventKind {
    match kind {
        Some("CHARGEBACK" | "DISPUTE") => EventKind::Disputed,
        Some(_) | None => EventKind::Pending,
    }
}

/// The most characters of `transaction.request.reason`.
pub const LONGEST_REASON: usize = 255;

/// The header that carries the signature of the scheme `body`.
pub const BODY_SIGNATURE_HEADER: &str = "x-maldo-signature";
