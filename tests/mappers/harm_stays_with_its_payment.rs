//! A mapper that loops, traps, fills its memory or returns a megabyte for some payments harms only those. Their
//! webhooks are acknowledged, because the event is durable before it is mapped. Those payments go to review, and the
//! others are synced.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::built;
use crate::swapped::with_mapper;
use crate::world::{
    Order, ServedApplication, Setup, SiteHandle, StoreNeeds, World, needs_embedded_runtime, shows, text,
};

/// The amounts for which the hostile mapper does harm.
const LOOPS: &str = "666.51";
const TRAPS: &str = "666.52";
const A_MEGABYTE: &str = "666.53";
const A_MEGABYTE_OF_RECORDS: &str = "666.54";
const A_MEGABYTE_OF_COMPLAINT: &str = "666.55";
const FILLS_ITS_MEMORY: &str = "666.56";

/// The crash count at which a payment goes to review (docs/decisions/drain.md, 28).
const CRASHES_BEFORE_REVIEW: usize = 5;

static HOSTILE: OnceCell<ServedApplication> = OnceCell::const_new();

async fn hostile(request_limit: Duration) -> anyhow::Result<World> {
    let load = || async { with_mapper(&built("tests/hostile-mapper")).await };
    let application = HOSTILE.get_or_try_init(load).await?.clone();
    let setup =
        Setup { application: Some(application), request_limit, store: StoreNeeds::Persistence, ..Setup::default() };
    World::with(setup).await
}

/// Opens a payment that is captured at once, whatever becomes of its sync.
async fn captured(site: &SiteHandle, amount: &str) -> anyhow::Result<(Order, Value)> {
    let order = site.seed_order();
    let payment = site.captured(&order, amount).await?;
    Ok((order, payment))
}

/// Asserts that other payments are still synced.
async fn others_go_on(world: &World) -> anyhow::Result<()> {
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.tr.payer_confirms(&payment).await?;
    let version = world.tr.get(&payment).await?["version"].clone();
    // The invocation that acknowledged it syncs it as deferred work, while other instances may be doing harm.
    let synced = async {
        while world.tr.payment_record(&payment)["Version__c"] != version {
            world.tr.get(&payment).await?;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(60), synced).await.context("an honest payment was not synced")?
}

/// The references of the payments in review, each with its error code.
async fn reviews(site: &SiteHandle) -> anyhow::Result<Vec<(String, String)>> {
    let reviews = site.call("GET", "/v1/reviews").send().await?.expect(200);
    let review = |review: &Value| (text(review, "reference").to_owned(), text(&review["error"], "code").to_owned());
    let mut waiting: Vec<_> = reviews["reviews"].as_array().unwrap().iter().map(review).collect();
    waiting.sort();
    Ok(waiting)
}

/// Asserts that a payment whose mapping ends the invocation goes to review after several crashes.
async fn goes_to_review_after_crashes(amount: &str, request_limit: Duration) -> anyhow::Result<()> {
    let mut world = hostile(request_limit).await?;
    // The webhook is acknowledged before the mapper runs.
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, amount).await?.expect(201);
    world.tr.payer_confirms(&payment).await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": amount}));
    others_go_on(&world).await?;
    world.idle().await?;
    assert_eq!(world.tr.payment_record(&payment), Value::Null, "it was never synced");

    for _ in 0..CRASHES_BEFORE_REVIEW {
        let reply = world.tr.call("POST", "/v1/drain").send().await?;
        assert_eq!(reply.status, 500, "the mapper crashes the drain: {reply:?}");
        others_go_on(&world).await?;
    }
    shows(&world.tr.drain().await?, json!({"review": 1, "complete": true}));
    let reference = text(&payment, "reference").to_owned();
    assert_eq!(reviews(&world.tr).await?, [(reference, "telling_died".to_owned())]);
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "reviewRequired": true}));
    // From now on drains run to their end.
    shows(&world.tr.drain().await?, json!({"complete": true, "oldestOpenSeconds": 0}));
    others_go_on(&world).await?;

    // With the built-in mapper in its place, the payment can be synced after all.
    world.setup.application = None;
    let world = world.restarted(|_| Ok(())).await?;
    let path = format!("/v1/reviews/{}/resolve", text(&payment, "reference"));
    world.tr.call("POST", &path).json(&json!({"action": "retry"})).send().await?.expect(200);
    world.idle().await?;
    shows(&world.tr.payment_record(&payment), json!({"Status__c": "captured", "Needs_Review__c": false}));
    shows(&world.tr.get(&payment).await?, json!({"reviewRequired": false}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_whose_mapping_traps_goes_to_review() -> anyhow::Result<()> {
    goes_to_review_after_crashes(TRAPS, Duration::from_secs(60)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_whose_mapping_fills_the_memory_goes_to_review() -> anyhow::Result<()> {
    goes_to_review_after_crashes(FILLS_ITS_MEMORY, Duration::from_secs(60)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_whose_mapping_never_ends_goes_to_review() -> anyhow::Result<()> {
    if needs_embedded_runtime("the request limit ends a component that never returns") {
        return Ok(());
    }
    // Long enough for every other request meanwhile, on a busy machine.
    goes_to_review_after_crashes(LOOPS, Duration::from_secs(4)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_whose_mapping_returns_a_megabyte_goes_to_review() -> anyhow::Result<()> {
    let world = hostile(Duration::from_secs(60)).await?;
    let mut expected = Vec::new();
    for amount in [A_MEGABYTE, A_MEGABYTE_OF_RECORDS, A_MEGABYTE_OF_COMPLAINT] {
        let (order, payment) = captured(&world.tr, amount).await?;
        world.idle().await?;
        let waiting = world.tr.get(&payment).await?;
        shows(&waiting, json!({"status": "captured", "reviewReasons": ["salesforce:mapping_error"]}));
        let message = text(&waiting["salesforce"], "errorMessage");
        assert!(message.len() < 1_200, "{amount}: {} bytes are stored", message.len());
        assert_eq!(world.tr.payment_record(&payment), Value::Null, "{amount}: nothing of it is sent");
        assert!(world.tr.order_record(&order).get("MaldoPay_Status__c").is_none());
        expected.push((text(&payment, "reference").to_owned(), "mapping_error".to_owned()));
        others_go_on(&world).await?;
    }
    shows(&world.tr.drain().await?, json!({"complete": true}));
    expected.sort();
    assert_eq!(reviews(&world.tr).await?, expected);
    others_go_on(&world).await?;
    world.stop().await
}
