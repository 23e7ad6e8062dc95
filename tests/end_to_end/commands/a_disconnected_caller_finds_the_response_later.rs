//! A command is carried out to its end even where its caller disconnects. Its idempotency key returns the response
//! later.

use serde_json::json;

use crate::world::{World, shows};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_returns_the_response_that_nobody_received() -> anyhow::Result<()> {
    let (world, gate) = World::gated("maldopay").await?;
    let order = world.tr.seed_order();
    let charge = world.tr.open(&order.body("charge", "149.90", "credit")).key("order-1");
    gate.hold_next();
    let caller = tokio::spawn(charge.clone().send());
    gate.held().await?;
    caller.abort();
    assert!(caller.await.is_err_and(|error| error.is_cancelled()), "the caller disconnected");
    gate.release();
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));

    let again = charge.send().await?;
    shows(&again.expect(201), json!({"status": "captured", "captured": "149.90"}));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(world.tr.maldopay.calls().len(), 1);
    gate.end().await;
    world.stop().await
}
