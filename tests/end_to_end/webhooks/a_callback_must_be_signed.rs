//! A callback that is not signed with one of the site's keys is refused, and nothing is written.

use serde_json::json;
use tollbridge_sandbox::Callback;

use crate::world::{GatewayResponse, TR, World, assert_acknowledged, shows};

/// Sends the callback, and asserts that it is refused with 401 and this code and leaves no trace.
async fn refused(world: &World, callback: Callback, code: &str) -> anyhow::Result<()> {
    world.idle().await?;
    let before = (world.runtime.counters(), world.tr.salesforce.write_calls());
    let delivered = world.tr.maldopay.callback(callback).await?;
    world.idle().await?;
    let problem: serde_json::Value = serde_json::from_str(&delivered.body)?;
    assert_eq!(delivered.status, 401, "{problem:#}");
    shows(&problem, json!({"code": code, "status": 401, "retriable": false}));
    let spent = world.runtime.counters() - before.0;
    assert_eq!((spent.requests, spent.store_writes, spent.outbound_requests), (1, 0, 0), "{spent:#?}");
    assert_eq!(world.tr.salesforce.write_calls(), before.1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_checksum_is_refused_and_nothing_is_written() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    let known = world.tr.get(&payment).await?;
    let callback = world.tr.confirmation(&payment)?;
    refused(&world, callback.clone().checksum(&"0".repeat(64)), "signature_mismatch").await?;
    refused(&world, callback.clone().checksum("no hexadecimal digits"), "signature_malformed").await?;
    refused(&world, callback.clone().without_checksum(), "signature_missing").await?;
    refused(&world, callback.clone().signed_with("a guess"), "signature_mismatch").await?;
    refused(&world, callback.clone().signed_with(TR.maldopay_key), "signature_mismatch").await?;
    assert_eq!(world.tr.get(&payment).await?, known);

    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    shows(&world.tr.get(&payment).await?, json!({"status": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_amount_is_refused() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    let body = |amount: &str| {
        let transaction = payment["transactionId"].as_str().unwrap();
        let reference = payment["reference"].as_str().unwrap();
        let fields = [
            ("result", r#""CONFIRMED""#.to_owned()),
            ("referenceOrderId", format!("{reference:?}")),
            ("maldoTransactionId", transaction.to_owned()),
            ("amount", amount.to_owned()),
            ("currencyCode", r#""TRY""#.to_owned()),
        ];
        let fields: Vec<_> = fields
            .into_iter()
            .map(|(name, json)| (name.to_owned(), serde_json::value::RawValue::from_string(json).unwrap()))
            .collect();
        let (signature, encoding) =
            (tollbridge_sandbox::Signature::ValuesPipe, tollbridge_sandbox::CallbackEncoding::Json);
        tollbridge_sandbox::signed_callback(&fields, signature, TR.encrypting_key, encoding, 0)
    };
    let mut altered = body("149.90");
    altered.body = String::from_utf8(altered.body)?.replace("149.90", "149.91").into_bytes();
    let reply: GatewayResponse = world.client.deliver(&TR.webhook(), altered).send().await?;
    reply.problem(401, "signature_mismatch");
    shows(&world.tr.get(&payment).await?, json!({"status": "pending"}));

    let reply = world.client.deliver(&TR.webhook(), body("149.90")).send().await?;
    assert_eq!((reply.status, reply.body.as_str()), (200, "OK"));
    shows(&world.tr.get(&payment).await?, json!({"status": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_previous_key_is_still_accepted() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    let callback = world.tr.confirmation(&payment)?.signed_with(TR.previous_key);
    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_signature_is_refused() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    let callback = world.tr.confirmation(&payment)?.signed_with(crate::world::EU.encrypting_key);
    refused(&world, callback, "signature_mismatch").await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_of_an_unknown_site_is_not_found() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    for site in ["nowhere", "TR", "tr%2F", "..", "%00"] {
        world.tr.maldopay.set_callback_url(world.client.url(&format!("/webhooks/maldopay/{site}")));
        let delivered = world.tr.maldopay.callback(world.tr.confirmation(&payment)?).await?;
        assert_eq!(delivered.status, 404, "{site} returned {delivered:?}");
    }
    shows(&world.tr.get(&payment).await?, json!({"status": "pending"}));
    world.stop().await
}
