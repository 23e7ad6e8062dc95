//! An organisation that answers with a page pauses the site. No payment needs a person, and everything is sent once it is
//! back.

use serde_json::json;
use tollbridge_sandbox::SalesforceFault;

use crate::world::{World, shows};

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_sent_once_the_organisation_is_back() -> anyhow::Result<()> {
    let world = World::start().await?;
    for status in [200, 301, 403, 404, 410] {
        let orders = [world.tr.seed_order(), world.tr.seed_order(), world.tr.seed_order()];
        world.tr.salesforce.fail_all(Some(SalesforceFault::Page(status)));
        let calls = world.tr.salesforce.write_calls();
        let mut payments = Vec::new();
        for order in &orders {
            payments.push(world.tr.captured(order, "149.90").await?);
            world.idle().await?;
        }
        assert_eq!(world.tr.salesforce.write_calls(), calls + 1, "{status}: one call shows it");
        let code = if matches!(status, 200 | 403) { "html_page".to_owned() } else { format!("http_{status}") };
        assert_eq!(world.tr.drain().await?["paused"]["code"], code);

        world.tr.salesforce.fail_all(None);
        let drained = world.tr.call("POST", "/v1/drain?resume=true").send().await?.expect(200);
        shows(&drained, json!({"deferred": 0, "review": 0}));
        assert!(drained["paused"].is_null(), "{drained}");
        for (order, payment) in orders.iter().zip(&payments) {
            shows(&world.tr.order_record(order), json!({"MaldoPay_Status__c": "captured"}));
            shows(&world.tr.get(payment).await?, json!({"reviewRequired": false}));
        }
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_that_asks_for_time_gets_it() -> anyhow::Result<()> {
    let world = World::start().await?;
    let orders = [world.tr.seed_order(), world.tr.seed_order()];
    world.tr.salesforce.fail_next(SalesforceFault::RetryAfter("3600".to_owned()));
    for order in &orders {
        world.tr.captured(order, "149.90").await?;
        world.idle().await?;
    }
    assert_eq!(world.tr.salesforce.write_calls(), 1);
    let drained = world.tr.drain().await?;
    assert_eq!(drained["paused"]["code"], "SERVER_UNAVAILABLE", "{drained}");
    shows(&drained, json!({"review": 0}));
    assert_eq!(world.tr.salesforce.write_calls(), 1);
    world.stop().await
}
