//! Where Salesforce refuses the records of events only, the Order still gets the state and the flag, and what is refused
//! is named.

use serde_json::json;

use crate::world::{World, shows, text};

#[tokio::test(flavor = "multi_thread")]
async fn the_order_has_the_state_and_the_flag() -> anyhow::Result<()> {
    let world = World::start().await?;
    world.tr.salesforce.remove_field("MaldoPay_Event__c", "Digest__c");
    let order = world.tr.seed_order();
    let payment = world.tr.captured(&order, "149.90").await?;
    world.idle().await?;
    let flagged = json!({
        "MaldoPay_Status__c": "captured", "MaldoPay_Needs_Review__c": true,
        "MaldoPay_Review_Reason__c": "salesforce:INVALID_FIELD",
    });
    shows(&world.tr.order_record(&order), flagged);
    shows(&world.tr.payment_record(&payment), json!({"Status__c": "captured", "Needs_Review__c": true}));
    let refused = json!({
        "errorCode": "INVALID_FIELD", "errorObject": "MaldoPay_Event__c", "errorFields": ["Digest__c"],
        "errorMessage": "Salesforce refused MaldoPay_Event__c for Digest__c: No such column 'Digest__c' on sobject of \
                         type MaldoPay_Event__c",
    });
    shows(&world.tr.get(&payment).await?["salesforce"], refused);

    world.tr.salesforce.restore_fields();
    let resolve = format!("/v1/reviews/{}/resolve", text(&payment, "reference"));
    let retried = world.tr.call("POST", &resolve).json(&json!({"action": "retry"})).send().await?.expect(200);
    shows(&retried, json!({"reviewRequired": false}));
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Needs_Review__c": false}));
    assert_eq!(world.tr.event_kinds(&payment), ["captured"]);
    world.stop().await
}
