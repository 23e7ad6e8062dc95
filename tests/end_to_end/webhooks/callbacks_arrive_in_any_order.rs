//! Callbacks arrive in any order: a payment is the fold over all of them.

use serde_json::json;

use crate::world::{World, assert_acknowledged, shows};

#[tokio::test(flavor = "multi_thread")]
async fn an_older_pending_after_the_confirmation_changes_nothing() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    // For this amount the sandbox sends CONFIRMED and then an older PENDING.
    let payment = world.tr.charge(&order, "149.05").await?.expect(201);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": "149.05", "reviewRequired": false}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending", "pending"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_may_arrive_before_its_capture() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "100.00").await?.expect(201);
    let transaction = world.tr.transaction(&payment)?;
    let confirmation = world.tr.confirmation(&payment)?;
    let refund = confirmation
        .clone()
        .kind("REFUND")
        .transaction_id(transaction.id + 1_000)
        .original(transaction.id)
        .amount("40.00")
        .date("2026-11-20 12:00:00");
    assert_acknowledged(&world.tr.maldopay.callback(refund).await?);
    world.idle().await?;
    let early = world.tr.payment_record(&payment);
    shows(&early, json!({"Needs_Review__c": true, "Review_Reason__c": "returned_more_than_captured"}));

    assert_acknowledged(&world.tr.maldopay.callback(confirmation).await?);
    world.idle().await?;
    shows(
        &world.tr.get(&payment).await?,
        json!({"status": "partially_refunded", "captured": "100.00", "refunded": "40.00", "reviewRequired": false}),
    );
    let late = world.tr.payment_record(&payment);
    shows(&late, json!({"Status__c": "partially_refunded", "Needs_Review__c": false, "Review_Reason__c": null}));
    assert!(late["Version__c"].as_u64() > early["Version__c"].as_u64(), "{early:#} became {late:#}");
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Captured_Amount__c": 100.0, "MaldoPay_Refunded_Amount__c": 40.0,
               "MaldoPay_Needs_Review__c": false, "MaldoPay_Review_Reason__c": null}),
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_may_overtake_the_response() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    // For this amount the sandbox sends the callback before it responds.
    let payment = world.tr.charge(&order, "149.02").await?.expect(201);
    world.idle().await?;
    shows(
        &world.tr.get(&payment).await?,
        json!({"status": "captured", "captured": "149.02", "outcome": "known", "reviewRequired": false}),
    );
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_without_a_type_is_about_the_operation_that_its_reference_names() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.authorize(&world.tr.seed_order(), "100.00").await?.expect(201);
    world.tr.maldopay.answer_next(tollbridge_sandbox::Behaviour::Pending);
    let pending = world.tr.capture(&payment, Some("60.00")).await?.expect(201);
    shows(&pending, json!({"status": "authorized", "captured": "0.00"}));
    let capture = world.tr.maldopay.transactions().pop().unwrap();
    let callback = tollbridge_sandbox::Callback::for_transaction(&capture, "CONFIRMED").without("type");
    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    shows(&world.tr.get(&payment).await?, json!({"status": "partially_captured", "captured": "60.00"}));
    world.stop().await
}
