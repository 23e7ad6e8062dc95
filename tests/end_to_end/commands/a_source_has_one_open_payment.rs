//! An order with an open or successful payment is not charged a second time; after a failure the next attempt may
//! follow.

use serde_json::json;
use tokio::task::JoinSet;
use tollbridge_sandbox::TransactionState;

use crate::world::{Order, World, assert_acknowledged, shows};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_charge_is_refused_and_names_the_first() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let first = world.tr.charge(&order, "149.90").await?.expect(201);
    let refused = world.tr.charge(&order, "149.90").await?.problem(409, "source_has_payment");
    assert_eq!(refused["payment"], first["reference"], "{refused:#}");
    // The id of 15 characters names the same record.
    let short = Order { id: order.id[..15].to_owned(), ..order.clone() };
    let refused = world.tr.authorize(&short, "10.00").await?.problem(409, "source_has_payment");
    assert_eq!(refused["payment"], first["reference"], "{refused:#}");
    // A client may spell the id in other ways too; all of them name the same record.
    let mut folded = order.body("charge", "149.90", "checkout");
    folded["source"] = json!({"object": "ORDER", "id": order.id.to_ascii_lowercase()});
    let refused = world.tr.open(&folded).send().await?.problem(409, "source_has_payment");
    assert_eq!(refused["payment"], first["reference"], "{refused:#}");

    world.tr.payer_confirms(&first).await?;
    let refused = world.tr.charge(&order, "149.90").await?.problem(409, "source_has_payment");
    assert_eq!(refused["payment"], first["reference"], "{refused:#}");
    assert_eq!(world.tr.maldopay.calls().len(), 1);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folded_id_is_the_order_that_salesforce_has() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let mut folded = order.body("charge", "149.90", "credit");
    folded["source"]["object"] = json!("order");
    folded["source"]["id"] = json!(order.id.to_ascii_lowercase());
    let payment = world.tr.open(&folded).send().await?.expect(201);
    shows(&payment["source"], json!({"object": "Order", "id": order.id}));
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_may_request_another_payment_explicitly() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let first = world.tr.captured(&order, "149.90").await?;
    let mut body = order.body("charge", "20.00", "credit");
    body["another"] = json!(true);
    let second = world.tr.open(&body).send().await?.expect(201);
    assert_ne!(second["reference"], first["reference"]);
    shows(&second, json!({"status": "captured", "attempt": 2}));
    world.idle().await?;
    shows(&world.tr.get(&first).await?, json!({"superseded": false, "reviewRequired": false}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_attempt_may_follow_a_decline() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let first = world.tr.charge(&order, "149.01").await?.expect(201);
    shows(&first, json!({"status": "failed", "attempt": 1}));
    world.idle().await?;
    let second = world.tr.captured(&order, "149.90").await?;
    shows(&second, json!({"attempt": 2}));
    assert_ne!(second["reference"], first["reference"]);
    world.idle().await?;
    let record = world.tr.payment_record(&second);
    shows(&record, json!({"Attempt__c": 2, "Source_Id__c": order.id}));
    shows(&world.tr.payment_record(&first), json!({"Attempt__c": 1, "Status__c": "failed", "Source_Id__c": order.id}));
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "captured", "MaldoPay_Payment__c": record["Id"],
               "MaldoPay_Needs_Review__c": false}),
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn money_for_a_superseded_attempt_needs_review() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let first = world.tr.charge(&order, "149.90").await?.expect(201);
    let transaction = world.tr.transaction(&first)?;
    assert_acknowledged(&world.tr.maldopay.payer_declines(transaction.id).await?);
    world.idle().await?;
    let second = world.tr.captured(&order, "149.90").await?;
    world.idle().await?;
    let late = world.tr.confirmation(&first)?.date("2031-01-01 00:00:00");
    assert_acknowledged(&world.tr.maldopay.callback(late).await?);
    world.idle().await?;
    let paid_twice = world.tr.get(&first).await?;
    shows(&paid_twice, json!({"status": "captured", "superseded": true, "reviewRequired": true}));
    let reasons = paid_twice["reviewReasons"].as_array().unwrap();
    assert!(reasons.contains(&json!("paid_after_superseded")), "{paid_twice:#}");
    let record = world.tr.order_record(&order);
    shows(
        &record,
        json!({"MaldoPay_Payment__c": world.tr.payment_record(&second)["Id"], "MaldoPay_Needs_Review__c": true,
               "MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 299.80}),
    );
    assert!(record["MaldoPay_Review_Reason__c"].as_str().unwrap().contains("paid_after_superseded"), "{record:#}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_of_several_concurrent_charges_is_made() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let mut racing = JoinSet::new();
    for _ in 0..8 {
        let call = world.tr.open(&order.body("charge", "149.90", "credit"));
        racing.spawn(call.send());
    }
    let mut made = 0;
    for reply in racing.join_all().await {
        let reply = reply?;
        match reply.status {
            201 => made += 1,
            _ => {
                let code = reply.expect(409)["code"].clone();
                assert!(code == "source_has_payment" || code == "source_busy", "{reply:#?}");
            }
        }
    }
    assert!(made <= 1, "{made} charges were made for one order");
    let paid = |state| world.tr.maldopay.transactions().into_iter().filter(|paid| paid.state == state).count();
    assert_eq!(paid(TransactionState::Confirmed), made);
    if made == 0 {
        // Each charge may have been refused because of another one under way. A caller that tries again is not refused
        // for ever.
        world.tr.captured(&order, "149.90").await?;
    }
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Captured_Amount__c": 149.90}));
    world.stop().await
}
