//! MaldoPay may send one callback two hundred times at once: each is acknowledged, and together they are one event.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use serde_json::json;

use crate::world::{Setup, StoreNeeds, World, assert_acknowledged, shows, text};

const TIMES: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn each_callback_is_acknowledged_and_the_event_counts_once() -> anyhow::Result<()> {
    let world = World::with(Setup { store: StoreNeeds::Persistence, ..Setup::default() }).await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    let callback = world.tr.confirmation(&payment)?;

    let sent = (0..TIMES).map(|_| world.tr.maldopay.callback(callback.clone()));
    try_join_all(sent).await?.iter().for_each(assert_acknowledged);
    world.idle().await?;
    world.tr.drain().await?;

    // The request, the pending response, and the capture by the callback.
    let captured =
        json!({"status": "captured", "captured": "149.90", "refunded": "0.00", "version": 3, "reviewRequired": false});
    shows(&world.tr.get(&payment).await?, captured);
    let history = world.tr.events(&payment).await?;
    shows(&history["audit"], json!({"intact": true}));
    let entries = history["events"].as_array().expect("a list");
    let events = entries.iter().filter(|entry| entry["kind"] == "captured");
    assert_eq!(events.map(|event| text(event, "id")).collect::<BTreeSet<_>>().len(), 1, "{history:#}");

    assert_eq!(world.tr.salesforce.records("MaldoPay_Payment__c").len(), 1);
    assert_eq!(world.tr.event_kinds(&payment), ["captured", "pending"]);
    shows(&world.tr.payment_record(&payment), json!({"Status__c": "captured", "Version__c": 3}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.stop().await
}
