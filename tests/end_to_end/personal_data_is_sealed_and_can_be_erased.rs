//! What MaldoPay says of a person is in the store for whoever has the site's key only, and for nobody once it is erased.

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tollbridge_sandbox::{Callback, Signature};

use crate::world::{Reply, Setup, Site, Stored, Wanted, World, shows, text, took};

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

/// A store that a version left which sealed nothing and kept the values that it told: the same document and payer.
const OF_A_VERSION_BEFORE: &str = include_str!("a_store_of_a_version_before.json");

async fn mapped() -> anyhow::Result<World> {
    let mapping = "[sites.tr]\nmapping = { document = \"payer\", shadow = \"next\" }";
    let config = move |text: String| text.replace("[sites.tr]", mapping);
    let config = Box::new(config);
    // Names are signed too, so that all of them are believed.
    World::with(Setup { store: Wanted::Kept, config, signature: Signature::Body, ..Setup::default() }).await
}

async fn with_documents(world: &World) -> anyhow::Result<()> {
    for (name, document) in [("payer", DOCUMENT.to_owned()), ("next", DOCUMENT.replace("payerName", "payerEmail"))] {
        let path = format!("/v1/mappings/{name}");
        world.tr.call("PUT", &path).bytes(document).send().await?.expect(201);
    }
    world.tr.call("POST", "/v1/mappings/payer/activate").json(&json!({})).send().await?.expect(200);
    Ok(())
}

/// ProviderEvent with everything personal that a callback may say.
fn personal(news: Callback) -> Callback {
    let raw = |value: &str| RawValue::from_string(Value::from(value).to_string()).unwrap();
    let news = news.reason(&format!("account of {NAME} is {IBAN}"));
    news.field("payerName", raw(NAME)).field("payerIban", raw(IBAN)).field("payerEmail", raw(EMAIL))
}

/// A payment of which MaldoPay said all of it, and which was told and synced.
async fn told(world: &World) -> anyhow::Result<Value> {
    let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    world.settled().await?;
    took(&world.tr.maldopay.callback(personal(world.tr.confirmation(&payment)?)).await?);
    world.settled().await?;
    let path = format!("/v1/payments/{}/sync", text(&payment, "reference"));
    world.tr.call("POST", &path).json(&json!({})).send().await?.expect(200);
    shows(&world.tr.payment_record(&payment), json!({"Invoice_Number__c": NAME}));
    Ok(payment)
}

async fn erase(site: &Site, payment: &Value, body: &Value) -> anyhow::Result<Reply> {
    let path = format!("/v1/payments/{}/erase", text(payment, "reference"));
    site.call("POST", &path).json(body).send().await
}

fn who_and_why() -> Value {
    json!({"note": "request 2026-17", "by": "privacy"})
}

fn is_stored_nowhere(stored: &Stored) -> anyhow::Result<()> {
    let bytes = stored.bytes()?;
    assert!(bytes.windows(8).any(|some| some == b"captured"), "this is not the store");
    for clear in [NAME, IBAN, EMAIL] {
        assert!(!bytes.windows(clear.len()).any(|some| some == clear.as_bytes()), "{clear} is in the store");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_it_is_in_any_byte_of_the_store_and_who_may_reads_it() -> anyhow::Result<()> {
    let world = mapped().await?;
    with_documents(&world).await?;
    let payment = told(&world).await?;
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
async fn once_erased_nobody_reads_it_and_the_audit_is_intact() -> anyhow::Result<()> {
    let world = mapped().await?;
    with_documents(&world).await?;
    let payment = told(&world).await?;
    erase(&world.tr, &payment, &json!({"note": "why"})).await?.problem_with(422, "invalid_field", "by");
    erase(&world.tr, &payment, &json!({"by": "who"})).await?.problem_with(422, "invalid_field", "note");
    erase(&world.eu, &payment, &who_and_why()).await?.problem(404, "payment_not_found");
    let erased = erase(&world.tr, &payment, &who_and_why()).await?.expect(200);
    shows(&erased, json!({"status": "captured", "captured": "149.90"}));
    world.settled().await?;
    let again = erase(&world.tr, &payment, &who_and_why()).await?.expect(200);
    assert_eq!((&again["erasedAt"], &again["version"]), (&erased["erasedAt"], &erased["version"]));
    world.settled().await?;
    // What comes later is counted, and nothing personal of it is kept.
    let later = personal(world.tr.confirmation(&payment)?).kind("SETTLEMENT").date("2026-11-21 10:00:00");
    took(&world.tr.maldopay.callback(later).await?);
    world.settled().await?;

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
async fn a_key_that_was_changed_or_taken_away_shows() -> anyhow::Result<()> {
    let world = mapped().await?;
    with_documents(&world).await?;
    let payment = told(&world).await?;
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
async fn a_store_of_a_version_before_is_read_and_erased() -> anyhow::Result<()> {
    let before: Value = serde_json::from_str(OF_A_VERSION_BEFORE)?;
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

    // Of what was told, only what differs is told.
    let elsewhere = world.eu.charge(&world.eu.seed_order(), "149.90").await?.expect(201);
    let news = world.eu.confirmation(&elsewhere)?.kind("SETTLEMENT").date("2026-11-21 10:00:00");
    let news = news.without("serviceId").without("conversion").currency("TRY");
    let news = news.reference(text(&before, "reference")).transaction_id(700_001);
    took(&world.tr.maldopay.callback(news).await?);
    world.settled().await?;
    shows(&world.tr.payment_record(&before), json!({"Status__c": "settled", "Invoice_Number__c": null}));

    erase(&world.tr, &before, &who_and_why()).await?.expect(200);
    world.settled().await?;
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
