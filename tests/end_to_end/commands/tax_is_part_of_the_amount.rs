//! Tax is checked against the amount, stored with the payment, shown, and written to Salesforce.

use serde_json::json;

use crate::world::{World, shows};

#[tokio::test(flavor = "multi_thread")]
async fn tax_is_in_every_response_and_on_the_record() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let mut body = order.body("charge", "149.90", "checkout");
    body["tax"] = json!({"amount": "24.98", "rate": "20.0", "country": "TR", "inclusive": true});
    let payment = world.tr.open(&body).send().await?.expect(201);
    let tax = json!({"amount": "24.98", "rate": "20", "country": "TR", "inclusive": true});
    assert_eq!(payment["tax"], tax);
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    assert_eq!(world.tr.get(&payment).await?["tax"], tax);
    shows(
        &world.tr.payment_record(&payment),
        json!({"Status__c": "captured", "Tax_Amount__c": 24.98, "Tax_Rate__c": 20, "Tax_Country__c": "TR",
               "Tax_Inclusive__c": true}),
    );
    let untaxed = world.tr.charge(&world.tr.seed_order(), "10.00").await?.expect(201);
    world.idle().await?;
    assert_eq!(untaxed["tax"], json!(null));
    shows(&world.tr.payment_record(&untaxed), json!({"Tax_Amount__c": null}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn tax_has_the_decimals_of_its_currency_and_may_be_added_to_a_net_price() -> anyhow::Result<()> {
    let world = World::start().await?;
    for (currency, amount, tax, percent) in [("JPY", "1100", "100", "10"), ("KWD", "1.050", "0.050", "5")] {
        let order = world.eu.seed_order().in_currency(currency);
        let mut body = order.body("charge", amount, "checkout");
        body["tax"] = json!({"amount": tax, "rate": percent, "inclusive": false});
        let payment = world.eu.open(&body).send().await?.expect(201);
        assert_eq!(payment["tax"], json!({"amount": tax, "rate": percent, "country": null, "inclusive": false}));
        world.idle().await?;
        shows(
            &world.eu.payment_record(&payment),
            json!({"Tax_Amount__c": serde_json::from_str::<serde_json::Value>(tax)?, "Tax_Inclusive__c": false,
                   "Tax_Country__c": null}),
        );
    }
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_of_one_minor_unit_is_refused_with_the_expected_amount() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    for (tax, expected) in [
        (json!({"amount": "24.97", "rate": "20"}), "expected 24.98 TRY"),
        (json!({"amount": "24.99", "rate": "20", "inclusive": false}), "expected 24.98 TRY"),
        (json!({"amount": "29.98", "rate": "20"}), "expected 24.98 TRY"),
        (json!({"amount": "149.91"}), "more than the amount"),
    ] {
        let mut body = order.body("charge", "149.90", "checkout");
        body["tax"] = tax.clone();
        let refused = world.tr.open(&body).send().await?;
        let problem = refused.problem_with(422, "invalid_field", "tax.amount");
        assert!(problem["detail"].as_str().unwrap_or_default().contains(expected), "{tax}: {problem:#}");
    }
    let mut body = order.body("charge", "0.03", "checkout");
    body["tax"] = json!({"amount": "0.01", "rate": "20", "inclusive": false});
    world.tr.open(&body).send().await?.problem_with(422, "invalid_field", "tax.amount");
    assert!(world.tr.maldopay.calls().is_empty(), "MaldoPay was not called");
    world.stop().await
}
