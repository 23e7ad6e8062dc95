//! Transactions that fail after they succeeded, and chargebacks that are undone: the books follow, and the merchant
//! gets a callback.

use super::*;
use crate::testing::{Shop, sandbox};
use crate::{Callback, Sandbox, Signature, TransactionState};

/// A sandbox with a shop, and the id of the first transaction.
async fn begun(kind: &str, service: u64) -> (Sandbox, Shop, u64) {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let shop = Shop::open(&[]).await;
    sandbox.maldopay.set_callback_url(&shop.url);
    let first = id(&ask(&sandbox.maldopay, start(kind, service, "100.00", "r-1")).await);
    (sandbox, shop, first)
}

/// The type, the result and the code of the last callback.
fn last(shop: &Shop) -> (String, String, u64) {
    let callback = shop.received().pop().expect("a callback");
    (callback.text("type"), callback.text("result"), callback.text("maldoTransactionId").parse().unwrap())
}

fn state(sandbox: &Sandbox, id: u64) -> (TransactionState, bool) {
    let transaction = sandbox.maldopay.transaction(id).unwrap();
    (transaction.state, transaction.reversed)
}

#[tokio::test]
async fn a_refund_that_is_declined_later_can_be_repeated() {
    let (sandbox, shop, deposit) = begun("DEPOSIT", 2116).await;
    let maldopay = &sandbox.maldopay;
    let refund = id(&ask(maldopay, follow("REFUND", deposit, "100.00", "r-1-2")).await);
    assert_eq!(code(&ask(maldopay, follow("REFUND", deposit, "100.00", "r-1-3")).await), 502);
    assert!(maldopay.declined_after_success(refund, "account closed").await.unwrap().is_accepted());
    assert_eq!(last(&shop), ("REFUND".to_owned(), "DECLINED".to_owned(), refund));
    assert_eq!(shop.received()[0].text("reason"), "account closed");
    assert_eq!(state(&sandbox, refund), (TransactionState::Declined, true));
    assert_eq!(code(&ask(maldopay, status_of("r-1-2")).await), 500);
    assert!(maldopay.declined_after_success(refund, "once more").await.is_err(), "it has failed already");
    assert_eq!(code(&ask(maldopay, follow("REFUND", deposit, "100.00", "r-1-3")).await), 200);
}

#[tokio::test]
async fn a_deposit_a_capture_and_a_payout_can_fail_after_they_succeeded() {
    let (sandbox, shop, deposit) = begun("DEPOSIT", 2116).await;
    let maldopay = &sandbox.maldopay;
    maldopay.canceled_after_success(deposit).await.unwrap();
    assert_eq!(last(&shop), ("DEPOSIT".to_owned(), "CANCELED".to_owned(), deposit));
    assert_eq!(state(&sandbox, deposit), (TransactionState::Canceled, true));
    assert_eq!(code(&ask(maldopay, follow("REFUND", deposit, "1.00", "r-1-2")).await), 502);

    let reserved = id(&ask(maldopay, start("AUTHORIZE", 2116, "50.00", "r-2")).await);
    let capture = id(&ask(maldopay, follow("CAPTURE", reserved, "50.00", "r-2-2")).await);
    maldopay.declined_after_success(capture, "declined").await.unwrap();
    assert_eq!(last(&shop), ("CAPTURE".to_owned(), "DECLINED".to_owned(), capture));
    assert_eq!(code(&ask(maldopay, follow("CAPTURE", reserved, "50.00", "r-2-3")).await), 200);

    let payout = id(&ask(maldopay, start("WITHDRAW", 2158, "20.00", "p-1")).await);
    assert!(maldopay.declined_after_success(payout, "pending").await.is_err(), "it has not succeeded yet");
    maldopay.payout_completes(payout).await.unwrap();
    maldopay.declined_after_success(payout, "account closed").await.unwrap();
    assert_eq!(last(&shop), ("WITHDRAW".to_owned(), "DECLINED".to_owned(), payout));
    let received = shop.received();
    let [confirmed, declined] = &received[received.len() - 2..] else { panic!("{received:?}") };
    assert!(confirmed.text("dateUpdated") < declined.text("dateUpdated"), "{received:?}");
}

#[tokio::test]
async fn a_released_or_disputed_transaction_cannot_fail_later() {
    let (sandbox, _shop, reserved) = begun("AUTHORIZE", 2116).await;
    let maldopay = &sandbox.maldopay;
    let void = id(&ask(maldopay, follow("VOID", reserved, "100.00", "r-1-2")).await);
    assert!(maldopay.declined_after_success(void, "no").await.is_err());
    assert_eq!(state(&sandbox, void), (TransactionState::Confirmed, false));
}

#[tokio::test]
async fn a_chargeback_that_is_canceled_gives_the_money_back() {
    let (sandbox, shop, deposit) = begun("DEPOSIT", 2116).await;
    let maldopay = &sandbox.maldopay;
    maldopay.charge_back(deposit, None).await.unwrap();
    let (_, _, chargeback) = last(&shop);
    assert_eq!(code(&ask(maldopay, follow("REFUND", deposit, "1.00", "r-1-2")).await), 502);
    maldopay.canceled_after_success(chargeback).await.unwrap();
    assert_eq!(last(&shop), ("CHARGEBACK".to_owned(), "CANCELED".to_owned(), chargeback));
    assert_eq!(code(&ask(maldopay, follow("REFUND", deposit, "100.00", "r-1-2")).await), 200);
}

#[tokio::test]
async fn a_dispute_that_is_won_after_its_chargeback_gives_the_money_back() {
    let (sandbox, shop, deposit) = begun("DEPOSIT", 2116).await;
    let maldopay = &sandbox.maldopay;
    // A chargeback of another amount does not belong to the dispute.
    maldopay.charge_back(deposit, Some("20.00")).await.unwrap();
    let (_, _, other) = last(&shop);
    maldopay.dispute(deposit).await.unwrap();
    let (_, _, dispute) = last(&shop);
    maldopay.charge_back(deposit, None).await.unwrap();
    let (_, _, chargeback) = last(&shop);
    // Confirmed again and again, the chargeback has the latest time so far.
    for _ in 0..3 {
        let lost = maldopay.transaction(chargeback).unwrap();
        maldopay.callback(Callback::for_transaction(&lost, "CONFIRMED")).await.unwrap();
    }
    maldopay.dispute_won(deposit).await.unwrap();
    assert_eq!(last(&shop), ("DISPUTE".to_owned(), "DECLINED".to_owned(), dispute));
    let dates: Vec<_> = shop.received().iter().rev().take(2).map(|callback| callback.text("dateUpdated")).collect();
    assert!(dates[0] > dates[1], "{dates:?}");
    assert_eq!(state(&sandbox, chargeback), (TransactionState::Declined, true));
    assert_eq!(state(&sandbox, other), (TransactionState::Confirmed, false));
    assert_eq!(code(&ask(maldopay, follow("REFUND", deposit, "80.00", "r-1-2")).await), 200);
}
