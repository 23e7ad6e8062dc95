//! Concurrent commands together stay within the bounds: one charge for a key, and never more refunded or captured than
//! there is.

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tollbridge_sandbox::{TransactionState, TransactionType};

use crate::world::{Call, GatewayResponse, SiteHandle, World, shows};

async fn at_once(calls: impl IntoIterator<Item = Call>) -> anyhow::Result<Vec<GatewayResponse>> {
    let mut racing = JoinSet::new();
    for call in calls {
        racing.spawn(call.send());
    }
    racing.join_all().await.into_iter().collect()
}

/// The sum of this kind that MaldoPay carried out, in minor units.
fn carried_out(site: &SiteHandle, kind: TransactionType) -> i64 {
    let transactions = site.maldopay.transactions().into_iter();
    let confirmed = transactions.filter(|made| made.kind == kind && made.state == TransactionState::Confirmed);
    confirmed.map(|made| made.amount.minor_units()).sum()
}

fn decimal(minor_units: i64) -> String {
    format!("{}.{:02}", minor_units / 100, minor_units % 100)
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_charges_with_one_key_make_one_transaction() -> anyhow::Result<()> {
    let world = World::start().await?;
    for round in 1..=5 {
        let order = world.tr.seed_order();
        let charge = world.tr.open(&order.body("charge", "149.90", "credit"));
        let mut references: Vec<Value> = Vec::new();
        for reply in at_once(vec![charge.clone(); 8]).await? {
            if reply.status == 409 {
                reply.problem(409, "in_progress");
                assert!(reply.header("retry-after").is_some(), "{reply:#?}");
            } else {
                references.push(reply.expect(201)["reference"].clone());
            }
        }
        assert!(!references.is_empty(), "one of them was carried out");
        references.dedup();
        assert_eq!(references.len(), 1, "{references:?}");
        assert_eq!(world.tr.maldopay.calls().len(), round, "{:#?}", world.tr.maldopay.calls());
        let again = charge.send().await?;
        assert_eq!(again.expect(201)["reference"], references[0]);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        world.idle().await?;
        assert_eq!(world.tr.salesforce.records("MaldoPay_Payment__c").len(), round);
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_refunds_never_exceed_the_captured_amount() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    let refunds = (0..8).map(|_| world.tr.operation(&payment, "refunds", Some("30.00")));
    let mut accepted = 0;
    for reply in at_once(refunds).await? {
        match reply.status {
            201 => accepted += 3_000,
            409 => drop(reply.problem(409, "payment_busy")),
            _ => {
                let code = reply.expect(422)["code"].clone();
                assert!(code == "amount_exceeds_remaining" || code == "nothing_left", "{reply:#?}");
            }
        }
    }
    let refunded = carried_out(&world.tr, TransactionType::Refund);
    assert_eq!(accepted, refunded, "the refunds with status 201 are those that MaldoPay carried out");
    assert!((3_000..=9_000).contains(&refunded), "{refunded} of 10000 were refunded");
    world.idle().await?;
    shows(
        &world.tr.get(&payment).await?,
        json!({"refunded": decimal(refunded), "captured": "100.00", "reviewRequired": false}),
    );
    let rest = world.tr.refund(&payment, None).await?.expect(201);
    shows(&rest, json!({"refunded": "100.00", "status": "refunded"}));
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Refunded_Amount__c": 100.0}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_captures_and_a_void_stay_within_the_authorized_amount() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.authorize(&world.tr.seed_order(), "100.00").await?.expect(201);
    let captures = (0..5).map(|_| world.tr.operation(&payment, "captures", Some("40.00")));
    for reply in at_once(captures.chain([world.tr.operation(&payment, "voids", None)])).await? {
        assert!(matches!(reply.status, 201 | 409 | 422), "{reply:#?}");
    }
    let captured = carried_out(&world.tr, TransactionType::Capture);
    assert!(captured <= 8_000, "{captured} of 10000 were captured");
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"captured": decimal(captured), "reviewRequired": false}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_waits_for_maldopay_is_in_progress() -> anyhow::Result<()> {
    let (world, gate) = World::gated("maldopay").await?;
    let order = world.tr.seed_order();
    let charge = world.tr.open(&order.body("charge", "149.90", "credit")).key("order-1");
    gate.hold_next();
    let first = tokio::spawn(charge.clone().send());
    gate.held().await?;
    let same = charge.clone().send().await?;
    same.problem(409, "in_progress");
    assert!(same.header("retry-after").is_some(), "{same:#?}");
    let other = world.tr.charge(&order, "149.90").await?;
    other.problem(409, "source_has_payment");
    gate.release();
    let payment = first.await??.expect(201);
    shows(&payment, json!({"status": "captured"}));
    assert_eq!(charge.send().await?.expect(201), payment);
    assert_eq!(world.tr.maldopay.calls().len(), 1);
    gate.end().await;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_in_progress_holds_its_amount() -> anyhow::Result<()> {
    let (world, gate) = World::gated("maldopay").await?;
    let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    gate.hold_next();
    let first = tokio::spawn(world.tr.operation(&payment, "refunds", Some("60.00")).send());
    gate.held().await?;
    world.tr.refund(&payment, Some("40.01")).await?.problem_with(422, "amount_exceeds_remaining", "amount");
    shows(&world.tr.refund(&payment, Some("40.00")).await?.expect(201), json!({"refunded": "40.00"}));
    world.tr.refund(&payment, None).await?.problem(422, "nothing_left");
    gate.release();
    shows(&first.await??.expect(201), json!({"refunded": "100.00", "status": "refunded", "reviewRequired": false}));
    assert_eq!(carried_out(&world.tr, TransactionType::Refund), 10_000);
    gate.end().await;
    world.stop().await
}
