//! Personal data passes through to MaldoPay and nowhere else: neither into the log nor into the store. The same holds
//! for secrets.

use serde_json::{Value, json};
use tollbridge_sandbox::SalesforceFault;

use crate::world::{EU, Setup, StoreNeeds, TR, World, assert_acknowledged, shows};

/// Values that identify a customer. None of them occurs elsewhere.
const PERSON: [(&str, &str); 11] = [
    ("id", "customer-Qx81"),
    ("firstName", "Zerdüşt"),
    ("lastName", "Markedname"),
    ("email", "marked.person@example.org"),
    ("phone", "+905559998877"),
    ("birthDate", "1987-06-05"),
    ("city", "Markedcity"),
    ("postalCode", "98765-43"),
    ("street", "Markedstreet 77"),
    ("ip", "198.51.100.77"),
    ("country", "TR"),
];

/// The prefix of every token that the sandbox's Salesforce issues.
const TOKEN: &str = "!sandbox.";

fn marked(mut body: Value) -> Value {
    for (name, value) in PERSON {
        body["customer"][name] = json!(value);
    }
    body["description"] = json!("For Markedname with love");
    body
}

/// Everything that may be in neither the log nor the store.
fn unmentionable() -> Vec<&'static str> {
    let person = PERSON.iter().map(|(_, value)| *value).filter(|value| value.len() > 4);
    person.chain(["with love", TOKEN]).chain(TR.confidential()).chain(EU.confidential()).collect()
}

/// A charge, its callback, a refund, a refused request, and a Salesforce whose errors quote a field.
async fn everything_happens(world: &World) -> anyhow::Result<()> {
    let order = world.tr.seed_order();
    let payment = world.tr.open(&marked(order.body("charge", "149.90", "checkout"))).send().await?.expect(201);
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    world.tr.refund(&payment, Some("10.00")).await?.expect(201);
    world.idle().await?;

    let mut refused = marked(order.body("charge", "149.90", "checkout"));
    refused["customer"]["email"] = json!("marked.person@example.org and more");
    world.tr.open(&refused).send().await?.problem_with(422, "invalid_field", "customer.email");
    let unsigned = world.tr.confirmation(&payment)?.signed_with("another key");
    assert_eq!(world.tr.maldopay.callback(unsigned).await?.status, 401);

    let quoting = "Markedname (marked.person@example.org) is blocked".to_owned();
    let quoting = SalesforceFault::Validation(quoting, vec!["Status".to_owned()]);
    world.tr.salesforce.fail_next(quoting.clone());
    let second = world.tr.open(&marked(world.tr.seed_order().body("charge", "10.00", "credit"))).send().await?;
    second.expect(201);
    world.idle().await?;
    world.tr.salesforce.expire_tokens();
    assert_acknowledged(&world.tr.maldopay.callback(world.tr.confirmation(&second.json())?).await?);
    world.idle().await?;
    world.tr.salesforce.fail_next(quoting);
    world.tr.captured(&world.tr.seed_order(), "10.00").await?;
    world.idle().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_json_and_contains_nothing_confidential() -> anyhow::Result<()> {
    let world = World::start().await?;
    everything_happens(&world).await?;
    let log = world.log.text();
    assert!(log.lines().count() >= 10, "{log}");
    for line in log.lines() {
        let parsed: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in the line {line}"));
        let id = parsed["correlationId"].as_str().unwrap_or_default();
        assert!(!id.is_empty(), "no correlation id in {line}");
    }
    for text in unmentionable() {
        assert!(!log.contains(text), "{text:?} is in the log:\n{log}");
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_holds_no_customer_data_and_no_secret() -> anyhow::Result<()> {
    let world = World::with(Setup { store: StoreNeeds::Persistence, ..Setup::default() }).await?;
    everything_happens(&world).await?;
    let stored = everything_stored(&world)?;
    assert!(stored.contains("\"captured\""), "this is not the store: {stored}");
    for text in unmentionable() {
        let place = stored.find(text).map(|at| stored[at.saturating_sub(200)..].chars().take(300).collect::<String>());
        assert_eq!(place, None, "{text:?} is in the store");
    }
    world.stop().await
}

/// Every key and value, as text.
fn everything_stored(world: &World) -> anyhow::Result<String> {
    let entries = world.stored.everything()?.into_iter();
    Ok(entries.map(|(key, value)| format!("{key} = {}\n", String::from_utf8_lossy(&value))).collect())
}
