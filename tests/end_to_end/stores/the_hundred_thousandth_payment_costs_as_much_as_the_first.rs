//! The work for a request does not grow with the store: as many operations among 100,000 payments as among 100, and as
//! many bytes except for the digits of the journal's numbers.

use serde_json::json;
use tollbridge_runtime::Counters;

use crate::world::{Setup, StoreNeeds, World, WorldStore, multiply, needs_embedded_runtime, shows};

/// The cost of one charge and of the callback that confirms it, each with everything that follows from it.
#[derive(Debug, PartialEq)]
struct Costs {
    charge: Counters,
    webhook: Counters,
}

/// `None` where the store is not SQLite, since the test copies rows of SQLite.
async fn costs_among(payments: u64) -> anyhow::Result<Option<Costs>> {
    let world = World::with(Setup { store: StoreNeeds::Persistence, ..Setup::default() }).await?;
    if !matches!(world.stored, WorldStore::File(_)) {
        world.stop().await?;
        return Ok(None);
    }
    let order = world.tr.seed_order();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    shows(&world.tr.drain().await?, json!({"complete": true, "deferred": 0}));
    let copied = |stored: &WorldStore| match stored {
        WorldStore::File(folder) => multiply(folder.path(), payments),
        WorldStore::InMemory | WorldStore::Server(_) => Ok(()),
    };
    let world = world.restarted(copied).await?;
    // The first charge signs in: this organisation did not issue the stored token.
    confirmed(&world).await?;
    let costs = confirmed(&world).await?;
    let journal = world.tr.call("GET", "/v1/journal?after=999999999").send().await?.expect(200);
    shows(&journal, json!({"entries": []}));
    world.stop().await?;
    Ok(Some(costs))
}

async fn confirmed(world: &World) -> anyhow::Result<Costs> {
    let order = world.tr.seed_order();
    let before = world.runtime.counters();
    let payment = world.tr.charge(&order, "149.90").await?.expect(201);
    world.idle().await?;
    let charged = world.runtime.counters();
    world.tr.payer_confirms(&payment).await?;
    world.idle().await?;
    let costs = Costs { charge: charged - before, webhook: world.runtime.counters() - charged };
    shows(&world.tr.order_record(&order), json!({"MaldoPay_Status__c": "captured"}));
    Ok(costs)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_digits_of_numbers_are_added() -> anyhow::Result<()> {
    if needs_embedded_runtime("the operations on the store are counted") {
        return Ok(());
    }
    let few = costs_among(100).await?;
    let many = costs_among(100_000).await?;
    let operations = |costs: &Option<Costs>| {
        let without_bytes = |counters| Counters { store_bytes_read: 0, store_bytes_written: 0, ..counters };
        costs.as_ref().map(|costs| (without_bytes(costs.charge), without_bytes(costs.webhook)))
    };
    assert_eq!(operations(&many), operations(&few));
    for (many, few) in many.iter().zip(&few) {
        for (many, few) in [(many.charge, few.charge), (many.webhook, few.webhook)] {
            let more = many - few;
            // An entry contains its journal number, which has three more digits. A history of at most ten entries is
            // read.
            assert!(more.store_bytes_read <= 30 && more.store_bytes_written <= 9, "{more:#?}");
        }
    }
    Ok(())
}
