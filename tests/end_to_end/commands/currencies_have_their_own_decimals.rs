//! An amount has the decimals of its currency (ISO 4217), from the request through MaldoPay to Salesforce and back.

use serde_json::json;

use crate::world::{Setup, World, shows};

/// The site `eu` has a fixed order of fields in its callbacks. Yen have no decimals, so only its position tells an
/// amount from an id.
fn fixed() -> Setup {
    let config = |text: String| {
        let payment = "\"result\", \"type\", \"codeId\", \"serviceId\", \"dateUpdated\", \"referenceOrderId\", \"maldoTransactionId\"";
        let amount = "\"amount\", \"currencyCode\"";
        let orders = format!("[[{payment}, {amount}], [{payment}, \"originalTransactionId\", {amount}]]");
        text.replacen("brand_id = 16", &format!("brand_id = 16, callback_fields = {orders}"), 1)
    };
    Setup { config: Box::new(config), ..Setup::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn yen_have_no_decimals() -> anyhow::Result<()> {
    let world = World::with(fixed()).await?;
    let order = world.eu.seed_order().in_currency("JPY");
    let payment = world.eu.charge(&order, "1500").await?.expect(201);
    shows(&payment, json!({"currency": "JPY", "amount": "1500", "captured": "0"}));
    assert_eq!(world.eu.maldopay.calls()[0].amount, "1500");
    world.eu.payer_confirms(&payment).await?;
    let refunded = world.eu.refund(&payment, Some("500")).await?.expect(201);
    shows(&refunded, json!({"status": "partially_refunded", "captured": "1500", "refunded": "500"}));
    world.idle().await?;
    shows(
        &world.eu.payment_record(&payment),
        json!({"Currency__c": "JPY", "Amount__c": 1500, "Minor_Units__c": 1500, "Captured_Amount__c": 1500,
               "Refunded_Amount__c": 500}),
    );
    shows(
        &world.eu.order_record(&order),
        json!({"MaldoPay_Captured_Amount__c": 1500, "MaldoPay_Refunded_Amount__c": 500}),
    );
    world.eu.charge(&world.eu.seed_order().in_currency("JPY"), "1500.5").await?.problem_with(
        422,
        "invalid_field",
        "amount",
    );
    world.eu.refund(&payment, Some("1.0")).await?.problem_with(422, "invalid_field", "amount");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn dinars_have_three_decimals() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.eu.seed_order().in_currency("KWD");
    let payment = world.eu.charge(&order, "12.5").await?.expect(201);
    shows(&payment, json!({"currency": "KWD", "amount": "12.500", "captured": "0.000"}));
    assert_eq!(world.eu.maldopay.calls()[0].amount, "12.500");
    world.eu.payer_confirms(&payment).await?;
    let refunded = world.eu.refund(&payment, Some("0.125")).await?.expect(201);
    shows(&refunded, json!({"status": "partially_refunded", "captured": "12.500", "refunded": "0.125"}));
    world.idle().await?;
    shows(
        &world.eu.payment_record(&payment),
        json!({"Currency__c": "KWD", "Amount__c": 12.5, "Minor_Units__c": 12500, "Refunded_Amount__c": 0.125}),
    );
    shows(
        &world.eu.order_record(&order),
        json!({"MaldoPay_Captured_Amount__c": 12.5, "MaldoPay_Refunded_Amount__c": 0.125}),
    );
    world.eu.charge(&world.eu.seed_order().in_currency("KWD"), "1.2505").await?.problem_with(
        422,
        "invalid_field",
        "amount",
    );
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_beyond_the_precision_of_a_float_stay_exact() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "90071992547409.93").await?;
    shows(&payment, json!({"amount": "90071992547409.93", "captured": "90071992547409.93"}));
    let mut body = world.tr.seed_order().body("charge", "1", "credit");
    body["amount"] = json!("AMOUNT");
    let text = body.to_string().replace("\"AMOUNT\"", "90071992547409.93");
    let number = world.tr.open(&body).bytes(text).send().await?.expect(201);
    shows(&number, json!({"amount": "90071992547409.93"}));
    assert_eq!(world.tr.maldopay.calls()[1].amount, "90071992547409.93");
    world.idle().await?;
    shows(&world.tr.payment_record(&payment), json!({"Minor_Units__c": 9_007_199_254_740_993_i64}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_accepts_only_its_own_currencies() -> anyhow::Result<()> {
    let world = World::start().await?;
    let lira = world.eu.seed_order().in_currency("TRY");
    world.eu.charge(&lira, "10.00").await?.problem_with(422, "currency_not_allowed", "currency");
    let yen = world.tr.seed_order().in_currency("JPY");
    world.tr.charge(&yen, "10").await?.problem_with(422, "currency_not_allowed", "currency");
    let euro = world.tr.seed_order().in_currency("EUR");
    let payment = world.tr.captured(&euro, "10.00").await?;
    world.idle().await?;
    shows(&world.tr.payment_record(&payment), json!({"Currency__c": "EUR", "CurrencyIsoCode": "EUR"}));
    world.stop().await
}
