//! A payment's state, and what may still be asked for it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Conversion, CorrelationId, Evidence, Intent, Invoice, Money, Operation, PaymentReference, PendingOperation,
    PendingOutcome, ReviewReason, SourceRecord, Tax, Timestamp, TransactionId,
};

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nothing is decided.
    Pending,
    /// The money is reserved.
    Authorized,
    /// Part of what was reserved is captured, and the rest may still be.
    PartiallyCaptured,
    /// The money is captured.
    Captured,
    /// All that was captured is settled.
    Settled,
    /// Part of it went back.
    PartiallyRefunded,
    /// All of it went back.
    Refunded,
    /// It did not succeed.
    Failed,
    /// It was given up, or what was reserved was released.
    Canceled,
    /// The payer's bank questions it.
    Disputed,
    /// It was taken back.
    ChargedBack,
    /// The payout went out.
    PaidOut,
}

impl PaymentStatus {
    /// The name in the HTTP interface and in Salesforce.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Authorized => "authorized",
            Self::PartiallyCaptured => "partially_captured",
            Self::Captured => "captured",
            Self::Settled => "settled",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Disputed => "disputed",
            Self::ChargedBack => "charged_back",
            Self::PaidOut => "paid_out",
        }
    }
}

/// A payment as the whole of its events makes it; every amount is in its one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its own reference.
    pub reference: PaymentReference,
    /// What it was made for.
    pub intent: Intent,
    /// Where it stands.
    pub status: PaymentStatus,
    /// The method's name; empty where nobody here asked for it and the provider named none that the site has.
    pub method: String,
    /// What was asked for.
    pub amount: Money,
    /// The tax within that, where it was said.
    pub tax: Option<Tax>,
    /// What was reserved.
    pub authorized: Money,
    /// What was captured.
    pub captured: Money,
    /// What was refunded.
    pub refunded: Money,
    /// What was charged back and not won again.
    pub charged_back: Money,
    /// What was settled.
    pub settled: Money,
    /// What was paid out.
    pub paid_out: Money,
    /// What the provider kept.
    pub fees: Money,
    /// What captures were asked to take and may yet take: all that is not known to have failed.
    pub capturing: Money,
    /// What refunds were asked to give back and may yet give back: all that is not known to have failed.
    pub refunding: Money,
    /// Whether what is still reserved was released, or is being released.
    pub released: bool,
    /// The operations that were asked of the provider and of which nothing was heard.
    pub pending_outcomes: Vec<PendingOutcome>,
    /// The operations that the provider said are under way, and of which it has said nothing since.
    pub pending: Vec<PendingOperation>,
    /// The record it is for.
    pub source: Option<SourceRecord>,
    /// The invoice it is for: the one that was named, or the record itself where it is an invoice with a number.
    pub invoice: Option<Invoice>,
    /// Which attempt for that record it is, from 1.
    pub attempt: u32,
    /// Whether a later attempt has taken its place.
    pub superseded: bool,
    /// The provider's first transaction.
    pub transaction: Option<TransactionId>,
    /// Where the payer must be sent.
    pub redirect_url: Option<String>,
    /// What the provider last converted it to.
    pub conversion: Option<Conversion>,
    /// The last reason code, or the last code.
    pub reason_code: Option<String>,
    /// Why a person must look at it, with what each reason rests on. What a person accepted is not among them.
    pub review: BTreeMap<ReviewReason, Evidence>,
    /// Whether the provider said of some of its money both that it moved and that it did not, nothing tells which came
    /// later, and nobody has accepted that.
    pub(crate) in_doubt: bool,
    /// What people accepted.
    pub(crate) accepted: BTreeSet<(ReviewReason, Evidence)>,
    /// The correlation id of what began it.
    pub correlation_id: CorrelationId,
    /// How many different facts it reflects. A larger set of facts never has a lower version.
    pub version: u64,
    /// How many of those facts are more than requests of our own.
    pub reported: u64,
    /// When it began.
    pub created_at: Timestamp,
    /// When the last news of it arrived.
    pub updated_at: Timestamp,
}

/// Why an operation may not be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BoundError {
    /// The payment's state has nothing for this operation.
    #[error("a {status} {intent} payment cannot be {attempted}: nothing is left to {verb}", status = .status.as_str(), intent = .intent.as_str(), attempted = past(*.operation), verb = .operation.as_str())]
    NothingLeft {
        /// What was asked for.
        operation: Operation,
        /// What the payment was made for.
        intent: Intent,
        /// Where it stands.
        status: PaymentStatus,
    },
    /// Nobody asked for the payment here, and no person has accepted it or assigned it to a record.
    #[error("nobody here asked for this payment: a person accepts it or assigns it to a record before it is {attempted}", attempted = past(*.operation))]
    NotAccepted {
        /// What was asked for.
        operation: Operation,
    },
    /// More was asked for than is left.
    #[error("{asked} is more than the {left} that is left to {verb}", verb = .operation.as_str())]
    MoreThanLeft {
        /// What was asked for.
        operation: Operation,
        /// How much.
        asked: Money,
        /// How much is left.
        left: Money,
    },
    /// The amount is zero.
    #[error("the amount must be more than zero")]
    NotPositive,
    /// The amount is in another currency.
    #[error("the payment is in {0}: ask for an amount in it")]
    OtherCurrency(crate::Currency),
}

fn past(operation: Operation) -> &'static str {
    match operation {
        Operation::Charge => "charged",
        Operation::Authorize => "authorized",
        Operation::Payout => "paid out",
        Operation::Capture => "captured",
        Operation::Refund => "refunded",
        Operation::Void => "voided",
    }
}

impl Payment {
    /// The amount that a capture, refund or void may be asked for: what was asked, or all that is left. What other
    /// operations under way may yet take counts as taken.
    ///
    /// # Errors
    /// Nothing is left, more is asked than is left, a person has to look first, or the amount is none.
    pub fn allow(&self, operation: Operation, asked: Option<Money>) -> Result<Money, BoundError> {
        let left = self.left_to(operation);
        // What it is said to be worth rests on the provider's word alone.
        if left.is_positive() && self.review.contains_key(&ReviewReason::UnmatchedPayment) {
            return Err(BoundError::NotAccepted { operation });
        }
        if !left.is_positive() {
            return Err(BoundError::NothingLeft { operation, intent: self.intent, status: self.status });
        }
        let asked = asked.unwrap_or(left);
        if asked.currency() != left.currency() {
            return Err(BoundError::OtherCurrency(left.currency()));
        }
        if !asked.is_positive() {
            return Err(BoundError::NotPositive);
        }
        if asked.minor_units() > left.minor_units() {
            return Err(BoundError::MoreThanLeft { operation, asked, left });
        }
        Ok(asked)
    }

    fn left_to(&self, operation: Operation) -> Money {
        let currency = self.amount.currency();
        let less = |from: Money, taken: [Money; 3]| {
            let units = taken.iter().fold(from.minor_units(), |units, money| units.saturating_sub(money.minor_units()));
            Money::from_minor_units(units, currency).unwrap_or(Money::zero(currency))
        };
        match (operation, self.intent) {
            (Operation::Refund, Intent::Charge | Intent::Authorize | Intent::Unmatched) => {
                less(self.certain(self.captured), [self.refunded, self.charged_back, self.refunding])
            }
            // What the payer has not decided on can still be called off.
            (Operation::Void, Intent::Charge | Intent::Authorize)
                if !self.released && self.status == PaymentStatus::Pending =>
            {
                self.amount
            }
            (Operation::Capture | Operation::Void, Intent::Authorize) if !self.released => {
                less(self.certain(self.authorized), [self.captured, self.capturing, Money::zero(currency)])
            }
            (Operation::Capture | Operation::Void | Operation::Refund, _)
            | (Operation::Charge | Operation::Authorize | Operation::Payout, _) => Money::zero(currency),
        }
    }

    /// As much of a sum as was asked for. What goes beyond it may be the same money under another id, so it is neither
    /// captured nor refunded before a person has accepted it.
    fn certain(&self, sum: Money) -> Money {
        let is_in_doubt = [
            ReviewReason::AuthorizedOtherThanAsked,
            ReviewReason::CapturedOtherThanAsked,
            ReviewReason::CapturedMoreThanAuthorized,
        ]
        .iter()
        .any(|reason| self.review.contains_key(reason));
        let goes_beyond = self.intent != Intent::Unmatched && sum.minor_units() > self.amount.minor_units();
        if goes_beyond && is_in_doubt { self.amount } else { sum }
    }

    /// What was captured and not given or taken back, or what was paid out.
    fn keeps_money(&self) -> bool {
        let returned = self.refunded.minor_units().saturating_add(self.charged_back.minor_units());
        self.captured.minor_units() > returned || self.paid_out.is_positive()
    }

    /// Whether the record may be paid, or be being paid, by this payment, so that another payment for it could be a second
    /// one: as long as any of its money is kept, may come, or is in doubt.
    #[must_use]
    pub fn holds_its_source(&self) -> bool {
        self.keeps_money()
            || self.review.contains_key(&ReviewReason::FailedAfterSuccess)
            || match self.status {
                PaymentStatus::Pending
                | PaymentStatus::Authorized
                | PaymentStatus::PartiallyCaptured
                | PaymentStatus::Captured
                | PaymentStatus::Settled
                | PaymentStatus::PartiallyRefunded
                | PaymentStatus::Disputed
                | PaymentStatus::PaidOut => true,
                PaymentStatus::Refunded
                | PaymentStatus::Failed
                | PaymentStatus::Canceled
                | PaymentStatus::ChargedBack => false,
            }
    }

    /// Whether money of it may have paid the record, or is reserved for it.
    pub(crate) fn may_have_paid_its_source(&self) -> bool {
        self.keeps_money()
            || self.in_doubt
            || (self.authorized.is_positive() && !self.released)
            || self.status == PaymentStatus::Disputed
    }

    /// Whether this is the record that it is for. One that was assigned may have been assigned elsewhere since.
    #[must_use]
    pub fn is_for(&self, record: &SourceRecord) -> bool {
        self.source.as_ref().is_some_and(|source| source.is_same_record(record))
    }

    /// Why a person must look at it.
    #[must_use]
    pub fn reasons(&self) -> BTreeSet<ReviewReason> {
        // One by one: to build a tree of a whole list takes a sort, and a component is to stay small.
        let mut reasons = BTreeSet::new();
        reasons.extend(self.review.keys().copied());
        reasons
    }

    /// Whether the provider was, or may have been, asked to do something of which nothing was heard.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        !self.pending_outcomes.is_empty()
    }

    /// What a report about this operation of the payment is about.
    #[must_use]
    pub fn opening(&self) -> Operation {
        match self.intent {
            Intent::Charge | Intent::Unmatched => Operation::Charge,
            Intent::Authorize => Operation::Authorize,
            Intent::Payout => Operation::Payout,
        }
    }
}
