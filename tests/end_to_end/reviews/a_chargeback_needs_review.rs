//! Chargebacks and disputes show on the Order and need a person.

use serde_json::json;

use crate::world::{World, assert_acknowledged, shows};

#[tokio::test(flavor = "multi_thread")]
async fn a_chargeback_after_a_capture_needs_review() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    // The sandbox confirms a charge of this amount and then charges it back.
    let payment = world.tr.charge(&order, "149.06").await?.expect(201);
    world.idle().await?;
    shows(
        &world.tr.get(&payment).await?,
        json!({"status": "charged_back", "captured": "149.06", "chargedBack": "149.06", "refunded": "0.00",
               "reviewRequired": true, "reviewReasons": ["charged_back"]}),
    );
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "charged_back", "MaldoPay_Captured_Amount__c": 149.06,
               "MaldoPay_Needs_Review__c": true, "MaldoPay_Review_Reason__c": "charged_back"}),
    );
    shows(&world.tr.payment_record(&payment), json!({"Charged_Back_Amount__c": 149.06, "Needs_Review__c": true}));
    let chargeback = world.tr.salesforce.find("MaldoPay_Event__c", "Kind__c", "charged_back").unwrap();
    let chargeback = serde_json::Value::Object(chargeback);
    shows(&chargeback, json!({"Amount__c": 149.06, "Minor_Units__c": 14906, "Reason_Code__c": "4837"}));
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "charged_back", "pending"]);
    world.tr.refund(&payment, Some("1.00")).await?.problem(422, "nothing_left");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_after_a_partial_chargeback_can_be_refunded() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    let transaction = world.tr.transaction(&payment)?;
    assert_acknowledged(&world.tr.maldopay.charge_back(transaction.id, Some("60.00")).await?);
    shows(&world.tr.get(&payment).await?, json!({"status": "charged_back", "chargedBack": "60.00"}));
    world.tr.refund(&payment, Some("40.01")).await?.problem_with(422, "amount_exceeds_remaining", "amount");
    let refunded = world.tr.refund(&payment, None).await?.expect(201);
    shows(&refunded, json!({"refunded": "40.00", "chargedBack": "60.00"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_that_is_won_leaves_the_payment_captured() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    let transaction = world.tr.transaction(&payment)?;
    assert_acknowledged(&world.tr.maldopay.dispute(transaction.id).await?);
    world.idle().await?;
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "disputed", "MaldoPay_Needs_Review__c": true,
               "MaldoPay_Review_Reason__c": "disputed"}),
    );
    assert_acknowledged(&world.tr.maldopay.dispute_won(transaction.id).await?);
    world.idle().await?;
    shows(
        &world.tr.get(&payment).await?,
        json!({"status": "captured", "chargedBack": "0.00", "reviewRequired": false}),
    );
    let record = world.tr.order_record(&order);
    shows(
        &record,
        json!({"MaldoPay_Status__c": "captured", "MaldoPay_Needs_Review__c": false, "MaldoPay_Review_Reason__c": null}),
    );
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "dispute_won", "disputed"]);
    world.stop().await
}
