//! Several processes on one Redis server are one gateway: each knows what the others did, and nothing is done twice
//! because two of them received it.

use std::collections::BTreeSet;

use serde_json::json;
use tokio::task::JoinSet;
use tollbridge_sandbox::TransactionType;

use crate::world::{Setup, StoreNeeds, World, shows};

async fn shared() -> anyhow::Result<World> {
    World::with(Setup { store: StoreNeeds::Sharing, ..Setup::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_charges_with_one_key_make_one_transaction() -> anyhow::Result<()> {
    let world = shared().await?;
    let (second, elsewhere) = world.second_gateway().await?;
    let order = world.tr.seed_order();
    let body = order.body("charge", "149.90", "credit");
    let mut racing = JoinSet::new();
    for number in 0..200 {
        let site = if number % 2 == 0 { &world.tr } else { &elsewhere };
        racing.spawn(site.open(&body).key("order-1").send());
    }
    let mut references: BTreeSet<String> = BTreeSet::new();
    while let Some(reply) = racing.join_next().await {
        let reply = reply??;
        if reply.status == 409 {
            reply.problem(409, "in_progress");
        } else {
            references.insert(reply.expect(201)["reference"].to_string());
        }
    }
    assert_eq!(references.len(), 1, "{references:?}");
    assert_eq!(world.tr.maldopay.calls().len(), 1, "{:#?}", world.tr.maldopay.calls());
    for site in [&world.tr, &elsewhere] {
        let again = site.open(&body).key("order-1").send().await?;
        assert!(references.contains(&again.expect(201)["reference"].to_string()));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
    assert!(second.counters().requests > 100 && world.runtime.counters().requests > 100);
    second.idle().await?;
    world.idle().await?;
    assert_eq!(world.tr.salesforce.records("MaldoPay_Payment__c").len(), 1);
    second.stop().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_gateway_continues_what_another_started() -> anyhow::Result<()> {
    let world = shared().await?;
    let (second, elsewhere) = world.second_gateway().await?;
    let order = world.tr.seed_order();
    let payment = elsewhere.charge(&order, "149.90").await?.expect(201);
    second.idle().await?;
    world.idle().await?;
    // The callback reaches the first gateway.
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    for site in [&world.tr, &elsewhere] {
        shows(&site.get(&payment).await?, json!({"status": "captured", "captured": "149.90"}));
    }
    elsewhere.charge(&order, "149.90").await?.problem(409, "source_has_payment");
    let refunds = [
        world.tr.operation(&payment, "refunds", Some("100.00")),
        elsewhere.operation(&payment, "refunds", Some("100.00")),
    ];
    let mut racing: JoinSet<_> = refunds.into_iter().map(|call| call.send()).collect();
    let mut accepted = 0;
    while let Some(reply) = racing.join_next().await {
        accepted += usize::from(reply??.status == 201);
    }
    let made = world.tr.maldopay.transactions().into_iter().filter(|made| made.kind == TransactionType::Refund).count();
    assert_eq!(made, accepted, "the refunds with status 201 are those that MaldoPay carried out");
    assert!(made <= 1, "{made} refunds of 100.00 were made of 149.90");
    second.idle().await?;
    world.idle().await?;
    let known = world.tr.get(&payment).await?;
    assert_eq!(known, elsewhere.get(&payment).await?);
    shows(&known, json!({"reviewRequired": false}));
    shows(&elsewhere.events(&payment).await?["audit"], json!({"intact": true, "changed": [], "missing": []}));
    second.stop().await?;
    world.stop().await
}
