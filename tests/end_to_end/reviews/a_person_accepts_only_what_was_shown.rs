//! A person accepts the reasons that they name, or exactly those that were shown to them. Reasons that were not named
//! or arose since stay in review, and a record that could not be synced is synced once it can be.

use serde_json::{Value, json};

use crate::world::{GatewayResponse, Order, SiteHandle, World, assert_acknowledged, shows, text};

async fn accept(site: &SiteHandle, payment: &Value, what: Value) -> anyhow::Result<GatewayResponse> {
    let mut decision = json!({"action": "accept", "note": "agreed by telephone"});
    decision
        .as_object_mut()
        .into_iter()
        .for_each(|decision| decision.extend(what.as_object().cloned().unwrap_or_default()));
    site.call("POST", &resolve(payment)).json(&decision).send().await
}

fn resolve(payment: &Value) -> String {
    format!("/v1/reviews/{}/resolve", text(payment, "reference"))
}

async fn listed(world: &World) -> anyhow::Result<Value> {
    Ok(world.tr.call("GET", "/v1/reviews").send().await?.expect(200)["reviews"].clone())
}

/// A captured payment that was charged back, for an order that Salesforce does not have yet.
async fn charged_back(world: &World) -> anyhow::Result<(Order, Value)> {
    let seeded = world.tr.seed_order();
    let order = Order { id: seeded.id.replace("801Hs", "801Ht"), ..seeded };
    let payment = world.tr.captured(&order, "100.00").await?;
    let transaction = world.tr.transaction(&payment)?;
    assert_acknowledged(&world.tr.maldopay.charge_back(transaction.id, Some("20.00")).await?);
    world.idle().await?;
    let payment = world.tr.get(&payment).await?;
    shows(&payment, json!({"reviewReasons": ["charged_back", "salesforce:NOT_FOUND"]}));
    Ok((order, payment))
}

#[tokio::test(flavor = "multi_thread")]
async fn accepting_one_reason_leaves_the_refusal_open_and_a_retry_syncs_the_order() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (order, payment) = charged_back(&world).await?;
    accept(&world.tr, &payment, json!({})).await?.problem_with(422, "invalid_field", "reasons");
    let accepted = accept(&world.tr, &payment, json!({"reasons": ["charged_back"]})).await?.expect(200);
    shows(&accepted, json!({"reviewReasons": ["salesforce:NOT_FOUND"]}));
    shows(&listed(&world).await?[0], json!({"reasons": ["salesforce:NOT_FOUND"]}));

    world.tr.salesforce.seed("Order", &order.id, serde_json::Map::new());
    world.tr.call("POST", &resolve(&payment)).json(&json!({"action": "retry"})).send().await?.expect(200);
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Captured_Amount__c": 100.0, "MaldoPay_Needs_Review__c": false}),
    );
    assert_eq!(listed(&world).await?, json!([]));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_token_expires_once_there_is_more_to_review() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (_, payment) = charged_back(&world).await?;
    let shown = listed(&world).await?[0]["reviewToken"].clone();
    assert_eq!(shown, payment["reviewToken"]);
    let transaction = world.tr.transaction(&payment)?;
    assert_acknowledged(&world.tr.maldopay.charge_back(transaction.id, Some("5.00")).await?);
    world.idle().await?;
    accept(&world.tr, &payment, json!({"reviewToken": shown})).await?.problem_with(
        409,
        "review_changed",
        "reviewToken",
    );
    let now = world.tr.get(&payment).await?;
    shows(&now, json!({"chargedBack": "25.00", "reviewReasons": ["charged_back", "salesforce:NOT_FOUND"]}));
    let accepted = accept(&world.tr, &payment, json!({"reviewToken": now["reviewToken"]})).await?.expect(200);
    shows(&accepted, json!({"reviewRequired": false, "reviewToken": null}));
    accept(&world.tr, &payment, json!({"reviewToken": shown})).await?.problem(409, "not_in_review");
    world.stop().await
}
