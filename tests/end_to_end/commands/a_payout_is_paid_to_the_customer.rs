//! A payout sends money to the customer, and does not prevent a charge for the same record.

use serde_json::json;
use tollbridge_sandbox::TransactionType;

use crate::world::{World, assert_acknowledged, shows};

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_is_pending_until_the_money_arrives() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.payout(&order, "75.50").await?.expect(201);
    shows(&payment, json!({"status": "pending", "intent": "payout", "amount": "75.50", "redirectUrl": null}));
    let transaction = world.tr.transaction(&payment)?;
    assert_eq!((transaction.kind, transaction.amount.to_string().as_str()), (TransactionType::Withdraw, "75.50"));

    assert_acknowledged(&world.tr.maldopay.payout_completes(transaction.id).await?);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "paid_out", "paidOut": "75.50", "captured": "0.00"}));
    shows(&world.tr.payment_record(&payment), json!({"Status__c": "paid_out", "Intent__c": "payout"}));
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "paid_out", "MaldoPay_Captured_Amount__c": 0.0}),
    );
    world.tr.refund(&payment, None).await?.problem(422, "nothing_left");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_that_the_bank_refuses_fails() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.payout(&order, "75.50").await?.expect(201);
    let transaction = world.tr.transaction(&payment)?;
    assert_acknowledged(&world.tr.maldopay.fails(transaction.id, "account closed").await?);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "failed", "paidOut": "0.00"}));
    assert_eq!(world.tr.event_kinds(&payment), ["payout_failed", "pending"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_order_can_also_be_paid_out() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    world.tr.captured(&order, "100.00").await?;
    let payout = world.tr.payout(&order, "20.00").await?.expect(201);
    shows(&payout, json!({"status": "pending", "intent": "payout"}));
    world.tr.payout(&order, "20.00").await?.problem(409, "source_has_payment");
    world.stop().await
}
