//! Where Salesforce has a higher version of a payment than the ledger ever wrote, it refuses every sync. The payment
//! needs review, and a retry syncs all of it once somebody has repaired the record.

use serde_json::{Value, json};

use crate::world::{World, shows, text};

/// Writes this version to the payment's record, as somebody other than the gateway would.
fn write_version(world: &World, payment: &Value, version: u64) {
    let Value::Object(mut record) = world.tr.payment_record(payment) else { panic!("no record") };
    record.insert("Version__c".to_owned(), json!(version));
    let id = record["Id"].as_str().map(ToOwned::to_owned).unwrap_or_default();
    world.tr.salesforce.seed("MaldoPay_Payment__c", &id, record);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_is_not_lost_behind_a_higher_version() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    write_version(&world, &payment, 50);
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    shows(
        &world.tr.get(&payment).await?,
        json!({"status": "captured", "reviewReasons": ["salesforce:version_conflict"]}),
    );
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "pending"}));
    let reviews = world.tr.call("GET", "/v1/reviews").send().await?.expect(200);
    shows(&reviews["reviews"][0], json!({"reference": payment["reference"]}));

    write_version(&world, &payment, 1);
    let resolve = format!("/v1/reviews/{}/resolve", text(&payment, "reference"));
    let retried = world.tr.call("POST", &resolve).json(&json!({"action": "retry"})).send().await?.expect(200);
    shows(&retried, json!({"reviewRequired": false}));
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 149.90}),
    );
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"]);
    world.stop().await
}
