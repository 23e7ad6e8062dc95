//! A charge sends the payer to MaldoPay's page. Once the payer has paid, the callback captures the payment, here and on
//! the Order in Salesforce.

use serde_json::json;

use crate::world::{World, assert_acknowledged, shows, text};

#[tokio::test(flavor = "multi_thread")]
async fn the_payer_is_redirected_and_the_order_shows_the_paid_amount() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let reply = world.tr.charge(&order, "149.90").await?;
    let payment = reply.expect(201);
    shows(
        &payment,
        json!({
            "status": "pending", "intent": "charge", "method": "checkout", "currency": "TRY", "amount": "149.90",
            "authorized": "0.00", "captured": "0.00", "refunded": "0.00", "chargedBack": "0.00", "settled": "0.00",
            "fees": "0.00", "attempt": 1, "outcome": "known", "reviewRequired": false, "reviewReasons": [],
            "source": {"object": "Order", "id": order.id, "number": order.number},
        }),
    );
    let reference = text(&payment, "reference");
    assert_eq!(reply.header("location"), Some(format!("/v1/payments/{reference}").as_str()));
    let transaction = world.tr.transaction(&payment)?;
    assert_eq!(text(&payment, "transactionId"), transaction.id.to_string());
    assert!(text(&payment, "redirectUrl").ends_with(&format!("/pay/{}", transaction.id)), "{payment:#}");
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "pending", "MaldoPay_Captured_Amount__c": 0.0}));

    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    let captured = world.tr.get(&payment).await?;
    shows(&captured, json!({"status": "captured", "captured": "149.90", "redirectUrl": null, "reference": reference}));
    let record = world.tr.payment_record(&payment);
    shows(
        &record,
        json!({
            "Status__c": "captured", "Amount__c": 149.90, "Captured_Amount__c": 149.90, "Minor_Units__c": 14990,
            "Currency__c": "TRY", "CurrencyIsoCode": "TRY", "Legal_Entity__c": "Tollbridge Demo A.Ş.", "Site__c": "tr",
            "Source_Object__c": "Order", "Source_Id__c": order.id, "Source_Number__c": order.number, "Attempt__c": 1,
            "Intent__c": "charge", "Needs_Review__c": false, "Version__c": captured["version"],
            "Provider_Reference__c": transaction.id.to_string(),
        }),
    );
    shows(
        &world.tr.order_record(&order),
        json!({
            "MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 149.90,
            "MaldoPay_Refunded_Amount__c": 0.0, "MaldoPay_Transaction_Id__c": transaction.id.to_string(),
            "MaldoPay_Payment__c": record["Id"], "MaldoPay_Needs_Review__c": false,
        }),
    );
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_may_be_a_number_or_a_string() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let mut body = order.body("charge", "149.90", "credit");
    body["amount"] = serde_json::from_str("149.9")?;
    let payment = world.tr.open(&body).send().await?.expect(201);
    shows(&payment, json!({"status": "captured", "amount": "149.90", "captured": "149.90", "redirectUrl": null}));
    assert_eq!(world.tr.maldopay.calls()[0].amount, "149.90");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_of_half_the_amount_needs_review() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    // In the sandbox, the payer pays half of this amount.
    let payment = world.tr.charge(&order, "100.08").await?.expect(201);
    world.idle().await?;
    shows(
        &world.tr.get(&payment).await?,
        json!({"status": "captured", "amount": "100.08", "captured": "50.04",
               "reviewReasons": ["captured_other_than_asked"]}),
    );
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Captured_Amount__c": 50.04, "MaldoPay_Needs_Review__c": true,
               "MaldoPay_Review_Reason__c": "captured_other_than_asked"}),
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_reaches_salesforce() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    let transaction = world.tr.transaction(&payment)?;
    assert_acknowledged(&world.tr.maldopay.settle(transaction.id, None).await?);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "settled", "settled": "100.00", "captured": "100.00"}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "settled"}));
    world.stop().await
}
