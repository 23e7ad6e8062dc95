//! A call that MaldoPay may have received and that got no response is not repeated: its outcome stays unknown until a
//! callback brings it.

use serde_json::json;
use tollbridge_sandbox::{Behaviour, Callback, TransactionType};

use crate::world::{Setup, Silent, World, assert_acknowledged, elsewhere, shows};

#[tokio::test(flavor = "multi_thread")]
async fn a_timed_out_charge_that_was_carried_out_is_not_repeated() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    // The sandbox carries out a charge of this amount and closes the connection without a response.
    let charge = world.tr.open(&order.body("charge", "149.03", "checkout")).key("order-1");
    let reply = charge.clone().send().await?;
    let payment = reply.expect(202);
    shows(&payment, json!({"status": "pending", "outcome": "unknown", "captured": "0.00", "transactionId": null}));
    assert!(reply.header("location").is_some(), "{reply:#?}");

    let again = charge.send().await?;
    assert_eq!(again.expect(202), payment);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let refused = world.tr.charge(&order, "149.90").await?.problem(409, "source_has_payment");
    assert_eq!(refused["payment"], payment["reference"], "{refused:#}");
    world.tr.drain().await?;
    world.idle().await?;
    assert_eq!(world.tr.maldopay.calls().len(), 1, "{:#?}", world.tr.maldopay.calls());
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "pending"}));

    assert_acknowledged(&world.tr.maldopay.callback(world.tr.confirmation(&payment)?).await?);
    world.idle().await?;
    shows(
        &world.tr.get(&payment).await?,
        json!({"status": "captured", "outcome": "known", "captured": "149.03", "reviewRequired": false}),
    );
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_may_not_have_arrived_is_not_repeated() -> anyhow::Result<()> {
    for (behaviour, calls) in [(Behaviour::NotArrived, 1), (Behaviour::Http500, 1)] {
        let world = World::start().await?;
        let order = world.tr.seed_order();
        world.tr.maldopay.answer_next(behaviour);
        let reply = world.tr.charge(&order, "149.90").await?;
        shows(&reply.expect(202), json!({"status": "pending", "outcome": "unknown"}));
        world.tr.drain().await?;
        world.idle().await?;
        assert_eq!(world.tr.maldopay.calls().len(), calls, "after {behaviour:?}");
        assert!(world.tr.maldopay.transactions().is_empty());
        world.tr.charge(&order, "149.90").await?.problem(409, "source_has_payment");
        world.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timed_out_refund_holds_its_amount() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    world.tr.maldopay.answer_next(Behaviour::NoAnswer);
    let unknown = world.tr.refund(&payment, Some("60.00")).await?.expect(202);
    shows(&unknown, json!({"status": "captured", "outcome": "unknown", "refunded": "0.00"}));
    world.tr.refund(&payment, Some("40.01")).await?.problem_with(422, "amount_exceeds_remaining", "amount");

    let refund =
        world.tr.maldopay.transactions().into_iter().find(|made| made.kind == TransactionType::Refund).unwrap();
    assert_acknowledged(&world.tr.maldopay.callback(Callback::for_transaction(&refund, "CONFIRMED")).await?);
    world.idle().await?;
    shows(
        &world.tr.get(&payment).await?,
        json!({"status": "partially_refunded", "outcome": "known", "refunded": "60.00", "reviewRequired": false}),
    );
    shows(&world.tr.refund(&payment, None).await?.expect(201), json!({"refunded": "100.00"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_fails_at_once_where_maldopay_cannot_be_reached() -> anyhow::Result<()> {
    // The address of a service that has ended: nobody listens there, so nothing can have been sent.
    let ended = Silent::start().await?;
    let address = ended.address;
    ended.end().await;
    let unreachable = move |text: String| elsewhere(&text, "maldopay", address);
    let unreachable = Setup { config: Box::new(unreachable), ..Setup::default() };
    let world = World::with(unreachable).await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    shows(&payment, json!({"status": "failed", "outcome": "known", "reviewRequired": false}));
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "failed"}));
    let second = world.tr.charge(&order, "149.90").await?.expect(201);
    shows(&second, json!({"attempt": 2}));
    world.stop().await
}
