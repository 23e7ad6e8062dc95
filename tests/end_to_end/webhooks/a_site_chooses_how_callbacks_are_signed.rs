//! Merchants' contracts differ in how callbacks are signed; each site has its own scheme.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use serde_json::value::RawValue;
use tollbridge_sandbox::{CallbackEncoding, Signature, SignedRequest, signed_callback};

use crate::world::{Setup, TR, World, assert_acknowledged, shows, text};

async fn world(signature: Signature) -> anyhow::Result<World> {
    World::with(Setup { signature, ..Setup::default() }).await
}

/// A confirmation of the payment, signed at this many seconds from now.
fn confirmation(payment: &serde_json::Value, signature: Signature, seconds: i64) -> anyhow::Result<SignedRequest> {
    let fields: Vec<(String, Box<RawValue>)> = [
        ("result", "\"CONFIRMED\"".to_owned()),
        ("referenceOrderId", format!("{:?}", text(payment, "reference"))),
        ("maldoTransactionId", text(payment, "transactionId").to_owned()),
        ("amount", "149.90".to_owned()),
        ("currencyCode", "\"TRY\"".to_owned()),
    ]
    .into_iter()
    .map(|(name, json)| Ok((name.to_owned(), RawValue::from_string(json)?)))
    .collect::<Result<_, serde_json::Error>>()?;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    Ok(signed_callback(&fields, signature, TR.encrypting_key, CallbackEncoding::Json, now + seconds))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_may_be_signed_in_a_header() -> anyhow::Result<()> {
    let world = world(Signature::Body).await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);

    let mut altered = confirmation(&payment, Signature::Body, 0)?;
    altered.body.push(b' ');
    world.client.deliver(&TR.webhook(), altered).send().await?.problem(401, "signature_mismatch");
    let unsigned = confirmation(&payment, Signature::ValuesPipe, 0)?;
    world.client.deliver(&TR.webhook(), unsigned).send().await?.problem(401, "signature_missing");
    shows(&world.tr.get(&payment).await?, json!({"status": "pending"}));

    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_may_have_the_standard_webhooks_headers() -> anyhow::Result<()> {
    let world = world(Signature::StandardWebhooks).await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);

    for seconds in [-600, 600] {
        let outside = confirmation(&payment, Signature::StandardWebhooks, seconds)?;
        world.client.deliver(&TR.webhook(), outside).send().await?.problem(401, "signature_outside_window");
    }
    let mut altered = confirmation(&payment, Signature::StandardWebhooks, 0)?;
    altered.body.push(b' ');
    world.client.deliver(&TR.webhook(), altered).send().await?.problem(401, "signature_mismatch");
    let unsigned = world.client.deliver(&TR.webhook(), confirmation(&payment, Signature::StandardWebhooks, 0)?);
    unsigned.clone().without("webhook-signature").send().await?.problem(401, "signature_missing");
    unsigned.with("webhook-signature", "v1").send().await?.problem(401, "signature_malformed");
    shows(&world.tr.get(&payment).await?, json!({"status": "pending"}));

    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_signed_like_json() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    let form = world.tr.confirmation(&payment)?.encoding(CallbackEncoding::Form);
    let delivered = world.tr.maldopay.callback(form.clone().checksum(&"0".repeat(64))).await?;
    assert_eq!(delivered.status, 401, "{delivered:?}");
    assert_acknowledged(&world.tr.maldopay.callback(form).await?);
    world.idle().await?;
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 149.90}),
    );
    world.stop().await
}
