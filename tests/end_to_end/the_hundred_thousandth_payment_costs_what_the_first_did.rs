//! The work for a request does not grow with the store: as many operations and as many bytes among a hundred payments
//! and among a hundred thousand.

use std::path::Path;

use serde_json::json;
use tollbridge_runtime::{Counters, State};

use crate::world::{Setup, World, multiply, shows};

/// What one charge costs, and then the callback that confirms it, with everything that follows from either.
#[derive(Debug, PartialEq)]
struct Costs {
    charge: Counters,
    webhook: Counters,
}

async fn world_in(folder: &Path) -> anyhow::Result<World> {
    World::with(Setup { state: State::Directory(folder.to_owned()), ..Setup::default() }).await
}

async fn costs_among(payments: u64) -> anyhow::Result<Costs> {
    let folder = tempfile::tempdir()?;
    let world = world_in(folder.path()).await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.settled().await?;
    world.tr.payer_confirms(&payment).await?;
    world.settled().await?;
    shows(&world.tr.drain().await?, json!({"complete": true, "deferred": 0}));
    world.stop().await?;

    multiply(folder.path(), payments)?;
    let world = world_in(folder.path()).await?;
    // The first one signs in to an organisation that has not given out the token of before.
    confirmed(&world).await?;
    let costs = confirmed(&world).await?;
    let journal = world.tr.call("GET", "/v1/journal?after=999999999").send().await?.expect(200);
    shows(&journal, json!({"entries": []}));
    world.stop().await?;
    Ok(costs)
}

async fn confirmed(world: &World) -> anyhow::Result<Costs> {
    let order = world.tr.seed_order();
    let before = world.runtime.counters();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.settled().await?;
    let charged = world.runtime.counters();
    world.tr.payer_confirms(&payment).await?;
    world.settled().await?;
    let costs = Costs { charge: charged - before, webhook: world.runtime.counters() - charged };
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    Ok(costs)
}

#[tokio::test(flavor = "multi_thread")]
async fn not_one_operation_and_not_one_byte_more() -> anyhow::Result<()> {
    let few = costs_among(100).await?;
    let many = costs_among(100_000).await?;
    assert_eq!(many, few);
    Ok(())
}
