//! On a disk, a write costs as much as making its commit durable, so concurrent writes share one commit.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::world::{Setup, StoreNeeds, World, WorldStore, assert_acknowledged, needs_embedded_runtime, shows};

const CALLBACKS: u64 = 64;

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_concurrent_callbacks_need_fewer_commits_than_writes() -> anyhow::Result<()> {
    if needs_embedded_runtime("the store's commits are counted") {
        return Ok(());
    }
    let world = World::with(Setup { store: StoreNeeds::Persistence, ..Setup::default() }).await?;
    // Redis makes its writes durable one by one, or once per second: there are no commits to share.
    let WorldStore::File(folder) = &world.stored else { return world.stop().await };
    let mut payments = Vec::new();
    for _ in 0..CALLBACKS {
        payments.push(world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201));
    }
    world.idle().await?;
    let before = world.runtime.counters();

    // While another process holds the file, the first write of every callback queues up, however fast the disk is.
    let other = rusqlite::Connection::open(folder.path().join("sqlite_key_value.db"))?;
    other.busy_timeout(Duration::from_secs(60))?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    let mut deliveries = JoinSet::new();
    for payment in &payments {
        let callback = world.tr.confirmation(payment)?;
        let maldopay = world.tr.maldopay.clone();
        deliveries.spawn(async move { maldopay.callback(callback).await });
    }
    while (world.runtime.counters() - before).store_writes < CALLBACKS {
        tokio::task::yield_now().await;
    }
    other.execute_batch("ROLLBACK")?;
    while let Some(delivered) = deliveries.join_next().await {
        assert_acknowledged(&delivered??);
    }
    world.idle().await?;

    let spent = world.runtime.counters() - before;
    assert_eq!(spent.requests, CALLBACKS, "{spent:#?}");
    assert!(spent.store_writes <= 4 * CALLBACKS, "{spent:#?}");
    // The first writes share one commit, or a few where some were still on their way into the queue. How many commits
    // the following writes share depends on the disk; one for each is the most.
    assert!(spent.store_commits <= 3 * CALLBACKS + 8, "{spent:#?}");
    shows(&world.tr.get(&payments[0]).await?, serde_json::json!({"status": "captured"}));
    world.stop().await
}
