//! The gateway waits for a silent service no longer than the site's settings allow, and nobody else waits for it.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use tollbridge_runtime::Limits;

use crate::world::{Setup, Silent, World, elsewhere, needs_embedded_runtime, shows};

/// Far longer than a response takes, and far shorter than the limit that nobody else is to wait for.
const PROMPTLY: Duration = Duration::from_secs(10);

/// A world in which a service of the site `tr` is silent, with these time limits.
async fn world(service: &'static str, silent: &Silent, timeouts: &'static str) -> anyhow::Result<World> {
    limited(service, silent, timeouts, Limits::default()).await
}

async fn limited(
    service: &'static str,
    silent: &Silent,
    timeouts: &'static str,
    limits: Limits,
) -> anyhow::Result<World> {
    let address = silent.address;
    let config = move |text: String| {
        let limits = format!("locale = \"tr-TR\"\ntimeouts = {timeouts}");
        elsewhere(&text, service, address).replacen("locale = \"tr-TR\"", &limits, 1)
    };
    World::with(Setup { config: Box::new(config), limits, ..Setup::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_maldopay_leaves_the_outcome_unknown() -> anyhow::Result<()> {
    let silent = Silent::start().await?;
    let world = world("maldopay", &silent, "{ maldopay = 1 }").await?;
    let order = world.tr.seed_order();
    let reply = tokio::time::timeout(PROMPTLY, world.tr.charge(&order, "149.90")).await.context("it waits")??;
    let payment = reply.expect(202);
    shows(&payment, json!({"status": "pending", "outcome": "unknown"}));
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "pending"}));
    world.tr.charge(&order, "149.90").await?.problem(409, "source_has_payment");
    world.stop().await?;
    silent.end().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_and_callbacks_do_not_wait_for_salesforce() -> anyhow::Result<()> {
    let silent = Silent::start().await?;
    let world = world("salesforce", &silent, "{ salesforce = 25 }").await?;
    let served = async {
        let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
        world.tr.payer_confirms(&payment).await?;
        shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": "149.90"}));
        anyhow::Ok(payment)
    };
    let payment = tokio::time::timeout(PROMPTLY, served).await.context("somebody waits for Salesforce")??;
    silent.end().await;
    world.idle().await?;
    let waiting = world.tr.get(&payment).await?;
    assert_eq!(waiting["salesforce"]["version"], 0, "{waiting:#}");
    assert!(waiting["salesforce"]["failedAttempts"].as_i64() >= Some(1), "{waiting:#}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sites_silent_salesforce_holds_only_its_share_of_the_instances() -> anyhow::Result<()> {
    if needs_embedded_runtime("the share of a host is the embedded runtime's") {
        return Ok(());
    }
    let silent = Silent::start().await?;
    // Together with the calls that wait for their turn, this is two of the four instances.
    let limits = Limits { instances: 4, calls_per_host: 1, call_wait: 10 * PROMPTLY, ..Limits::default() };
    let world = limited("salesforce", &silent, "{ salesforce = 25 }", limits).await?;
    let served = async {
        // Each of these payments has to be synced to the silent Salesforce.
        for _ in 0..6 {
            world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
        }
        world.client.call("GET", "/healthz").send().await?.expect(200);
        let order = world.eu.seed_order();
        let payment = world.eu.charge(&order, "149.90").await?.expect(201);
        world.eu.payer_confirms(&payment).await?;
        let captured = serde_json::Value::from("captured");
        world
            .eu
            .salesforce
            .wait_until(|books| {
                let record = books.record("Order", &order.id);
                record.is_some_and(|record| record.get("MaldoPay_Status__c") == Some(&captured))
            })
            .await
    };
    tokio::time::timeout(PROMPTLY, served).await.context("others wait for one site's Salesforce")??;
    silent.end().await;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_circuit_breaker_opens_for_a_silent_salesforce() -> anyhow::Result<()> {
    let silent = Silent::start().await?;
    let world = world("salesforce", &silent, "{ salesforce = 1 }").await?;
    for _ in 0..3 {
        world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
        world.idle().await?;
    }
    let ready = world.tr.call("GET", "/readyz").send().await?.expect(200);
    shows(&ready["sites"][1]["paused"], json!({"code": "no_answer", "attempts": 1}));
    let before = world.runtime.counters();
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    world.idle().await?;
    assert!((world.runtime.counters() - before).outbound_requests <= 1, "only MaldoPay is called");
    shows(&world.tr.get(&payment).await?["salesforce"], json!({"version": 0}));
    world.stop().await?;
    silent.end().await;
    Ok(())
}
