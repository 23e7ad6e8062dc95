//! MaldoPay's callbacks are accepted whatever Salesforce does. The drain syncs later what Salesforce did not accept.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tollbridge_sandbox::SalesforceFault;

use crate::world::{Order, SiteHandle, World, assert_acknowledged, shows};

/// Drains until nothing is deferred any more: a first failure is retried within two seconds.
async fn drained(site: &SiteHandle) -> anyhow::Result<Value> {
    let drained = async {
        loop {
            let report = site.drain().await?;
            if report["deferred"] == 0 {
                return anyhow::Ok(report);
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), drained).await.context("something stays deferred")?
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_is_accepted_and_the_drain_syncs_it() -> anyhow::Result<()> {
    let world = World::start().await?;
    for fault in [
        SalesforceFault::Status503Html,
        SalesforceFault::LockRow,
        SalesforceFault::Status500,
        SalesforceFault::NoAnswer,
    ] {
        let order = world.tr.seed_order();
        let payment = world.tr.charge(&order, "149.90").await?.expect(201);
        world.idle().await?;
        world.tr.salesforce.fail_all(Some(fault.clone()));
        world.tr.payer_confirms(&payment).await?;
        world.idle().await?;
        let waiting = world.tr.get(&payment).await?;
        shows(&waiting, json!({"status": "captured", "captured": "149.90"}));
        assert_eq!(waiting["salesforce"]["failedAttempts"], 1, "{fault:?} left {waiting:#}");
        assert!(waiting["salesforce"]["nextAttemptAt"].is_string(), "{fault:?} left {waiting:#}");
        if fault != SalesforceFault::NoAnswer {
            shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "pending"}));
        }

        world.tr.salesforce.fail_all(None);
        let report = drained(&world.tr).await?;
        shows(&report, json!({"taken": 1, "deferred": 0, "oldestOpenSeconds": 0}));
        shows(
            &world.tr.order_record(&order),
            json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 149.90}),
        );
        assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"], "after {fault:?}");
        let synced = world.tr.get(&payment).await?;
        assert_eq!(synced["salesforce"]["failedAttempts"], 0, "{synced:#}");
        assert_eq!(synced["salesforce"]["version"], synced["version"], "{synced:#}");
    }
    let calls = world.tr.salesforce.write_calls();
    shows(&world.tr.drain().await?, json!({"taken": 0, "closed": 0, "deferred": 0}));
    assert_eq!(world.tr.salesforce.write_calls(), calls, "a drain with nothing due sends nothing");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drain_does_not_retry_before_the_due_time() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    // At the daily limit only waiting helps: minutes, not seconds.
    world.tr.salesforce.fail_next(SalesforceFault::LimitExceeded);
    let payment = world.tr.captured(&order, "100.00").await?;
    world.idle().await?;
    let calls = world.tr.salesforce.write_calls();
    let report = world.tr.drain().await?;
    shows(&report, json!({"taken": 0, "deferred": 1}));
    assert!(report["oldestOpenSeconds"].as_i64() >= Some(1), "{report:#}");
    assert_eq!(world.tr.salesforce.write_calls(), calls);
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": null}));

    // A person may retry at once.
    let path = format!("/v1/payments/{}/sync", payment["reference"].as_str().unwrap());
    world.tr.call("POST", &path).send().await?.expect(200);
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_needs_a_person_goes_to_review() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let message = "Orders of this type take no payment".to_owned();
    world.tr.salesforce.fail_all(Some(SalesforceFault::Validation(message, vec!["Status".to_owned()])));
    let payment = world.tr.captured(&order, "100.00").await?;
    world.idle().await?;
    let waiting = world.tr.get(&payment).await?;
    shows(
        &waiting,
        json!({"status": "captured", "reviewRequired": true,
               "reviewReasons": ["salesforce:FIELD_CUSTOM_VALIDATION_EXCEPTION"]}),
    );
    let reason = "salesforce:FIELD_CUSTOM_VALIDATION_EXCEPTION";
    shows(&world.tr.payment_record(&payment), json!({"Needs_Review__c": true, "Review_Reason__c": reason}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": null}));
    let calls = world.tr.salesforce.write_calls();
    shows(&world.tr.drain().await?, json!({"taken": 0, "deferred": 0}));
    assert_eq!(world.tr.salesforce.write_calls(), calls, "it is not retried automatically");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_order_goes_to_review() -> anyhow::Result<()> {
    let world = World::start().await?;
    let nowhere = Order { id: "801Hs0000099999IAA".to_owned(), ..world.tr.seed_order() };
    let payment = world.tr.captured(&nowhere, "100.00").await?;
    world.idle().await?;
    shows(
        &world.tr.get(&payment).await?,
        json!({"status": "captured", "reviewRequired": true, "reviewReasons": ["salesforce:NOT_FOUND"]}),
    );
    let shown = json!({"Status__c": "captured", "Needs_Review__c": true, "Review_Reason__c": "salesforce:NOT_FOUND"});
    shows(&world.tr.payment_record(&payment), shown);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_site_that_is_down_does_not_stop_the_other() -> anyhow::Result<()> {
    let world = World::start().await?;
    world.tr.salesforce.fail_all(Some(SalesforceFault::Status503Html));
    world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    let order = world.eu.seed_order();
    world.eu.captured(&order, "100.00").await?;
    world.idle().await?;
    shows(&world.eu.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    shows(&world.eu.drain().await?, json!({"deferred": 0, "oldestOpenSeconds": 0}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_synced_in_calls_within_salesforces_limit() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    world.tr.salesforce.fail_all(Some(SalesforceFault::Status503Html));
    let pending = world.tr.confirmation(&payment)?.result("PENDING");
    for second in 0..50 {
        assert_acknowledged(
            &world.tr.maldopay.callback(pending.clone().date(&format!("2026-11-20 10:00:{second:02}"))).await?,
        );
    }
    assert_acknowledged(&world.tr.maldopay.callback(world.tr.confirmation(&payment)?).await?);
    world.idle().await?;
    world.tr.salesforce.fail_all(None);
    let path = format!("/v1/payments/{}/sync", payment["reference"].as_str().unwrap());
    world.tr.call("POST", &path).send().await?.expect(200);
    // One Composite call takes at most 25 subrequests.
    let kinds = world.tr.event_kinds(&payment);
    assert_eq!((kinds.len(), kinds.iter().filter(|kind| *kind == "captured").count()), (52, 1));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    shows(&world.tr.drain().await?, json!({"taken": 0, "deferred": 0, "oldestOpenSeconds": 0}));
    assert_eq!(world.tr.events(&payment).await?["events"].as_array().map(Vec::len), Some(53));
    world.stop().await
}
