//! However often and in whatever form MaldoPay tells the same news, it is one set of records.

use serde_json::json;
use tokio::task::JoinSet;
use tollbridge_sandbox::Encoding;

use crate::world::{World, shows, took};

#[tokio::test(flavor = "multi_thread")]
async fn the_second_of_two_changes_nothing() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    let callback = world.tr.confirmation(&payment)?;
    took(&world.tr.maldopay.callback(callback.clone()).await?);
    world.settled().await?;
    let known = world.tr.get(&payment).await?;
    shows(&known, json!({"status": "captured", "captured": "149.90"}));

    let before = (world.runtime.counters(), world.tr.salesforce.write_calls());
    took(&world.tr.maldopay.callback(callback.clone()).await?);
    took(&world.tr.maldopay.callback(callback.encoding(Encoding::Form)).await?);
    world.settled().await?;
    let spent = world.runtime.counters() - before.0;
    assert_eq!((spent.requests, spent.store_writes, spent.outbound_requests), (2, 0, 0), "{spent:#?}");
    assert_eq!(world.tr.salesforce.write_calls(), before.1);
    assert_eq!(world.tr.get(&payment).await?, known);
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn maldopay_may_send_it_three_times() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    // This ending repeats its callback.
    let payment = world.tr.charge(&order, "149.04").await?.expect(201);
    world.settled().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Captured_Amount__c": 149.04}));
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_that_race_count_once() -> anyhow::Result<()> {
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
        took(&delivered?);
    }
    world.settled().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": "149.90", "reviewRequired": false}));
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"]);
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 149.90}),
    );
    world.stop().await
}
