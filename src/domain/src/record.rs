//! What a record shows of its payments: the sums over all of them and one status, the same in whatever order events
//! arrive. `docs/salesforce.md` describes the rule.

use core::fmt;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Currency, Intent, Money, Payment, PaymentReference, PaymentStatus, ReviewReason, TransactionId};

/// The sums of a payment or of a record, all in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Amounts {
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

    /// The currency of all sums.
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

    /// Adds these sums. False if one becomes larger than an amount can be; it then stays at the largest amount.
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
    /// The payment's reference.
    pub reference: PaymentReference,
    /// What the payment was made for.
    pub intent: Intent,
    /// The state of the payment.
    pub status: PaymentStatus,
    /// The requested amount.
    pub amount: Money,
    /// The sums of the payment.
    pub amounts: Amounts,
    /// The provider's first transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionId>,
    /// The reasons for review.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub review: BTreeSet<ReviewReason>,
    /// The code of the Salesforce refusal that a person must look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// How many facts it reflects.
    pub version: u64,
    /// Whether Salesforce has a record of the payment. Until then no other record can refer to it.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub sent: bool,
}

impl PaymentSummary {
    /// The summary of a payment, with the Salesforce refusal that a person must look at, and whether Salesforce has a
    /// record of the payment.
    #[must_use]
    pub fn of(payment: &Payment, refusal: Option<String>, sent: bool) -> Self {
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
            sent,
        }
    }

    /// Whether it is an attempt to take money. A payout is not, so it replaces no attempt and hides nothing.
    fn charges(&self) -> bool {
        match self.intent {
            Intent::Charge | Intent::Authorize => true,
            Intent::Unmatched => self.status != PaymentStatus::PaidOut,
            Intent::Payout => false,
        }
    }

    /// The amount requested and not captured.
    fn untaken(&self) -> i64 {
        self.amount.minor_units().saturating_sub(self.amounts.captured.minor_units()).max(0)
    }

    /// Whether it holds money of the record, or may still get it.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordReason {
    /// A payment of the record is in review for this reason.
    Payment(ReviewReason),
    /// Salesforce refused a payment of the record with this code.
    Refused(String),
    /// The record has money in more than one currency. Only the record's own is in its sums.
    SeveralCurrencies,
    /// The record has more payments than are summed.
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
    /// The state of the record.
    pub status: PaymentStatus,
    /// How many payments there are for it.
    pub payments: usize,
    /// The sums over its payments, in its currency.
    pub amounts: Amounts,
    /// The amount that its payments requested and did not capture. A payment that ended without money counts only if
    /// all did, and then only the one that represents the record.
    pub outstanding: Money,
    /// The payment that represents the record where there is room for one: the latest that holds its money or may still
    /// get it.
    pub reference: PaymentReference,
    /// The provider's first transaction of that payment.
    pub transaction: Option<TransactionId>,
    /// The reasons for review, each once.
    pub review: Vec<RecordReason>,
    /// How many facts of its payments it reflects: of two states of a record, the one with more facts has a higher
    /// version.
    pub version: u64,
}

impl RecordTotals {
    /// Whether both show the same, however many facts they reflect.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        Self { version: other.version, ..self.clone() } == *other
    }

    /// The totals of these payments of one record, each with its number among them. None if there is no payment.
    #[must_use]
    pub fn of<'a>(payments: impl IntoIterator<Item = (u64, &'a PaymentSummary)>) -> Option<Self> {
        let mut numbered: Vec<(u64, &PaymentSummary)> = Vec::new();
        for (number, payment) in payments {
            // Payments mostly arrive in order.
            let place =
                numbered.iter().rposition(|(before, _)| *before < number).map_or(0, |last| last.saturating_add(1));
            numbered.insert(place, (number, payment));
        }
        Self::in_order(&numbered.into_iter().map(|(_, payment)| payment).collect::<Vec<_>>())
    }

    fn in_order<'a>(payments: &[&'a PaymentSummary]) -> Option<Self> {
        let charges: Vec<&'a PaymentSummary> = payments.iter().copied().filter(|payment| payment.charges()).collect();
        let payouts: Vec<&'a PaymentSummary> = payments.iter().copied().filter(|payment| !payment.charges()).collect();
        let leading = leading(&charges).or_else(|| leading(&payouts))?;
        // A record cannot refer to a payment that Salesforce does not have. Once that payment is sent, the record is
        // too.
        let sent = |payments: &[&'a PaymentSummary]| -> Vec<&'a PaymentSummary> {
            payments.iter().copied().filter(|payment| payment.sent).collect()
        };
        let shown = self::leading(&sent(&charges)).or_else(|| self::leading(&sent(&payouts))).unwrap_or(leading);
        let currency = currency(&charges, &payouts).unwrap_or(leading.amounts.currency());
        let mut reasons: BTreeSet<ReviewReason> = BTreeSet::new();
        let mut refused = Vec::new();
        let mut in_several_currencies = false;
        let mut amounts = Amounts::zero(currency);
        for payment in payments {
            for reason in &payment.review {
                reasons.insert(*reason);
            }
            if let Some(code) = payment.refusal.clone().map(RecordReason::Refused)
                && !refused.contains(&code)
            {
                refused.push(code);
            }
            if payment.amounts.currency() != currency {
                in_several_currencies |= payment.holds();
            } else if !amounts.add(&payment.amounts) {
                reasons.insert(ReviewReason::AmountOutOfRange);
            }
        }
        let mut review: Vec<RecordReason> = reasons.into_iter().map(RecordReason::Payment).collect();
        review.append(&mut refused);
        if in_several_currencies {
            review.push(RecordReason::SeveralCurrencies);
        }
        let status =
            if charges.is_empty() { status_of_payouts(&payouts) } else { status_of_charges(&charges, &amounts) };
        Some(Self {
            status: status.unwrap_or(leading.status),
            payments: payments.len(),
            amounts,
            outstanding: outstanding(&charges, leading, currency),
            reference: shown.reference.clone(),
            transaction: shown.transaction.clone(),
            review,
            version: payments.iter().fold(0, |version, payment| version.saturating_add(payment.version)),
        })
    }
}

fn outstanding(charges: &[&PaymentSummary], leading: &PaymentSummary, currency: Currency) -> Money {
    let mut asked: Vec<&PaymentSummary> = charges.iter().copied().filter(|payment| payment.holds()).collect();
    if asked.is_empty() && leading.charges() {
        asked.push(leading);
    }
    let in_currency = asked.into_iter().filter(|payment| payment.amount.currency() == currency);
    let units = in_currency.fold(0, |units: i64, payment| units.saturating_add(payment.untaken()));
    Money::from_minor_units(units, currency).unwrap_or(Money::zero(currency))
}

/// The latest payment that holds money; else the latest.
fn leading<'a>(payments: &[&'a PaymentSummary]) -> Option<&'a PaymentSummary> {
    payments.iter().rev().find(|payment| payment.holds()).or(payments.last()).copied()
}

/// The currency of the first charge that moved money or may still move it; of the first such payout if there is no such
/// charge.
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
