//! The history of a payment is audited: a changed or removed entry is detected.

use serde_json::{Value, json};

use crate::world::{Setup, StoreNeeds, World, shows, text};

/// A world with a captured payment.
async fn captured() -> anyhow::Result<(World, Value)> {
    let world = World::with(Setup { store: StoreNeeds::Persistence, ..Setup::default() }).await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    Ok((world, payment))
}

fn sequences(history: &Value) -> Vec<i64> {
    history["events"].as_array().unwrap().iter().filter_map(|event| event["sequence"].as_i64()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_has_requests_and_events() -> anyhow::Result<()> {
    let (world, payment) = captured().await?;
    let history = world.tr.events(&payment).await?;
    shows(&history, json!({"reference": payment["reference"]}));
    shows(&history["audit"], json!({"intact": true, "changed": [], "missing": []}));
    assert_eq!(sequences(&history), [1, 2, 3]);
    shows(&history["events"][0], json!({"fact": "requested", "operation": "charge", "intact": true}));
    shows(&history["events"][1], json!({"fact": "event", "kind": "pending", "intact": true}));
    shows(&history["events"][2], json!({"fact": "event", "kind": "captured", "intact": true}));
    let raw: Value = serde_json::from_str(text(&history["events"][2], "raw"))?;
    shows(&raw, json!({"result": "CONFIRMED", "referenceOrderId": payment["reference"]}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_entry_fails_its_check() -> anyhow::Result<()> {
    let (world, payment) = captured().await?;
    let key = format!("pay/tr/{}/3", text(&payment, "reference"));
    let world = world
        .restarted(|stored| {
            let entry = String::from_utf8(stored.get(&key)?)?;
            stored.replace(&key, entry.replace("14990", "14991").as_bytes())
        })
        .await?;
    let history = world.tr.events(&payment).await?;
    shows(&history["audit"], json!({"intact": false, "changed": [3], "missing": []}));
    shows(&history["events"][1], json!({"sequence": 2, "intact": true}));
    shows(&history["events"][2], json!({"sequence": 3, "intact": false}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_entry_is_reported_missing() -> anyhow::Result<()> {
    let (world, payment) = captured().await?;
    let key = format!("pay/tr/{}/2", text(&payment, "reference"));
    let world = world.restarted(|stored| stored.remove(&key)).await?;
    let history = world.tr.events(&payment).await?;
    shows(&history["audit"], json!({"intact": false, "changed": [], "missing": [2]}));
    assert_eq!(sequences(&history), [1, 3]);
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": "149.90"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_cannot_replace_another() -> anyhow::Result<()> {
    let (world, payment) = captured().await?;
    let entry = |number: u32| format!("pay/tr/{}/{number}", text(&payment, "reference"));
    let world = world.restarted(|stored| stored.replace(&entry(2), &stored.get(&entry(3))?)).await?;
    shows(&world.tr.events(&payment).await?["audit"], json!({"intact": false, "changed": [2], "missing": []}));
    world.stop().await
}
