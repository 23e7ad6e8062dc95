//! A mapper that loops, traps, fills its memory or answers a megabyte for some payments: their webhooks are acknowledged
//! all the same, because the event is durable before it is mapped; those payments go to a person; the others go on.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::built;
use crate::swapped::with_mapper;
use crate::world::{Application, Order, Setup, Site, Wanted, World, needs_embedded_runtime, shows, text};

/// The amounts that the hostile mapper does harm to.
const LOOPS: &str = "666.51";
const TRAPS: &str = "666.52";
const A_MEGABYTE: &str = "666.53";
const A_MEGABYTE_OF_RECORDS: &str = "666.54";
const A_MEGABYTE_OF_COMPLAINT: &str = "666.55";
const FILLS_ITS_MEMORY: &str = "666.56";

/// How many drains may die of a payment before a person is to look at it (docs/decisions/drain.md, 28).
const DEAD_DRAINS: usize = 5;

static HOSTILE: OnceCell<Application> = OnceCell::const_new();

async fn hostile(request_limit: Duration) -> anyhow::Result<World> {
    let load = || async { with_mapper(&built("tests/hostile-mapper")).await };
    let application = HOSTILE.get_or_try_init(load).await?.clone();
    let setup = Setup { application: Some(application), request_limit, store: Wanted::Kept, ..Setup::default() };
    World::with(setup).await
}

/// Opens a payment at once captured, whatever becomes of telling Salesforce.
async fn captured(site: &Site, amount: &str) -> anyhow::Result<(Order, Value)> {
    let order = site.seed_order();
    let payment = site.captured(&order, amount).await?;
    Ok((order, payment))
}

/// Asserts that other payments are told as ever.
async fn others_go_on(world: &World) -> anyhow::Result<()> {
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.tr.payer_confirms(&payment).await?;
    let version = world.tr.get(&payment).await?["version"].clone();
    // The invocation that acknowledged it goes on to tell Salesforce; others may be busy doing harm.
    let told = async {
        while world.tr.payment_record(&payment)["Version__c"] != version {
            world.tr.get(&payment).await?;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(60), told).await.context("an honest payment was not told")?
}

/// The payments that wait for a person, with the code of what went wrong, by their references.
async fn reviews(site: &Site) -> anyhow::Result<Vec<(String, String)>> {
    let reviews = site.call("GET", "/v1/reviews").send().await?.expect(200);
    let review = |review: &Value| (text(review, "reference").to_owned(), text(&review["error"], "code").to_owned());
    let mut waiting: Vec<_> = reviews["reviews"].as_array().unwrap().iter().map(review).collect();
    waiting.sort();
    Ok(waiting)
}

/// A payment whose mapping never comes back takes the invocation with it, and in the end goes to a person.
async fn is_left_to_a_person(amount: &str, request_limit: Duration) -> anyhow::Result<()> {
    let mut world = hostile(request_limit).await?;
    // Its webhook is acknowledged before it does harm.
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, amount).await?.expect(201);
    world.tr.payer_confirms(&payment).await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": amount}));
    others_go_on(&world).await?;
    world.settled().await?;
    assert_eq!(world.tr.payment_record(&payment), Value::Null, "it was never told");

    for _ in 0..DEAD_DRAINS {
        let reply = world.tr.call("POST", "/v1/drain").send().await?;
        assert_eq!(reply.status, 500, "the drain dies of it: {reply:?}");
        others_go_on(&world).await?;
    }
    shows(&world.tr.drain().await?, json!({"review": 1, "complete": true}));
    let reference = text(&payment, "reference").to_owned();
    assert_eq!(reviews(&world.tr).await?, [(reference, "telling_died".to_owned())]);
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "reviewRequired": true}));
    // From now on drains come to their end.
    shows(&world.tr.drain().await?, json!({"complete": true, "oldestOpenSeconds": 0}));
    others_go_on(&world).await?;

    // With the mapper that ships in its place, the payment can be told after all.
    world.setup.application = None;
    let world = world.restarted(|_| Ok(())).await?;
    let path = format!("/v1/reviews/{}/resolve", text(&payment, "reference"));
    world.tr.call("POST", &path).json(&json!({"action": "retry"})).send().await?.expect(200);
    world.settled().await?;
    shows(&world.tr.payment_record(&payment), json!({"Status__c": "captured", "Needs_Review__c": false}));
    shows(&world.tr.get(&payment).await?, json!({"reviewRequired": false}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapper_that_traps() -> anyhow::Result<()> {
    is_left_to_a_person(TRAPS, Duration::from_secs(60)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapper_that_fills_its_memory() -> anyhow::Result<()> {
    is_left_to_a_person(FILLS_ITS_MEMORY, Duration::from_secs(60)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapper_that_never_ends() -> anyhow::Result<()> {
    if needs_embedded_runtime("a component that never ends is ended by the limit of a request's time") {
        return Ok(());
    }
    // Long enough for whatever else is asked meanwhile, on a machine that is busy.
    is_left_to_a_person(LOOPS, Duration::from_secs(4)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapper_that_answers_a_megabyte() -> anyhow::Result<()> {
    let world = hostile(Duration::from_secs(60)).await?;
    let mut expected = Vec::new();
    for amount in [A_MEGABYTE, A_MEGABYTE_OF_RECORDS, A_MEGABYTE_OF_COMPLAINT] {
        let (order, payment) = captured(&world.tr, amount).await?;
        world.settled().await?;
        let waiting = world.tr.get(&payment).await?;
        shows(&waiting, json!({"status": "captured", "reviewReasons": ["salesforce:mapping_error"]}));
        let message = text(&waiting["salesforce"], "errorMessage");
        assert!(message.len() < 1_200, "{amount}: {} bytes are kept", message.len());
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
