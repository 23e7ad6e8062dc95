//! A decline is not an error of the request: the payment exists, and it failed.

use serde_json::json;
use tollbridge_sandbox::Behaviour;

use crate::world::{World, assert_acknowledged, shows};

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_is_declined_at_once_is_201_and_failed() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    // The sandbox declines this amount.
    let payment = world.tr.charge(&order, "149.01").await?.expect(201);
    shows(
        &payment,
        json!({"status": "failed", "captured": "0.00", "reasonCode": "500", "outcome": "known", "redirectUrl": null,
               "reviewRequired": false}),
    );
    world.idle().await?;
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "failed", "MaldoPay_Captured_Amount__c": 0.0, "MaldoPay_Needs_Review__c": false}),
    );
    shows(&world.tr.payment_record(&payment), json!({"Status__c": "failed", "Reason_Code__c": "500"}));
    assert_eq!(world.tr.event_kinds(&payment), ["authorization_failed"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_the_payers_bank_declines_later_fails() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    let transaction = world.tr.transaction(&payment)?;
    assert_acknowledged(&world.tr.maldopay.payer_declines(transaction.id).await?);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "failed", "reasonCode": "05"}));
    shows(&world.tr.payment_record(&payment), json!({"Status__c": "failed", "Reason_Code__c": "05"}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "failed"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_the_payer_abandons_is_canceled() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    let transaction = world.tr.transaction(&payment)?;
    assert_acknowledged(&world.tr.maldopay.payer_cancels(transaction.id).await?);
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "canceled"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_is_declined_leaves_the_money_captured() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    world.tr.maldopay.answer_next(Behaviour::Decline);
    let declined = world.tr.refund(&payment, Some("40.00")).await?.expect(201);
    shows(&declined, json!({"status": "captured", "refunded": "0.00", "captured": "100.00"}));
    let refunded = world.tr.refund(&payment, Some("100.00")).await?.expect(201);
    shows(&refunded, json!({"status": "refunded", "refunded": "100.00"}));
    world.idle().await?;
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "refund_failed", "refunded"]);
    world.stop().await
}
