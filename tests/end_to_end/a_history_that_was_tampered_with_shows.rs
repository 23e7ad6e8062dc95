//! The history of a payment is audited: an entry that was changed or taken away shows.

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tollbridge_runtime::State;

use crate::world::{Setup, World, shows, text};

/// A world with a captured payment, and the folder of its store.
async fn captured() -> anyhow::Result<(TempDir, World, Value)> {
    let folder = tempfile::tempdir()?;
    let state = State::Directory(folder.path().to_owned());
    let world = World::with(Setup { state, ..Setup::default() }).await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    world.tr.payer_confirms(&payment).await?;
    world.settled().await?;
    Ok((folder, world, payment))
}

fn sequences(history: &Value) -> Vec<i64> {
    history["events"].as_array().unwrap().iter().filter_map(|event| event["sequence"].as_i64()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_has_what_was_asked_and_what_was_said() -> anyhow::Result<()> {
    let (_folder, world, payment) = captured().await?;
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
async fn an_entry_that_was_changed_fails_its_check() -> anyhow::Result<()> {
    let (folder, world, payment) = captured().await?;
    let file = folder.path().join("sqlite_key_value.db");
    let key = format!("pay/tr/{}/3", text(&payment, "reference"));
    let world = world
        .restarted(|| {
            let changed = Connection::open(file)?.execute(
                "UPDATE spin_key_value SET value = CAST(REPLACE(value, '14990', '14991') AS BLOB) WHERE key = ?1",
                [&key],
            )?;
            anyhow::ensure!(changed == 1, "there is no entry {key}");
            Ok(())
        })
        .await?;
    let history = world.tr.events(&payment).await?;
    shows(&history["audit"], json!({"intact": false, "changed": [3], "missing": []}));
    shows(&history["events"][1], json!({"sequence": 2, "intact": true}));
    shows(&history["events"][2], json!({"sequence": 3, "intact": false}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_was_taken_away_leaves_a_gap() -> anyhow::Result<()> {
    let (folder, world, payment) = captured().await?;
    let file = folder.path().join("sqlite_key_value.db");
    let key = format!("pay/tr/{}/2", text(&payment, "reference"));
    let world = world
        .restarted(|| {
            let removed = Connection::open(file)?.execute("DELETE FROM spin_key_value WHERE key = ?1", [&key])?;
            anyhow::ensure!(removed == 1, "there is no entry {key}");
            Ok(())
        })
        .await?;
    let history = world.tr.events(&payment).await?;
    shows(&history["audit"], json!({"intact": false, "changed": [], "missing": [2]}));
    assert_eq!(sequences(&history), [1, 3]);
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": "149.90"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_cannot_be_put_in_anothers_place() -> anyhow::Result<()> {
    let (folder, world, payment) = captured().await?;
    let file = folder.path().join("sqlite_key_value.db");
    let entry = |number: u32| format!("pay/tr/{}/{number}", text(&payment, "reference"));
    let world = world
        .restarted(|| {
            let changed = Connection::open(file)?.execute(
                "UPDATE spin_key_value SET value = (SELECT value FROM spin_key_value WHERE key = ?1) WHERE key = ?2",
                [entry(3), entry(2)],
            )?;
            anyhow::ensure!(changed == 1, "there is no entry 2");
            Ok(())
        })
        .await?;
    shows(&world.tr.events(&payment).await?["audit"], json!({"intact": false, "changed": [2], "missing": []}));
    world.stop().await
}
