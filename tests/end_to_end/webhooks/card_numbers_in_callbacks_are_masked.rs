//! A card number in a callback is masked before anything of the callback is stored or sent to Salesforce.

use serde_json::json;
use serde_json::value::RawValue;

use crate::world::{Setup, StoreNeeds, World, assert_acknowledged, shows};

#[tokio::test(flavor = "multi_thread")]
async fn only_the_last_four_digits_are_stored_or_synced() -> anyhow::Result<()> {
    let world = World::with(Setup { store: StoreNeeds::Persistence, ..Setup::default() }).await?;
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    world.idle().await?;
    let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
    let callback = world.tr.confirmation(&payment)?.reason("paid with 4111 1111 1111 1111 12/30 123");
    let callback =
        callback.field("pan", raw("5500000000000004")).field("user", raw(r#"{"n":"4111\u200b111111111111"}"#));
    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"status": "captured"}));
    let history = world.tr.events(&payment).await?;
    shows(&history["audit"], json!({"intact": true}));
    let event = history["events"].as_array().and_then(|events| events.last()).cloned().unwrap_or_default();
    shows(&event, json!({"reason": "paid with **** **** **** 1111 **/** ***"}));
    let raw_body = event["raw"].as_str().unwrap_or_default();
    assert!(raw_body.contains(r#""pan":"************0004""#), "{raw_body}");
    let synced = world.tr.salesforce.records("MaldoPay_Event__c");
    let synced = synced.iter().map(|record| json!(record).to_string()).collect::<String>();
    let stored = world.stored.everything()?.into_iter();
    let stored: String = stored.map(|(_, value)| String::from_utf8_lossy(&value).into_owned()).collect();
    assert!(synced.contains("**** 1111"));
    // The stored form is sealed; the history shows what was sealed.
    for text in [synced, stored, history.to_string(), world.log.text()] {
        let digits: String = text.chars().filter(|character| !matches!(character, ' ' | '\u{200b}')).collect();
        assert!(!digits.contains("41111111") && !digits.contains("55000000"), "{text}");
    }
    world.stop().await
}
