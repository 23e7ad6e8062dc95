//! What a payment's text shows of the gateway's JSON.

use serde::Deserialize;

/// A payment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentView {
    pub reference: String,
    pub site: String,
    pub status: String,
    pub intent: String,
    pub method: String,
    pub currency: String,
    pub amount: String,
    pub authorized: String,
    pub captured: String,
    pub refunded: String,
    pub charged_back: String,
    pub settled: String,
    pub paid_out: String,
    pub fees: String,
    pub source: Option<SourceView>,
    pub invoice: Option<InvoiceView>,
    pub transaction_id: Option<String>,
    pub redirect_url: Option<String>,
    pub reason_code: Option<String>,
    pub outcome: String,
    pub review_reasons: Vec<String>,
    pub review_token: Option<String>,
    #[serde(default)]
    pub unreadable: Vec<UnreadableView>,
    pub salesforce: SalesforceView,
    pub version: u64,
    pub created_at: String,
    pub updated_at: String,
    #[serde(default)]
    pub erased_at: Option<String>,
}

/// What could not be read of a signed callback.
#[derive(Debug, Deserialize)]
pub struct UnreadableView {
    /// None for the body as a whole.
    pub field: Option<String>,
    pub detail: String,
}

/// The record that a payment is for.
#[derive(Debug, Deserialize)]
pub struct SourceView {
    pub object: String,
    pub id: String,
    #[serde(default)]
    pub number: Option<String>,
}

/// The invoice that a payment is for.
#[derive(Debug, Deserialize)]
pub struct InvoiceView {
    pub number: String,
}

/// What Salesforce has of a payment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SalesforceView {
    pub version: u64,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    #[serde(default)]
    pub error_remedy: Option<String>,
    pub next_attempt_at: Option<String>,
}

/// The payments that a search found.
#[derive(Debug, Deserialize)]
pub struct FoundView {
    pub payments: Vec<PaymentView>,
    /// Whether there are no others.
    pub complete: bool,
}

/// The requested amount with its currency.
pub fn amount(payment: &PaymentView) -> String {
    format!("{} {}", payment.amount, payment.currency)
}

/// The record as people call it: its object, and its number or else its id.
pub fn record_name(payment: &PaymentView) -> Option<String> {
    let SourceView { object, id, number } = payment.source.as_ref()?;
    Some(format!("{object} {}", number.as_ref().unwrap_or(id)))
}

/// What could not be read of its callbacks, if anything.
pub fn unreadable(payment: &PaymentView) -> Option<String> {
    let one = |unreadable: &UnreadableView| match &unreadable.field {
        Some(field) => format!("{field}: {}", unreadable.detail),
        None => unreadable.detail.clone(),
    };
    let all: Vec<String> = payment.unreadable.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join("; "))
}
