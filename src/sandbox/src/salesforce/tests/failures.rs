//! The faults of Salesforce.

use serde_json::json;

use super::*;
use crate::SalesforceFault;
use crate::Signature::ValuesPipe;
use crate::testing::sandbox;

const PAYMENT: &str = "sobjects/MaldoPay_Payment__c/Reference__c/r-1";

#[tokio::test]
async fn each_fault_has_its_shape_and_is_over_after_one_call() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    for (fault, status, code) in [
        (SalesforceFault::LockRow, 400, "UNABLE_TO_LOCK_ROW"),
        (SalesforceFault::LimitExceeded, 403, "REQUEST_LIMIT_EXCEEDED"),
        (SalesforceFault::Status500, 500, "UNKNOWN_EXCEPTION"),
        (
            SalesforceFault::Validation("no".to_owned(), vec!["Status__c".to_owned()]),
            400,
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        ),
    ] {
        sandbox.salesforce.fail_next(fault.clone());
        let reply = connector.call("PATCH", PAYMENT, json!({})).await;
        assert_eq!(error_code(&reply), refused(status, code));
        let usage = reply.headers["sforce-limit-info"].to_str().unwrap();
        assert_eq!(usage == "api-usage=100000/100000", fault == SalesforceFault::LimitExceeded, "{usage}");
    }
    for status in [200, 301, 404] {
        sandbox.salesforce.fail_next(SalesforceFault::Page(status));
        let reply = connector.call("PATCH", PAYMENT, json!({})).await;
        assert_eq!(reply.status, status);
        assert!(reply.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    }
    sandbox.salesforce.fail_next(SalesforceFault::RetryAfter("60".to_owned()));
    let reply = connector.call("PATCH", PAYMENT, json!({})).await;
    assert_eq!(
        (error_code(&reply), &reply.headers["retry-after"]),
        (refused(503, "SERVER_UNAVAILABLE"), &"60".parse().unwrap())
    );
    sandbox.salesforce.fail_next(SalesforceFault::Status503Html);
    let reply = connector.call("PATCH", PAYMENT, json!({})).await;
    assert_eq!(reply.status, 503);
    assert!(reply.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(sandbox.salesforce.records("MaldoPay_Payment__c").is_empty());
    assert_eq!(connector.call("PATCH", PAYMENT, json!({})).await.status, 201);
}

#[tokio::test]
async fn in_a_composite_the_last_entry_has_the_cause_and_nothing_is_written() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    let subrequests = json!([
        patch("one", "MaldoPay_Payment__c/Reference__c/r-1", json!({})),
        patch("two", "MaldoPay_Payment__c/Reference__c/r-2", json!({})),
    ]);
    sandbox.salesforce.fail_next(SalesforceFault::LockRow);
    let reply = connector.composite(true, false, subrequests).await;
    assert_eq!(reply.status, 200);
    assert_eq!(entries(&reply), [(400, "PROCESSING_HALTED".to_owned()), (400, "UNABLE_TO_LOCK_ROW".to_owned())]);
    assert!(sandbox.salesforce.records("MaldoPay_Payment__c").is_empty());
}

#[tokio::test]
async fn an_ended_session_stays_ended() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    sandbox.salesforce.fail_next(SalesforceFault::Unauthorized401);
    for _ in 0..2 {
        let reply = connector.call("PATCH", PAYMENT, json!({})).await;
        assert_eq!(error_code(&reply), refused(401, "INVALID_SESSION_ID"));
    }
    let connector = Connector::new(&sandbox.salesforce).await;
    assert_eq!(connector.call("PATCH", PAYMENT, json!({})).await.status, 201);
}

#[tokio::test]
async fn a_write_with_a_lost_answer_takes_effect() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    sandbox.salesforce.fail_next(SalesforceFault::NoAnswer);
    assert!(connector.try_call("PATCH", PAYMENT, json!({})).await.is_none());
    assert_eq!(sandbox.salesforce.records("MaldoPay_Payment__c").len(), 1);
    let statuses: Vec<_> = sandbox.salesforce.calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [Some(200), None]);
}

#[tokio::test]
async fn a_fault_for_every_call_lasts_until_it_is_cleared() {
    let sandbox = sandbox(ValuesPipe).await;
    let connector = Connector::new(&sandbox.salesforce).await;
    sandbox.salesforce.fail_all(Some(SalesforceFault::Status500));
    for _ in 0..2 {
        assert_eq!(connector.call("PATCH", PAYMENT, json!({})).await.status, 500);
    }
    sandbox.salesforce.fail_all(None);
    assert_eq!(connector.call("PATCH", PAYMENT, json!({})).await.status, 201);
}

#[tokio::test]
async fn calls_can_fail_at_random_with_and_without_effect_and_are_counted() {
    let sandbox = sandbox(ValuesPipe).await;
    let salesforce = &sandbox.salesforce;
    let connector = Connector::new(salesforce).await;
    salesforce.fail_randomly(1, 100, &[SalesforceFault::NotArrived]);
    assert!(connector.try_call("PATCH", PAYMENT, json!({})).await.is_none());
    assert!(salesforce.records("MaldoPay_Payment__c").is_empty());
    salesforce.fail_randomly(1, 100, &[SalesforceFault::NoAnswer]);
    assert!(connector.try_call("PATCH", PAYMENT, json!({})).await.is_none());
    assert_eq!(salesforce.records("MaldoPay_Payment__c").len(), 1);
    salesforce.fail_all(None);
    assert_eq!(connector.call("PATCH", PAYMENT, json!({})).await.status, 200);
    assert_eq!(salesforce.failed_randomly(), [(SalesforceFault::NotArrived, 1), (SalesforceFault::NoAnswer, 1)]);
    assert_eq!(*salesforce.arrivals().borrow(), 3);
    sandbox.stop().await;
}
