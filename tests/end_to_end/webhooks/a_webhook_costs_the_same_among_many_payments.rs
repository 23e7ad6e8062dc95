//! A webhook costs at most four store writes and one call to Salesforce, however many payments there are.

use tollbridge_runtime::Counters;

use crate::world::{World, needs_embedded_runtime, shows};

/// The operations of one confirmation with everything that follows from it, and the number of calls that wrote to
/// Salesforce.
async fn cost_of_a_webhook(world: &World) -> anyhow::Result<(Counters, usize)> {
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    let before = (world.runtime.counters(), world.tr.salesforce.write_calls());
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    let spent = world.runtime.counters() - before.0;
    shows(&world.tr.order_record(&order), serde_json::json!({"MaldoPay_Status__c": "captured"}));
    Ok((spent, world.tr.salesforce.write_calls() - before.1))
}

/// The counters without the bytes, which depend on how many digits a number has.
fn calls(spent: Counters) -> Counters {
    Counters { store_bytes_read: 0, store_bytes_written: 0, ..spent }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_costs_four_writes_and_one_call() -> anyhow::Result<()> {
    if needs_embedded_runtime("the operations on the store are counted") {
        return Ok(());
    }
    let world = World::start().await?;
    let (alone, writes) = cost_of_a_webhook(&world).await?;
    assert_eq!((alone.requests, alone.outbound_requests, writes), (1, 1, 1), "{alone:#?}");
    assert!(alone.store_writes <= 4, "{alone:#?}");
    assert!(alone.store_bytes_read < 16 * 1024 && alone.store_bytes_written < 16 * 1024, "{alone:#?}");

    for _ in 0..60 {
        world.tr.captured(&world.tr.seed_order(), "10.00").await?;
    }
    let (among_many, writes) = cost_of_a_webhook(&world).await?;
    assert_eq!((calls(among_many), writes), (calls(alone), 1));
    let grown = among_many.store_bytes_read.abs_diff(alone.store_bytes_read);
    assert!(grown < 64, "{alone:#?} became {among_many:#?}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_costs_the_same_among_many_payments_too() -> anyhow::Result<()> {
    if needs_embedded_runtime("the operations on the store are counted") {
        return Ok(());
    }
    let world = World::start().await?;
    let charge = async || -> anyhow::Result<Counters> {
        let order = world.tr.seed_order();
        world.idle().await?;
        let before = world.runtime.counters();
        world.tr.charge(&order, "149.90").await?.expect(201);
        world.idle().await?;
        Ok(calls(world.runtime.counters() - before))
    };
    charge().await?; // The first charge signs in to Salesforce.
    let alone = charge().await?;
    assert_eq!((alone.requests, alone.outbound_requests), (1, 2), "{alone:#?}");
    for _ in 0..60 {
        world.tr.captured(&world.tr.seed_order(), "10.00").await?;
    }
    assert_eq!(charge().await?, alone);
    world.stop().await
}
