//! A sync is one Composite call, all or none, in order, with only the fields that changed.

use serde_json::{Value, json};

use crate::world::{Order, SiteHandle, World, shows};

/// The subrequests of the last composite call.
fn last_synced(site: &SiteHandle) -> Vec<Value> {
    let call = site.salesforce.calls().pop().unwrap();
    assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", "/services/data/v67.0/composite"));
    shows(&call.body, json!({"allOrNone": true, "collateSubrequests": false}));
    call.body["compositeRequest"].as_array().unwrap().clone()
}

fn fields(subrequest: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = subrequest["body"].as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn objects(subrequests: &[Value]) -> Vec<&str> {
    let object = |subrequest: &'_ Value| subrequest["url"].as_str().unwrap().split('/').nth(5).unwrap().to_owned();
    let known = ["MaldoPay_Payment__c", "MaldoPay_Event__c", "Order"];
    subrequests.iter().map(|one| *known.iter().find(|name| **name == object(one)).unwrap()).collect()
}

async fn pending(world: &World) -> anyhow::Result<(Order, Value)> {
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    Ok((order, payment))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_webhook_sends_only_what_it_changed() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (order, payment) = pending(&world).await?;
    let first = last_synced(&world.tr);
    assert_eq!(objects(&first), ["MaldoPay_Payment__c", "MaldoPay_Event__c", "Order", "MaldoPay_Payment__c"]);
    assert_eq!(fields(&first[3]), ["Order__c"]);
    assert!(fields(&first[0]).contains(&"Legal_Entity__c"), "{:#}", first[0]);
    let url = format!(
        "/services/data/v67.0/sobjects/MaldoPay_Payment__c/Reference__c/{}",
        payment["reference"].as_str().unwrap()
    );
    shows(&first[0], json!({"method": "PATCH", "url": url}));
    shows(&first[2], json!({"url": format!("/services/data/v67.0/sobjects/Order/{}", order.id)}));

    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    let second = last_synced(&world.tr);
    assert_eq!(objects(&second), ["MaldoPay_Payment__c", "MaldoPay_Event__c", "Order"]);
    assert_eq!(
        fields(&second[0]),
        ["Captured_Amount__c", "Last_Event_At__c", "Reason_Code__c", "Status__c", "Version__c"]
    );
    assert_eq!(fields(&second[2]), ["MaldoPay_Captured_Amount__c", "MaldoPay_Status__c"]);

    let transaction = world.tr.transaction(&payment)?;
    crate::world::assert_acknowledged(&world.tr.maldopay.settle(transaction.id, None).await?);
    world.idle().await?;
    let third = last_synced(&world.tr);
    assert_eq!(fields(&third[0]), ["Last_Event_At__c", "Settled_Amount__c", "Status__c", "Version__c"]);
    assert_eq!(fields(&third[2]), ["MaldoPay_Settled_Amount__c", "MaldoPay_Status__c"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_does_not_change_the_order_does_not_write_it() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (_, payment) = pending(&world).await?;
    let calls = world.tr.salesforce.write_calls();
    let pending_again = world.tr.confirmation(&payment)?.result("PENDING").code_id(313);
    crate::world::assert_acknowledged(&world.tr.maldopay.callback(pending_again).await?);
    world.idle().await?;
    assert_eq!(world.tr.salesforce.write_calls() - calls, 1, "the event is new");
    assert_eq!(objects(&last_synced(&world.tr)), ["MaldoPay_Payment__c", "MaldoPay_Event__c"]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_in_salesforce_is_not_overwritten() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (order, payment) = pending(&world).await?;
    let mut record = world.tr.payment_record(&payment).as_object().unwrap().clone();
    let id = record["Id"].as_str().unwrap().to_owned();
    record.insert("Version__c".to_owned(), json!(1_000));
    record.insert("Status__c".to_owned(), json!("refunded"));
    world.tr.salesforce.seed("MaldoPay_Payment__c", &id, record);
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    shows(&world.tr.payment_record(&payment), json!({"Status__c": "refunded", "Version__c": 1_000}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "pending"}));
    let reasons = json!(["salesforce:version_conflict"]);
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "reviewReasons": reasons}));
    shows(&world.tr.drain().await?, json!({"taken": 0, "deferred": 0}));
    world.stop().await
}
