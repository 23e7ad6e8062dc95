//! The content and the signature of callbacks.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;
use crate::testing::{CallbackReceipt, Shop, sandbox};
use crate::{Callback, CallbackEncoding, ProviderEvent, Sandbox, Signature, TransactionState};

/// A sandbox with a shop, and a deposit that the payer has not paid yet.
async fn waiting(signature: Signature, answers: &[(u16, &'static str)]) -> (Sandbox, Shop, u64) {
    let sandbox = sandbox(signature).await;
    let shop = Shop::open(answers).await;
    sandbox.maldopay.set_callback_url(&shop.url);
    let deposit = id(&ask(&sandbox.maldopay, start("DEPOSIT", 2031, "50.00", "r-1")).await);
    (sandbox, shop, deposit)
}

fn only(shop: &Shop) -> CallbackReceipt {
    let received = shop.received();
    assert_eq!(received.len(), 1, "{received:?}");
    received[0].clone()
}

fn mac(message: &str) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap().chain_update(message).finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn values_pipe_signs_the_values_in_the_order_of_the_body() {
    let (sandbox, shop, deposit) = waiting(Signature::ValuesPipe, &[]).await;
    assert!(sandbox.maldopay.payer_confirms(deposit).await.unwrap().is_accepted());
    let callback = only(&shop);
    let date = callback.text("dateUpdated");
    let signed = format!("CONFIRMED|DEPOSIT|200|2031|{date}|r-1|{deposit}|50.00|TRY");
    assert_eq!(callback.text("checksum"), hex(&mac(&signed)));
    assert!(callback.body.contains(r#""conversion":{"converted_amount":1.45,"#), "{}", callback.body);
}

#[tokio::test]
async fn body_signs_the_body() {
    let (sandbox, shop, deposit) = waiting(Signature::Body, &[]).await;
    sandbox.maldopay.payer_confirms(deposit).await.unwrap();
    let callback = only(&shop);
    assert_eq!(callback.headers["x-maldo-signature"], hex(&mac(&callback.body)));
    assert_eq!(callback.json().get("checksum"), None);
}

#[tokio::test]
async fn standard_webhooks_signs_id_time_and_body() {
    let (sandbox, shop, deposit) = waiting(Signature::StandardWebhooks, &[]).await;
    sandbox.maldopay.payer_confirms(deposit).await.unwrap();
    let callback = only(&shop);
    let (id, time) = (&callback.headers["webhook-id"], &callback.headers["webhook-timestamp"]);
    let signature = BASE64.encode(&mac(&format!("{id}.{time}.{}", callback.body)));
    assert_eq!(callback.headers["webhook-signature"], format!("v1,{signature}"));
}

#[tokio::test]
async fn every_part_of_a_callback_can_be_replaced() {
    let (sandbox, shop, deposit) = waiting(Signature::ValuesPipe, &[]).await;
    let transaction = sandbox.maldopay.transaction(deposit).unwrap();
    let callback = Callback::for_transaction(&transaction, "PENDING")
        .kind("REFUND")
        .amount("7.5")
        .date("2020-01-01 00:00:00")
        .original(5)
        .reason("why|not")
        .reason_code("R1")
        .code_id(319)
        .without("conversion")
        .encoding(CallbackEncoding::Form)
        .signed_with("previous");
    sandbox.maldopay.callback(callback.clone()).await.unwrap();
    sandbox.maldopay.callback(callback.clone().without_checksum()).await.unwrap();
    sandbox.maldopay.callback(callback.checksum("0000")).await.unwrap();
    let [genuine, omitted, altered] = shop.received().try_into().unwrap();
    let fields = "result=PENDING&type=REFUND&codeId=319&serviceId=2031&dateUpdated=2020-01-01+00%3A00%3A00\
        &referenceOrderId=r-1&maldoTransactionId=700001&amount=7.5&currencyCode=TRY&originalTransactionId=5\
        &reason=why%7Cnot&reasonCode=R1";
    let signed = "PENDING|REFUND|319|2031|2020-01-01 00:00:00|r-1|700001|7.5|TRY|5|why|not|R1";
    assert_eq!(genuine.body, format!("{fields}&checksum={}", hmac_hex(b"previous", signed.as_bytes())));
    assert_eq!(omitted.body, fields);
    assert_eq!(altered.body, format!("{fields}&checksum=0000"));
    assert_eq!(sandbox.maldopay.transaction(deposit).unwrap().state, TransactionState::Pending);
}

#[tokio::test]
async fn a_callback_is_sent_again_until_the_answer_is_ok() {
    let (sandbox, shop, deposit) = waiting(Signature::ValuesPipe, &[(503, ""), (200, "ok"), (204, "")]).await;
    let first = sandbox.maldopay.payer_confirms(deposit).await.unwrap();
    assert_eq!((first.status, first.is_accepted()), (503, false));
    sandbox.maldopay.callbacks_done().await.unwrap();
    let bodies: Vec<String> = shop.received().into_iter().map(|callback| callback.body).collect();
    assert_eq!(bodies.len(), 4);
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[tokio::test]
async fn a_callback_that_is_never_accepted_is_given_up_after_five_repetitions() {
    let (sandbox, shop, deposit) = waiting(Signature::ValuesPipe, &[(500, ""); 20]).await;
    sandbox.maldopay.payer_cancels(deposit).await.unwrap();
    sandbox.maldopay.callbacks_done().await.unwrap();
    assert_eq!(shop.received().len(), 6);
    assert_eq!(shop.received()[0].text("result"), "CANCELED");
}

#[tokio::test]
async fn the_times_of_a_transaction_only_grow() {
    let (sandbox, shop, deposit) = waiting(Signature::ValuesPipe, &[]).await;
    let transaction = sandbox.maldopay.transaction(deposit).unwrap();
    for _ in 0..3 {
        sandbox.maldopay.callback(Callback::for_transaction(&transaction, "PENDING")).await.unwrap();
    }
    let dates: Vec<String> = shop.received().iter().map(|callback| callback.text("dateUpdated")).collect();
    assert!(dates.is_sorted_by(|earlier, later| earlier < later), "{dates:?}");
}

#[tokio::test]
async fn later_callbacks_name_the_transaction_that_they_act_on() {
    let (sandbox, shop, deposit) = waiting(Signature::ValuesPipe, &[]).await;
    let maldopay = &sandbox.maldopay;
    assert!(maldopay.settle(deposit, None).await.is_err(), "nothing was paid yet");
    maldopay.payer_confirms(deposit).await.unwrap();
    assert!(maldopay.payer_confirms(deposit).await.is_err(), "it is decided");
    maldopay.settle(deposit, Some("1.25")).await.unwrap();
    maldopay.refund_by_hand(deposit, Some("5")).await.unwrap();
    maldopay.dispute(deposit).await.unwrap();
    maldopay.dispute_won(deposit).await.unwrap();
    maldopay.charge_back(deposit, None).await.unwrap();
    let callbacks: Vec<_> = shop.received().into_iter().skip(1).collect();
    let events: Vec<_> = callbacks
        .iter()
        .map(|callback| (callback.text("type"), callback.text("result"), callback.text("amount")))
        .collect();
    let expected = [
        ("SETTLEMENT", "CONFIRMED", "50.0"),
        ("REFUND", "CONFIRMED", "5.0"),
        ("DISPUTE", "PENDING", "50.0"),
        ("DISPUTE", "DECLINED", "50.0"),
        ("CHARGEBACK", "CONFIRMED", "50.0"),
    ]
    .map(|(kind, result, amount)| (kind.to_owned(), result.to_owned(), amount.to_owned()));
    assert_eq!(events, expected);
    assert!(callbacks[0].body.contains(r#""fee":1.25"#), "{}", callbacks[0].body);
    assert!(callbacks.iter().all(|callback| callback.text("originalTransactionId") == deposit.to_string()));
    assert!(callbacks.iter().all(|callback| callback.text("referenceOrderId") == "r-1"));
    // A charged-back amount cannot be refunded as well.
    assert_eq!(code(&ask(maldopay, follow("REFUND", deposit, "1.00", "r-1-1")).await), 502);
}

#[tokio::test]
async fn a_payout_waits_until_it_completes() {
    let (sandbox, shop, _) = waiting(Signature::ValuesPipe, &[]).await;
    for (service, expected) in [(2158, 311), (2012, 304), (2091, 311)] {
        let reply = ask(&sandbox.maldopay, start("WITHDRAW", service, "20.00", &format!("p-{service}"))).await;
        assert_eq!(code(&reply), expected);
        assert_eq!(reply.as_ref().unwrap().json().get("redirect"), None);
        sandbox.maldopay.payout_completes(id(&reply)).await.unwrap();
    }
    let events: Vec<_> =
        shop.received().iter().map(|callback| (callback.text("type"), callback.text("result"))).collect();
    assert_eq!(events, vec![("WITHDRAW".to_owned(), "CONFIRMED".to_owned()); 3]);
}

#[tokio::test]
async fn a_test_can_deliver_the_callback_of_an_event_itself() {
    let (sandbox, shop, deposit) = waiting(Signature::ValuesPipe, &[]).await;
    let paid = sandbox.maldopay.happens(deposit, ProviderEvent::ConfirmedWith("20.00".to_owned())).unwrap();
    assert_eq!(sandbox.maldopay.transaction(deposit).unwrap().state, TransactionState::Confirmed);
    assert!(sandbox.maldopay.happens(deposit, ProviderEvent::Canceled).is_err(), "it is decided");
    assert!(shop.received().is_empty());
    let request = sandbox.maldopay.signed(&paid);
    assert!(sandbox.maldopay.callback(paid).await.unwrap().is_accepted());
    assert_eq!(only(&shop).body.as_bytes(), request.body);
    assert!(only(&shop).body.contains("\"amount\":20.00"), "{}", only(&shop).body);
    sandbox.stop().await;
}
