//! The page's buttons, and the calls that they make.

use super::*;
use crate::testing::{Shop, sandbox};
use crate::{GatewayAccess, SalesforceRecord, Sandbox, Signature};

/// A sandbox with an Order, and the URL of the Order's buttons.
async fn with_order(gateway: Option<&Shop>) -> (Sandbox, String) {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    if let Some(shop) = gateway {
        let url = shop.url.trim_end_matches('/').to_owned();
        sandbox.salesforce.set_gateway(GatewayAccess { url, api_key: "key".to_owned(), site: "tr".to_owned() });
    }
    let order = json!({ "OrderNumber": "00000007", "TotalAmount": 149.90, "CurrencyIsoCode": "TRY" });
    sandbox.salesforce.seed("Order", "801000000000007AAA", order.as_object().unwrap().clone());
    let url = format!("{}/sandbox/orders/801000000000007AAA/actions", sandbox.salesforce.url());
    (sandbox, url)
}

async fn press(url: &str, action: &str, amount: &str) -> Value {
    let body = json!({ "action": action, "amount": amount, "idempotencyKey": "press-1" });
    send("POST", url, &[("content-type", "application/json")], body.to_string()).await.unwrap().json()
}

#[tokio::test]
async fn charge_asks_tollbridge_for_a_payment_of_the_order() {
    let shop = Shop::open(&[(201, r#"{"reference":"tb1"}"#)]).await;
    let (_sandbox, url) = with_order(Some(&shop)).await;
    assert_eq!(press(&url, "charge", "").await, json!({ "status": 201, "response": { "reference": "tb1" } }));
    let received = &shop.received()[0];
    assert_eq!(received.headers["authorization"], "Bearer key");
    assert_eq!(received.headers["idempotency-key"], "press-1");
    let body = received.json();
    assert_eq!(
        (&body["intent"], &body["amount"], &body["currency"]),
        (&json!("charge"), &json!("149.9"), &json!("TRY"))
    );
    assert_eq!(body["source"], json!({ "object": "Order", "id": "801000000000007AAA", "number": "00000007" }));
}

#[tokio::test]
async fn refund_names_the_payment_that_the_order_shows() {
    let shop = Shop::open(&[(200, "{}"), (422, r#"{"code":"amount"}"#)]).await;
    let (sandbox, url) = with_order(Some(&shop)).await;
    let none = press(&url, "refund", "10.00").await;
    assert!(none["response"]["detail"].as_str().unwrap().contains("no payment yet"), "{none}");
    assert!(shop.received().is_empty());
    let payment = json!({ "Reference__c": "tb1" }).as_object().unwrap().clone();
    sandbox.salesforce.seed("MaldoPay_Payment__c", "a00000000000001AAA", payment);
    let order = SalesforceRecord::from_iter([("MaldoPay_Payment__c".to_owned(), json!("a00000000000001AAA"))]);
    sandbox.salesforce.seed("Order", "801000000000007AAA", order);
    assert_eq!(press(&url, "refund", " 10.00 ").await["status"], 200);
    assert_eq!(press(&url, "capture", "").await, json!({ "status": 422, "response": { "code": "amount" } }));
    let paths: Vec<_> = shop.received().iter().map(|received| (received.path.clone(), received.json())).collect();
    let wanted = [("refunds", json!({ "amount": "10.00" })), ("captures", json!({}))];
    assert_eq!(paths, wanted.map(|(operation, body)| (format!("/v1/payments/tb1/{operation}"), body)));
}

#[tokio::test]
async fn only_the_page_itself_can_press_a_button() {
    let shop = Shop::open(&[]).await;
    let (_sandbox, url) = with_order(Some(&shop)).await;
    let body = json!({ "action": "charge", "amount": "", "idempotencyKey": "press-1" }).to_string();
    // What a form of another page can send.
    let sent = send("POST", &url, &[("content-type", "text/plain")], body).await.unwrap();
    assert_eq!(sent.status, 415);
    assert!(shop.received().is_empty());
}

#[tokio::test]
async fn without_a_gateway_a_button_says_so() {
    let (_sandbox, url) = with_order(None).await;
    let answered = press(&url, "charge", "").await;
    assert_eq!(answered["status"], Value::Null);
    assert!(answered["response"]["detail"].as_str().unwrap().contains("where Tollbridge is"), "{answered}");
}
