//! An Order in Salesforce, and a request body for its payment.

use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub struct Order {
    pub site: &'static str,
    pub id: String,
    pub number: String,
    pub currency: &'static str,
}

impl Order {
    pub fn in_currency(self, currency: &'static str) -> Self {
        Self { currency, ..self }
    }

    /// The body of a request to open a payment for it.
    pub fn body(&self, intent: &str, amount: &str, method: &str) -> Value {
        json!({
            "site": self.site,
            "intent": intent,
            "amount": amount,
            "currency": self.currency,
            "method": method,
            "source": {"object": "Order", "id": self.id, "number": self.number},
            "customer": {
                "id": "003Hs00000abcdeIAA", "firstName": "Ada", "lastName": "Yılmaz", "email": "ada@example.com",
                "phone": "+905551112233", "birthDate": "1990-04-01", "country": "TR", "city": "İzmir",
                "postalCode": "35000", "street": "Kıbrıs Şehitleri Cd. 1", "language": "tr", "ip": "203.0.113.7",
            },
            "description": format!("Order {}", self.number),
        })
    }
}
