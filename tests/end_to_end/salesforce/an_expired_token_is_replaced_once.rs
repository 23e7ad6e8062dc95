//! Salesforce does not say when a token expires. The gateway replaces an expired token once, and stores the new one.

use serde_json::json;
use tollbridge_sandbox::SalesforceFault;

use crate::world::{World, shows};

#[tokio::test(flavor = "multi_thread")]
async fn one_sign_in_serves_until_the_token_expires() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    world.tr.captured(&world.tr.seed_order(), "10.00").await?;
    world.idle().await?;
    assert_eq!(world.tr.sign_ins(), 1);

    world.tr.salesforce.expire_tokens();
    let calls = world.tr.salesforce.write_calls();
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    assert_eq!(world.tr.sign_ins(), 2);
    assert_eq!(world.tr.salesforce.write_calls() - calls, 2, "the call with the expired token, and the one after it");
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    let synced = world.tr.get(&payment).await?;
    assert_eq!(synced["salesforce"]["failedAttempts"], 0, "{synced:#}");

    world.tr.captured(&world.tr.seed_order(), "10.00").await?;
    world.idle().await?;
    assert_eq!(world.tr.sign_ins(), 2, "the new token was stored");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_always_refused_is_not_requested_again_and_again() -> anyhow::Result<()> {
    let world = World::start().await?;
    world.tr.salesforce.fail_all(Some(SalesforceFault::Unauthorized401));
    let payment = world.tr.captured(&world.tr.seed_order(), "10.00").await?;
    world.idle().await?;
    // It signed in because it had no token, and once more because Salesforce refused that token.
    assert_eq!((world.tr.sign_ins(), world.tr.salesforce.write_calls()), (2, 2));
    let waiting = world.tr.get(&payment).await?;
    assert_eq!(waiting["salesforce"]["failedAttempts"], 1, "{waiting:#}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_site_signs_in_to_its_own_organisation() -> anyhow::Result<()> {
    let world = World::start().await?;
    world.tr.captured(&world.tr.seed_order(), "10.00").await?;
    world.eu.captured(&world.eu.seed_order(), "10.00").await?;
    world.idle().await?;
    assert_eq!((world.tr.sign_ins(), world.eu.sign_ins()), (1, 1));
    assert_eq!(world.eu.salesforce.records("MaldoPay_Payment__c").len(), 1);
    world.stop().await
}
