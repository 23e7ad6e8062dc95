//! Sign-in and single records.

use serde_json::json;

use super::*;
use crate::Signature::ValuesPipe;
use crate::testing::sandbox;

const PAYMENT: &str = "sobjects/MaldoPay_Payment__c/Reference__c/r-1";

#[tokio::test]
async fn signing_in_gives_a_token_without_an_expiry() {
    let sandbox = sandbox(ValuesPipe).await;
    let form = "grant_type=client_credentials&client_id=client&client_secret=secret";
    let response = sign_in(&sandbox.salesforce, form).await.json();
    assert_eq!(response["instance_url"], json!(sandbox.salesforce.url()));
    assert_eq!(response["token_type"], "Bearer");
    assert!(response["issued_at"].as_str().unwrap().parse::<u64>().is_ok());
    assert_eq!(response.get("expires_in"), None);
    for (form, error) in [
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=client_credentials&client_id=x&client_secret=secret", "invalid_client_id"),
        ("grant_type=client_credentials&client_id=client&client_secret=x", "invalid_client"),
    ] {
        let reply = sign_in(&sandbox.salesforce, form).await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (400, Some(error)));
    }
    assert!(!format!("{:?}", sandbox.salesforce.calls()).contains("secret=secret"));
}

#[tokio::test]
async fn a_token_is_good_until_it_expires() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    assert_eq!(connector.call("PATCH", PAYMENT, json!({})).await.status, 201);
    sandbox.salesforce.expire_tokens();
    let reply = connector.call("PATCH", PAYMENT, json!({})).await;
    assert_eq!(error_code(&reply), refused(401, "INVALID_SESSION_ID"));
    let connector = Connector::new(&sandbox.salesforce).await;
    assert_eq!(connector.call("PATCH", PAYMENT, json!({})).await.status, 200);
}

#[tokio::test]
async fn an_upsert_creates_once_and_then_updates() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let first = connector.call("PATCH", PAYMENT, json!({ "Amount__c": 149.9, "Status__c": "pending" })).await;
    assert_eq!((first.status, &first.json()["created"]), (201, &json!(true)));
    let id = first.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 18);
    let second = connector.call("PATCH", PAYMENT, json!({ "Status__c": "captured", "Amount__c": null })).await;
    assert_eq!((second.status, &second.json()["created"]), (200, &json!(false)));
    assert_eq!(second.json()["id"], json!(id));
    let record = sandbox.salesforce.find("MaldoPay_Payment__c", "Reference__c", "r-1").unwrap();
    assert_eq!(json!(record), json!({ "Id": id, "Reference__c": "r-1", "Status__c": "captured" }));
    assert_eq!(sandbox.salesforce.write_calls(), 2);
    let read = connector.call("GET", &format!("sobjects/MaldoPay_Payment__c/{id}"), json!(null)).await.json();
    assert_eq!((&read["Status__c"], &read["Amount__c"]), (&json!("captured"), &json!(null)));
    assert_eq!(connector.call("GET", PAYMENT, json!(null)).await.json(), read);
    assert_eq!(connector.call("DELETE", PAYMENT, json!(null)).await.status, 204);
    assert!(sandbox.salesforce.records("MaldoPay_Payment__c").is_empty());
    assert_eq!(connector.call("GET", PAYMENT, json!(null)).await.status, 404);
}

#[tokio::test]
async fn a_create_needs_a_new_external_id() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let path = "sobjects/MaldoPay_Payment__c";
    let reply = connector.call("POST", path, json!({ "Reference__c": "r-1" })).await;
    assert_eq!(reply.status, 201);
    assert!(reply.headers["location"].to_str().unwrap().ends_with(reply.json()["id"].as_str().unwrap()));
    let reply = connector.call("POST", path, json!({ "Reference__c": "r-1" })).await;
    assert_eq!(error_code(&reply), refused(400, "DUPLICATE_VALUE"));
}

#[tokio::test]
async fn a_write_that_the_schema_forbids_is_refused() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    for (path, body, status, code) in [
        (PAYMENT, json!({ "Id": "a00Sb0000000001IAA" }), 400, "INVALID_FIELD"),
        (PAYMENT, json!({ "Reference__c": "r-1" }), 400, "INVALID_FIELD"),
        (PAYMENT, json!({ "Colour__c": "red" }), 400, "INVALID_FIELD"),
        (PAYMENT, json!({ "Amount__c": "149.90" }), 400, "JSON_PARSER_ERROR"),
        (PAYMENT, json!({ "Amount__c": 1_000_000_000_000_000_u64 }), 400, "NUMBER_OUTSIDE_VALID_RANGE"),
        (PAYMENT, json!({ "Needs_Review__c": "no" }), 400, "JSON_PARSER_ERROR"),
        (PAYMENT, json!({ "Last_Event_At__c": "yesterday" }), 400, "JSON_PARSER_ERROR"),
        (PAYMENT, json!({ "Site__c": "x".repeat(256) }), 400, "STRING_TOO_LONG"),
        (PAYMENT, json!({ "Site__c": "😀".repeat(128) }), 400, "STRING_TOO_LONG"),
        (PAYMENT, json!({ "Site__c": "a\u{0}b" }), 400, "JSON_PARSER_ERROR"),
        (PAYMENT, json!([]), 400, "JSON_PARSER_ERROR"),
        ("sobjects/MaldoPay_Payment__c/Status__c/x", json!({}), 404, "NOT_FOUND"),
        ("sobjects/Account/x", json!({}), 404, "NOT_FOUND"),
        ("sobjects/Order/801Sb0000000009IAA", json!({}), 404, "NOT_FOUND"),
        ("sobjects/Order/801", json!({}), 400, "MALFORMED_ID"),
        ("query", json!({}), 404, "NOT_FOUND"),
    ] {
        let reply = connector.call("PATCH", path, body.clone()).await;
        assert_eq!(error_code(&reply), refused(status, code), "{path} {body}");
    }
    assert!(sandbox.salesforce.records("MaldoPay_Payment__c").is_empty());
}

#[tokio::test]
async fn a_record_is_found_by_both_forms_of_its_id() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    sandbox.salesforce.seed("Order", "801Hs00000abcdeIAA", json!({ "Name": "An order" }).as_object().unwrap().clone());
    let reply =
        connector.call("PATCH", "sobjects/Order/801Hs00000abcde", json!({ "MaldoPay_Status__c": "paid" })).await;
    assert_eq!((reply.status, reply.body.as_str()), (204, ""));
    let record = sandbox.salesforce.record("Order", "801Hs00000abcdeIAA").unwrap();
    assert_eq!(json!(record), json!({ "Id": "801Hs00000abcdeIAA", "Name": "An order", "MaldoPay_Status__c": "paid" }));
}

#[tokio::test]
async fn a_version_never_goes_back() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    connector.call("PATCH", PAYMENT, json!({ "Version__c": 5, "Status__c": "captured" })).await;
    let late = connector.call("PATCH", PAYMENT, json!({ "Version__c": 4, "Status__c": "pending" })).await;
    assert_eq!(error_code(&late), refused(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION"));
    assert_eq!(late.json()[0]["fields"], json!(["Version__c"]));
    let record = sandbox.salesforce.find("MaldoPay_Payment__c", "Reference__c", "r-1").unwrap();
    assert_eq!(record["Status__c"], "captured");
    for version in [5, 6] {
        assert_eq!(connector.call("PATCH", PAYMENT, json!({ "Version__c": version })).await.status, 200);
    }
}

#[tokio::test]
async fn an_event_is_never_changed() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    connector.call("PATCH", PAYMENT, json!({})).await;
    let event = "sobjects/MaldoPay_Event__c/Event_Id__c/e-1";
    let fields = json!({
        "MaldoPay_Payment__r": { "Reference__c": "r-1" }, "Kind__c": "captured", "Amount__c": 5.5,
        "Occurred_At__c": "2026-11-20T10:15:30Z",
    });
    assert_eq!(connector.call("PATCH", event, fields.clone()).await.status, 201);
    assert_eq!(connector.call("PATCH", event, fields).await.status, 200);
    let changed = connector.call("PATCH", event, json!({ "Amount__c": 5.6 })).await;
    assert_eq!(error_code(&changed), refused(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION"));
    assert_eq!(sandbox.salesforce.find("MaldoPay_Event__c", "Event_Id__c", "e-1").unwrap()["Amount__c"], json!(5.5));
    let emptied = connector.call("PATCH", event, json!({ "Amount__c": null })).await;
    assert_eq!(error_code(&emptied), refused(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION"));
    // A later version of Tollbridge writes a field that this one did not know.
    assert_eq!(connector.call("PATCH", event, json!({ "Fee_Amount__c": 0.1 })).await.status, 200);
}

#[tokio::test]
async fn a_parent_is_named_by_its_external_id() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let event = "sobjects/MaldoPay_Event__c/Event_Id__c/e-1";
    let body = json!({ "MaldoPay_Payment__r": { "Reference__c": "r-1" } });
    let orphan = connector.call("PATCH", event, body.clone()).await;
    assert_eq!(error_code(&orphan), refused(400, "INVALID_FIELD"));
    assert_eq!(
        orphan.json()[0]["message"],
        "Foreign key external ID: r-1 not found for field Reference__c in entity MaldoPay_Payment__c"
    );
    let payment = connector.call("PATCH", PAYMENT, json!({})).await.json();
    connector.call("PATCH", event, body).await;
    let stored = sandbox.salesforce.find("MaldoPay_Event__c", "Event_Id__c", "e-1").unwrap();
    assert_eq!(stored["MaldoPay_Payment__c"], payment["id"]);
}

#[tokio::test]
async fn waiting_ends_when_the_records_are_as_wanted() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let write = connector.call("PATCH", PAYMENT, json!({ "Status__c": "captured" }));
    let captured =
        sandbox.salesforce.wait_until(|books| books.find("MaldoPay_Payment__c", "Status__c", "captured").is_some());
    let (_, waited) = tokio::join!(write, captured);
    waited.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_times_out_shows_the_records() {
    let salesforce = SalesforceSandbox::new(
        crate::Org { client_id: String::new(), client_secret: String::new(), multi_currency: false },
        ([127, 0, 0, 1], 1).into(),
    );
    salesforce.seed("Order", "801Hs00000abcdeIAA", crate::SalesforceRecord::new());
    let error = salesforce.wait_until(|_| false).await.unwrap_err();
    assert!(error.to_string().contains("801Hs00000abcdeIAA"), "{error}");
}

#[tokio::test]
async fn the_page_offers_a_demo_order_and_runs_nothing_from_records() {
    let sandbox = sandbox(ValuesPipe).await;
    let url = sandbox.salesforce.url();
    let page = send("GET", &format!("{url}/"), &[], "").await.unwrap();
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert_eq!(send("POST", &format!("{url}/sandbox/orders"), &[], "").await.unwrap().status, 303);
    let orders = sandbox.salesforce.records("Order");
    assert_eq!(orders[0]["OrderNumber"], "00000001");
    let shown = send("GET", &format!("{url}/sandbox/records"), &[], "").await.unwrap().json();
    assert_eq!(shown, json!({ "changes": 1, "records": { "Order": orders }, "buttons": false }));
}
