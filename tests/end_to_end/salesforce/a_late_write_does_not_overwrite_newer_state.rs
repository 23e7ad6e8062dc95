//! Of two writes to Salesforce that overtake each other on the way, the older one does not win.

use serde_json::{Value, json};

use crate::world::{Gate, Order, World, assert_acknowledged, shows};

/// A world whose gateway reaches the Salesforce of the site `tr` through a gate, with a charge that waits for its
/// payer.
async fn before_the_race() -> anyhow::Result<(World, Gate, Order, Value)> {
    let (world, gate) = World::gated("salesforce").await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "pending"}));
    Ok((world, gate, order, payment))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_sync_of_a_payment_does_not_overwrite_newer_state() -> anyhow::Result<()> {
    let (world, gate, order, payment) = before_the_race().await?;
    gate.hold_next();
    world.tr.payer_confirms(&payment).await?;
    gate.held().await?;
    let transaction = world.tr.transaction(&payment)?;
    assert_acknowledged(&world.tr.maldopay.settle(transaction.id, None).await?);
    let settled = json!("settled");
    world
        .tr
        .salesforce
        .wait_until(|books| {
            books.record("Order", &order.id).and_then(|order| order.get("MaldoPay_Status__c")) == Some(&settled)
        })
        .await?;
    gate.release();
    world.idle().await?;
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "settled", "MaldoPay_Captured_Amount__c": 149.90}),
    );
    shows(&world.tr.payment_record(&payment), json!({"Status__c": "settled", "Settled_Amount__c": 149.90}));
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending", "settled"]);
    let synced = world.tr.get(&payment).await?;
    assert_eq!(synced["salesforce"]["version"], synced["version"], "{synced:#}");
    gate.end().await;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_sync_of_a_failed_attempt_does_not_overwrite_the_order() -> anyhow::Result<()> {
    let (world, gate, order, failed) = before_the_race().await?;
    gate.hold_next();
    let transaction = world.tr.transaction(&failed)?;
    assert_acknowledged(&world.tr.maldopay.payer_declines(transaction.id).await?);
    gate.held().await?;
    // The decline is acknowledged, so the next attempt may start while the sync of the decline is still on its way.
    let paid = world.tr.captured(&order, "149.90").await?;
    let captured = json!("captured");
    world
        .tr
        .salesforce
        .wait_until(|books| {
            books.record("Order", &order.id).and_then(|order| order.get("MaldoPay_Status__c")) == Some(&captured)
        })
        .await?;
    // Other records refer to the payment only once the gateway has stored that Salesforce has it.
    loop {
        let synced = world.tr.get(&paid).await?;
        if synced["salesforce"]["version"] == synced["version"] {
            break;
        }
    }
    gate.release();
    world.idle().await?;
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 149.90,
               "MaldoPay_Payment__c": world.tr.payment_record(&paid)["Id"]}),
    );
    shows(&world.tr.payment_record(&failed), json!({"Status__c": "failed"}));
    gate.end().await;
    world.stop().await
}
