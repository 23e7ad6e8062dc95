//! Every scenario does what its description says.

use super::*;
use crate::testing::{Shop, sandbox};
use crate::{SCENARIOS, Sandbox, Signature, TransactionState};

/// A deposit with this amount, after all its automatic steps.
async fn deposit(amount: &str) -> (Sandbox, Shop, Option<TestResponse>) {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let shop = Shop::open(&[]).await;
    sandbox.maldopay.set_callback_url(&shop.url);
    let reply = ask(&sandbox.maldopay, start("DEPOSIT", 2031, amount, "r-1")).await;
    sandbox.maldopay.callbacks_done().await.unwrap();
    (sandbox, shop, reply)
}

fn results(shop: &Shop) -> Vec<String> {
    shop.received().iter().map(|callback| callback.text("result")).collect()
}

fn state(sandbox: &Sandbox) -> TransactionState {
    sandbox.maldopay.find("r-1").expect("a transaction").state
}

#[test]
fn every_ending_chooses_one_scenario() {
    let endings: Vec<i64> = SCENARIOS.iter().map(|scenario| scenario.ending).collect();
    assert_eq!(endings, (1..=13).collect::<Vec<_>>());
}

#[tokio::test]
async fn ending_01_is_declined_at_once() {
    let (sandbox, shop, reply) = deposit("10.01").await;
    assert_eq!(code(&reply), 500);
    assert_eq!((state(&sandbox), results(&shop).len()), (TransactionState::Declined, 0));
}

#[tokio::test]
async fn ending_02_is_confirmed_by_a_callback() {
    let (sandbox, shop, reply) = deposit("10.02").await;
    assert_eq!(code(&reply), 313);
    assert_eq!(state(&sandbox), TransactionState::Confirmed);
    assert_eq!(results(&shop), ["CONFIRMED"]);
}

#[tokio::test]
async fn ending_03_is_carried_out_without_an_answer() {
    let (sandbox, _, reply) = deposit("10.03").await;
    assert!(reply.is_none());
    assert_eq!(state(&sandbox), TransactionState::Confirmed);
    assert_eq!(code(&ask(&sandbox.maldopay, status_of("r-1")).await), 200);
    let again = ask(&sandbox.maldopay, start("DEPOSIT", 2031, "10.03", "r-1")).await;
    assert_eq!(code(&again), 200);
    assert_eq!(sandbox.maldopay.transactions().len(), 1);
}

#[tokio::test]
async fn ending_04_sends_the_same_callback_three_times() {
    let (_sandbox, shop, _) = deposit("10.04").await;
    let bodies: Vec<String> = shop.received().into_iter().map(|callback| callback.body).collect();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[tokio::test]
async fn ending_05_sends_callbacks_out_of_order() {
    let (sandbox, shop, _) = deposit("10.05").await;
    assert_eq!(results(&shop), ["CONFIRMED", "PENDING"]);
    let received = shop.received();
    assert!(received[1].text("dateUpdated") < received[0].text("dateUpdated"), "{received:?}");
    assert_eq!(state(&sandbox), TransactionState::Confirmed);
}

#[tokio::test]
async fn ending_06_is_charged_back() {
    let (_sandbox, shop, reply) = deposit("10.06").await;
    let events: Vec<_> = shop.received().iter().map(|callback| callback.text("type")).collect();
    assert_eq!(events, ["DEPOSIT", "CHARGEBACK"]);
    assert_eq!(shop.received()[1].text("originalTransactionId"), id(&reply).to_string());
}

#[tokio::test]
async fn ending_07_fails_before_anything_is_carried_out() {
    let (sandbox, _, reply) = deposit("10.07").await;
    assert_eq!(reply.unwrap().status, 500);
    assert!(sandbox.maldopay.transactions().is_empty());
}

#[tokio::test]
async fn ending_08_is_confirmed_with_half_the_amount() {
    let (sandbox, shop, _) = deposit("10.08").await;
    assert_eq!(results(&shop), ["CONFIRMED"]);
    assert_eq!(shop.received()[0].text("amount"), "5.04");
    assert_eq!(sandbox.maldopay.find("r-1").unwrap().amount.to_string(), "5.04");
    // The request still matches the first transaction, although that has another amount now.
    assert_eq!(code(&ask(&sandbox.maldopay, start("DEPOSIT", 2031, "10.08", "r-1")).await), 200);
}

#[tokio::test]
async fn ending_09_is_approved_at_once() {
    let (sandbox, shop, reply) = deposit("10.09").await;
    assert_eq!(code(&reply), 200);
    assert_eq!(reply.unwrap().json().get("redirect"), None);
    assert_eq!((state(&sandbox), results(&shop).len()), (TransactionState::Confirmed, 0));
}

#[tokio::test]
async fn ending_11_is_approved_and_its_id_repeated() {
    let (sandbox, _, reply) = deposit("10.11").await;
    assert_eq!(code(&reply), 200);
    let refund = ask(&sandbox.maldopay, follow("REFUND", id(&reply), "1.00", "r-1-2")).await;
    assert_eq!((code(&refund), id(&refund)), (200, id(&reply)));
}

#[tokio::test]
async fn ending_12_is_declined_after_it_was_confirmed() {
    let (sandbox, shop, _) = deposit("10.12").await;
    assert_eq!(state(&sandbox), TransactionState::Declined);
    assert_eq!(results(&shop), ["CONFIRMED", "DECLINED"]);
}

#[tokio::test]
async fn ending_10_is_confirmed_without_a_callback() {
    let (sandbox, shop, reply) = deposit("10.10").await;
    assert_eq!(code(&reply), 313);
    assert_eq!((state(&sandbox), results(&shop).len()), (TransactionState::Confirmed, 0));
    assert_eq!(code(&ask(&sandbox.maldopay, status_of("r-1")).await), 200);
}

#[tokio::test]
async fn ending_13_is_settled_less_a_fee() {
    let (_sandbox, shop, _) = deposit("10.13").await;
    let callbacks = shop.received();
    assert_eq!(callbacks.iter().map(|callback| callback.text("type")).collect::<Vec<_>>(), ["DEPOSIT", "SETTLEMENT"]);
    assert!(callbacks[1].body.contains(r#""fee":0.20"#), "{}", callbacks[1].body);
}
