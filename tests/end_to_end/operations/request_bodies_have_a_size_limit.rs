//! A body of more than 256 KiB is refused, whoever sends it, and the gateway keeps serving.

use serde_json::json;
use serde_json::value::RawValue;

use crate::world::{TR, World, assert_acknowledged, shows};

fn text_of(bytes: usize) -> anyhow::Result<Box<RawValue>> {
    Ok(RawValue::from_string(format!("\"{}\"", "x".repeat(bytes)))?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_of_300_kib_is_413() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    let callback = world.tr.confirmation(&payment)?;
    let before = world.runtime.counters();
    let delivered = world.tr.maldopay.callback(callback.clone().field("padding", text_of(300 * 1024)?)).await?;
    assert_eq!(delivered.status, 413, "{delivered:?}");
    shows(&serde_json::from_str(&delivered.body)?, json!({"code": "body_too_large", "retriable": false}));
    world.idle().await?;
    assert_eq!((world.runtime.counters() - before).store_writes, 0);
    shows(&world.tr.get(&payment).await?, json!({"status": "pending"}));

    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_of_250_kib_is_accepted() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    let callback = world.tr.confirmation(&payment)?.field("padding", text_of(250 * 1024)?);
    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    shows(&world.tr.get(&payment).await?, json!({"status": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_body_of_300_kib_is_413() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "100.00").await?;
    let padding = " ".repeat(300 * 1024);
    for path in ["/v1/payments".to_owned(), format!("/v1/payments/{}/refunds", payment["reference"].as_str().unwrap())]
    {
        let call = world.tr.command(&path, &json!({})).bytes(format!("{padding}{{}}"));
        call.send().await?.problem(413, "body_too_large");
    }
    let unsigned = world.client.call("POST", &TR.webhook()).bytes(padding).send().await?;
    unsigned.problem(413, "body_too_large");
    shows(&world.tr.refund(&payment, None).await?.expect(201), json!({"refunded": "100.00"}));
    world.stop().await
}
