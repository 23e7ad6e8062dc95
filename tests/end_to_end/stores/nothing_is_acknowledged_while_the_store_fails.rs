//! Nothing is acknowledged before it is durable, and MaldoPay is not called for an operation that could not be stored.

use serde_json::json;

use crate::world::{World, assert_acknowledged, needs_embedded_runtime, shows};

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_503_and_accepted_when_it_is_sent_again() -> anyhow::Result<()> {
    if needs_embedded_runtime("the store fails") {
        return Ok(());
    }
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    let callback = world.tr.confirmation(&payment)?;
    let writes = world.tr.salesforce.write_calls();
    for switch in [tollbridge_runtime::StoreFaults::fail_writes, tollbridge_runtime::StoreFaults::fail_all] {
        switch(&world.store, true);
        let delivered = world.tr.maldopay.callback(callback.clone()).await?;
        assert_eq!(delivered.status, 503, "{delivered:?}");
        shows(&serde_json::from_str(&delivered.body)?, json!({"code": "store_unavailable", "retriable": true}));
        world.idle().await?;
        switch(&world.store, false);
    }
    assert_eq!(world.tr.salesforce.write_calls(), writes, "nothing that is not durable was sent to Salesforce");
    shows(&world.tr.get(&payment).await?, json!({"status": "pending"}));

    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": "149.90"}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn maldopay_sends_a_callback_again_until_it_is_accepted() -> anyhow::Result<()> {
    if needs_embedded_runtime("the store fails") {
        return Ok(());
    }
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    world.store.fail_writes(true);
    let transaction = world.tr.transaction(&payment)?;
    let first = world.tr.maldopay.payer_confirms(transaction.id).await?;
    assert_eq!(first.status, 503, "{first:?}");
    world.store.fail_writes(false);
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_503_and_maldopay_is_not_called() -> anyhow::Result<()> {
    if needs_embedded_runtime("the store fails") {
        return Ok(());
    }
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let charge = world.tr.open(&order.body("charge", "149.90", "checkout")).key("order-1");
    for switch in [tollbridge_runtime::StoreFaults::fail_writes, tollbridge_runtime::StoreFaults::fail_all] {
        switch(&world.store, true);
        let reply = charge.clone().send().await?;
        reply.problem(503, "store_unavailable");
        switch(&world.store, false);
    }
    assert!(world.tr.maldopay.calls().is_empty(), "MaldoPay was called for an operation that is not stored");
    shows(&charge.send().await?.expect(201), json!({"status": "pending"}));
    assert_eq!(world.tr.maldopay.calls().len(), 1);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_reports_that_the_store_fails() -> anyhow::Result<()> {
    if needs_embedded_runtime("the store fails") {
        return Ok(());
    }
    let world = World::start().await?;
    shows(&world.tr.call("GET", "/readyz").send().await?.expect(200), json!({"status": "ready", "problems": []}));
    world.store.fail_all(true);
    assert_eq!(world.client.call("GET", "/readyz").send().await?.expect(503), json!({"status": "not ready"}));
    let problems = world.tr.call("GET", "/readyz").send().await?.expect(503)["problems"].clone();
    assert!(problems.to_string().contains("store"), "{problems:#}");
    world.client.call("GET", "/healthz").send().await?.expect(200);
    world.store.fail_all(false);
    world.client.call("GET", "/readyz").send().await?.expect(200);
    world.stop().await
}
