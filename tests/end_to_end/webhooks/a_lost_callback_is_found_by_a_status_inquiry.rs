//! A lost callback loses no payment: after 15 minutes the drain sends a status inquiry to MaldoPay, and a person may
//! request one at any time.

use std::time::Duration;

use serde_json::json;
use tollbridge_sandbox::ProviderEvent;

use crate::world::{World, needs_embedded_runtime, shows, text};

#[tokio::test(flavor = "multi_thread")]
async fn the_drain_finds_the_payment_captured() -> anyhow::Result<()> {
    if needs_embedded_runtime("the clock is moved") {
        return Ok(());
    }
    let world = World::start().await?;
    world.tr.drain().await?;
    let order = world.tr.seed_order();
    // The sandbox loses the callback of this amount, although the payer pays.
    let payment = world.tr.charge(&order, "149.10").await?.expect(201);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "pending"}));
    world.time_passes(Duration::from_secs(2 * 60));
    shows(&world.tr.drain().await?, json!({"asked": 0}));
    world.time_passes(Duration::from_secs(15 * 60));
    shows(&world.tr.drain().await?, json!({"asked": 1, "taken": 1}));
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": "149.10", "reviewRequired": false}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    let kinds: Vec<String> = world.tr.maldopay.calls().into_iter().map(|call| call.kind).collect();
    assert_eq!(kinds, ["DEPOSIT", "STATUS"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_requests_an_inquiry_at_any_time() -> anyhow::Result<()> {
    if needs_embedded_runtime("the clock is moved") {
        return Ok(());
    }
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    let path = format!("/v1/payments/{}/status", text(&payment, "reference"));
    world.tr.call("POST", &path).send().await?.problem(409, "payment_busy");
    world.time_passes(Duration::from_secs(301));
    shows(&world.tr.call("POST", &path).send().await?.expect(200), json!({"status": "pending"}));
    // The payer pays, and MaldoPay sends no callback.
    let transaction = world.tr.transaction(&payment)?;
    drop(world.tr.maldopay.happens(transaction.id, ProviderEvent::Confirmed)?);
    shows(&world.tr.call("POST", &path).send().await?.expect(200), json!({"status": "captured"}));
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.tr.call("POST", &path).send().await?.problem(409, "nothing_to_ask");
    world.stop().await
}
