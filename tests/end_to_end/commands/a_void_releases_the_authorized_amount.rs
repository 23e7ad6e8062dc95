//! A void releases what is still authorized, and cancels what the payer has not decided on.

use serde_json::json;

use crate::world::{World, shows};

#[tokio::test(flavor = "multi_thread")]
async fn a_void_releases_an_authorization() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.authorize(&order, "149.90").await?.expect(201);
    let voided = world.tr.void(&payment).await?.expect(201);
    shows(&voided, json!({"status": "canceled", "captured": "0.00", "reviewRequired": false}));
    world.tr.capture(&payment, None).await?.problem(422, "nothing_left");
    world.tr.void(&payment).await?.problem(422, "nothing_left");
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "canceled"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_leaves_the_captured_amount() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.authorize(&order, "149.90").await?.expect(201);
    world.tr.capture(&payment, Some("50.00")).await?.expect(201);
    let voided = world.tr.void(&payment).await?.expect(201);
    shows(&voided, json!({"status": "captured", "captured": "50.00", "authorized": "149.90"}));
    world.tr.capture(&payment, Some("1.00")).await?.problem(422, "nothing_left");
    world.idle().await?;
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 50.0}),
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_the_payer_has_not_decided_on_is_canceled() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    let voided = world.tr.void(&payment).await?.expect(201);
    shows(&voided, json!({"status": "canceled", "redirectUrl": null}));
    let transaction = world.tr.transaction(&payment)?;
    assert!(world.tr.maldopay.payer_confirms(transaction.id).await.is_err(), "nobody can pay it at MaldoPay any more");
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "canceled"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_payment_cannot_be_voided() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "149.90").await?;
    world.tr.void(&payment).await?.problem(422, "nothing_left");
    shows(&world.tr.get(&payment).await?, json!({"status": "captured"}));
    world.stop().await
}
