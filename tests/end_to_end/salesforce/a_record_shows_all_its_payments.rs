//! An Order shows all its payments together: what each of them captured, and what was paid out.

use serde_json::{Value, json};

use crate::world::{World, assert_acknowledged, shows};

fn another(order: &crate::world::Order, intent: &str, amount: &str, method: &str) -> Value {
    let mut body = order.body(intent, amount, method);
    body["another"] = json!(true);
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn later_payments_payouts_and_declined_attempts_hide_no_earlier_payment() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    let first = world.tr.captured(&order, "100.90").await?;
    world.idle().await?;
    let second = world.tr.open(&another(&order, "charge", "40.90", "credit")).send().await?.expect(201);
    world.idle().await?;
    let second_record = world.tr.payment_record(&second);
    let expected = json!({
        "MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 141.80, "MaldoPay_Paid_Out_Amount__c": 0.0,
        "MaldoPay_Payment__c": second_record["Id"], "MaldoPay_Needs_Review__c": false,
    });
    shows(&world.tr.order_record(&order), expected);

    let payout = world.tr.payout(&order, "15.00").await?.expect(201);
    assert_acknowledged(&world.tr.maldopay.payout_completes(world.tr.transaction(&payout)?.id).await?);
    world.idle().await?;
    // The sandbox declines this amount.
    let declined = world.tr.open(&another(&order, "charge", "40.01", "credit")).send().await?.expect(201);
    shows(&declined, json!({"status": "failed"}));
    world.idle().await?;
    let expected = json!({
        "MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 141.80, "MaldoPay_Paid_Out_Amount__c": 15.0,
        "MaldoPay_Refunded_Amount__c": 0.0, "MaldoPay_Charged_Back_Amount__c": 0.0,
        "MaldoPay_Payment__c": second_record["Id"], "MaldoPay_Needs_Review__c": false,
    });
    shows(&world.tr.order_record(&order), expected);
    shows(
        &world.tr.get(&first).await?["record"],
        json!({"status": "captured", "payments": 4, "captured": "141.80", "paidOut": "15.00", "reference": second["reference"]}),
    );

    // An event of the first payment writes the sums of all, and the Order lists each of them.
    world.tr.refund(&first, Some("0.90")).await?.expect(201);
    world.idle().await?;
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "partially_refunded", "MaldoPay_Captured_Amount__c": 141.80,
               "MaldoPay_Refunded_Amount__c": 0.90}),
    );
    for payment in [&first, &second, &payout, &declined] {
        shows(&world.tr.payment_record(payment), json!({"Order__c": order.id}));
    }
    world.stop().await
}
