//! Personal data from MaldoPay is readable in the store only with the site's key, and by nobody once it is erased.

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tollbridge_sandbox::{Callback, Signature};

use crate::world::{
    GatewayResponse, Setup, SiteHandle, StoreNeeds, World, WorldStore, assert_acknowledged, shows, text,
};

const NAME: &str = "Ada Lovelace";
const IBAN: &str = "TR330006100519786457841326";
const EMAIL: &str = "ada.lovelace@example.org";

/// The payment with its payer, in a field that the sandbox's organisation has.
const DOCUMENT: &str = r#"
name = "payer"
description = "The payment with its payer."

[[record]]
name = "payment"
object = "MaldoPay_Payment__c"
each = "payment"
mode = "upsert"
external_id = { field = "Reference__c", value = '.payment.reference' }

[record.fields]
Status__c = '.payment.status'
Invoice_Number__c = '.payment.details.payerName'
Version__c = '.payment.version'
"#;

/// The store of an older version, which sealed nothing and stored the values that it synced. It has the same document
/// and payer.
const OF_AN_OLDER_VERSION: &str = include_str!("a_store_of_an_older_version.json");

async fn mapped() -> anyhow::Result<World> {
    let mapping = "[sites.tr]\nmapping = { document = \"payer\", shadow = \"next\" }";
    let config = move |text: String| text.replace("[sites.tr]", mapping);
    let config = Box::new(config);
    // Field names are signed too, so that all fields are trusted.
    World::with(Setup { store: StoreNeeds::Persistence, config, signature: Signature::Body, ..Setup::default() }).await
}

async fn with_documents(world: &World) -> anyhow::Result<()> {
    for (name, document) in [("payer", DOCUMENT.to_owned()), ("next", DOCUMENT.replace("payerName", "payerEmail"))] {
        let path = format!("/v1/mappings/{name}");
        world.tr.call("PUT", &path).bytes(document).send().await?.expect(201);
    }
    world.tr.call("POST", "/v1/mappings/payer/activate").json(&json!({})).send().await?.expect(200);
    Ok(())
}

/// The callback with every kind of personal data that a callback may have.
fn personal(callback: Callback) -> Callback {
    let raw = |value: &str| RawValue::from_string(Value::from(value).to_string()).unwrap();
    let callback = callback.reason(&format!("account of {NAME} is {IBAN}"));
    callback.field("payerName", raw(NAME)).field("payerIban", raw(IBAN)).field("payerEmail", raw(EMAIL))
}

/// A payment whose callback had all of it, and which was synced.
async fn synced_payment(world: &World) -> anyhow::Result<Value> {
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    world.idle().await?;
    assert_acknowledged(&world.tr.maldopay.callback(personal(world.tr.confirmation(&payment)?)).await?);
    world.idle().await?;
    let path = format!("/v1/payments/{}/sync", text(&payment, "reference"));
    world.tr.call("POST", &path).json(&json!({})).send().await?.expect(200);
    shows(&world.tr.payment_record(&payment), json!({"Invoice_Number__c": NAME}));
    Ok(payment)
}

async fn erase(site: &SiteHandle, payment: &Value, body: &Value) -> anyhow::Result<GatewayResponse> {
    let path = format!("/v1/payments/{}/erase", text(payment, "reference"));
    site.call("POST", &path).json(body).send().await
}

fn note_and_name() -> Value {
    json!({"note": "request 2026-17", "by": "privacy"})
}

fn is_stored_nowhere(stored: &WorldStore) -> anyhow::Result<()> {
    let bytes = stored.bytes()?;
    assert!(bytes.windows(8).any(|some| some == b"captured"), "this is not the store");
    for clear in [NAME, IBAN, EMAIL] {
        assert!(!bytes.windows(clear.len()).any(|some| some == clear.as_bytes()), "{clear} is in the store");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_the_store_shows_it_and_an_authorized_caller_reads_it() -> anyhow::Result<()> {
    let world = mapped().await?;
    with_documents(&world).await?;
    let payment = synced_payment(&world).await?;
    is_stored_nowhere(&world.stored)?;
    let history = world.tr.events(&payment).await?;
    shows(&history["audit"], json!({"intact": true}));
    let raw: Value = serde_json::from_str(text(&history["events"][2], "raw"))?;
    shows(&raw, json!({"payerName": NAME, "payerIban": IBAN, "payerEmail": EMAIL}));
    assert!(text(&history["events"][2], "reason").contains(IBAN));
    let differences = world.tr.call("GET", "/v1/mappings/next/differences").send().await?.expect(200);
    shows(&differences["differences"][0]["differences"][0], json!({"active": NAME, "shadow": EMAIL}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn erased_data_is_unreadable_and_the_audit_is_intact() -> anyhow::Result<()> {
    let world = mapped().await?;
    with_documents(&world).await?;
    let payment = synced_payment(&world).await?;
    erase(&world.tr, &payment, &json!({"note": "why"})).await?.problem_with(422, "invalid_field", "by");
    erase(&world.tr, &payment, &json!({"by": "who"})).await?.problem_with(422, "invalid_field", "note");
    erase(&world.eu, &payment, &note_and_name()).await?.problem(404, "payment_not_found");
    let erased = erase(&world.tr, &payment, &note_and_name()).await?.expect(200);
    shows(&erased, json!({"status": "captured", "captured": "149.90"}));
    world.idle().await?;
    let again = erase(&world.tr, &payment, &note_and_name()).await?.expect(200);
    assert_eq!((&again["erasedAt"], &again["version"]), (&erased["erasedAt"], &erased["version"]));
    world.idle().await?;
    // A later callback is processed, and none of its personal data is stored.
    let later = personal(world.tr.confirmation(&payment)?).kind("SETTLEMENT").date("2026-11-21 10:00:00");
    assert_acknowledged(&world.tr.maldopay.callback(later).await?);
    world.idle().await?;

    let history = world.tr.events(&payment).await?;
    shows(&history["audit"], json!({"intact": true, "changed": [], "missing": [], "beyond": []}));
    let events = history["events"].as_array().unwrap();
    let erasures: Vec<bool> = events.iter().map(|event| event["erased"] == true).collect();
    assert_eq!(erasures, [false, true, true, false, false], "{history:#}");
    shows(&events[3], json!({"fact": "erased", "note": "request 2026-17", "by": "privacy"}));
    shows(&events[4], json!({"kind": "settled"}));
    for text in [NAME, IBAN, EMAIL] {
        assert!(!history.to_string().contains(text), "{history:#}");
    }
    let journal = world.tr.call("GET", "/v1/journal").send().await?.expect(200);
    assert!(journal.to_string().contains("\"kind\":\"erased\""), "{journal:#}");
    let differences = world.tr.call("GET", "/v1/mappings/next/differences").send().await?.expect(200);
    assert!(!differences.to_string().contains(EMAIL), "{differences:#}");
    shows(&world.tr.payment_record(&payment), json!({"Status__c": "settled", "Invoice_Number__c": null}));
    is_stored_nowhere(&world.stored)?;
    let keys: Vec<String> = world.stored.everything()?.into_iter().map(|(key, _)| key).collect();
    assert!(!keys.iter().any(|key| key.starts_with("pay/") && key.ends_with('!')), "{keys:#?}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_or_removed_key_is_detected() -> anyhow::Result<()> {
    let world = mapped().await?;
    with_documents(&world).await?;
    let payment = synced_payment(&world).await?;
    let key = |number: u32| format!("pay/tr/{}/{number}!", text(&payment, "reference"));
    let world = world
        .restarted(|stored| {
            stored.replace(&key(2), &stored.get(&key(3))?)?;
            stored.remove(&key(3))
        })
        .await?;
    let history = world.tr.events(&payment).await?;
    shows(&history["audit"], json!({"intact": false, "changed": [2, 3]}));
    assert!(!history.to_string().contains(IBAN));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_of_an_older_version_is_read_and_erased() -> anyhow::Result<()> {
    let before: Value = serde_json::from_str(OF_AN_OLDER_VERSION)?;
    let world = mapped()
        .await?
        .restarted(|stored| {
            for (key, value) in before["values"].as_object().unwrap() {
                stored.put(key, value.as_str().unwrap().as_bytes())?;
            }
            for (key, count) in before["counters"].as_object().unwrap() {
                stored.put_counter(key, count.as_i64().unwrap())?;
            }
            Ok(())
        })
        .await?;
    let history = world.tr.events(&before).await?;
    shows(&history["audit"], json!({"intact": true}));
    let raw: Value = serde_json::from_str(text(&history["events"][2], "raw"))?;
    shows(&raw, json!({"payerName": NAME, "payerIban": IBAN, "payerEmail": EMAIL}));
    let differences = world.tr.call("GET", "/v1/mappings/next/differences").send().await?.expect(200);
    shows(&differences["differences"][0]["differences"][0], json!({"active": NAME, "shadow": EMAIL}));

    // The next sync sends only the fields that differ.
    let elsewhere = world.eu.charge(&world.eu.seed_order(), "149.90").await?.expect(201);
    let callback = world.eu.confirmation(&elsewhere)?.kind("SETTLEMENT").date("2026-11-21 10:00:00");
    let callback = callback.without("serviceId").without("conversion").currency("TRY");
    let callback = callback.reference(text(&before, "reference")).transaction_id(700_001);
    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    world.idle().await?;
    shows(&world.tr.payment_record(&before), json!({"Status__c": "settled", "Invoice_Number__c": null}));

    erase(&world.tr, &before, &note_and_name()).await?.expect(200);
    world.idle().await?;
    let history = world.tr.events(&before).await?;
    shows(&history["audit"], json!({"intact": true}));
    shows(&history["events"][2], json!({"erased": true, "intact": true}));
    let stored = world.stored.everything()?.into_iter();
    let stored: String = stored.map(|(_, value)| String::from_utf8_lossy(&value).into_owned()).collect();
    for text in [NAME, IBAN, EMAIL] {
        assert!(!history.to_string().contains(text) && !stored.contains(text), "{text}: {stored}");
    }
    world.stop().await
}
