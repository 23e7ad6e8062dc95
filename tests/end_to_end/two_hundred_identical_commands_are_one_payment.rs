//! A caller may send one command two hundred times at once: MaldoPay is asked once, and every caller gets that one answer,
//! or is told to come again for it.

use futures::future::try_join_all;
use serde_json::Value;

use crate::world::{Call, Reply, Setup, Wanted, World};

const TIMES: usize = 200;

/// Sends the command that often at once, and again for all who were told to come again. The answers, all of them final.
async fn answers(command: &Call) -> anyhow::Result<Vec<Value>> {
    let all = (0..TIMES).map(|_| command.clone().send());
    let (mut answered, waiting) = sorted(try_join_all(all).await?);
    assert!(!answered.is_empty(), "one of them was carried out");
    // By now the one that was carried out is answered, and so is whoever comes again.
    let again = waiting.iter().map(|_| command.clone().send());
    let (late, waiting) = sorted(try_join_all(again).await?);
    assert!(waiting.is_empty(), "{waiting:#?}");
    answered.extend(late);
    Ok(answered)
}

/// The answers, and those who must come again.
fn sorted(replies: Vec<Reply>) -> (Vec<Value>, Vec<Reply>) {
    let (waiting, answered): (Vec<Reply>, Vec<Reply>) = replies.into_iter().partition(|reply| reply.status == 409);
    for reply in &waiting {
        reply.problem(409, "in_progress");
        let seconds: u32 = reply.header("retry-after").expect("when to come again").parse().expect("seconds");
        assert!((1..=60).contains(&seconds), "{seconds}");
    }
    (answered.iter().map(|reply| reply.expect(201)).collect(), waiting)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_is_made_once() -> anyhow::Result<()> {
    let world = World::with(Setup { store: Wanted::Kept, ..Setup::default() }).await?;
    let order = world.tr.seed_order();
    let charge = world.tr.open(&order.body("charge", "149.90", "credit"));
    let answers = answers(&charge).await?;
    assert_eq!(answers.len(), TIMES);
    let first = &answers[0];
    assert!(answers.iter().all(|answer| answer == first), "{answers:#?}");
    world.settled().await?;
    assert_eq!(world.tr.maldopay.transactions().len(), 1);
    assert_eq!(world.tr.maldopay.calls().len(), 1);
    assert_eq!(world.tr.salesforce.records("MaldoPay_Payment__c").len(), 1);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_made_once() -> anyhow::Result<()> {
    let world = World::with(Setup { store: Wanted::Kept, ..Setup::default() }).await?;
    let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    world.settled().await?;
    let refund = world.tr.operation(&payment, "refunds", Some("30.00"));
    let answers = answers(&refund).await?;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert_eq!(answers[0]["refunded"], "30.00");
    world.settled().await?;
    assert_eq!(world.tr.maldopay.transactions().len(), 2);
    assert_eq!(world.tr.maldopay.calls().len(), 2);
    assert_eq!(world.tr.get(&payment).await?["refunded"], "30.00");
    world.stop().await
}
