//! One transaction id for a whole payment, on the wire only.

use serde_json::json;

use super::*;
use crate::testing::{Shop, sandbox};
use crate::{Behaviour, Sandbox, Signature, TransactionType};

/// A sandbox that repeats ids, with a shop, and the id of a new payment.
async fn repeating(kind: &str, amount: &str) -> (Sandbox, Shop, u64) {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let shop = Shop::open(&[]).await;
    sandbox.maldopay.set_callback_url(&shop.url);
    // A payment from before the switch keeps separate ids.
    ask(&sandbox.maldopay, start("DEPOSIT", 2116, "5.00", "r-0")).await;
    sandbox.maldopay.repeat_transaction_ids(true);
    let first = id(&ask(&sandbox.maldopay, start(kind, 2116, amount, "r-1")).await);
    (sandbox, shop, first)
}

#[tokio::test]
async fn every_answer_names_the_payments_first_transaction_and_the_books_keep_each() {
    let (sandbox, _shop, first) = repeating("DEPOSIT", "100.00").await;
    let maldopay = &sandbox.maldopay;
    for (reference, amount) in [("r-1-2", "10.00"), ("r-1-3", "15.00"), ("r-1-4", "75.00")] {
        let refund = ask(maldopay, follow("REFUND", first, amount, reference)).await;
        assert_eq!((code(&refund), id(&refund)), (200, first), "{reference}");
        // A repeated request returns the same refund.
        assert_eq!(code(&ask(maldopay, follow("REFUND", first, amount, reference)).await), 200, "{reference}");
    }
    assert_eq!(code(&ask(maldopay, follow("REFUND", first, "0.01", "r-1-5")).await), 502);
    assert_eq!(maldopay.beyond_bounds(), ["r-1-5"]);
    let family = maldopay.family("r-1");
    let books: Vec<_> = family.iter().map(|one| (one.kind, one.amount.to_string(), one.wire_id)).collect();
    let refund = |amount: &str| (TransactionType::Refund, amount.to_owned(), first);
    let deposit = (TransactionType::Deposit, "100.00".to_owned(), first);
    assert_eq!(books, [deposit, refund("10.00"), refund("15.00"), refund("75.00")]);
    let ids: Vec<u64> = family.iter().map(|one| one.id).collect();
    assert!(ids.is_sorted_by(|earlier, later| earlier < later), "{ids:?}");
    let other = id(&ask(maldopay, follow("REFUND", 700_001, "1.00", "r-0-2")).await);
    assert_ne!(other, 700_001, "a payment from before keeps its ids");
}

#[tokio::test]
async fn callbacks_name_the_first_transaction_as_their_own_and_as_the_original() {
    let (sandbox, shop, first) = repeating("AUTHORIZE", "100.00").await;
    let maldopay = &sandbox.maldopay;
    ask(maldopay, follow("CAPTURE", first, "40.00", "r-1-2")).await;
    ask(maldopay, follow("CAPTURE", first, "60.00", "r-1-3")).await;
    let captures = maldopay.family("r-1").into_iter().filter(|one| one.kind == TransactionType::Capture);
    for capture in captures {
        maldopay.settle(capture.id, None).await.unwrap();
        maldopay.charge_back(capture.id, None).await.unwrap();
    }
    let callbacks: Vec<_> = shop.received();
    let events: Vec<_> = callbacks.iter().map(|callback| (callback.text("type"), callback.text("amount"))).collect();
    let expected = [("SETTLEMENT", "40.0"), ("CHARGEBACK", "40.0"), ("SETTLEMENT", "60.0"), ("CHARGEBACK", "60.0")];
    assert_eq!(events, expected.map(|(kind, amount)| (kind.to_owned(), amount.to_owned())));
    for callback in &callbacks {
        assert_eq!(callback.text("maldoTransactionId"), first.to_string());
        assert_eq!(callback.text("originalTransactionId"), first.to_string());
    }
}

#[tokio::test]
async fn a_status_by_reference_finds_the_operation_and_not_the_payment() {
    let (sandbox, _shop, first) = repeating("DEPOSIT", "100.00").await;
    let maldopay = &sandbox.maldopay;
    maldopay.answer_next(Behaviour::Decline);
    assert_eq!(code(&ask(maldopay, follow("REFUND", first, "10.00", "r-1-2")).await), 500);
    let by_both = json!({ "type": "STATUS", "originalTransactionId": first, "referenceOrderId": "r-1-2" });
    for query in [status_of("r-1-2"), by_both] {
        let status = ask(maldopay, query).await;
        assert_eq!((code(&status), id(&status)), (500, first));
        assert!(status.unwrap().body.contains(r#""amount":10.00,"#));
    }
    assert_eq!(code(&ask(maldopay, status_of("r-1")).await), 200);
    let by_id = json!({ "type": "STATUS", "originalTransactionId": first });
    assert_eq!(code(&ask(maldopay, by_id).await), 200);
}
