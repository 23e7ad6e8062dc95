//! The kinds of events, and the one table of what each kind means.

use serde::{Deserialize, Serialize};

use crate::movement_kind::MovementKind;
use crate::{Operation, ReviewReason};

/// Which operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailedStage {
    /// The charge or the authorization.
    Authorization,
    /// A capture.
    Capture,
    /// The settlement of captured money.
    Settlement,
    /// A refund.
    Refund,
    /// A void.
    Void,
    /// A payout.
    Payout,
}

/// How an operation ended, if the provider does not say which operation it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportedOutcome {
    /// It succeeded.
    Confirmed,
    /// It was given up.
    Canceled,
    /// It was refused.
    Declined,
}

/// What an event says happened. The table of what each kind means is `describe`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// An operation is under way.
    Pending,
    /// The amount is reserved.
    Authorized,
    /// The amount was taken.
    Captured,
    /// The amount is on its way to the merchant.
    Settled,
    /// An operation failed.
    Failed(FailedStage),
    /// The payment was given up, or the reserved amount was released.
    Canceled,
    /// The amount went back to the payer.
    Refunded,
    /// The payer's bank questions the payment.
    Disputed,
    /// The merchant won the dispute.
    DisputeWon,
    /// The amount was taken back from the merchant.
    ChargedBack,
    /// The amount went out to the customer.
    PaidOut,
    /// The outcome of the operation that the event's reference names.
    Reported(ReportedOutcome),
}

/// What an event is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// The operation itself: how it goes, or how it ended.
    Operation,
    /// What happens to the operation's money afterwards. The event may overtake the operation's response, and does not
    /// say how much the operation moved.
    Afterwards,
}

/// What an event means for a dispute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum DisputeStep {
    Opened,
    Ended,
}

/// When a failure puts the payment into review.
#[derive(Clone, Copy)]
pub(crate) enum FailureReview {
    Always(ReviewReason),
    /// Only if the provider reported the operation as pending before. Otherwise the caller learnt of the failure from
    /// the response.
    OncePending(ReviewReason),
}

/// One row of the table.
struct Description {
    /// The name in the HTTP interface, in Salesforce and in the journal.
    name: &'static str,
    /// The movement of money that this event reports.
    moves: Option<MovementKind>,
    /// The earlier movements that this event takes back.
    takes_back: &'static [MovementKind],
    subject: Subject,
    dispute: Option<DisputeStep>,
    review: Option<FailureReview>,
}

const fn row(
    name: &'static str,
    moves: Option<MovementKind>,
    takes_back: &'static [MovementKind],
    subject: Subject,
) -> Description {
    Description { name, moves, takes_back, subject, dispute: None, review: None }
}

impl Description {
    const fn dispute(self, step: DisputeStep) -> Self {
        Self { dispute: Some(step), ..self }
    }

    const fn review(self, review: FailureReview) -> Self {
        Self { review: Some(review), ..self }
    }
}

impl EventKind {
    /// Every kind, in the order of the table.
    pub const ALL: [Self; 19] = [
        Self::Pending,
        Self::Authorized,
        Self::Captured,
        Self::Settled,
        Self::Failed(FailedStage::Authorization),
        Self::Failed(FailedStage::Capture),
        Self::Failed(FailedStage::Settlement),
        Self::Failed(FailedStage::Refund),
        Self::Failed(FailedStage::Void),
        Self::Failed(FailedStage::Payout),
        Self::Canceled,
        Self::Refunded,
        Self::Disputed,
        Self::DisputeWon,
        Self::ChargedBack,
        Self::PaidOut,
        Self::Reported(ReportedOutcome::Confirmed),
        Self::Reported(ReportedOutcome::Canceled),
        Self::Reported(ReportedOutcome::Declined),
    ];

    /// The table: the name, the movement, the movements taken back, the subject. A dispute that was won takes back a
    /// chargeback too, but which one and how much of it depends on their transactions: see [`crate::disputes`].
    const fn describe(self) -> Description {
        use MovementKind::{Authorization, Capture, Chargeback, Payout, Refund, Release, Settlement};
        use Subject::{Afterwards, Operation};
        match self {
            Self::Pending => row("pending", None, &[], Operation),
            Self::Authorized => row("authorized", Some(Authorization), &[], Operation),
            Self::Captured => row("captured", Some(Capture), &[], Operation),
            Self::Settled => row("settled", Some(Settlement), &[], Afterwards),
            Self::Failed(stage) => match stage {
                FailedStage::Authorization => row("authorization_failed", None, &[Authorization, Capture], Operation),
                FailedStage::Capture => row("capture_failed", None, &[Capture], Operation)
                    .review(FailureReview::OncePending(ReviewReason::CaptureFailed)),
                FailedStage::Settlement => row("settlement_failed", None, &[Settlement], Afterwards)
                    .review(FailureReview::Always(ReviewReason::SettlementFailed)),
                FailedStage::Refund => row("refund_failed", None, &[Refund], Operation)
                    .review(FailureReview::OncePending(ReviewReason::RefundFailed)),
                FailedStage::Void => row("void_failed", None, &[Release], Operation),
                FailedStage::Payout => row("payout_failed", None, &[Payout], Operation),
            },
            Self::Canceled => row("canceled", Some(Release), &[Capture, Payout], Operation),
            Self::Refunded => row("refunded", Some(Refund), &[], Operation),
            Self::Disputed => row("disputed", None, &[], Afterwards).dispute(DisputeStep::Opened),
            Self::DisputeWon => row("dispute_won", None, &[], Afterwards).dispute(DisputeStep::Ended),
            Self::ChargedBack => row("charged_back", Some(Chargeback), &[], Afterwards).dispute(DisputeStep::Ended),
            Self::PaidOut => row("paid_out", Some(Payout), &[], Operation),
            Self::Reported(outcome) => match outcome {
                ReportedOutcome::Confirmed => row("confirmed", None, &[], Operation),
                ReportedOutcome::Canceled => row("reported_canceled", None, &[], Operation),
                ReportedOutcome::Declined => row("declined", None, &[], Operation),
            },
        }
    }

    /// The name in the HTTP interface, in Salesforce and in the journal.
    ///
    /// ```
    /// use tollbridge_domain::{EventKind, FailedStage};
    ///
    /// assert_eq!(EventKind::ChargedBack.as_str(), "charged_back");
    /// assert_eq!(EventKind::Failed(FailedStage::Refund).as_str(), "refund_failed");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.describe().name
    }

    /// Whether this says what became of an operation itself. A settlement, a dispute or a chargeback is what happens to
    /// its money afterwards: it may overtake the response, and does not say how much the operation moved.
    #[must_use]
    pub fn answers_for_its_operation(self) -> bool {
        self.describe().subject == Subject::Operation
    }

    /// The kind with [`EventKind::Reported`] made definite by the operation that it is about.
    ///
    /// ```
    /// use tollbridge_domain::{EventKind, Operation, ReportedOutcome};
    ///
    /// let confirmed = EventKind::Reported(ReportedOutcome::Confirmed);
    /// assert_eq!(confirmed.about(Operation::Refund), EventKind::Refunded);
    /// assert_eq!(EventKind::Settled.about(Operation::Refund), EventKind::Settled);
    /// ```
    #[must_use]
    pub fn about(self, operation: Operation) -> Self {
        if let Self::Reported(outcome) = self { operation.ended(outcome) } else { self }
    }

    /// The movement of money that an event of this kind reports.
    pub(crate) fn moves(self) -> Option<MovementKind> {
        self.describe().moves
    }

    /// Whether an event of this kind says that an amount moved.
    pub(crate) fn moves_an_amount(self) -> bool {
        self.moves().is_some_and(|movement| movement != MovementKind::Release)
    }

    /// The movements that an event of this kind takes back, if they had succeeded before.
    pub(crate) fn takes_back(self) -> &'static [MovementKind] {
        self.describe().takes_back
    }

    /// Whether an event of this kind says how an operation goes that was to make this movement.
    pub(crate) fn decides(self, movement: MovementKind) -> bool {
        let kind = self.describe();
        match (kind.moves, kind.takes_back) {
            (Some(moved), _) => moved == movement,
            // It names no movement, so it is about any operation.
            (None, []) => kind.subject == Subject::Operation,
            (None, taken_back) => taken_back.contains(&movement),
        }
    }

    /// What an event of this kind means for a dispute.
    pub(crate) fn dispute(self) -> Option<DisputeStep> {
        self.describe().dispute
    }

    /// When an event of this kind puts the payment into review for the failure that it reports.
    pub(crate) fn review(self) -> Option<FailureReview> {
        self.describe().review
    }
}

impl Operation {
    /// The kind of event that this outcome of the operation is.
    #[must_use]
    pub fn ended(self, outcome: ReportedOutcome) -> EventKind {
        match (self, outcome) {
            (Self::Charge | Self::Capture, ReportedOutcome::Confirmed) => EventKind::Captured,
            (Self::Authorize, ReportedOutcome::Confirmed) => EventKind::Authorized,
            (Self::Payout, ReportedOutcome::Confirmed) => EventKind::PaidOut,
            (Self::Refund, ReportedOutcome::Confirmed) => EventKind::Refunded,
            (Self::Void, ReportedOutcome::Confirmed)
            | (Self::Charge | Self::Authorize | Self::Payout, ReportedOutcome::Canceled) => EventKind::Canceled,
            (Self::Charge | Self::Authorize, ReportedOutcome::Declined) => {
                EventKind::Failed(FailedStage::Authorization)
            }
            (Self::Payout, ReportedOutcome::Declined) => EventKind::Failed(FailedStage::Payout),
            (Self::Capture, ReportedOutcome::Canceled | ReportedOutcome::Declined) => {
                EventKind::Failed(FailedStage::Capture)
            }
            (Self::Refund, ReportedOutcome::Canceled | ReportedOutcome::Declined) => {
                EventKind::Failed(FailedStage::Refund)
            }
            (Self::Void, ReportedOutcome::Canceled | ReportedOutcome::Declined) => EventKind::Failed(FailedStage::Void),
        }
    }
}

#[cfg(test)]
mod tests;
