//! The journal has every change to the site's payments, in one order, page by page.

use serde_json::{Value, json};

use crate::world::{SiteHandle, World, shows};

async fn journal(site: &SiteHandle, query: &str) -> anyhow::Result<Value> {
    Ok(site.call("GET", &format!("/v1/journal{query}")).send().await?.expect(200))
}

fn kinds(journal: &Value) -> Vec<(i64, &str, &str)> {
    let entries = journal["entries"].as_array().unwrap().iter();
    let text = |entry: &'_ Value, member: &str| entry[member].as_str().unwrap_or_default().to_owned();
    let known = ["requested", "event", "charge", "pending", "captured", ""];
    let of = |text: String| *known.iter().find(|name| **name == text).unwrap_or(&"?");
    entries
        .map(|entry| (entry["number"].as_i64().unwrap_or(0), of(text(entry, "kind")), of(text(entry, "detail"))))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_has_every_change_once_and_in_order() -> anyhow::Result<()> {
    let world = World::start().await?;
    assert_eq!(journal(&world.tr, "").await?, json!({"entries": [], "next": 0, "last": 0}));
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    let all = journal(&world.tr, "").await?;
    assert_eq!(kinds(&all), [(1, "requested", "charge"), (2, "event", "pending"), (3, "event", "captured")]);
    for entry in all["entries"].as_array().unwrap() {
        shows(entry, json!({"reference": payment["reference"]}));
        assert!(!entry["at"].is_null() && entry["correlationId"].is_string(), "{entry:#}");
    }
    shows(&all, json!({"next": 3}));
    shows(&journal(&world.tr, "?after=3").await?, json!({"entries": [], "next": 3, "last": 3}));

    let page = journal(&world.tr, "?after=1&limit=1").await?;
    assert_eq!(kinds(&page), [(2, "event", "pending")]);
    shows(&page, json!({"next": 2}));
    assert_eq!(kinds(&journal(&world.tr, "?after=2").await?), [(3, "event", "captured")]);
    shows(&journal(&world.eu, "").await?, json!({"entries": [], "next": 0, "last": 0}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_is_not_a_number_is_named() -> anyhow::Result<()> {
    let world = World::start().await?;
    for (query, field) in [
        ("?after=x", "after"),
        ("?limit=-1", "limit"),
        ("?limit=501", "limit"),
        ("?after=99999999999999999999", "after"),
        ("?page=2", "page"),
    ] {
        let reply = world.tr.call("GET", &format!("/v1/journal{query}")).send().await?;
        reply.problem_with(400, "invalid_parameter", field);
    }
    shows(&journal(&world.tr, "?after=18446744073709551615&limit=500").await?, json!({"entries": []}));
    world.stop().await
}
