//! A payment's state, and which operations it still allows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Conversion, CorrelationId, Evidence, Intent, Invoice, Money, Operation, PaymentReference, PendingOperation,
    PendingOutcome, ReviewReason, SourceRecord, Tax, Timestamp, TransactionId, UnreadableDelivery,
};

/// The state of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nothing is decided.
    Pending,
    /// The money is reserved.
    Authorized,
    /// Part of the reserved amount is captured, and the rest may still be.
    PartiallyCaptured,
    /// The money is captured.
    Captured,
    /// The whole captured amount is settled.
    Settled,
    /// Part of the money went back.
    PartiallyRefunded,
    /// All of the money went back.
    Refunded,
    /// The payment failed.
    Failed,
    /// The payment was given up, or the reserved amount was released.
    Canceled,
    /// The payer's bank questions the payment.
    Disputed,
    /// The money was taken back from the merchant.
    ChargedBack,
    /// The payout went out.
    PaidOut,
}

impl PaymentStatus {
    /// Every state, in the order of their definition.
    pub const ALL: [Self; 12] = [
        Self::Pending,
        Self::Authorized,
        Self::PartiallyCaptured,
        Self::Captured,
        Self::Settled,
        Self::PartiallyRefunded,
        Self::Refunded,
        Self::Failed,
        Self::Canceled,
        Self::Disputed,
        Self::ChargedBack,
        Self::PaidOut,
    ];

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

/// A payment, as its facts make it. All amounts are in its one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The reference, unique within its site.
    pub reference: PaymentReference,
    /// What the payment was made for.
    pub intent: Intent,
    /// The state.
    pub status: PaymentStatus,
    /// The method's name. Empty if the payment did not begin in Tollbridge and the provider named no method of the
    /// site.
    pub method: String,
    /// The requested amount.
    pub amount: Money,
    /// The tax within that amount, if the caller named it.
    pub tax: Option<Tax>,
    /// The amount reserved.
    pub authorized: Money,
    /// The amount captured.
    pub captured: Money,
    /// The amount refunded.
    pub refunded: Money,
    /// The amount charged back and not won again.
    pub charged_back: Money,
    /// The amount settled.
    pub settled: Money,
    /// The amount paid out.
    pub paid_out: Money,
    /// The provider's fees.
    pub fees: Money,
    /// The amount that captures requested and may still take: all that is not known to have failed.
    pub capturing: Money,
    /// The amount that refunds requested and may still give back: all that is not known to have failed.
    pub refunding: Money,
    /// Whether the amount still reserved was released, or is being released.
    pub released: bool,
    /// The requested operations without any event about them.
    pub pending_outcomes: Vec<PendingOutcome>,
    /// The operations that the provider last reported as pending.
    pub pending: Vec<PendingOperation>,
    /// The record that it is for.
    pub source: Option<SourceRecord>,
    /// The invoice that it is for: the one named, or the record itself if it is an invoice with a number.
    pub invoice: Option<Invoice>,
    /// Which attempt for that record it is, from 1.
    pub attempt: u32,
    /// Whether a later attempt replaced it.
    pub superseded: bool,
    /// The provider's first transaction.
    pub transaction: Option<TransactionId>,
    /// The signed deliveries about it that could not be read.
    pub unreadable: Vec<UnreadableDelivery>,
    /// Where the payer must be redirected to.
    pub redirect_url: Option<String>,
    /// The provider's last conversion.
    pub conversion: Option<Conversion>,
    /// The provider's last reason code, or its last code.
    pub reason_code: Option<String>,
    /// The reasons for review, each with its evidence, without those that a person accepted.
    pub review: BTreeMap<ReviewReason, Evidence>,
    /// Whether the provider reported of some of its money both that it moved and that it did not, nothing tells which
    /// came later, and no person has accepted that.
    pub(crate) in_doubt: bool,
    /// The reasons that people accepted.
    pub(crate) accepted: BTreeSet<(ReviewReason, Evidence)>,
    /// The correlation id of the request that began it.
    pub correlation_id: CorrelationId,
    /// How many different facts it reflects. A larger set of facts never has a lower version.
    pub version: u64,
    /// How many of those facts are not requests of Tollbridge.
    pub reported: u64,
    /// When its first entry was written.
    pub created_at: Timestamp,
    /// When its last new entry was written.
    pub updated_at: Timestamp,
}

/// Why an operation is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BoundError {
    /// The payment's state has nothing for this operation.
    #[error("a {status} {intent} payment cannot be {attempted}: nothing is left to {verb}", status = .status.as_str(), intent = .intent.as_str(), attempted = past(*.operation), verb = .operation.as_str())]
    NothingLeft {
        /// The operation asked for.
        operation: Operation,
        /// What the payment was made for.
        intent: Intent,
        /// The payment's state.
        status: PaymentStatus,
    },
    /// The payment did not begin in Tollbridge, and no person has accepted it or assigned it to a record.
    #[error("nobody here asked for this payment: a person accepts it or assigns it to a record before it is {attempted}", attempted = past(*.operation))]
    NotAccepted {
        /// The operation asked for.
        operation: Operation,
    },
    /// The requested amount is more than is left.
    #[error("{asked} is more than the {left} that is left to {verb}", verb = .operation.as_str())]
    MoreThanLeft {
        /// The operation asked for.
        operation: Operation,
        /// The amount asked for.
        asked: Money,
        /// The amount left.
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
    /// The amount that a capture, refund or void may have: the amount asked for, or all that is left. The amounts of
    /// other operations under way count as taken.
    ///
    /// # Errors
    /// Nothing is left, more is asked for than is left, a person must look first, or the amount is zero or in another
    /// currency.
    pub fn allow(&self, operation: Operation, asked: Option<Money>) -> Result<Money, BoundError> {
        let left = self.left_to(operation);
        // Its amounts rest on the provider's events alone.
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
            // A payment that the payer has not decided on can still be voided.
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

    /// The sum, up to the requested amount. What exceeds it may be the same money under another id, so it is neither
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

    /// Whether some captured money did not go back, or money was paid out.
    fn keeps_money(&self) -> bool {
        let returned = self.refunded.minor_units().saturating_add(self.charged_back.minor_units());
        self.captured.minor_units() > returned || self.paid_out.is_positive()
    }

    /// Whether this payment pays its record or may still pay it, so that another payment could pay it twice: as long as
    /// any of its money is kept, may come, or is in doubt.
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

    /// Whether its money may have paid the record, or is reserved for it.
    pub(crate) fn may_have_paid_its_source(&self) -> bool {
        self.keeps_money()
            || self.in_doubt
            || (self.authorized.is_positive() && !self.released)
            || self.status == PaymentStatus::Disputed
    }

    /// Whether this is the record that it is for. An assigned payment may have been assigned to another record since.
    #[must_use]
    pub fn is_for(&self, record: &SourceRecord) -> bool {
        self.source.as_ref().is_some_and(|source| source.is_same_record(record))
    }

    /// The reasons for review.
    #[must_use]
    pub fn reasons(&self) -> BTreeSet<ReviewReason> {
        // `collect` would sort the list first, which makes a component larger.
        let mut reasons = BTreeSet::new();
        reasons.extend(self.review.keys().copied());
        reasons
    }

    /// Whether a request was sent, or may have been sent, whose outcome is not known.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        !self.pending_outcomes.is_empty()
    }

    /// The operation that opened the payment. An unmatched payment counts as a charge.
    #[must_use]
    pub fn opening(&self) -> Operation {
        match self.intent {
            Intent::Charge | Intent::Unmatched => Operation::Charge,
            Intent::Authorize => Operation::Authorize,
            Intent::Payout => Operation::Payout,
        }
    }
}
