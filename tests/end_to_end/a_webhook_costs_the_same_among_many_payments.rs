//! A webhook costs at most four store writes and one call to Salesforce, and no more when there are many payments.

use tollbridge_runtime::Counters;

use crate::world::{World, needs_embedded_runtime, shows};

/// What one confirmation costs, with everything that follows from it; and how many calls wrote to Salesforce.
async fn cost_of_a_webhook(world: &World) -> anyhow::Result<(Counters, usize)> {
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.settled().await?;
    let before = (world.runtime.counters(), world.tr.salesforce.write_calls());
    world.tr.payer_confirms(&payment).await?;
    world.settled().await?;
    let spent = world.runtime.counters() - before.0;
    shows(&world.tr.order_record(&order), serde_json::json!({"MaldoPay_Status__c": "captured"}));
    Ok((spent, world.tr.salesforce.write_calls() - before.1))
}

/// What does not depend on how long numbers are when they are written out.
fn calls(spent: Counters) -> Counters {
    Counters { store_bytes_read: 0, store_bytes_written: 0, ..spent }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_writes_and_one_call_whatever_else_there_is() -> anyhow::Result<()> {
    if needs_embedded_runtime("what the gateway asks of its store is counted") {
        return Ok(());
    }
    let world = World::start().await?;
    let (alone, told) = cost_of_a_webhook(&world).await?;
    assert_eq!((alone.requests, alone.outbound_requests, told), (1, 1, 1), "{alone:#?}");
    assert!(alone.store_writes <= 4, "{alone:#?}");
    assert!(alone.store_bytes_read < 16 * 1024 && alone.store_bytes_written < 16 * 1024, "{alone:#?}");

    for _ in 0..60 {
        world.tr.captured(&world.tr.seed_order(), "10.00").await?;
    }
    let (among_many, told) = cost_of_a_webhook(&world).await?;
    assert_eq!((calls(among_many), told), (calls(alone), 1));
    let grown = among_many.store_bytes_read.abs_diff(alone.store_bytes_read);
    assert!(grown < 64, "{alone:#?} became {among_many:#?}");
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_costs_the_same_among_many_too() -> anyhow::Result<()> {
    if needs_embedded_runtime("what the gateway asks of its store is counted") {
        return Ok(());
    }
    let world = World::start().await?;
    let charge = async || -> anyhow::Result<Counters> {
        let order = world.tr.seed_order();
        world.settled().await?;
        let before = world.runtime.counters();
        world.tr.charge(&order, "149.90").await?.expect(201);
        world.settled().await?;
        Ok(calls(world.runtime.counters() - before))
    };
    charge().await?; // It signs in to Salesforce.
    let alone = charge().await?;
    assert_eq!((alone.requests, alone.outbound_requests), (1, 2), "{alone:#?}");
    for _ in 0..60 {
        world.tr.captured(&world.tr.seed_order(), "10.00").await?;
    }
    assert_eq!(charge().await?, alone);
    world.stop().await
}
