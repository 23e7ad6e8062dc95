//! Compares an Order in Salesforce with what its payments add up to.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tollbridge_sandbox::SalesforceRecord;

use crate::differences::Differences;
use crate::life::OpenedPayment;
use crate::run::text;
use crate::truth::Truth;

/// An expected payment of an Order.
pub struct ExpectedPayment<'a> {
    pub made: &'a OpenedPayment,
    pub truth: &'a Truth,
    /// The id of its record in Salesforce.
    pub record: &'a Value,
}

impl ExpectedPayment<'_> {
    fn charges(&self) -> bool {
        self.made.intent != "payout"
    }

    /// Whether it holds money of the Order, or may still receive some.
    fn holds(&self) -> bool {
        let truth = self.truth;
        matches!(truth.status, "pending" | "authorized" | "partially_captured" | "disputed" | "paid_out")
            || truth.captured > truth.refunded + truth.charged_back
    }
}

/// The expected Order, in minor units: the sums over its payments.
struct ExpectedTotals {
    status: &'static str,
    captured: i64,
    refunded: i64,
    charged_back: i64,
    settled: i64,
    paid_out: i64,
    reviews: BTreeSet<&'static str>,
}

impl ExpectedTotals {
    /// The expected Order of these payments, which are in the order of their creation. There is at least one.
    fn of(payments: &[ExpectedPayment<'_>]) -> Self {
        let sum = |of: fn(&Truth) -> i64| payments.iter().map(|payment| of(payment.truth)).sum();
        let mut totals = Self {
            status: "",
            captured: sum(|truth| truth.captured),
            refunded: sum(|truth| truth.refunded),
            charged_back: sum(|truth| truth.charged_back),
            settled: sum(|truth| truth.settled),
            paid_out: sum(|truth| truth.paid_out),
            reviews: payments.iter().flat_map(|payment| payment.truth.reviews.iter().copied()).collect(),
        };
        totals.status = totals.status(payments);
        totals
    }

    /// A payout is not an attempt to charge, so it decides only if there is no other payment.
    fn status(&self, payments: &[ExpectedPayment<'_>]) -> &'static str {
        let charges = || payments.iter().filter(|payment| payment.charges()).map(|payment| payment.truth.status);
        let any = |status| charges().any(|one| one == status);
        let first_of = |wanted: [&'static str; 2], statuses: Vec<&'static str>| {
            let found = wanted.into_iter().find(|status| statuses.contains(status));
            found.or(statuses.last().copied()).expect("there is a payment")
        };
        if charges().next().is_none() {
            first_of(["paid_out", "pending"], payments.iter().map(|payment| payment.truth.status).collect())
        } else if any("disputed") {
            "disputed"
        } else if self.charged_back > 0 {
            "charged_back"
        } else if self.refunded > 0 {
            if self.refunded + self.charged_back >= self.captured { "refunded" } else { "partially_refunded" }
        } else if self.captured > 0 {
            if self.settled >= self.captured {
                "settled"
            } else if any("partially_captured") {
                "partially_captured"
            } else {
                "captured"
            }
        } else {
            first_of(["authorized", "pending"], charges().collect())
        }
    }
}

/// The payment that the Order shows: the latest that holds its money, or else the latest. A payout only if there is
/// nothing else.
fn leading<'a, 'b>(payments: &'b [ExpectedPayment<'a>]) -> Option<&'b ExpectedPayment<'a>> {
    let latest = |charges: bool| {
        let of_this_kind = || payments.iter().rev().filter(move |payment| payment.charges() == charges);
        of_this_kind().find(|payment| payment.holds()).or_else(|| of_this_kind().next())
    };
    latest(true).or_else(|| latest(false))
}

/// The differences between an Order and its payments.
pub fn differences(order: Option<&SalesforceRecord>, payments: &[ExpectedPayment<'_>], currency: &str) -> Differences {
    let mut differences = Differences::default();
    let Some(leading) = leading(payments) else { return differences };
    let order = order.cloned().map_or(Value::Null, Value::Object);
    let totals = ExpectedTotals::of(payments);
    differences.is("the Order's status", &order["MaldoPay_Status__c"], &json!(totals.status));
    for (field, expected) in [
        ("MaldoPay_Captured_Amount__c", totals.captured),
        ("MaldoPay_Refunded_Amount__c", totals.refunded),
        ("MaldoPay_Charged_Back_Amount__c", totals.charged_back),
        ("MaldoPay_Settled_Amount__c", totals.settled),
        ("MaldoPay_Paid_Out_Amount__c", totals.paid_out),
    ] {
        differences.comes_to(&format!("the Order's {field}"), &order[field], currency, expected);
    }
    differences.is("the Order's payment", &order["MaldoPay_Payment__c"], &leading.record["Id"]);
    let transaction = &leading.record["Provider_Reference__c"];
    differences.is("the Order's transaction", &order["MaldoPay_Transaction_Id__c"], transaction);
    let needs_review = !totals.reviews.is_empty();
    differences.is("the Order's review", &order["MaldoPay_Needs_Review__c"], &json!(needs_review));
    let reasons = text(&order, "MaldoPay_Review_Reason__c").split("; ").filter(|reason| !reason.is_empty());
    let reasons: BTreeSet<&str> = reasons.collect();
    differences.is("the Order's review reasons", &json!(reasons), &json!(totals.reviews));
    differences
}
