//! Making a commit durable is what a write costs on a disk, so writes that come together share one.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::world::{Setup, Stored, Wanted, World, needs_embedded_runtime, shows, took};

const CALLBACKS: u64 = 64;

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_callbacks_at_once_take_fewer_commits_than_writes() -> anyhow::Result<()> {
    if needs_embedded_runtime("the store's commits are counted") {
        return Ok(());
    }
    let world = World::with(Setup { store: Wanted::Kept, ..Setup::default() }).await?;
    // Redis makes its writes durable one by one, or each second: there are no commits to share.
    let Stored::File(folder) = &world.stored else { return world.stop().await };
    let mut payments = Vec::new();
    for _ in 0..CALLBACKS {
        payments.push(world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201));
    }
    world.settled().await?;
    let before = world.runtime.counters();

    // While somebody else holds the file, the first write of every callback queues up, however fast the disk is.
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
        took(&delivered??);
    }
    world.settled().await?;

    let spent = world.runtime.counters() - before;
    assert_eq!(spent.requests, CALLBACKS, "{spent:#?}");
    assert!(spent.store_writes <= 4 * CALLBACKS, "{spent:#?}");
    // The first writes took one commit, or a few where some were still on their way into the queue. Those that follow
    // are as many as the disk is slow; one for each is the most.
    assert!(spent.store_commits <= 3 * CALLBACKS + 8, "{spent:#?}");
    shows(&world.tr.get(&payments[0]).await?, serde_json::json!({"status": "captured"}));
    world.stop().await
}
