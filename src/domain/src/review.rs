//! The reasons why a person must look at a payment, and a person's acceptance of them.

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A reason for review. Events that break a bound are stored and counted. Only a person decides what to do about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewReason {
    /// Events arrived for a payment that did not begin in Tollbridge.
    UnmatchedPayment,
    /// An event is in another currency than the payment. It is stored and not summed.
    CurrencyMismatch,
    /// An event that moves money names no amount, and none can be inferred.
    AmountMissing,
    /// The sums are larger than an amount can be.
    AmountOutOfRange,
    /// The amount reserved is not the amount requested.
    AuthorizedOtherThanAsked,
    /// The amount captured is not the amount requested.
    CapturedOtherThanAsked,
    /// The amount refunded is not the amount requested.
    RefundedOtherThanAsked,
    /// The amount paid out is not the amount requested.
    PaidOutOtherThanAsked,
    /// More was captured than reserved.
    CapturedMoreThanAuthorized,
    /// More went back, by refunds and chargebacks together, than was captured.
    ReturnedMoreThanCaptured,
    /// More was settled than captured.
    SettledMoreThanCaptured,
    /// The provider confirmed a transaction and later reported that it failed. Its money no longer counts as moved.
    FailedAfterSuccess,
    /// The provider reported that a transaction failed and later confirmed it. There may have been another attempt
    /// between.
    SucceededAfterFailure,
    /// The provider gave one transaction id to several movements of money, or several to one. The sums rest on
    /// Tollbridge's own references.
    TransactionIdsConflict,
    /// A capture that was under way failed.
    CaptureFailed,
    /// A refund that was under way failed: the payer has not got the money.
    RefundFailed,
    /// A settlement failed.
    SettlementFailed,
    /// All status inquiries of the schedule were made, and the outcome of an operation is still not known.
    OutcomeUnknown,
    /// An entry of its history is not as it was written.
    HistoryChanged,
    /// A dispute is open and has a deadline.
    Disputed,
    /// Money was charged back.
    ChargedBack,
    /// Money arrived for an attempt after another attempt replaced it: the record may be paid twice.
    PaidAfterSuperseded,
    /// The provider signed a delivery that could not be read. It may be about money.
    UnreadableDelivery,
}

impl ReviewReason {
    /// The code in the HTTP interface and in Salesforce.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnmatchedPayment => "unmatched_payment",
            Self::CurrencyMismatch => "currency_mismatch",
            Self::AmountMissing => "amount_missing",
            Self::AmountOutOfRange => "amount_out_of_range",
            Self::AuthorizedOtherThanAsked => "authorized_other_than_asked",
            Self::CapturedOtherThanAsked => "captured_other_than_asked",
            Self::RefundedOtherThanAsked => "refunded_other_than_asked",
            Self::PaidOutOtherThanAsked => "paid_out_other_than_asked",
            Self::CapturedMoreThanAuthorized => "captured_more_than_authorized",
            Self::ReturnedMoreThanCaptured => "returned_more_than_captured",
            Self::SettledMoreThanCaptured => "settled_more_than_captured",
            Self::FailedAfterSuccess => "failed_after_success",
            Self::SucceededAfterFailure => "succeeded_after_failure",
            Self::TransactionIdsConflict => "transaction_ids_conflict",
            Self::CaptureFailed => "capture_failed",
            Self::RefundFailed => "refund_failed",
            Self::SettlementFailed => "settlement_failed",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::HistoryChanged => "history_changed",
            Self::Disputed => "disputed",
            Self::ChargedBack => "charged_back",
            Self::PaidAfterSuperseded => "paid_after_superseded",
            Self::UnreadableDelivery => "unreadable_delivery",
        }
    }
}

/// What a reason rests on, such as the sum that is wrong. A reason with other evidence is another reason, although it
/// has the same name: a decision about a first chargeback does not cover a second one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Evidence(String);

impl Evidence {
    /// Evidence of these numbers.
    pub(crate) fn of(numbers: impl IntoIterator<Item = i64>) -> Self {
        let numbers: Vec<String> = numbers.into_iter().map(|number| number.to_string()).collect();
        Self(numbers.join(","))
    }

    /// The stored text. It is equal only if the evidence is the same.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person's decision about a payment in review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acceptance {
    /// The accepted reasons, each with its evidence.
    pub reasons: BTreeMap<ReviewReason, Evidence>,
    /// The Salesforce refusal that was accepted: the refused update is not sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salesforce: Option<String>,
    /// Why, in the person's words.
    pub note: String,
    /// The person, as the caller named them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl fmt::Display for ReviewReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
