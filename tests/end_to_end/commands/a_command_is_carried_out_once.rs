//! A command has an idempotency key: a repetition under the same key gets the same response, and the command is carried
//! out once.

use serde_json::{Value, json};

use crate::world::{World, shows};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_returns_the_same_response_after_one_provider_call() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let charge = world.tr.open(&order.body("charge", "149.90", "checkout")).key("order-1");
    let first = charge.clone().send().await?;
    let payment = first.expect(201);
    assert_eq!(first.header("idempotency-replayed"), None);

    world.tr.payer_confirms(&payment).await?;
    for _ in 0..2 {
        let again = charge.clone().send().await?;
        assert_eq!(again.expect(201), payment, "the response is the first one, whatever happened since");
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.header("content-type"), first.header("content-type"));
    }
    assert_eq!(world.tr.maldopay.calls().len(), 1);
    world.idle().await?;
    assert_eq!(world.tr.salesforce.records("MaldoPay_Payment__c").len(), 1);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_fields_does_not_make_another_request() -> anyhow::Result<()> {
    let world = World::start().await?;
    let body = world.tr.seed_order().body("charge", "149.90", "checkout");
    world.tr.open(&body).key("order-1").send().await?.expect(201);
    let reversed: Vec<String> = body
        .as_object()
        .unwrap()
        .iter()
        .rev()
        .map(|(name, value)| format!("{} : {value:#}", Value::from(name.as_str())))
        .collect();
    let again = world.tr.open(&body).key("order-1").bytes(format!("{{\n{}\n}}", reversed.join(",\n"))).send().await?;
    again.expect(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_another_body_is_refused() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    world.tr.open(&order.body("charge", "149.90", "checkout")).key("order-1").send().await?.expect(201);
    let other = world.tr.open(&order.body("charge", "149.91", "checkout")).key("order-1").send().await?;
    other.problem(422, "idempotency_key_reused");
    assert_eq!(world.tr.maldopay.calls().len(), 1);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_must_be_present_and_valid() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let charge = world.tr.open(&order.body("charge", "149.90", "checkout"));
    charge.clone().without("idempotency-key").send().await?.problem(400, "idempotency_key_missing");
    let long = "k".repeat(256);
    for key in ["", "two words", "tab\there", "schlüssel", long.as_str()] {
        charge.clone().key(key).send().await?.problem(400, "idempotency_key_invalid");
    }
    assert!(world.tr.maldopay.calls().is_empty(), "MaldoPay was not called");

    let payment = world.tr.captured(&order, "10.00").await?;
    let refund = world.tr.operation(&payment, "refunds", Some("1.00")).without("idempotency-key").send().await?;
    refund.problem(400, "idempotency_key_missing");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_is_carried_out_once_too() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    let refund = world.tr.operation(&payment, "refunds", Some("30.00")).key("refund-1");
    let first = refund.clone().send().await?.expect(201);
    let again = refund.clone().send().await?;
    assert_eq!(again.expect(201), first);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    refund.json(&json!({"amount": "31.00"})).send().await?.problem(422, "idempotency_key_reused");
    let other = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    let elsewhere = world.tr.operation(&other, "refunds", Some("30.00")).key("refund-1").send().await?;
    elsewhere.problem(422, "idempotency_key_reused");
    shows(&world.tr.get(&payment).await?, json!({"refunded": "30.00"}));
    assert_eq!(world.tr.maldopay.calls().len(), 3, "two charges, one refund");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_leaves_its_key_free() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let charge = |amount: &str| world.tr.open(&order.body("charge", amount, "checkout")).key("order-1");
    charge("149.901").send().await?.problem_with(422, "invalid_field", "amount");
    shows(&charge("149.90").send().await?.expect(201), json!({"amount": "149.90"}));
    world.stop().await
}
