//! Composite requests.

use serde_json::json;

use super::*;
use crate::Signature::ValuesPipe;
use crate::testing::sandbox;

const PAYMENT: &str = "MaldoPay_Payment__c/Reference__c/r-1";
const EVENT: &str = "MaldoPay_Event__c/Event_Id__c/e-1";

fn event_of_payment() -> Value {
    json!({ "Kind__c": "captured", "MaldoPay_Payment__r": { "Reference__c": "r-1" } })
}

#[tokio::test]
async fn writes_are_done_in_the_given_order() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    sandbox.salesforce.seed("Order", "801Hs00000abcdeIAA", crate::SalesforceRecord::new());
    let reply = connector
        .composite(
            true,
            false,
            json!([
                patch("payment", PAYMENT, json!({ "Status__c": "captured" })),
                patch("event", EVENT, event_of_payment()),
                patch("order", "Order/801Hs00000abcdeIAA", json!({ "MaldoPay_Payment__c": "@{payment.id}" })),
            ]),
        )
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(entries(&reply).iter().map(|entry| entry.0).collect::<Vec<_>>(), [201, 201, 204]);
    let first = &reply.json()["compositeResponse"][0];
    assert_eq!((&first["referenceId"], &first["body"]["created"]), (&json!("payment"), &json!(true)));
    let order = sandbox.salesforce.record("Order", "801Hs00000abcdeIAA").unwrap();
    assert_eq!(order["MaldoPay_Payment__c"], first["body"]["id"]);
    assert_eq!(sandbox.salesforce.write_calls(), 1);
    assert!(reply.headers["sforce-limit-info"].to_str().unwrap().starts_with("api-usage=1/100000"));
}

#[tokio::test]
async fn a_failing_subrequest_undoes_all_and_alone_names_the_cause() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let before = connector.call("PATCH", &format!("sobjects/{PAYMENT}"), json!({ "Status__c": "pending" })).await;
    assert_eq!(before.status, 201);
    let reply = connector
        .composite(
            true,
            false,
            json!([
                patch("payment", PAYMENT, json!({ "Status__c": "captured" })),
                patch("event", EVENT, event_of_payment()),
                patch("order", "Order/801Hs00000abcdeIAA", json!({ "MaldoPay_Status__c": "captured" })),
            ]),
        )
        .await;
    assert_eq!(reply.status, 200);
    let halted = (400, "PROCESSING_HALTED".to_owned());
    assert_eq!(entries(&reply), [halted.clone(), halted, (404, "NOT_FOUND".to_owned())]);
    let payment = sandbox.salesforce.find("MaldoPay_Payment__c", "Reference__c", "r-1").unwrap();
    assert_eq!(payment["Status__c"], "pending");
    assert!(sandbox.salesforce.records("MaldoPay_Event__c").is_empty());
    // The external id is free again, too.
    assert_eq!(connector.call("PATCH", &format!("sobjects/{EVENT}"), event_of_payment()).await.status, 201);
}

#[tokio::test]
async fn without_all_or_none_the_others_stay() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let subrequests = json!([
        patch("payment", PAYMENT, json!({ "Status__c": "captured" })),
        patch("order", "Order/801Hs00000abcdeIAA", json!({ "MaldoPay_Payment__c": "@{payment.id}" })),
        patch("broken", "Order/801Hs00000abcdeIAA", json!({ "MaldoPay_Payment__c": "@{order.id}" })),
    ]);
    let reply = connector.composite(false, false, subrequests).await;
    assert_eq!(entries(&reply)[1..], [(404, "NOT_FOUND".to_owned()), (400, "PROCESSING_HALTED".to_owned())]);
    assert_eq!(sandbox.salesforce.records("MaldoPay_Payment__c").len(), 1);
}

#[tokio::test]
async fn collated_subrequests_keep_only_the_order_of_their_references() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let relied_on_order = json!([patch("payment", PAYMENT, json!({})), patch("event", EVENT, event_of_payment())]);
    let reply = connector.composite(true, true, relied_on_order).await;
    assert_eq!(entries(&reply)[1], (400, "INVALID_FIELD".to_owned()));
    let referred = json!([
        patch("payment", PAYMENT, json!({})),
        patch("event", EVENT, json!({ "MaldoPay_Payment__c": "@{payment.id}" })),
    ]);
    let reply = connector.composite(true, true, referred).await;
    assert_eq!(entries(&reply).iter().map(|entry| entry.0).collect::<Vec<_>>(), [201, 201]);
}

#[tokio::test]
async fn a_malformed_composite_is_refused_as_a_whole() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let many: Vec<Value> = (0..26).map(|number| patch(&format!("r{number}"), PAYMENT, json!({}))).collect();
    for (subrequests, code) in [
        (json!(many), "LIMIT_EXCEEDED"),
        (json!([patch("twice", PAYMENT, json!({})), patch("twice", PAYMENT, json!({}))]), "INVALID_INPUT"),
        (json!([patch("no spaces", PAYMENT, json!({}))]), "INVALID_INPUT"),
        (json!([{}]), "JSON_PARSER_ERROR"),
        (json!(5), "JSON_PARSER_ERROR"),
    ] {
        let reply = connector.composite(true, false, subrequests).await;
        assert_eq!(error_code(&reply), refused(400, code));
    }
    assert!(sandbox.salesforce.records("MaldoPay_Payment__c").is_empty());
}

#[tokio::test]
async fn nonsensical_subrequests_fail_without_a_panic() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let url = |url: &str| json!({ "method": "PATCH", "url": url, "referenceId": "one", "body": {} });
    for subrequest in [
        url(""),
        url("/services/data/v67.0/composite"),
        url("/services/data/v67.0/sobjects"),
        url("https://elsewhere/services/data/v67.0/sobjects/Order"),
        url("/services/data/v67.0/sobjects/@{one.id}/@{one"),
        url("/services/data/v67.0/sobjects/Order/@{}"),
        json!({ "method": "\u{7f}", "url": "/services/data/v67.0/sobjects/Order", "referenceId": "one" }),
    ] {
        let reply = connector.composite(true, true, json!([subrequest])).await;
        assert_eq!(reply.status, 200);
        assert!(entries(&reply)[0].0 >= 400, "{subrequest}");
    }
}
