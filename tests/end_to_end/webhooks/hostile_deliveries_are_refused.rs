//! Every delivery to the webhook is refused if nobody signed it, and kept if somebody did; the gateway keeps serving.

use serde_json::json;
use serde_json::value::RawValue;
use tollbridge_sandbox::Callback;

use crate::world::{TR, World, assert_acknowledged, shows};

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_delivery_is_401_whatever_it_contains() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    let before = world.runtime.counters();
    let checksum = format!("\"checksum\":\"{}\"", "0".repeat(64));
    let many = (0..1000).map(|n| format!("\"f{n}\":1")).collect::<Vec<_>>().join(",");
    let bodies: [Vec<u8>; 10] = [
        b"".to_vec(),
        b"{".to_vec(),
        b"OK".to_vec(),
        b"[1,2,3]".to_vec(),
        vec![0xff; 1000],
        format!("{{{checksum}}}").into_bytes(),
        format!("{{{checksum},{checksum}}}").into_bytes(),
        format!("{{{many},{checksum}}}").into_bytes(),
        format!("{{\"amount\":{},{checksum}}}", "9".repeat(100_000)).into_bytes(),
        format!("{{\"a\":{}{},{checksum}}}", "[".repeat(50_000), "]".repeat(50_000)).into_bytes(),
    ];
    for body in &bodies {
        for content_type in ["application/json", "application/x-www-form-urlencoded", "text/plain", "\u{ff}"] {
            let call = world.client.call("POST", &TR.webhook()).with("content-type", content_type).bytes(body.clone());
            let reply = call.send().await?;
            let shown = String::from_utf8_lossy(body).chars().take(60).collect::<String>();
            assert_eq!(reply.status, 401, "{shown:?} as {content_type} returned {reply:#?}");
            let code = reply.json()["code"].as_str().unwrap_or_default().to_owned();
            assert!(
                ["signature_missing", "signature_malformed", "signature_mismatch"].contains(&code.as_str()),
                "{reply:#?}"
            );
        }
    }
    let spent = world.runtime.counters() - before;
    assert_eq!((spent.store_writes, spent.outbound_requests), (0, 0), "{spent:#?}");
    assert_acknowledged(&world.tr.maldopay.callback(world.tr.confirmation(&payment)?).await?);
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_delivery_that_cannot_be_decoded_is_kept_for_a_person() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    let good = world.tr.confirmation(&payment)?;
    let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
    let unreadable: Vec<Callback> = vec![
        good.clone().result("PERHAPS"),
        good.clone().without("result").without("codeId"),
        good.clone().kind("GIFT"),
        good.clone().currency("XYZ"),
        good.clone().without("currencyCode"),
        good.clone().amount("-1.00"),
        good.clone().amount("1.001"),
        good.clone().field("amount", raw(&"9".repeat(400))),
        good.clone().field("maldoTransactionId", raw("\"a/b c\"")),
        good.clone().field("maldoTransactionId", raw(&format!("\"{}\"", "7".repeat(65)))),
    ];
    let kept = unreadable.len();
    for callback in unreadable {
        for _ in 0..2 {
            assert_acknowledged(&world.tr.maldopay.callback(callback.clone()).await?);
        }
    }
    let nameless = good.clone().without("referenceOrderId").without("maldoTransactionId");
    assert_acknowledged(&world.tr.maldopay.callback(nameless).await?);
    world.idle().await?;
    let stored = world.tr.get(&payment).await?;
    shows(&stored, json!({"status": "pending", "captured": "0.00", "reviewReasons": ["unreadable_delivery"]}));
    assert_eq!(stored["unreadable"].as_array().map(Vec::len), Some(kept), "each is kept once: {stored:#}");
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Needs_Review__c": true, "MaldoPay_Review_Reason__c": "unreadable_delivery"}),
    );
    assert_acknowledged(&world.tr.maldopay.callback(good).await?);
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "captured": "149.90"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_in_another_currency_is_stored_and_not_summed() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    assert_acknowledged(&world.tr.maldopay.callback(world.tr.confirmation(&payment)?.currency("EUR")).await?);
    world.idle().await?;
    let stored = world.tr.get(&payment).await?;
    shows(&stored, json!({"captured": "0.00", "currency": "TRY", "reviewReasons": ["currency_mismatch"]}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Needs_Review__c": true}));
    world.stop().await
}
