//! MaldoPay's response to a command and a later callback for the same transaction count once.

use serde_json::json;
use tollbridge_sandbox::{Callback, Transaction, TransactionType};

use crate::world::{SiteHandle, World, assert_acknowledged, shows};

fn last(site: &SiteHandle, kind: TransactionType) -> Transaction {
    site.maldopay.transactions().into_iter().rfind(|made| made.kind == kind).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_counted_once() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    let response = world.tr.refund(&payment, Some("30.00")).await?.expect(201);
    shows(&response, json!({"refunded": "30.00"}));

    let refund = last(&world.tr, TransactionType::Refund);
    assert_acknowledged(&world.tr.maldopay.callback(Callback::for_transaction(&refund, "CONFIRMED")).await?);
    world.idle().await?;
    shows(
        &world.tr.get(&payment).await?,
        json!({"status": "partially_refunded", "refunded": "30.00", "reviewRequired": false}),
    );
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Refunded_Amount__c": 30.0}));
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "refunded", "refunded"], "both are in the history");

    let rest = world.tr.refund(&payment, None).await?.expect(201);
    shows(&rest, json!({"status": "refunded", "refunded": "100.00"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_a_capture_and_a_void_are_counted_once() -> anyhow::Result<()> {
    let world = World::start().await?;
    let charge = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    assert_acknowledged(&world.tr.maldopay.callback(world.tr.confirmation(&charge)?).await?);
    shows(&world.tr.get(&charge).await?, json!({"captured": "100.00", "status": "captured", "reviewRequired": false}));

    let payment = world.tr.authorize(&world.tr.seed_order(), "100.00").await?.expect(201);
    assert_acknowledged(&world.tr.maldopay.callback(world.tr.confirmation(&payment)?).await?);
    shows(&world.tr.get(&payment).await?, json!({"authorized": "100.00", "status": "authorized"}));
    world.tr.capture(&payment, Some("60.00")).await?.expect(201);
    let capture = Callback::for_transaction(&last(&world.tr, TransactionType::Capture), "CONFIRMED");
    assert_acknowledged(&world.tr.maldopay.callback(capture).await?);
    shows(&world.tr.get(&payment).await?, json!({"captured": "60.00", "status": "partially_captured"}));
    world.tr.void(&payment).await?.expect(201);
    let void = Callback::for_transaction(&last(&world.tr, TransactionType::Void), "CONFIRMED");
    assert_acknowledged(&world.tr.maldopay.callback(void).await?);
    shows(&world.tr.get(&payment).await?, json!({"captured": "60.00", "status": "captured", "reviewRequired": false}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_later_of_two_amounts_applies() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    let later = world.tr.confirmation(&payment)?.amount("90.00");
    assert_acknowledged(&world.tr.maldopay.callback(later).await?);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"captured": "90.00", "reviewReasons": ["captured_other_than_asked"]}));
    let earlier = world.tr.confirmation(&payment)?.amount("80.00").date("2026-11-20 09:00:00");
    assert_acknowledged(&world.tr.maldopay.callback(earlier).await?);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"captured": "90.00"}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Captured_Amount__c": 90.0}));
    world.stop().await
}
