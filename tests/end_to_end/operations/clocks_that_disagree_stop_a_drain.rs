//! A gateway whose clock differs from those of MaldoPay and Salesforce accepts every callback, does not drain, and says
//! why.

use std::time::Duration;

use serde_json::json;

use crate::world::{StoreKind, World, needs_embedded_runtime, shows};

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_refuses_until_the_clock_is_set() -> anyhow::Result<()> {
    if needs_embedded_runtime("the clock is moved") {
        return Ok(());
    }
    let world = World::start().await?;
    world.tr.drain().await?;
    let order = world.tr.seed_order();
    // The sandbox loses the callback of this amount, although the payer pays.
    let payment = world.tr.charge(&order, "149.10").await?.expect(201);
    world.idle().await?;
    world.time_passes(Duration::from_secs(2 * 60));
    world.tr.drain().await?;
    world.time_passes(Duration::from_secs(16 * 60));

    world.advance_other_clocks(Duration::from_secs(60));
    let refused = world.tr.call("POST", "/v1/drain").send().await?;
    assert_eq!(refused.header("retry-after"), Some("60"));
    let detail = refused.problem(503, "clocks_apart")["detail"].clone();
    assert!(detail.as_str().is_some_and(|detail| detail.contains("s behind")), "{detail}");
    shows(&world.tr.get(&payment).await?, json!({"status": "pending"}));
    let ready = world.tr.call("GET", "/readyz").send().await?.expect(200);
    let clocks = ready["sites"].as_array().and_then(|sites| sites.iter().find(|site| site["site"] == "tr"));
    let clocks = clocks.expect("readiness shows the site")["clocks"].clone();
    assert!(clocks["problem"].as_str().is_some_and(|problem| problem.contains("s behind")), "{clocks}");
    assert!(world.log.text().contains(r#""event":"clocks_apart""#));
    // A callback is still accepted and synced to Salesforce.
    let other = world.tr.captured(&world.tr.seed_order(), "20.00").await?;
    world.idle().await?;
    shows(&world.tr.payment_record(&other), json!({"Status__c": "captured"}));

    // Somebody sets the gateway's clock.
    world.clocks.gateway.advance(Duration::from_secs(60));
    shows(&world.tr.drain().await?, json!({"asked": 1}));
    shows(&world.tr.get(&payment).await?, json!({"status": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_of_redis_is_compared_too() -> anyhow::Result<()> {
    if needs_embedded_runtime("the clock is moved") || StoreKind::chosen() != StoreKind::OutboundRedis {
        return Ok(());
    }
    let world = World::start().await?;
    world.tr.drain().await?;
    let store = async || -> anyhow::Result<serde_json::Value> {
        let ready = world.tr.call("GET", "/readyz").send().await?.expect(200);
        let sites = ready["sites"].as_array().expect("readiness shows the sites").iter();
        Ok(sites.filter(|site| site["site"] == "tr").map(|site| site["clocks"]["store"]["seconds"].clone()).collect())
    };
    assert_eq!(store().await?, json!([0]));
    world.clocks.redis.advance(Duration::from_secs(60));
    world.tr.call("POST", "/v1/drain").send().await?.problem(503, "clocks_apart");
    let seconds = store().await?[0].as_i64().expect("a number");
    assert!((-60..-57).contains(&seconds), "{seconds}");
    world.clocks.gateway.advance(Duration::from_secs(60));
    world.tr.drain().await?;
    assert_eq!(store().await?, json!([0]));
    world.stop().await
}
