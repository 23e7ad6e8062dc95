//! Everything acknowledged survives a restart: payments, idempotency keys, callbacks, unfinished work.

use serde_json::json;
use tollbridge_sandbox::SalesforceFault;

use crate::world::{Setup, StoreNeeds, World, assert_acknowledged, shows, text};

async fn persistent() -> anyhow::Result<World> {
    World::with(Setup { store: StoreNeeds::Persistence, ..Setup::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_continues_after_a_restart() -> anyhow::Result<()> {
    let world = persistent().await?;
    world.tr.salesforce.fail_all(Some(SalesforceFault::Validation("closed".to_owned(), Vec::new())));
    let order = world.tr.seed_order();
    let body = order.body("charge", "149.90", "credit");
    let payment = world.tr.open(&body).key("order-1").send().await?.expect(201);
    // Two concurrent syncs would each sign in.
    world.idle().await?;
    let callback = world.tr.confirmation(&payment)?;
    assert_acknowledged(&world.tr.maldopay.callback(callback.clone()).await?);
    world.idle().await?;
    let known = world.tr.get(&payment).await?;
    shows(&known, json!({"status": "captured", "captured": "149.90"}));

    let world = world.restarted(|_| Ok(())).await?;
    assert_eq!(world.tr.get(&payment).await?, known);
    let replayed = world.tr.open(&body).key("order-1").send().await?;
    assert_eq!(replayed.expect(201), payment);
    assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
    world.tr.open(&body).send().await?.problem(409, "source_has_payment");
    assert_eq!(world.tr.maldopay.calls().len(), 1);

    let before = world.runtime.counters();
    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    world.idle().await?;
    assert_eq!((world.runtime.counters() - before).store_writes, 0, "the callback is known");

    world.tr.salesforce.fail_all(None);
    let path = format!("/v1/payments/{}/sync", text(&payment, "reference"));
    world.tr.call("POST", &path).send().await?.expect(200);
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    assert_eq!(world.tr.sign_ins(), 1, "the token was stored too");

    let refunded = world.tr.refund(&payment, None).await?.expect(201);
    shows(&refunded, json!({"status": "refunded", "refunded": "149.90"}));
    let history = world.tr.events(&payment).await?;
    shows(&history["audit"], json!({"intact": true, "changed": [], "missing": []}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drain_syncs_what_a_dead_process_did_not() -> anyhow::Result<()> {
    let world = persistent().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    shows(&world.tr.drain().await?, json!({"taken": 0, "deferred": 0}));
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    let synced = world.tr.order_record(&order);
    shows(&synced, json!({"MaldoPay_Status__c": "captured"}));

    // This is the state after a process acknowledged the callback and died: the event is stored, and Salesforce has
    // nothing.
    let key = format!("pay/tr/{}", text(&payment, "reference"));
    let world = world.restarted(|stored| stored.remove(&key)).await?;
    for object in ["MaldoPay_Payment__c", "MaldoPay_Event__c"] {
        assert!(!world.tr.salesforce.records(object).is_empty());
    }
    let seeded = json!({"OrderNumber": order.number});
    world.tr.salesforce.seed("Order", &order.id, seeded.as_object().unwrap().clone());

    shows(&world.tr.drain().await?, json!({"taken": 1, "deferred": 0, "oldestOpenSeconds": 0}));
    let again = world.tr.order_record(&order);
    for field in ["MaldoPay_Status__c", "MaldoPay_Captured_Amount__c", "MaldoPay_Payment__c"] {
        assert_eq!(again[field], synced[field], "{again:#}");
    }
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"], "no event is written twice");
    world.stop().await
}
