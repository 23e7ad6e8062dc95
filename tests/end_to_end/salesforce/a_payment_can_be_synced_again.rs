//! A payment can be synced again in full, for example after somebody changed or deleted its records in Salesforce.

use serde_json::{Value, json};

use crate::world::{World, shows};

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_repairs_what_somebody_changed_in_salesforce() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    world.idle().await?;
    let good = world.tr.order_record(&order);
    shows(&good, json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 100.0}));
    let mut wrong = good.as_object().unwrap().clone();
    wrong.insert("MaldoPay_Status__c".to_owned(), json!("free of charge"));
    wrong.remove("MaldoPay_Captured_Amount__c");
    world.tr.salesforce.seed("Order", &order.id, wrong);

    let path = format!("/v1/payments/{}/sync", payment["reference"].as_str().unwrap());
    let before = world.tr.salesforce.write_calls();
    let synced = world.tr.call("POST", &path).send().await?.expect(200);
    world.idle().await?;
    shows(&synced, json!({"status": "captured", "reference": payment["reference"]}));
    assert_eq!(world.tr.salesforce.write_calls() - before, 1);
    assert_eq!(world.tr.order_record(&order), good);
    assert_eq!(world.tr.event_kinds(&payment), ["captured"], "no event is written twice");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_payment_cannot_be_synced() -> anyhow::Result<()> {
    let world = World::start().await?;
    world.tr.call("POST", "/v1/payments/unknown/sync").send().await?.problem(404, "payment_not_found");
    assert!(world.tr.salesforce.calls().is_empty());
    assert_eq!(world.tr.payment_record(&json!({"reference": "unknown"})), Value::Null);
    world.stop().await
}
