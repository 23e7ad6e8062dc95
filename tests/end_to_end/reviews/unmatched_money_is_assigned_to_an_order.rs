//! A person assigns money without a payment to an Order. It then shows there, prevents a second charge, and is refunded
//! like any other.

use serde_json::json;

use crate::world::{World, shows, text};

#[tokio::test(flavor = "multi_thread")]
async fn assigned_money_pays_the_order_and_can_be_refunded() -> anyhow::Result<()> {
    let world = World::start().await?;
    let order = world.tr.seed_order();
    // Another shop under the same contract received the money, and MaldoPay sends the callback to this one.
    let (shop, elsewhere, _ledger) = world.another_shop().await?;
    let payment = elsewhere.charge(&order, "149.90").await?.expect(201);
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    shows(
        &world.tr.get(&payment).await?,
        json!({"intent": "unmatched", "captured": "149.90", "source": null, "method": "checkout"}),
    );
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": null}));

    let source = json!({"object": "Order", "id": order.id, "number": order.number});
    let decision = json!({"action": "assign", "source": source, "note": "paid by the old link"});
    let resolve = format!("/v1/reviews/{}/resolve", text(&payment, "reference"));
    let assigned = world.tr.call("POST", &resolve).json(&decision).send().await?.expect(200);
    shows(&assigned, json!({"reviewRequired": false, "attempt": 1, "source": source}));
    shows(
        &world.tr.order_record(&order),
        json!({"MaldoPay_Status__c": "captured", "MaldoPay_Captured_Amount__c": 149.90,
               "MaldoPay_Payment__c": world.tr.payment_record(&payment)["Id"]}),
    );
    world.tr.charge(&order, "149.90").await?.problem(409, "source_has_payment");

    let refunded = world.tr.refund(&payment, Some("49.90")).await?.expect(201);
    shows(&refunded, json!({"refunded": "49.90", "status": "partially_refunded"}));
    world.idle().await?;
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Refunded_Amount__c": 49.90}));
    world.tr.refund(&payment, Some("100.01")).await?.problem_with(422, "amount_exceeds_remaining", "amount");
    let other = world.tr.seed_order();
    let moved = json!({"action": "assign", "source": {"object": "Order", "id": other.id}, "note": "no, that one"});
    world.tr.call("POST", &resolve).json(&moved).send().await?.problem(409, "already_assigned");
    shop.stop().await?;
    world.stop().await
}
