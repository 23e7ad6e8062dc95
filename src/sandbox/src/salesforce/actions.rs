//! The page's buttons: the organisation calls Tollbridge about an Order, as an action of its own would.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::SalesforceSandbox;
use super::books::SalesforceRecord;
use crate::client::HttpClient;
use crate::signature::SignedRequest;

/// How the organisation reaches Tollbridge.
#[derive(Clone, Debug)]
pub struct GatewayAccess {
    /// The URL without a path, such as `http://127.0.0.1:3000`.
    pub url: String,
    /// The site's API key.
    pub api_key: String,
    /// The site that payments belong to.
    pub site: String,
}

/// A button that a person pressed, as the page sends it. Only JSON is accepted: a browser asks before it sends JSON to
/// another site, so no other page can press a button.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ActionRequest {
    action: Action,
    /// Decimal text. An empty amount means the Order's total, and all that is left in a capture, a refund or a void.
    amount: String,
    /// New for each press.
    idempotency_key: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Charge,
    Authorize,
    Capture,
    Refund,
    Void,
}

/// `POST /sandbox/orders/{id}/actions`: calls Tollbridge, and returns its status and its response.
pub(crate) async fn act(
    State(salesforce): State<SalesforceSandbox>,
    Path(id): Path<String>,
    Json(request): Json<ActionRequest>,
) -> Json<Value> {
    let outcome = match salesforce.call(&id, &request) {
        Ok((gateway, path, body)) => send(&gateway, &path, &request.idempotency_key, body).await,
        Err(reason) => Err(reason),
    };
    Json(match outcome {
        Ok((status, response)) => json!({ "status": status, "response": response }),
        Err(detail) => json!({ "status": null, "response": { "detail": detail } }),
    })
}

impl SalesforceSandbox {
    /// The call that a button makes: Tollbridge, the path and the body. The error says why there is none.
    fn call(&self, id: &str, request: &ActionRequest) -> Result<(GatewayAccess, String, String), String> {
        let gateway = self.gateway().ok_or("The sandbox does not know where Tollbridge is.")?;
        let order = self.record("Order", id).ok_or("This Order no longer exists.")?;
        let operation = match request.action {
            Action::Charge => return Ok(opening(gateway, &order, "charge", &request.amount)),
            Action::Authorize => return Ok(opening(gateway, &order, "authorize", &request.amount)),
            Action::Capture => "captures",
            Action::Refund => "refunds",
            Action::Void => "voids",
        };
        let payment = self.record("MaldoPay_Payment__c", text(&order, "MaldoPay_Payment__c"));
        let payment = payment.ok_or("This Order has no payment yet: charge or authorize it first.")?;
        let amount = request.amount.trim();
        let body = if amount.is_empty() { json!({}) } else { json!({ "amount": amount }) };
        Ok((gateway, format!("/v1/payments/{}/{operation}", text(&payment, "Reference__c")), body.to_string()))
    }
}

fn opening(
    gateway: GatewayAccess,
    order: &SalesforceRecord,
    intent: &str,
    amount: &str,
) -> (GatewayAccess, String, String) {
    let currency = order.get("CurrencyIsoCode").and_then(Value::as_str).unwrap_or("TRY");
    let (id, number) = (text(order, "Id"), text(order, "OrderNumber"));
    let total = order.get("TotalAmount").map(Value::to_string).unwrap_or_default();
    let amount = if amount.trim().is_empty() { &total } else { amount.trim() };
    let body = payment_request(&gateway.site, intent, [amount, currency], "checkout", [id, number]);
    (gateway, "/v1/payments".to_owned(), body)
}

async fn send(gateway: &GatewayAccess, path: &str, key: &str, body: String) -> Result<(u16, Value), String> {
    let url = format!("{}{path}", gateway.url);
    let headers = vec![
        ("authorization".to_owned(), format!("Bearer {}", gateway.api_key)),
        ("content-type".to_owned(), "application/json".to_owned()),
        ("idempotency-key".to_owned(), key.to_owned()),
    ];
    let delivered = HttpClient::new()
        .post(&url, SignedRequest { headers, body: body.into_bytes() })
        .await
        .map_err(|error| format!("{error:#}"))?;
    let response = serde_json::from_str(&delivered.body).unwrap_or(Value::String(delivered.body));
    Ok((delivered.status, response))
}

/// The request for a payment of an Order by a customer of the demo, as JSON with its fields in the order of the
/// documentation. `amount` is the amount and its currency, `order` the Order's id and its number.
#[must_use]
pub fn payment_request(site: &str, intent: &str, amount: [&str; 2], method: &str, order: [&str; 2]) -> String {
    let [amount, currency] = amount.map(Value::from);
    let [id, number] = order.map(Value::from);
    let description = Value::from(format!("Order {}", order[1]));
    let (site, intent, method) = (Value::from(site), Value::from(intent), Value::from(method));
    format!(
        r#"{{"site":{site},"intent":{intent},"amount":{amount},"currency":{currency},"method":{method},"source":{{"object":"Order","id":{id},"number":{number}}},"customer":{CUSTOMER},"description":{description}}}"#
    )
}

const CUSTOMER: &str = r#"{"id":"003000000000001AAA","firstName":"Ada","lastName":"Yılmaz","email":"ada@example.com","phone":"+905551112233","birthDate":"1990-04-01","country":"TR","city":"İzmir","postalCode":"35000","street":"Kordon 1","language":"tr","ip":"203.0.113.7"}"#;

fn text<'a>(record: &'a SalesforceRecord, field: &str) -> &'a str {
    record.get(field).and_then(Value::as_str).unwrap_or_default()
}
