//! Two sites of two legal entities in one deployment, each with its own contract and its own Salesforce: neither sees
//! anything of the other.

use serde_json::{Value, json};

use tollbridge_sandbox::Signature;

use crate::world::{Setup, SiteHandle, World, shows};

/// Captures a payment for a new order, and returns it with the order's record.
async fn paid(world: &World, site: &SiteHandle) -> anyhow::Result<(Value, Value)> {
    let order = site.seed_order();
    let payment = site.charge(&order, "149.90").await?.expect(201);
    site.payer_confirms(&payment).await?;
    world.idle().await?;
    Ok((payment, site.order_record(&order)))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_record_is_in_its_own_organisation_with_its_entity_and_currency() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (lira, lira_order) = paid(&world, &world.tr).await?;
    let (euro, euro_order) = paid(&world, &world.eu).await?;
    shows(
        &world.tr.payment_record(&lira),
        json!({"Legal_Entity__c": "Tollbridge Demo A.Ş.", "Site__c": "tr", "Currency__c": "TRY",
               "CurrencyIsoCode": "TRY", "Captured_Amount__c": 149.9}),
    );
    shows(
        &world.eu.payment_record(&euro),
        json!({"Legal_Entity__c": "Tollbridge Demo GmbH", "Site__c": "eu", "Currency__c": "EUR", "CurrencyIsoCode": null,
               "Captured_Amount__c": 149.9}),
    );
    for order in [&lira_order, &euro_order] {
        shows(order, json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 149.9}));
    }
    assert_eq!((world.tr.payment_record(&euro), world.eu.payment_record(&lira)), (Value::Null, Value::Null));
    for (site, entity) in [(&world.tr, "Tollbridge Demo A.Ş."), (&world.eu, "Tollbridge Demo GmbH")] {
        let payments = site.salesforce.records("MaldoPay_Payment__c");
        assert_eq!(payments.len(), 1);
        assert!(payments.iter().all(|payment| payment.get("Legal_Entity__c") == Some(&json!(entity))), "{payments:#?}");
        assert_eq!(site.salesforce.records("Order").len(), 1);
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_and_the_converted_amount_are_both_stored() -> anyhow::Result<()> {
    // A conversion is a nested object, which is trusted in a callback only where the whole body is signed.
    let world = World::with(Setup { signature: Signature::Body, ..Setup::default() }).await?;
    let (lira, _) = paid(&world, &world.tr).await?;
    let (euro, _) = paid(&world, &world.eu).await?;
    assert_eq!(
        world.tr.get(&lira).await?["conversion"],
        json!({"originalAmount": "149.90", "originalCurrency": "TRY", "amount": "4.34", "currency": "EUR",
               "rate": "0.029"})
    );
    shows(
        &world.tr.payment_record(&lira),
        json!({"Original_Amount__c": 149.9, "Original_Currency__c": "TRY", "Converted_Amount__c": 4.34,
               "Converted_Currency__c": "EUR", "Conversion_Rate__c": "0.029"}),
    );
    let events = world.tr.salesforce.records("MaldoPay_Event__c");
    assert!(!events.is_empty() && events.iter().all(|event| event.get("Converted_Amount__c") == Some(&json!(4.34))));
    // Nothing was converted there.
    assert_eq!(world.eu.get(&euro).await?["conversion"], Value::Null);
    shows(&world.eu.payment_record(&euro), json!({"Original_Amount__c": null, "Converted_Amount__c": null}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_shows_anything_of_the_other_site() -> anyhow::Result<()> {
    // The site has a review, a mapping and unfinished work, which the other site must not see.
    let config = |text: String| text.replace("[sites.tr]", "[sites.tr]\nmapping = { document = \"order\" }");
    let world = World::with(Setup { config: Box::new(config), ..Setup::default() }).await?;
    let document = include_str!("../../../profiles/order.toml");
    world.tr.call("PUT", "/v1/mappings/order").bytes(document).send().await?.expect(201);
    world.tr.call("POST", "/v1/mappings/order/activate").json(&json!({})).send().await?.expect(200);
    let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    let dispute = world.tr.transaction(&payment)?;
    let chargeback = tollbridge_sandbox::Callback::for_transaction(&dispute, "CONFIRMED").kind("CHARGEBACK");
    crate::world::assert_acknowledged(&world.tr.maldopay.callback(chargeback).await?);
    world.idle().await?;
    shows(&world.tr.get(&payment).await?, json!({"reviewRequired": true}));

    let reference = payment["reference"].as_str().unwrap();
    let body = json!({"amount": "1.00"});
    for (method, path, code) in [
        ("GET", format!("/v1/payments/{reference}"), "payment_not_found"),
        ("GET", format!("/v1/payments/{reference}/events"), "payment_not_found"),
        ("POST", format!("/v1/payments/{reference}/captures"), "payment_not_found"),
        ("POST", format!("/v1/payments/{reference}/refunds"), "payment_not_found"),
        ("POST", format!("/v1/payments/{reference}/voids"), "payment_not_found"),
        ("POST", format!("/v1/payments/{reference}/sync"), "payment_not_found"),
        ("GET", "/v1/mappings/order".to_owned(), "mapping_not_found"),
        ("GET", "/v1/mappings/order/versions/1".to_owned(), "mapping_not_found"),
        ("POST", "/v1/mappings/order/activate".to_owned(), "mapping_not_found"),
    ] {
        let body = if path.ends_with("voids") || path.ends_with("activate") { json!({}) } else { body.clone() };
        let call = world.eu.call(method, &path).key(&path).json(&body);
        call.send().await?.problem(404, code);
    }
    let resolve = format!("/v1/reviews/{reference}/resolve");
    let decision = json!({"action": "accept", "note": "seen", "reasons": ["charged_back"]});
    world.eu.call("POST", &resolve).json(&decision).send().await?.problem(404, "payment_not_found");
    world.eu.call("POST", "/v1/mappings/order/rollback").send().await?.problem(409, "nothing_to_roll_back");

    // Lists contain the caller's own site only, and the caller cannot name the other one.
    for (path, list) in [("/v1/journal", "entries"), ("/v1/reviews", "reviews"), ("/v1/mappings", "mappings")] {
        let own = world.eu.call("GET", path).send().await?.expect(200);
        assert_eq!(own[list], json!([]), "{path}: {own:#}");
        let named = format!("{path}?site=tr");
        world.eu.call("GET", &named).send().await?.problem(403, "site_not_allowed");
    }
    for path in [
        format!("/v1/payments/{reference}?site=tr"),
        format!("/v1/payments/{reference}/events?site=tr"),
        "/v1/mappings/order/differences?site=tr".to_owned(),
    ] {
        world.eu.call("GET", &path).send().await?.problem(403, "site_not_allowed");
    }
    world.eu.call("POST", "/v1/drain?site=tr").send().await?.problem(403, "site_not_allowed");
    let in_its_name = world.tr.seed_order().body("charge", "1.00", "checkout");
    world.eu.open(&in_its_name).send().await?.problem(403, "site_not_allowed");

    assert!(world.eu.maldopay.calls().is_empty() && world.eu.salesforce.calls().is_empty());
    shows(&world.tr.get(&payment).await?, json!({"reviewRequired": true, "refunded": "0.00"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_site_has_its_own_idempotency_keys() -> anyhow::Result<()> {
    let world = World::start().await?;
    let mut references = Vec::new();
    for site in [&world.tr, &world.eu] {
        let body = site.seed_order().body("charge", "10.00", "checkout");
        let call = || site.open(&body).key("the-same-key");
        let first = call().send().await?;
        assert_eq!(first.header("idempotency-replayed"), None, "the other site's response is not returned");
        let first = first.expect(201);
        assert_eq!(first["site"], site.settings.name);
        let again = call().send().await?;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.expect(201)["reference"], first["reference"]);
        references.push(first["reference"].clone());
    }
    assert_ne!(references[0], references[1]);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_currency_field_is_written_only_where_it_is_configured() -> anyhow::Result<()> {
    // An organisation with one currency accepts every write where the configuration says so. Where it says otherwise,
    // the organisation refuses the field.
    let wrong = |text: String| text.replace("multi_currency = false", "multi_currency = true");
    let world = World::with(Setup { config: Box::new(wrong), ..Setup::default() }).await?;
    let payment = world.eu.captured(&world.eu.seed_order(), "10.00").await?;
    world.idle().await?;
    let refused = world.eu.get(&payment).await?;
    assert_eq!(refused["reviewReasons"], json!(["salesforce:INVALID_FIELD"]), "{refused:#}");
    assert_eq!(world.eu.payment_record(&payment), Value::Null);
    world.stop().await
}
