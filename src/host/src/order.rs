//! Orders for trying payments.

use serde_json::{Value, json};
use tollbridge_sandbox::{SalesforceRecord, SalesforceSandbox, payment_request};

use crate::settings::SITE;

/// An Order in the sandbox's Salesforce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The record id, of 18 characters.
    pub id: String,
    /// The order number that people see.
    pub number: String,
}

impl Order {
    /// The Order with this index; order numbers start at 00000123.
    pub fn nth(nth: u32) -> Self {
        let number = nth.saturating_add(122);
        // The last three characters of an id encode which others are upper-case letters: here none is.
        Self { id: format!("801{nth:012}AAA"), number: format!("{number:08}") }
    }

    /// Creates the unpaid Order in Salesforce. The total is only for people to see; nothing checks it.
    pub fn seed(&self, salesforce: &SalesforceSandbox, total: &str) {
        let total = serde_json::from_str(total).unwrap_or(Value::Null);
        let fields = [
            ("OrderNumber", json!(self.number)),
            ("Name", json!(format!("Demo order {}", self.number))),
            ("Status", json!("Draft")),
            ("TotalAmount", total),
            ("CurrencyIsoCode", json!("TRY")),
        ];
        let fields: SalesforceRecord = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        salesforce.seed("Order", &self.id, fields);
    }

    /// Salesforce's request for a payment of the Order, as JSON with its fields in the order of the documentation.
    pub fn payment(&self, intent: &str, amount: &str, method: &str) -> String {
        payment_request(SITE, intent, [amount, "TRY"], method, [&self.id, &self.number])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_have_ids_of_18_characters_and_numbers_of_8() {
        let order = Order::nth(1);
        assert_eq!(order.id, "801000000000001AAA");
        assert_eq!(order.number, "00000123");
    }

    #[test]
    fn a_payment_is_json() {
        let payment: Value = serde_json::from_str(&Order::nth(1).payment("charge", "149.90", "checkout")).unwrap();
        assert_eq!(payment["source"]["number"], "00000123");
    }
}
