//! A callback for a payment that nobody here requested is acknowledged, stored, and put into the review queue.

use serde_json::json;

use tollbridge_sandbox::Signature;

use crate::world::{Setup, World, assert_acknowledged, shows};

/// A world whose callbacks are signed with their names, so that a callback may lack the reference.
async fn signed_whole() -> anyhow::Result<World> {
    World::with(Setup { signature: Signature::Body, ..Setup::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_payment_is_stored_under_its_own_reference() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    let callback = world.tr.confirmation(&payment)?.reference("OtherShop-A").transaction_id(999_001);
    assert_acknowledged(&world.tr.maldopay.callback(callback.clone()).await?);
    world.idle().await?;

    let unmatched = json!({"reference": "OtherShop-A"});
    shows(
        &world.tr.get(&unmatched).await?,
        json!({"intent": "unmatched", "status": "captured", "captured": "149.90", "amount": "149.90",
               "reviewRequired": true, "reviewReasons": ["unmatched_payment"], "source": null,
               "transactionId": "999001"}),
    );
    shows(
        &world.tr.payment_record(&unmatched),
        json!({"Needs_Review__c": true, "Review_Reason__c": "unmatched_payment", "Captured_Amount__c": 149.90,
               "Intent__c": "unmatched"}),
    );
    assert_eq!(world.tr.event_kinds(&unmatched), ["captured"]);
    shows(&world.tr.get(&payment).await?, json!({"status": "pending", "captured": "0.00"}));

    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    world.idle().await?;
    assert_eq!(world.tr.event_kinds(&unmatched), ["captured"], "the repetition is the same event");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn later_events_find_it_by_its_transaction() -> anyhow::Result<()> {
    let world = signed_whole().await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    let first = world.tr.confirmation(&payment)?.reference("OtherShop-A").transaction_id(999_001);
    assert_acknowledged(&world.tr.maldopay.callback(first.clone()).await?);
    let refund = first.without("referenceOrderId").kind("REFUND").transaction_id(999_002).original(999_001);
    assert_acknowledged(&world.tr.maldopay.callback(refund.amount("49.90")).await?);
    world.idle().await?;
    shows(
        &world.tr.get(&json!({"reference": "OtherShop-A"})).await?,
        json!({"status": "partially_refunded", "captured": "149.90", "refunded": "49.90"}),
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_names_only_the_transaction_finds_its_payment() -> anyhow::Result<()> {
    let world = signed_whole().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    let callback = world.tr.confirmation(&payment)?.without("referenceOrderId");
    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "reviewRequired": false}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_reference_is_stored_under_a_generated_one() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    let callback = world.tr.confirmation(&payment)?.reference("INV/2026 ../<x>").transaction_id(999_001);
    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    world.idle().await?;
    let journal = world.tr.call("GET", "/v1/journal").send().await?.expect(200);
    let reference = journal["entries"].as_array().unwrap().last().unwrap()["reference"].clone();
    assert!(reference.as_str().unwrap().starts_with("unmatched-"), "{journal:#}");
    let stored = world.tr.get(&json!({"reference": reference})).await?;
    shows(&stored, json!({"intent": "unmatched", "reviewReasons": ["unmatched_payment"], "captured": "149.90"}));
    shows(&world.tr.payment_record(&stored), json!({"Needs_Review__c": true}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manual_refund_at_maldopay_reaches_the_order() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    let transaction = world.tr.transaction(&payment)?;
    assert_acknowledged(&world.tr.maldopay.refund_by_hand(transaction.id, Some("25.00")).await?);
    world.idle().await?;
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "partially_refunded", "MaldoPay_Refunded_Amount__c": 25.0}),
    );
    world.tr.refund(&payment, Some("75.01")).await?.problem_with(422, "amount_exceeds_remaining", "amount");
    world.stop().await
}
