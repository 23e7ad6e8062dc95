//! Builders of payment summaries for these tests.

use std::collections::BTreeSet;

use tollbridge_domain::{
    Amounts, Currency, Intent, Money, PaymentReference, PaymentStatus, PaymentSummary, RecordTotals, TransactionId,
};

pub fn money(units: i64, currency: &str) -> Money {
    Money::from_minor_units(units, Currency::parse(currency).unwrap()).unwrap()
}

/// A payment of this amount without any movement.
pub fn payment(reference: &str, intent: Intent, units: i64) -> PaymentSummary {
    in_currency(reference, intent, units, "TRY")
}

pub fn in_currency(reference: &str, intent: Intent, units: i64, currency: &str) -> PaymentSummary {
    let none = money(0, currency);
    PaymentSummary {
        reference: PaymentReference::parse(reference).unwrap(),
        intent,
        status: PaymentStatus::Pending,
        amount: money(units, currency),
        amounts: Amounts {
            authorized: none,
            captured: none,
            refunded: none,
            charged_back: none,
            settled: none,
            paid_out: none,
            fees: none,
        },
        transaction: Some(TransactionId::parse(format!("T-{reference}")).unwrap()),
        review: BTreeSet::new(),
        refusal: None,
        version: 2,
        sent: true,
    }
}

pub fn with_status(status: PaymentStatus, payment: PaymentSummary) -> PaymentSummary {
    PaymentSummary { status, ..payment }
}

/// The same payment with its whole amount captured.
pub fn captured(mut payment: PaymentSummary) -> PaymentSummary {
    payment.amounts.captured = payment.amount;
    with_status(PaymentStatus::Captured, payment)
}

/// A captured charge of this amount.
pub fn charge(reference: &str, units: i64) -> PaymentSummary {
    captured(payment(reference, Intent::Charge, units))
}

pub fn failed(reference: &str, units: i64) -> PaymentSummary {
    with_status(PaymentStatus::Failed, payment(reference, Intent::Charge, units))
}

pub fn paid_out(reference: &str, units: i64) -> PaymentSummary {
    let mut payout = with_status(PaymentStatus::PaidOut, payment(reference, Intent::Payout, units));
    payout.amounts.paid_out = payout.amount;
    payout
}

/// The same payment with this amount refunded.
pub fn refunded(units: i64, mut payment: PaymentSummary) -> PaymentSummary {
    payment.amounts.refunded = Money::from_minor_units(units, payment.amount.currency()).unwrap();
    let all = payment.amounts.refunded == payment.amounts.captured;
    with_status(if all { PaymentStatus::Refunded } else { PaymentStatus::PartiallyRefunded }, payment)
}

/// The totals of these payments, numbered in this order.
pub fn totals(payments: &[PaymentSummary]) -> RecordTotals {
    RecordTotals::of((1..).zip(payments)).unwrap()
}

pub fn reasons(totals: &RecordTotals) -> Vec<String> {
    totals.review.iter().map(ToString::to_string).collect()
}
