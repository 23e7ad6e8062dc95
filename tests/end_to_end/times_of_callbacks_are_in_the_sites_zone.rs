//! The times in callbacks have no zone of their own: the site's configuration says which, and may change its mind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::world::{Setup, Site, Wanted, World, took};

/// When the capture of a payment happened, as Salesforce has it.
fn captured_at(site: &Site, payment: &Value) -> Value {
    let id = site.payment_record(payment)["Id"].clone();
    let events = site.salesforce.records("MaldoPay_Event__c").into_iter();
    let mut captures = events.filter(|event| {
        event.get("MaldoPay_Payment__c") == Some(&id) && event.get("Kind__c") == Some(&json!("captured"))
    });
    captures.next().and_then(|event| event.get("Occurred_At__c").cloned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_zone_moves_the_times_and_repeats_no_news() -> anyhow::Result<()> {
    let zoned = Arc::new(AtomicBool::new(false));
    let config = {
        let zoned = Arc::clone(&zoned);
        move |text: String| match zoned.load(Ordering::SeqCst) {
            true => text.replacen("client_id", "time_zone = \"CET-1CEST,M3.5.0,M10.5.0/3\", client_id", 1),
            false => text,
        }
    };
    let world = World::with(Setup { config: Box::new(config), store: Wanted::Kept, ..Setup::default() }).await?;
    let before = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
    let news = world.tr.confirmation(&before)?;
    took(&world.tr.maldopay.callback(news.clone()).await?);
    world.settled().await?;
    let in_utc = world.tr.get(&before).await?;
    assert_eq!(captured_at(&world.tr, &before), "2026-11-20T10:15:30.000+0000");

    let world = world
        .restarted(|_| {
            zoned.store(true, Ordering::SeqCst);
            Ok(())
        })
        .await?;
    took(&world.tr.maldopay.callback(news).await?);
    world.settled().await?;
    let again = world.tr.get(&before).await?;
    assert_eq!((&again["version"], &again["captured"]), (&in_utc["version"], &json!("149.90")), "{again:#}");

    for (written, point) in [
        ("2026-11-20 10:15:30", "2026-11-20T09:15:30.000+0000"),
        ("2026-07-20 10:15:30", "2026-07-20T08:15:30.000+0000"),
        // The hour that comes twice is the first, the one that never comes is counted on.
        ("2026-10-25 02:30:00", "2026-10-25T00:30:00.000+0000"),
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00.000+0000"),
    ] {
        let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
        took(&world.tr.maldopay.callback(world.tr.confirmation(&payment)?.date(written)).await?);
        world.settled().await?;
        assert_eq!(captured_at(&world.tr, &payment), point, "{written}");
    }
    world.stop().await
}
