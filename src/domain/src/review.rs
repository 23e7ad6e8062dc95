//! Why a person must look at a payment.

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A reason for review. What broke a bound is kept and counted; nobody but a person decides what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewReason {
    /// Events arrived for a payment that was not asked for here.
    UnmatchedPayment,
    /// An event is in another currency than the payment; it is kept and not summed.
    CurrencyMismatch,
    /// An event that moves money names no amount, and none can be inferred.
    AmountMissing,
    /// The sums are larger than an amount can be.
    AmountOutOfRange,
    /// Another amount was reserved than asked for.
    AuthorizedOtherThanAsked,
    /// Another amount was captured than asked for.
    CapturedOtherThanAsked,
    /// Another amount was refunded than asked for.
    RefundedOtherThanAsked,
    /// Another amount was paid out than asked for.
    PaidOutOtherThanAsked,
    /// More was captured than reserved.
    CapturedMoreThanAuthorized,
    /// More went back, by refunds and chargebacks together, than was captured.
    ReturnedMoreThanCaptured,
    /// More was settled than captured.
    SettledMoreThanCaptured,
    /// The provider confirmed a transaction and later said that it failed. Its money no longer counts as moved.
    FailedAfterSuccess,
    /// The provider said that a transaction failed and later confirmed it; another attempt may have been made between.
    SucceededAfterFailure,
    /// The provider gave one transaction id to several movements of money, or several to one. The sums rest on our own
    /// references.
    TransactionIdsConflict,
    /// A capture that was under way failed.
    CaptureFailed,
    /// A refund that was under way failed: the payer has not got the money.
    RefundFailed,
    /// A settlement failed.
    SettlementFailed,
    /// The provider was asked what became of an operation as often as the schedule says, and did not answer.
    OutcomeUnknown,
    /// An entry of its history is not as it was written.
    HistoryChanged,
    /// A dispute is open and has a deadline.
    Disputed,
    /// Money was charged back.
    ChargedBack,
    /// Money arrived for an attempt after another one took its place: the record may be paid twice.
    PaidAfterSuperseded,
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
        }
    }
}

/// What a reason rests on, such as the sum that is not as it should be. Where it changes, the reason is another one,
/// although it has the same name: a second chargeback is not settled by what was decided about the first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Evidence(String);

impl Evidence {
    /// Evidence of these numbers.
    pub(crate) fn of(numbers: impl IntoIterator<Item = i64>) -> Self {
        let numbers: Vec<String> = numbers.into_iter().map(|number| number.to_string()).collect();
        Self(numbers.join(","))
    }

    /// The text that is kept: equal only where the reason rests on the same.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a person decided about a payment in review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acceptance {
    /// The reasons that were accepted, with what each rested on.
    pub reasons: BTreeMap<ReviewReason, Evidence>,
    /// The Salesforce refusal that was accepted: what was not told then is not told again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salesforce: Option<String>,
    /// Why, in the person's words.
    pub note: String,
    /// Who, as the caller named them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl fmt::Display for ReviewReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
