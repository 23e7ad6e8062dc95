//! MaldoPay may send the same event several times and in different encodings: it counts once.

use serde_json::json;
use tokio::task::JoinSet;
use tollbridge_sandbox::CallbackEncoding;

use crate::world::{World, assert_acknowledged, shows};

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_callback_changes_nothing() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    let callback = world.tr.confirmation(&payment)?;
    assert_acknowledged(&world.tr.maldopay.callback(callback.clone()).await?);
    world.idle().await?;
    let known = world.tr.get(&payment).await?;
    shows(&known, json!({"status": "captured", "captured": "149.90"}));

    let before = (world.runtime.counters(), world.tr.salesforce.write_calls());
    assert_acknowledged(&world.tr.maldopay.callback(callback.clone()).await?);
    assert_acknowledged(&world.tr.maldopay.callback(callback.encoding(CallbackEncoding::Form)).await?);
    world.idle().await?;
    let spent = world.runtime.counters() - before.0;
    assert_eq!((spent.requests, spent.store_writes, spent.outbound_requests), (2, 0, 0), "{spent:#?}");
    assert_eq!(world.tr.salesforce.write_calls(), before.1);
    assert_eq!(world.tr.get(&payment).await?, known);
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn maldopay_may_send_a_callback_three_times() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    // The sandbox sends the callback of this amount three times.
    let payment = world.tr.charge(&order, "149.04").await?.expect(201);
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Captured_Amount__c": 149.04}));
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_duplicates_count_once() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    let callback = world.tr.confirmation(&payment)?;
    let mut racing = JoinSet::new();
    for _ in 0..8 {
        let (maldopay, callback) = (world.tr.maldopay.clone(), callback.clone());
        racing.spawn(async move { maldopay.callback(callback).await });
    }
    for delivered in racing.join_all().await {
        assert_acknowledged(&delivered?);
    }
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": "149.90", "reviewRequired": false}));
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"]);
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 149.90}),
    );
    world.stop().await
}
