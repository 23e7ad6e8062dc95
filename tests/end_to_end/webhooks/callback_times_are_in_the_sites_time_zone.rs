//! The times in callbacks have no time zone: the site's configuration names it, and may change it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::world::{Setup, SiteHandle, StoreNeeds, World, assert_acknowledged};

/// When the capture of a payment happened, as Salesforce has it.
fn captured_at(site: &SiteHandle, payment: &Value) -> Value {
    let id = site.payment_record(payment)["Id"].clone();
    let events = site.salesforce.records("MaldoPay_Event__c").into_iter();
    let mut captures = events.filter(|event| {
        event.get("MaldoPay_Payment__c") == Some(&id) && event.get("Kind__c") == Some(&json!("captured"))
    });
    captures.next().and_then(|event| event.get("Occurred_At__c").cloned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_time_zone_moves_the_times_and_repeats_no_event() -> anyhow::Result<()> {
    let zoned = Arc::new(AtomicBool::new(false));
    let config = {
        let zoned = Arc::clone(&zoned);
        move |text: String| match zoned.load(Ordering::SeqCst) {
            true => text.replacen("client_id", "time_zone = \"CET-1CEST,M3.5.0,M10.5.0/3\", client_id", 1),
            false => text,
        }
    };
    let world =
        World::with(Setup { config: Box::new(config), store: StoreNeeds::Persistence, ..Setup::default() }).await?;
    let before = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    let callback = world.tr.confirmation(&before)?;
    assert_acknowledged(&world.tr.maldopay.callback(callback.clone()).await?);
    world.idle().await?;
    let in_utc = world.tr.get(&before).await?;
    assert_eq!(captured_at(&world.tr, &before), "2026-11-20T10:15:30.000+0000");

    let world = world
        .restarted(|_| {
            zoned.store(true, Ordering::SeqCst);
            Ok(())
        })
        .await?;
    assert_acknowledged(&world.tr.maldopay.callback(callback).await?);
    world.idle().await?;
    let again = world.tr.get(&before).await?;
    assert_eq!((&again["version"], &again["captured"]), (&in_utc["version"], &json!("149.90")), "{again:#}");

    for (written, point) in [
        ("2026-11-20 10:15:30", "2026-11-20T09:15:30.000+0000"),
        ("2026-07-20 10:15:30", "2026-07-20T08:15:30.000+0000"),
        // When the clocks change, a time in the repeated hour is its first occurrence; a time in the skipped hour
        // counts from before the change.
        ("2026-10-25 02:30:00", "2026-10-25T00:30:00.000+0000"),
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00.000+0000"),
    ] {
        let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
        assert_acknowledged(&world.tr.maldopay.callback(world.tr.confirmation(&payment)?.date(written)).await?);
        world.idle().await?;
        assert_eq!(captured_at(&world.tr, &payment), point, "{written}");
    }
    world.stop().await
}
