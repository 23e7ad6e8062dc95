//! A caller may send one command two hundred times at once: MaldoPay is called once, and every caller gets the same
//! response, or is asked to retry and gets it then.

use futures::future::try_join_all;
use serde_json::Value;

use crate::world::{Call, GatewayResponse, Setup, StoreNeeds, World};

const TIMES: usize = 200;

/// Sends the command that often at once, and once more for each 409. Returns the responses, all of them final.
async fn responses(command: &Call) -> anyhow::Result<Vec<Value>> {
    let all = (0..TIMES).map(|_| command.clone().send());
    let (mut complete, in_progress) = sorted(try_join_all(all).await?);
    assert!(!complete.is_empty(), "one of them was carried out");
    // By now the one command is complete, so every retry gets its response.
    let again = in_progress.iter().map(|_| command.clone().send());
    let (late, in_progress) = sorted(try_join_all(again).await?);
    assert!(in_progress.is_empty(), "{in_progress:#?}");
    complete.extend(late);
    Ok(complete)
}

/// The final responses, and those that ask to retry.
fn sorted(replies: Vec<GatewayResponse>) -> (Vec<Value>, Vec<GatewayResponse>) {
    let (in_progress, complete): (Vec<GatewayResponse>, Vec<GatewayResponse>) =
        replies.into_iter().partition(|reply| reply.status == 409);
    for reply in &in_progress {
        reply.problem(409, "in_progress");
        let seconds: u32 = reply.header("retry-after").expect("when to retry").parse().expect("seconds");
        assert!((1..=60).contains(&seconds), "{seconds}");
    }
    (complete.iter().map(|reply| reply.expect(201)).collect(), in_progress)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_is_carried_out_once() -> anyhow::Result<()> {
    let world = World::with(Setup { store: StoreNeeds::Persistence, ..Setup::default() }).await?;
    let order = world.tr.seed_order();
    let charge = world.tr.open(&order.body("charge", "149.90", "credit"));
    let responses = responses(&charge).await?;
    assert_eq!(responses.len(), TIMES);
    let first = &responses[0];
    assert!(responses.iter().all(|answer| answer == first), "{responses:#?}");
    world.idle().await?;
    assert_eq!(world.tr.maldopay.transactions().len(), 1);
    assert_eq!(world.tr.maldopay.calls().len(), 1);
    assert_eq!(world.tr.salesforce.records("MaldoPay_Payment__c").len(), 1);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_carried_out_once() -> anyhow::Result<()> {
    let world = World::with(Setup { store: StoreNeeds::Persistence, ..Setup::default() }).await?;
    let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    world.idle().await?;
    let refund = world.tr.operation(&payment, "refunds", Some("30.00"));
    let responses = responses(&refund).await?;
    assert!(responses.iter().all(|answer| *answer == responses[0]), "{responses:#?}");
    assert_eq!(responses[0]["refunded"], "30.00");
    world.idle().await?;
    assert_eq!(world.tr.maldopay.transactions().len(), 2);
    assert_eq!(world.tr.maldopay.calls().len(), 2);
    assert_eq!(world.tr.get(&payment).await?["refunded"], "30.00");
    world.stop().await
}
