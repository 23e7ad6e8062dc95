//! An answer without end is given up once it is longer than any answer may be: it takes no memory, and nothing is guessed
//! from it.

use serde_json::json;

use crate::world::{Flood, Setup, World, elsewhere, shows};

/// What is on its way when whoever reads hangs up: a few buffers, and far less than a component may have.
const BUFFERED: usize = 16 * 1024 * 1024;

async fn flooded(service: &'static str) -> anyhow::Result<(World, Flood)> {
    let flood = Flood::start().await?;
    let address = flood.address;
    let config = move |text: String| elsewhere(&text, service, address);
    Ok((World::with(Setup { config: Box::new(config), ..Setup::default() }).await?, flood))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_maldopays_says_nothing_of_the_outcome() -> anyhow::Result<()> {
    let (world, mut flood) = flooded("maldopay").await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(202);
    shows(&payment, json!({"status": "pending", "outcome": "unknown", "captured": "0.00", "transactionId": null}));
    let bytes = flood.taken().await;
    assert!((64 * 1024..BUFFERED).contains(&bytes), "{bytes} bytes");
    world.tr.charge(&order, "149.90").await?.problem(409, "source_has_payment");
    let history = world.tr.events(&payment).await?;
    assert!(history.to_string().len() < 8 * 1024, "nothing of it is kept: {history:#}");
    world.stop().await?;
    flood.end().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_salesforces_is_tried_again() -> anyhow::Result<()> {
    let (world, mut flood) = flooded("salesforce").await?;
    let payment = world.tr.captured(&world.tr.seed_order(), "149.90").await?;
    let bytes = flood.taken().await;
    assert!((512 * 1024..BUFFERED).contains(&bytes), "{bytes} bytes");
    world.settled().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "reviewRequired": false}));
    // The drain tries it again: it is not taken for a refusal.
    shows(&world.tr.drain().await?, json!({"review": 0}));
    assert!((512 * 1024..BUFFERED).contains(&flood.taken().await));
    world.stop().await?;
    flood.end().await;
    Ok(())
}
