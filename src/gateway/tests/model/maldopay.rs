//! MaldoPay: carries out each reference once, and keeps the books that every run is judged by.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::doubles::{HttpRequest, HttpResponse, response, unknown_reference};
use super::store::digest_of;

/// An operation that was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProviderOperation {
    /// `DEPOSIT`, `REFUND` and so on.
    pub kind: String,
    /// The payment that it acts on; its own reference where it opened one.
    pub payment: String,
    pub minor_units: i64,
    pub transaction: usize,
    pub declined: bool,
}

/// MaldoPay's books.
#[derive(Clone, Default)]
pub struct ProviderBooks {
    made: BTreeMap<String, ProviderOperation>,
    /// Whether the next operations are declined.
    pub declines: bool,
}

impl ProviderBooks {
    /// All operations of this kind that were carried out.
    pub fn made(&self, kind: &str) -> impl Iterator<Item = &ProviderOperation> {
        self.made.values().filter(move |made| made.kind == kind && !made.declined)
    }

    /// The sum of all operations of this kind that were carried out.
    pub fn sum(&self, kind: &str) -> i64 {
        self.made(kind).map(|made| made.minor_units).sum()
    }

    /// The reference of the last operation of this kind.
    pub fn reference_of(&self, kind: &str) -> String {
        let made = self.made.iter().filter(|(_, made)| made.kind == kind);
        made.max_by_key(|(_, made)| made.transaction).expect("it was made").0.clone()
    }

    pub fn digest(&self) -> u64 {
        digest_of(&(&self.made, self.declines))
    }

    pub fn respond(&mut self, request: &HttpRequest) -> HttpResponse {
        let requested = requested(request);
        let text = |field: &str| requested[field].as_str().unwrap_or_default().to_owned();
        let (kind, reference) = (text("type"), text("referenceOrderId"));
        if kind == "STATUS" {
            return self.made.get(&reference).map_or_else(|| unknown_reference().unwrap(), respond);
        }
        let payment = requested["originalTransactionId"].as_str().map_or_else(
            || reference.clone(),
            |original| {
                let acted_on = self.made.iter().find(|(_, made)| made.transaction.to_string() == original);
                acted_on.expect("it acts on an existing transaction").0.clone()
            },
        );
        let next = self.made.len() + 1;
        let minor_units = text("amount").replace('.', "").parse().expect("an amount with two places");
        let made = ProviderOperation { kind, payment, minor_units, transaction: next, declined: self.declines };
        respond(self.made.entry(reference).or_insert(made))
    }
}

/// A request in one line.
pub fn described(request: &HttpRequest) -> String {
    let requested = requested(request);
    format!(
        "{} {}",
        requested["type"].as_str().unwrap_or_default(),
        requested["referenceOrderId"].as_str().unwrap_or_default()
    )
}

fn requested(request: &HttpRequest) -> Value {
    let mut form = form_urlencoded::parse(&request.body);
    let json = form.find(|(name, _)| name == "json").expect("a form with json in it").1;
    serde_json::from_str::<Value>(&json).expect("it is JSON")["transaction"]["request"].take()
}

fn respond(made: &ProviderOperation) -> HttpResponse {
    let code = if made.declined { 400 } else { 200 };
    let body = json!({"transaction": {"codeId": code, "codeMessage": "as said", "transactionId": made.transaction}});
    response(200, &body.to_string())
}
