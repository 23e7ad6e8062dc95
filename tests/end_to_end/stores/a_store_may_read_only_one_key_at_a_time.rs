//! Some hosts cannot read several keys at once: Spin's store on Redis returns an error, and older versions of Spin drop
//! absent keys from Redis's response. The gateway then reads the keys one by one, with the same result.

use serde_json::json;

use crate::world::{World, needs_embedded_runtime, shows};

#[tokio::test(flavor = "multi_thread")]
async fn every_response_is_the_same() -> anyhow::Result<()> {
    if needs_embedded_runtime("the store fails") {
        return Ok(());
    }
    let world = World::start().await?;
    world.store.spoil_batch_reads(true);
    let order = world.tr.seed_order();
    let body = order.body("charge", "149.90", "checkout");
    let payment = world.tr.open(&body).key("order-1").send().await?.expect(201);
    let replayed = world.tr.open(&body).key("order-1").send().await?;
    assert_eq!(replayed.expect(201)["reference"], payment["reference"]);
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    world.tr.charge(&order, "149.90").await?.problem(409, "source_has_payment");
    let refunded = world.tr.refund(&payment, Some("49.90")).await?.expect(201);
    shows(&refunded, json!({"captured": "149.90", "refunded": "49.90", "reviewRequired": false}));
    world.idle().await?;
    shows(&world.tr.events(&payment).await?["audit"], json!({"intact": true, "changed": [], "missing": []}));
    shows(&world.tr.drain().await?, json!({"deferred": 0}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Refunded_Amount__c": 49.90}));
    let spoilt = world.tr.get(&payment).await?;
    world.store.spoil_batch_reads(false);
    assert_eq!(world.tr.get(&payment).await?, spoilt);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_down_is_still_detected() -> anyhow::Result<()> {
    if needs_embedded_runtime("the store fails") {
        return Ok(());
    }
    let world = World::start().await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    world.idle().await?;
    world.store.spoil_batch_reads(true);
    world.store.fail_all(true);
    let path = format!("/v1/payments/{}", payment["reference"].as_str().unwrap());
    world.tr.call("GET", &path).send().await?.problem(503, "store_unavailable");
    world.store.fail_all(false);
    shows(&world.tr.get(&payment).await?, json!({"status": "pending"}));
    world.stop().await
}
