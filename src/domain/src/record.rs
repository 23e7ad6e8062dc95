//! What a record shows of its payments: sums over all of them and one status, the same in whatever order things
//! happened. `docs/salesforce.md` writes the rule down.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Currency, Intent, Money, Payment, PaymentReference, PaymentStatus, ReviewReason, TransactionId};

/// The sums of a payment or of a record, all in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Amounts {
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
}

impl Amounts {
    /// The sums of a payment.
    #[must_use]
    pub fn of(payment: &Payment) -> Self {
        Self {
            authorized: payment.authorized,
            captured: payment.captured,
            refunded: payment.refunded,
            charged_back: payment.charged_back,
            settled: payment.settled,
            paid_out: payment.paid_out,
            fees: payment.fees,
        }
    }

    fn zero(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self {
            authorized: zero,
            captured: zero,
            refunded: zero,
            charged_back: zero,
            settled: zero,
            paid_out: zero,
            fees: zero,
        }
    }

    /// The currency of all of them.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.captured.currency()
    }

    fn returned(&self) -> i64 {
        self.refunded.minor_units().saturating_add(self.charged_back.minor_units())
    }

    fn moved(&self) -> bool {
        let Self { authorized, captured, refunded, charged_back, settled, paid_out, fees } = *self;
        [authorized, captured, refunded, charged_back, settled, paid_out, fees].into_iter().any(Money::is_positive)
    }

    /// Adds these; false where a sum is larger than an amount can be. It stays at the largest then.
    fn add(&mut self, other: &Self) -> bool {
        let pairs = [
            (&mut self.authorized, other.authorized),
            (&mut self.captured, other.captured),
            (&mut self.refunded, other.refunded),
            (&mut self.charged_back, other.charged_back),
            (&mut self.settled, other.settled),
            (&mut self.paid_out, other.paid_out),
            (&mut self.fees, other.fees),
        ];
        pairs.into_iter().fold(true, |within, (total, amount)| {
            let sum = total.minor_units().checked_add(amount.minor_units());
            *total = Money::from_minor_units(sum.unwrap_or(i64::MAX), total.currency()).unwrap_or(*total);
            within && sum.is_some()
        })
    }
}

/// What one payment contributes to its record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentSummary {
    /// The payment.
    pub reference: PaymentReference,
    /// What it was made for.
    pub intent: Intent,
    /// Where it stands.
    pub status: PaymentStatus,
    /// What was asked for.
    pub amount: Money,
    /// Its sums.
    pub amounts: Amounts,
    /// The provider's first transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionId>,
    /// Why a person must look at it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub review: BTreeSet<ReviewReason>,
    /// The code of Salesforce's refusal for which a person must look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// How many facts it reflects.
    pub version: u64,
}

impl PaymentSummary {
    /// What this payment contributes, and the refusal of Salesforce that a person must look at.
    #[must_use]
    pub fn of(payment: &Payment, refusal: Option<String>) -> Self {
        Self {
            reference: payment.reference.clone(),
            intent: payment.intent,
            status: payment.status,
            amount: payment.amount,
            amounts: Amounts::of(payment),
            transaction: payment.transaction.clone(),
            review: payment.reasons(),
            refusal,
            version: payment.version,
        }
    }

    /// Whether it is an attempt to take money. A payout is none, so it takes no attempt's place and hides nothing.
    fn charges(&self) -> bool {
        match self.intent {
            Intent::Charge | Intent::Authorize => true,
            Intent::Unmatched => self.status != PaymentStatus::PaidOut,
            Intent::Payout => false,
        }
    }

    /// What it was asked to take and has not taken.
    fn untaken(&self) -> i64 {
        self.amount.minor_units().saturating_sub(self.amounts.captured.minor_units()).max(0)
    }

    /// Whether money of the record is with it, or may yet come to it.
    fn holds(&self) -> bool {
        match self.status {
            PaymentStatus::Pending
            | PaymentStatus::Authorized
            | PaymentStatus::PartiallyCaptured
            | PaymentStatus::Disputed
            | PaymentStatus::PaidOut => true,
            PaymentStatus::Captured
            | PaymentStatus::Settled
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded
            | PaymentStatus::Failed
            | PaymentStatus::Canceled
            | PaymentStatus::ChargedBack => self.amounts.captured.minor_units() > self.amounts.returned(),
        }
    }
}

/// Why a person must look at a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordReason {
    /// A payment of it is in review for this.
    Payment(ReviewReason),
    /// Salesforce refused a payment of it with this code.
    Refused(String),
    /// Money of it is in more than one currency; only the record's own is in its sums.
    SeveralCurrencies,
    /// It has more payments than are looked at; the others are not in its sums.
    TooManyPayments,
}

impl fmt::Display for RecordReason {
    /// The code in the HTTP interface and in Salesforce.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payment(reason) => reason.fmt(formatter),
            Self::Refused(code) => write!(formatter, "salesforce:{code}"),
            Self::SeveralCurrencies => formatter.write_str("record_in_several_currencies"),
            Self::TooManyPayments => formatter.write_str("record_has_too_many_payments"),
        }
    }
}

/// All payments of one record together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTotals {
    /// Where the record stands.
    pub status: PaymentStatus,
    /// How many payments there are for it.
    pub payments: usize,
    /// The sums over its payments, in its currency.
    pub amounts: Amounts,
    /// What its payments were asked to take and have not taken; of those that ended without money only where all did, and
    /// then of the one that stands for it.
    pub outstanding: Money,
    /// The payment that stands for it where there is room for one: the latest that has its money or may yet get it.
    pub reference: PaymentReference,
    /// The provider's first transaction of that payment.
    pub transaction: Option<TransactionId>,
    /// Why a person must look at it; empty when nobody must.
    pub review: BTreeSet<RecordReason>,
    /// How many facts of its payments it reflects: of two states of a record, one that knows more has a higher one.
    pub version: u64,
}

impl RecordTotals {
    /// Whether both say the same of the record, however many facts say it.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        Self { version: other.version, ..self.clone() } == *other
    }

    /// The totals of these payments of one record, each with its number among them; none where there is no payment.
    #[must_use]
    pub fn of<'a>(payments: impl IntoIterator<Item = (u64, &'a PaymentSummary)>) -> Option<Self> {
        let payments: BTreeMap<u64, &PaymentSummary> = payments.into_iter().collect();
        let (charges, payouts): (Vec<_>, Vec<_>) = payments.values().copied().partition(|payment| payment.charges());
        let leading = leading(&charges).or_else(|| leading(&payouts))?;
        let currency = currency(&charges, &payouts).unwrap_or(leading.amounts.currency());
        let mut review: BTreeSet<RecordReason> = payments
            .values()
            .flat_map(|payment| {
                let reasons = payment.review.iter().copied().map(RecordReason::Payment);
                reasons.chain(payment.refusal.clone().map(RecordReason::Refused))
            })
            .collect();
        let mut amounts = Amounts::zero(currency);
        for payment in payments.values() {
            if payment.amounts.currency() == currency {
                if !amounts.add(&payment.amounts) {
                    review.insert(RecordReason::Payment(ReviewReason::AmountOutOfRange));
                }
            } else if payment.holds() {
                review.insert(RecordReason::SeveralCurrencies);
            }
        }
        let status = if charges.is_empty() {
            status_of_payouts(&payouts).unwrap_or(leading.status)
        } else {
            status_of_charges(&charges, &amounts).unwrap_or(leading.status)
        };
        Some(Self {
            status,
            payments: payments.len(),
            amounts,
            outstanding: outstanding(&charges, leading, currency),
            reference: leading.reference.clone(),
            transaction: leading.transaction.clone(),
            review,
            version: payments.values().fold(0, |version, payment| version.saturating_add(payment.version)),
        })
    }
}

fn outstanding(charges: &[&PaymentSummary], leading: &PaymentSummary, currency: Currency) -> Money {
    let of = |payments: &mut dyn Iterator<Item = &PaymentSummary>| {
        let in_currency = payments.filter(|payment| payment.charges() && payment.amount.currency() == currency);
        in_currency.fold(0, |units: i64, payment| units.saturating_add(payment.untaken()))
    };
    let holding: Vec<&PaymentSummary> = charges.iter().copied().filter(|payment| payment.holds()).collect();
    let units = if holding.is_empty() { of(&mut core::iter::once(leading)) } else { of(&mut holding.into_iter()) };
    Money::from_minor_units(units, currency).unwrap_or(Money::zero(currency))
}

/// The latest that holds money, or the latest at all.
fn leading<'a>(payments: &[&'a PaymentSummary]) -> Option<&'a PaymentSummary> {
    payments.iter().rev().find(|payment| payment.holds()).or(payments.last()).copied()
}

/// The currency of the first charge that moved money or may yet move it; of the first payout that did, where there is
/// none.
fn currency(charges: &[&PaymentSummary], payouts: &[&PaymentSummary]) -> Option<Currency> {
    let counts = |payment: &&&PaymentSummary| payment.holds() || payment.amounts.moved();
    let first = charges.iter().find(counts).or_else(|| payouts.iter().find(counts));
    first.map(|payment| payment.amounts.currency())
}

fn status_of_charges(charges: &[&PaymentSummary], amounts: &Amounts) -> Option<PaymentStatus> {
    let any = |status| charges.iter().any(|payment| payment.status == status);
    if any(PaymentStatus::Disputed) {
        Some(PaymentStatus::Disputed)
    } else if amounts.charged_back.is_positive() {
        Some(PaymentStatus::ChargedBack)
    } else if amounts.refunded.is_positive() {
        Some(if amounts.returned() >= amounts.captured.minor_units() {
            PaymentStatus::Refunded
        } else {
            PaymentStatus::PartiallyRefunded
        })
    } else if amounts.captured.is_positive() {
        Some(if amounts.settled.minor_units() >= amounts.captured.minor_units() {
            PaymentStatus::Settled
        } else if any(PaymentStatus::PartiallyCaptured) {
            PaymentStatus::PartiallyCaptured
        } else {
            PaymentStatus::Captured
        })
    } else {
        [PaymentStatus::Authorized, PaymentStatus::Pending].into_iter().find(|status| any(*status))
    }
}

fn status_of_payouts(payouts: &[&PaymentSummary]) -> Option<PaymentStatus> {
    let any = |status| payouts.iter().any(|payment| payment.status == status);
    [PaymentStatus::PaidOut, PaymentStatus::Pending].into_iter().find(|status| any(*status))
}
