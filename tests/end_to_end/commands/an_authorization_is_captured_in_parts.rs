//! An authorization can be captured in parts, never beyond the authorized amount.

use serde_json::json;
use tollbridge_sandbox::TransactionType;

use crate::world::{World, shows, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_captured_and_then_the_rest() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.authorize(&order, "149.90").await?.expect(201);
    shows(&payment, json!({"status": "authorized", "intent": "authorize", "authorized": "149.90", "captured": "0.00"}));

    let part = world.tr.capture(&payment, Some("50.00")).await?.expect(201);
    shows(&part, json!({"status": "partially_captured", "captured": "50.00", "reference": payment["reference"]}));
    world.tr.capture(&payment, Some("99.91")).await?.problem_with(422, "amount_exceeds_remaining", "amount");

    let rest = world.tr.capture(&payment, None).await?.expect(201);
    shows(&rest, json!({"status": "captured", "authorized": "149.90", "captured": "149.90", "reviewRequired": false}));
    world.tr.capture(&payment, Some("0.01")).await?.problem(422, "nothing_left");

    world.idle().await?;
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 149.90}),
    );
    shows(&world.tr.payment_record(&payment), json!({"Authorized_Amount__c": 149.90, "Captured_Amount__c": 149.90}));
    assert_eq!(world.tr.event_kinds(&payment), ["authorized", "captured", "captured"]);

    let authorization = world.tr.transaction(&payment)?.id;
    let captures: Vec<_> =
        world.tr.maldopay.transactions().into_iter().filter(|made| made.kind == TransactionType::Capture).collect();
    let amounts: Vec<String> = captures.iter().map(|capture| capture.amount.to_string()).collect();
    assert_eq!(amounts, ["50.00", "99.90"]);
    for capture in captures {
        assert_eq!(capture.original, Some(authorization));
        assert!(capture.reference.starts_with(&format!("{}-", text(&payment, "reference"))), "{}", capture.reference);
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_may_wait_for_the_payer() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let body = order.body("authorize", "80.00", "checkout");
    let payment = world.tr.open(&body).send().await?.expect(201);
    shows(&payment, json!({"status": "pending", "authorized": "0.00"}));
    world.tr.capture(&payment, None).await?.problem(422, "nothing_left");

    world.tr.payer_confirms(&payment).await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "authorized", "authorized": "80.00"}));
    let captured = world.tr.capture(&payment, None).await?.expect(201);
    shows(&captured, json!({"status": "captured", "captured": "80.00"}));
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}
