//! The Order's payment fields as a person sees them in Salesforce.

use std::fmt;

use serde_json::Value;
use tollbridge_sandbox::{Amount, RecordBooks, SalesforceRecord};

/// The Order's fields that Tollbridge writes, formatted for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderSummary {
    status: String,
    captured: String,
    refunded: String,
    needs_review: bool,
}

impl OrderSummary {
    /// The expected fields, without a review.
    pub fn new(status: &str, captured: &str, refunded: &str) -> Self {
        Self {
            status: status.to_owned(),
            captured: captured.to_owned(),
            refunded: refunded.to_owned(),
            needs_review: false,
        }
    }

    /// The same with a review.
    pub fn needing_review(self) -> Self {
        Self { needs_review: true, ..self }
    }

    /// The fields of the Order with this id.
    pub fn on(books: &RecordBooks, order: &str) -> Option<Self> {
        books.record("Order", order).map(Self::of)
    }

    /// The fields of this Order.
    pub fn of(order: &SalesforceRecord) -> Self {
        let text = |name: &str| order.get(name).and_then(Value::as_str).unwrap_or("nothing").to_owned();
        Self {
            status: text("MaldoPay_Status__c"),
            captured: amount(order, "MaldoPay_Captured_Amount__c"),
            refunded: amount(order, "MaldoPay_Refunded_Amount__c"),
            needs_review: order.get("MaldoPay_Needs_Review__c") == Some(&Value::Bool(true)),
        }
    }
}

/// With two decimals, as Salesforce shows lira: a JSON number has lost its trailing zeros.
fn amount(order: &SalesforceRecord, name: &str) -> String {
    let Some(number) = order.get(name).filter(|number| number.is_number()) else { return "nothing".to_owned() };
    let written = number.to_string();
    Amount::parse(&written, "TRY").map_or(written, |amount| amount.to_string())
}

impl fmt::Display for OrderSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, captured, refunded, needs_review } = self;
        write!(formatter, "status {status}, captured {captured}, refunded {refunded}")?;
        if *needs_review { formatter.write_str(", needs review") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_is_formatted_for_people() {
        let record = json!({
            "MaldoPay_Status__c": "charged_back",
            "MaldoPay_Captured_Amount__c": 149.9,
            "MaldoPay_Refunded_Amount__c": 0.0,
            "MaldoPay_Needs_Review__c": true,
        });
        let shown = OrderSummary::of(record.as_object().unwrap());
        assert_eq!(shown, OrderSummary::new("charged_back", "149.90", "0.00").needing_review());
        assert_eq!(shown.to_string(), "status charged_back, captured 149.90, refunded 0.00, needs review");
    }

    #[test]
    fn an_unpaid_order_has_empty_fields() {
        assert_eq!(OrderSummary::of(&SalesforceRecord::new()), OrderSummary::new("nothing", "nothing", "nothing"));
    }
}
