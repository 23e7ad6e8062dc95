//! The mappers of `examples/`, each in place of the built-in one: all of them write the same records.

use std::path::Path;

use serde_json::{Value, json};

use crate::built;
use crate::swapped::with_mapper;
use crate::world::{Setup, World, shows};

#[tokio::test(flavor = "multi_thread")]
async fn a_mapper_in_rust() -> anyhow::Result<()> {
    writes_what_the_example_says(&built("examples/rust-mapper")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapper_in_python() -> anyhow::Result<()> {
    writes_what_the_example_says(&built("examples/python-mapper")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapper_in_javascript() -> anyhow::Result<()> {
    writes_what_the_example_says(&built("examples/javascript-mapper")).await
}

/// An Order without the fields that it has before any payment.
fn without_its_own(record: &Value) -> Value {
    let mut record = record.clone();
    for own in ["Id", "OrderNumber", "Status"] {
        record.as_object_mut().unwrap().remove(own).unwrap();
    }
    record
}

/// Asserts the records for a charge, its confirmation by the payer, and partial refunds, then for amounts with other
/// decimals.
pub async fn writes_what_the_example_says(mapper: &Path) -> anyhow::Result<()> {
    let application = with_mapper(mapper).await?;
    let world = World::with(Setup { application: Some(application), ..Setup::default() }).await?;
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    assert_eq!(
        without_its_own(&world.tr.order_record(&order)),
        json!({"MaldoPay_Status__c": "pending", "MaldoPay_Captured_Amount__c": 0.00, "MaldoPay_Refunded_Amount__c": 0.00,
               "Description": "0.00 of 0.00 TRY kept"})
    );
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    assert_eq!(
        without_its_own(&world.tr.order_record(&order)),
        json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 149.90,
               "MaldoPay_Refunded_Amount__c": 0.00, "Description": "149.90 of 149.90 TRY kept"})
    );
    for (refund, status, refunded, kept) in [
        (Some("30.05"), "partially_refunded", 30.05, "119.85"),
        (Some("0.80"), "partially_refunded", 30.85, "119.05"),
        (None, "refunded", 149.90, "0.00"),
    ] {
        world.tr.refund(&payment, refund).await?.expect(201);
        world.idle().await?;
        shows(
            &world.tr.order_record(&order),
            json!({"MaldoPay_Status__c": status, "MaldoPay_Captured_Amount__c": 149.90,
                   "MaldoPay_Refunded_Amount__c": refunded, "Description": format!("{kept} of 149.90 TRY kept")}),
        );
    }
    let version = world.tr.get(&payment).await?["version"].clone();
    let mut record = world.tr.payment_record(&payment);
    record.as_object_mut().unwrap().remove("Id").unwrap();
    assert_eq!(
        record,
        json!({"Reference__c": payment["reference"], "Status__c": "refunded", "Currency__c": "TRY",
               "CurrencyIsoCode": "TRY", "Amount__c": 149.90, "Captured_Amount__c": 149.90, "Refunded_Amount__c": 149.90,
               "Needs_Review__c": false, "Version__c": version})
    );
    // The example does not write records for events.
    assert_eq!(world.tr.salesforce.records("MaldoPay_Event__c"), []);

    for (currency, amount, exact) in [("JPY", "500", json!(500)), ("KWD", "1.250", json!(1.250))] {
        let order = world.eu.seed_order().in_currency(currency);
        let payment = world.eu.captured(&order, amount).await?;
        world.idle().await?;
        shows(
            &world.eu.order_record(&order),
            json!({"MaldoPay_Captured_Amount__c": exact,
                   "Description": format!("{amount} of {amount} {currency} kept")}),
        );
        shows(&world.eu.payment_record(&payment), json!({"Currency__c": currency, "CurrencyIsoCode": null}));
    }
    world.stop().await
}
