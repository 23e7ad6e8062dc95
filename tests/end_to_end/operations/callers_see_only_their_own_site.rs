//! A key belongs to its site: it shows nothing and does nothing at any other site.

use serde_json::json;

use crate::world::{Setup, World, assert_acknowledged, shows};

#[tokio::test(flavor = "multi_thread")]
async fn every_route_refuses_a_missing_or_invalid_key() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    world.idle().await?;
    let reference = payment["reference"].as_str().unwrap();
    let routes = [
        ("POST", "/v1/payments".to_owned()),
        ("POST", format!("/v1/payments/{reference}/captures")),
        ("POST", format!("/v1/payments/{reference}/refunds")),
        ("POST", format!("/v1/payments/{reference}/voids")),
        ("POST", format!("/v1/payments/{reference}/sync")),
        ("GET", format!("/v1/payments/{reference}")),
        ("GET", format!("/v1/payments/{reference}/events")),
        ("GET", "/v1/journal".to_owned()),
        ("POST", "/v1/drain".to_owned()),
    ];
    let before = world.runtime.counters();
    for (method, path) in routes {
        let call = world.client.call(method, &path).key("k").json(&json!({"amount": "1.00"}));
        call.clone().send().await?.problem(401, "unauthorized");
        for wrong in
            ["Bearer wrong", "Bearer ", "Bearer", "Basic c2FuZGJveC1hcGkta2V5", "sandbox-api-key", "", "\u{ff}"]
        {
            call.clone().with("authorization", wrong).send().await?.problem(401, "unauthorized");
        }
    }
    let spent = world.runtime.counters() - before;
    assert_eq!((spent.store_writes, spent.outbound_requests), (0, 0), "{spent:#?}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_payment_is_not_found() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    let reference = payment["reference"].as_str().unwrap();
    for path in [format!("/v1/payments/{reference}"), format!("/v1/payments/{reference}/events")] {
        world.eu.call("GET", &path).send().await?.problem(404, "payment_not_found");
    }
    world.eu.refund(&payment, Some("1.00")).await?.problem(404, "payment_not_found");
    world.eu.capture(&payment, None).await?.problem(404, "payment_not_found");
    world.eu.void(&payment).await?.problem(404, "payment_not_found");
    let sync = world.eu.call("POST", &format!("/v1/payments/{reference}/sync")).send().await?;
    sync.problem(404, "payment_not_found");
    assert!(world.eu.maldopay.calls().is_empty(), "the other site's MaldoPay was not called");

    let journal = world.eu.call("GET", "/v1/journal").send().await?.expect(200);
    assert_eq!(journal["entries"], json!([]), "{journal:#}");
    shows(&world.tr.get(&payment).await?, json!({"refunded": "0.00"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_names_another_site_is_403() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let body = order.body("charge", "100.00", "checkout");
    world.eu.open(&body).send().await?.problem(403, "site_not_allowed");
    let mut nowhere = body.clone();
    nowhere["site"] = json!("nowhere");
    world.eu.open(&nowhere).send().await?.problem(403, "site_not_allowed");
    assert!(world.tr.maldopay.calls().is_empty() && world.eu.maldopay.calls().is_empty());
    world.tr.open(&body).send().await?.expect(201);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_site_has_its_own_contract_and_organisation() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.eu.seed_order();
    let payment = world.eu.charge(&order, "100.00").await?.expect(201);
    world.eu.payer_confirms(&payment).await?;
    world.idle().await?;
    shows(&world.eu.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    let record = world.eu.payment_record(&payment);
    shows(
        &record,
        json!({"Legal_Entity__c": "Tollbridge Demo GmbH", "Site__c": "eu", "Currency__c": "EUR",
               "CurrencyIsoCode": null}),
    );
    assert!(world.tr.maldopay.calls().is_empty() && world.tr.salesforce.calls().is_empty());
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_with_several_sites_must_name_one() -> anyhow::Result<()> {
    let shared = |text: String| {
        let digests: Vec<String> =
            text.split('"').filter(|part| part.starts_with("sha256:")).map(ToOwned::to_owned).collect();
        text.replace(&digests[1], &digests[0])
    };
    let world = World::with(Setup { secrets: Box::new(shared), ..Setup::default() }).await?;
    let payment = world.tr.open(&world.eu.seed_order().body("charge", "10.00", "credit")).send().await?.expect(201);
    shows(&payment, json!({"site": "eu", "status": "captured"}));
    let path = format!("/v1/payments/{}", payment["reference"].as_str().unwrap());
    world.tr.call("GET", &path).send().await?.problem_with(400, "site_missing", "site");
    world.tr.call("GET", &format!("{path}?site=nowhere")).send().await?.problem(403, "site_not_allowed");
    world.tr.call("GET", &format!("{path}?site=tr")).send().await?.problem(404, "payment_not_found");
    let found = world.tr.call("GET", &format!("{path}?site=eu")).send().await?.expect(200);
    shows(&found, json!({"reference": payment["reference"]}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_cannot_change_another_sites_payment() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    // The other site's MaldoPay signs with its own key and sends it to the other site's address.
    assert_acknowledged(&world.eu.maldopay.callback(world.tr.confirmation(&payment)?.currency("EUR")).await?);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "pending", "captured": "0.00"}));
    shows(&world.eu.get(&payment).await?, json!({"intent": "unmatched", "site": "eu", "captured": "149.90"}));
    shows(&world.tr.payment_record(&payment), json!({"Status__c": "pending"}));
    world.stop().await
}
