//! A captured amount can be refunded in parts, up to the whole amount and never more.

use serde_json::json;
use tollbridge_sandbox::TransactionType;

use crate::world::{World, shows};

#[tokio::test(flavor = "multi_thread")]
async fn partial_refunds_up_to_the_whole_amount() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;

    let first = world.tr.refund(&payment, Some("30.00")).await?.expect(201);
    shows(&first, json!({"status": "partially_refunded", "refunded": "30.00", "captured": "100.00"}));
    world.tr.refund(&payment, Some("70.01")).await?.problem_with(422, "amount_exceeds_remaining", "amount");
    let second = world.tr.refund(&payment, Some("20")).await?.expect(201);
    shows(&second, json!({"status": "partially_refunded", "refunded": "50.00"}));
    let rest = world.tr.refund(&payment, None).await?.expect(201);
    shows(&rest, json!({"status": "refunded", "refunded": "100.00", "captured": "100.00", "reviewRequired": false}));
    world.tr.refund(&payment, Some("0.01")).await?.problem(422, "nothing_left");
    world.tr.refund(&payment, None).await?.problem(422, "nothing_left");

    world.idle().await?;
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "refunded", "MaldoPay_Refunded_Amount__c": 100.0,
               "MaldoPay_Captured_Amount__c": 100.0}),
    );
    let refunds = world.tr.maldopay.transactions().into_iter().filter(|made| made.kind == TransactionType::Refund);
    assert_eq!(refunds.map(|refund| refund.amount.to_string()).collect::<Vec<_>>(), ["30.00", "20.00", "50.00"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_not_captured_cannot_be_refunded() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "100.00").await?.expect(201);
    world.tr.refund(&payment, Some("1.00")).await?.problem(422, "nothing_left");
    assert_eq!(world.tr.maldopay.calls().len(), 1, "MaldoPay was called for the charge only");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_in_the_currency_of_its_payment() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    let body = json!({"amount": "10.00", "currency": "EUR"});
    let path = format!("/v1/payments/{}/refunds", payment["reference"].as_str().unwrap());
    world.tr.command(&path, &body).send().await?.problem_with(422, "invalid_field", "currency");
    shows(&world.tr.get(&payment).await?, json!({"refunded": "0.00"}));
    world.stop().await
}
