//! What MaldoPay accepts, refuses and recognises.

use serde_json::json;

use super::*;
use crate::testing::{Shop, sandbox};
use crate::{Behaviour, Signature, TransactionState};

#[tokio::test]
async fn a_wrong_checksum_is_refused_and_creates_nothing() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let json = json!({ "transaction": { "clientId": 81_433, "request": start("DEPOSIT", 2031, "50.00", "r-1"), "user": user() } });
    let reply = post(&sandbox.maldopay, &json.to_string(), "another key").await;
    assert_eq!(code(&reply), 401);
    assert!(sandbox.maldopay.transactions().is_empty());
    assert_eq!(code(&post(&sandbox.maldopay, &json.to_string(), KEY).await), 313);
    assert_eq!(sandbox.maldopay.transactions().len(), 1);
}

#[tokio::test]
async fn an_unknown_api_key_and_another_version_are_refused() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let url = format!("{}transactions/", sandbox.maldopay.url());
    let reply = send("POST", &url, &[ACCEPT], "json={}&apiKey=guess&checksum=0").await;
    assert_eq!(code(&reply), 491);
    let reply = send("POST", &url, &[("accept", "application/json")], "json={}&apiKey=api-key").await;
    assert_eq!(code(&reply), 406);
}

#[tokio::test]
async fn an_unreadable_request_fails_without_a_panic() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    for json in [
        "",
        "{}",
        "[]",
        "{\"transaction\":null}",
        "{\"transaction\":{\"clientId\":1,\"request\":{\"type\":\"DEPOSIT\"}}}",
        "{\"transaction\":{\"clientId\":\"81433\",\"request\":{\"type\":\"\\u0000\"}}}",
    ] {
        assert_eq!(code(&post(&sandbox.maldopay, json, KEY).await), 400, "{json}");
    }
    for (field, value) in [
        ("amount", json!("1.999")),
        ("amount", json!(-5)),
        ("amount", json!("0")),
        ("amount", json!({ "a": 1 })),
        ("currencyCode", json!("ZZZ")),
        ("serviceId", json!(2158)),
        ("serviceId", json!("x")),
        ("referenceOrderId", json!("")),
        ("type", json!("CHARGEBACK")),
    ] {
        let mut request = start("DEPOSIT", 2031, "50.00", "r-1");
        request[field] = value.clone();
        assert_eq!(code(&ask(&sandbox.maldopay, request).await), 400, "{field} {value}");
    }
    assert!(sandbox.maldopay.transactions().is_empty());
}

#[tokio::test]
async fn a_deposit_answers_as_its_service_does_and_keeps_the_decimals() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    for (service, expected, redirects) in [(2031, 313, true), (2157, 311, true), (2006, 301, false), (2116, 200, false)]
    {
        let request = start("DEPOSIT", service, "50.00", &format!("r-{service}"));
        let reply = ask(&sandbox.maldopay, request).await;
        assert_eq!(code(&reply), expected);
        let reply = reply.unwrap();
        assert_eq!(reply.json().get("redirect").is_some(), redirects, "{service}");
        assert!(reply.body.contains(r#""amount":50.00,"#), "{}", reply.body);
    }
}

#[tokio::test]
async fn a_method_requires_its_user_fields_and_answers_with_the_users_data() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let begin = |reference: &str| start("DEPOSIT", 2157, "50.00", reference);
    for missing in ["playerId", "firstName", "lastName", "emailAddress"] {
        let mut user = user();
        user.as_object_mut().unwrap().remove(missing);
        let reply = ask_for(&sandbox.maldopay, begin("r-1"), user).await;
        assert_eq!(code(&reply), 400);
        assert!(reply.unwrap().body.contains(&format!("user.{missing} is required")), "{missing}");
    }
    assert!(sandbox.maldopay.transactions().is_empty());
    let reply = ask(&sandbox.maldopay, begin("r-1")).await.unwrap();
    assert_eq!(reply.json()["user"], json!({ "playerId": "c-1", "status": "VERIFIED" }));
    let other = ask(&sandbox.maldopay, start("DEPOSIT", 2031, "50.00", "r-2")).await.unwrap();
    assert_eq!(other.json().get("user"), None);
}

#[tokio::test]
async fn ids_are_sequential_and_come_as_numbers_and_as_strings() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let first = ask(&sandbox.maldopay, start("DEPOSIT", 2031, "50.00", "r-1")).await.unwrap();
    let second = ask(&sandbox.maldopay, start("DEPOSIT", 2031, "50.00", "r-2")).await.unwrap();
    assert_eq!(first.json()["transaction"]["transactionId"], json!(700_001));
    assert_eq!(second.json()["transaction"]["transactionId"], json!("700002"));
}

#[tokio::test]
async fn a_repeated_reference_answers_with_the_first_transaction() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let first = ask(&sandbox.maldopay, start("DEPOSIT", 2031, "50.00", "r-1")).await;
    let again = ask(&sandbox.maldopay, start("DEPOSIT", 2031, "50.0", "r-1")).await;
    assert_eq!(id(&first), id(&again));
    assert_eq!(code(&ask(&sandbox.maldopay, start("DEPOSIT", 2031, "51.00", "r-1")).await), 409);
    assert_eq!(sandbox.maldopay.transactions().len(), 1);
}

#[tokio::test]
async fn refunds_do_not_exceed_the_captured_amount() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let maldopay = &sandbox.maldopay;
    let deposit = id(&ask(maldopay, start("DEPOSIT", 2031, "100.09", "r-1")).await);
    assert_eq!(code(&ask(maldopay, follow("REFUND", deposit, "60.00", "r-1-1")).await), 200);
    assert_eq!(code(&ask(maldopay, follow("REFUND", deposit, "40.10", "r-1-2")).await), 502);
    assert_eq!(code(&ask(maldopay, follow("REFUND", deposit, "40.09", "r-1-3")).await), 200);
    // A repetition is not another refund.
    assert_eq!(code(&ask(maldopay, follow("REFUND", deposit, "40.09", "r-1-3")).await), 200);
    let mut euros = follow("REFUND", deposit, "0.01", "r-1-4");
    euros["currencyCode"] = json!("EUR");
    assert_eq!(code(&ask(maldopay, euros).await), 502);
    assert_eq!(maldopay.transactions().len(), 3);
}

#[tokio::test]
async fn a_refund_of_an_unpaid_deposit_is_declined() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let deposit = id(&ask(&sandbox.maldopay, start("DEPOSIT", 2031, "50.00", "r-1")).await);
    assert_eq!(code(&ask(&sandbox.maldopay, follow("REFUND", deposit, "1.00", "r-1-1")).await), 502);
    assert_eq!(code(&ask(&sandbox.maldopay, follow("REFUND", 1, "1.00", "r-1-2")).await), 404);
}

#[tokio::test]
async fn an_authorization_is_captured_in_parts_and_the_rest_released() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let maldopay = &sandbox.maldopay;
    let reserved = ask(maldopay, start("AUTHORIZE", 2006, "100.00", "r-1")).await;
    assert_eq!(code(&reserved), 200);
    let reserved = id(&reserved);
    let captured = ask(maldopay, follow("CAPTURE", reserved, "70.00", "r-1-1")).await;
    assert_eq!(code(&captured), 200);
    assert_eq!(code(&ask(maldopay, follow("CAPTURE", reserved, "30.01", "r-1-2")).await), 502);
    assert_eq!(code(&ask(maldopay, follow("REFUND", id(&captured), "70.01", "r-1-3")).await), 502);
    let void = json!({ "type": "VOID", "originalTransactionId": reserved, "referenceOrderId": "r-1-4" });
    let void = ask(maldopay, void).await;
    assert_eq!(code(&void), 200);
    assert_eq!(maldopay.transaction(id(&void)).unwrap().amount.to_string(), "30.00");
    assert_eq!(code(&ask(maldopay, follow("CAPTURE", reserved, "1.00", "r-1-5")).await), 502);
}

#[tokio::test]
async fn an_authorization_with_a_redirect_waits_for_the_payer() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let shop = Shop::open(&[]).await;
    sandbox.maldopay.set_callback_url(&shop.url);
    let reserved = ask(&sandbox.maldopay, start("AUTHORIZE", 2031, "100.00", "r-1")).await;
    assert_eq!(code(&reserved), 313);
    assert_eq!(code(&ask(&sandbox.maldopay, follow("CAPTURE", id(&reserved), "1.00", "r-1-1")).await), 502);
    assert!(sandbox.maldopay.payer_confirms(id(&reserved)).await.unwrap().is_accepted());
    assert_eq!(code(&ask(&sandbox.maldopay, follow("CAPTURE", id(&reserved), "1.00", "r-1-1")).await), 200);
}

#[tokio::test]
async fn a_status_is_found_by_reference_and_by_id() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let maldopay = &sandbox.maldopay;
    assert_eq!(code(&ask(maldopay, status_of("r-1")).await), 404);
    let deposit = id(&ask(maldopay, start("DEPOSIT", 2031, "50.00", "r-1")).await);
    assert_eq!(code(&ask(maldopay, status_of("r-1")).await), 313);
    // No callback URL is set, but the books change all the same.
    assert!(maldopay.payer_declines(deposit).await.is_err());
    let by_id = json!({ "type": "STATUS", "originalTransactionId": deposit.to_string() });
    assert_eq!(code(&ask(maldopay, by_id).await), 500);
}

#[tokio::test]
async fn overrides_decide_how_a_call_is_answered() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let maldopay = &sandbox.maldopay;
    for (number, (behaviour, expected)) in
        [(Behaviour::Approve, 200), (Behaviour::Pending, 313), (Behaviour::Decline, 500), (Behaviour::Fail, 400)]
            .into_iter()
            .enumerate()
    {
        maldopay.answer_next(behaviour);
        let request = start("DEPOSIT", 2031, "50.00", &format!("r-{number}"));
        assert_eq!(code(&ask(maldopay, request).await), expected, "{behaviour:?}");
    }
    maldopay.answer_next(Behaviour::Http500);
    assert_eq!(ask(maldopay, start("DEPOSIT", 2031, "50.00", "r-5")).await.unwrap().status, 500);
    maldopay.answer(Behaviour::NotArrived);
    assert!(ask(maldopay, start("DEPOSIT", 2031, "50.00", "r-6")).await.is_none());
    assert!(ask(maldopay, status_of("r-6")).await.is_none());
    maldopay.answer_as_usual();
    for absent in ["r-5", "r-6"] {
        assert_eq!(code(&ask(maldopay, status_of(absent)).await), 404, "{absent}");
    }
    maldopay.answer_next(Behaviour::NoAnswer);
    assert!(ask(maldopay, start("DEPOSIT", 2031, "50.00", "r-7")).await.is_none());
    assert_eq!(maldopay.find("r-7").unwrap().state, TransactionState::Pending);
}

#[tokio::test]
async fn calls_are_noted_with_their_headers() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let json = json!({ "transaction": { "request": start("DEPOSIT", 2031, "50.00", "r-1") } }).to_string();
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("json", &json).finish();
    let url = format!("{}sandbox/transactions/", sandbox.maldopay.url());
    send("POST", &url, &[("traceparent", "00-1-1-01"), ("X-Correlation-Id", "c-1")], body).await;
    let calls = sandbox.maldopay.calls();
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!((call.kind.as_str(), call.reference.as_str(), call.amount.as_str()), ("DEPOSIT", "r-1", "50.00"));
    assert_eq!(call.headers["traceparent"], "00-1-1-01");
    assert_eq!(call.headers["x-correlation-id"], "c-1");
    assert_eq!(call.form, [("json".to_owned(), json)]);
}

#[tokio::test]
async fn calls_can_be_answered_at_random_and_are_counted() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let maldopay = &sandbox.maldopay;
    maldopay.answer_randomly(1, 100, &[Behaviour::NotArrived]);
    assert!(ask(maldopay, start("DEPOSIT", 2031, "50.00", "r-1")).await.is_none());
    assert!(maldopay.transactions().is_empty());
    maldopay.answer_randomly(1, 100, &[Behaviour::NoAnswer]);
    assert!(ask(maldopay, start("DEPOSIT", 2031, "50.00", "r-1")).await.is_none());
    assert_eq!(maldopay.transactions().len(), 1);
    maldopay.answer_as_usual();
    assert_eq!(code(&ask(maldopay, status_of("r-1")).await), 313);
    assert_eq!(maldopay.answered_randomly(), [(Behaviour::NotArrived, 1), (Behaviour::NoAnswer, 1)]);
    assert_eq!(*maldopay.arrivals().borrow(), 3);
    sandbox.stop().await;
}
