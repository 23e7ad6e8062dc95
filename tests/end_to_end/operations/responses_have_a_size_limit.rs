//! An endless response is abandoned once it exceeds the limit: it fills no memory, and the gateway draws no conclusion
//! from it.

use serde_json::json;

use crate::world::{Flood, Setup, World, elsewhere, shows};

/// The most that may be on its way when the reader hangs up: a few buffers, and far less than a component's memory.
const BUFFERED: usize = 16 * 1024 * 1024;

async fn flooded(service: &'static str) -> anyhow::Result<(World, Flood)> {
    let flood = Flood::start().await?;
    let address = flood.address;
    let config = move |text: String| elsewhere(&text, service, address);
    Ok((World::with(Setup { config: Box::new(config), ..Setup::default() }).await?, flood))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_response_of_maldopay_leaves_the_outcome_unknown() -> anyhow::Result<()> {
    let (world, mut flood) = flooded("maldopay").await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(202);
    shows(&payment, json!({"status": "pending", "outcome": "unknown", "captured": "0.00", "transactionId": null}));
    let bytes = flood.sent().await;
    assert!((64 * 1024..BUFFERED).contains(&bytes), "{bytes} bytes");
    world.tr.charge(&order, "149.90").await?.problem(409, "source_has_payment");
    let history = world.tr.events(&payment).await?;
    assert!(history.to_string().len() < 8 * 1024, "nothing of it is stored: {history:#}");
    world.stop().await?;
    flood.end().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_response_of_salesforce_is_retried() -> anyhow::Result<()> {
    let (world, mut flood) = flooded("salesforce").await?;
    let payment = world.tr.captured(&world.tr.seed_order(), "149.90").await?;
    let bytes = flood.sent().await;
    assert!((512 * 1024..BUFFERED).contains(&bytes), "{bytes} bytes");
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "reviewRequired": false}));
    // The drain retries it: it does not count as a refusal.
    shows(&world.tr.drain().await?, json!({"review": 0}));
    assert!((512 * 1024..BUFFERED).contains(&flood.sent().await));
    world.stop().await?;
    flood.end().await;
    Ok(())
}
