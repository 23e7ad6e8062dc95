//! Callbacks and the events that they are read as.

use serde_json::{Value, json};
use tollbridge_connector::types::{
    Conversion, EventKind, FailedStage, PaymentEvent,
    ReportedOutcome::{Canceled, Confirmed, Declined},
};
use tollbridge_domain::EventId;
use tollbridge_maldopay::DecodeError;
use tollbridge_maldopay::assumed::CALLBACK_TYPES;

use crate::{CALLBACK, callback, decode, form, json, money, site, with_checksum};

fn read(body: impl Into<Vec<u8>>) -> PaymentEvent {
    decode(&json(body), &site()).unwrap()
}

fn refused(body: impl Into<Vec<u8>>) -> DecodeError {
    decode(&json(body), &site()).unwrap_err()
}

fn invalid_field(error: DecodeError) -> &'static str {
    match error {
        DecodeError::Invalid { field, .. } => field,
        other @ (DecodeError::Malformed(_) | DecodeError::Missing(_)) => panic!("{other:?}"),
    }
}

#[test]
fn the_callback_from_the_documentation_is_read_completely() {
    let body = with_checksum(CALLBACK, "00");
    let event = read(body.clone());
    let expected = PaymentEvent {
        id: event.id.clone(),
        kind: EventKind::Reported(Confirmed),
        reference: "tb1".to_owned(),
        amount: Some(money(5_000, "TRY")),
        fee: None,
        conversion: None,
        transaction_id: Some("987".to_owned()),
        original_transaction_id: None,
        method: Some("checkout".to_owned()),
        occurred_at: Some(crate::NOW),
        code: Some("200".to_owned()),
        reason: None,
        reason_code: None,
        redirect_url: None,
        digest: event.digest.clone(),
        details: Vec::new(),
    };
    assert_eq!(event, expected);
    assert!(EventId::parse(event.id).is_ok());
    assert_eq!(event.digest, read(body).digest);
    assert_eq!(event.digest.len(), 64);
}

#[test]
fn the_service_is_read_as_the_sites_method_and_does_not_affect_the_event_id() {
    let by = |service: Value| read(callback(json!({"serviceId": service})));
    let named = by(json!("2031"));
    for (service, method) in [
        (json!(2031), Some("checkout")),
        (json!("2012"), Some("bank-withdraw")),
        (json!("9999"), None),
        (json!(""), None),
        (json!("checkout"), None),
        (json!("-1"), None),
        (json!({"id": 2031}), None),
    ] {
        let event = by(service.clone());
        assert_eq!(event.method.as_deref(), method, "{service}");
        assert_eq!(event.id, named.id, "{service}");
    }
}

#[test]
fn every_type_and_result_has_its_meaning() {
    use EventKind::{Captured, DisputeWon, Disputed, Failed, Pending};
    let deposit_failed = Failed(FailedStage::Authorization);
    let table = [
        ("DEPOSIT", Captured, EventKind::Canceled, deposit_failed, Pending),
        ("AUTHORIZE", EventKind::Authorized, EventKind::Canceled, deposit_failed, Pending),
        ("CAPTURE", Captured, Failed(FailedStage::Capture), Failed(FailedStage::Capture), Pending),
        ("VOID", EventKind::Canceled, Failed(FailedStage::Void), Failed(FailedStage::Void), Pending),
        ("REFUND", EventKind::Refunded, Failed(FailedStage::Refund), Failed(FailedStage::Refund), Pending),
        ("SETTLEMENT", EventKind::Settled, Failed(FailedStage::Settlement), Failed(FailedStage::Settlement), Pending),
        ("CHARGEBACK", EventKind::ChargedBack, DisputeWon, DisputeWon, Disputed),
        ("DISPUTE", Disputed, DisputeWon, DisputeWon, Disputed),
        ("WITHDRAW", EventKind::PaidOut, EventKind::Canceled, Failed(FailedStage::Payout), Pending),
        ("PAYOUT", EventKind::PaidOut, EventKind::Canceled, Failed(FailedStage::Payout), Pending),
    ];
    assert_eq!(table.map(|row| row.0), CALLBACK_TYPES, "no type is left untested");
    for (kind, confirmed, canceled, declined, pending) in table {
        for (result, expected) in
            [("CONFIRMED", confirmed), ("CANCELED", canceled), ("DECLINED", declined), ("PENDING", pending)]
        {
            let event = read(callback(json!({"type": kind, "result": result})));
            assert_eq!(event.kind, expected, "{kind} {result}");
        }
    }
}

#[test]
fn a_callback_without_a_type_reports_on_the_operation_that_its_reference_names() {
    for (result, expected) in [
        ("CONFIRMED", EventKind::Reported(Confirmed)),
        ("CANCELED", EventKind::Reported(Canceled)),
        ("DECLINED", EventKind::Reported(Declined)),
        ("PENDING", EventKind::Pending),
    ] {
        assert_eq!(read(callback(json!({"result": result}))).kind, expected, "{result}");
        assert_eq!(read(callback(json!({"result": result, "type": ""}))).kind, expected, "{result}");
    }
}

#[test]
fn an_unknown_type_or_result_is_refused() {
    assert_eq!(invalid_field(refused(callback(json!({"type": "TOPUP"})))), "type");
    assert_eq!(invalid_field(refused(callback(json!({"type": "deposit"})))), "type");
    assert_eq!(invalid_field(refused(callback(json!({"result": "MAYBE"})))), "result");
    assert_eq!(invalid_field(refused(callback(json!({"result": "confirmed"})))), "result");
}

#[test]
fn without_a_result_the_code_decides() {
    for (code, expected) in [
        (json!(200), EventKind::Captured),
        (json!("320950"), EventKind::Pending),
        (json!(491), EventKind::Failed(FailedStage::Authorization)),
        (json!("500"), EventKind::Failed(FailedStage::Authorization)),
    ] {
        let event = read(callback(json!({"result": null, "type": "DEPOSIT", "codeId": code})));
        assert_eq!(event.kind, expected, "{code}");
    }
    for code in [json!(null), json!("x"), json!(700), json!(0)] {
        let error = refused(callback(json!({"result": null, "codeId": code})));
        assert_eq!(error, DecodeError::Missing("result"), "{code}");
    }
}

#[test]
fn the_currency_may_be_called_currency() {
    let old = callback(json!({"currencyCode": null, "currency": "TRY"}));
    assert_eq!(read(old).amount, Some(money(5_000, "TRY")));
    let both = callback(json!({"currencyCode": "EUR", "currency": "TRY"}));
    assert_eq!(read(both).amount, Some(money(5_000, "EUR")), "currencyCode is the documented one");
    let neither = callback(json!({"currencyCode": null}));
    assert_eq!(refused(neither), DecodeError::Missing("currencyCode"));
    assert_eq!(invalid_field(refused(callback(json!({"currencyCode": "XXX"})))), "currencyCode");
    assert_eq!(invalid_field(refused(callback(json!({"currencyCode": null, "currency": "lira"})))), "currency");
}

#[test]
fn ids_and_codes_are_the_same_as_numbers_and_as_strings() {
    let strings = read(callback(json!({"maldoTransactionId": "987", "originalTransactionId": "12", "codeId": "200"})));
    let numbers = read(callback(json!({"maldoTransactionId": 987, "originalTransactionId": 12, "codeId": 200})));
    assert_eq!(numbers.transaction_id.as_deref(), Some("987"));
    assert_eq!(numbers.original_transaction_id.as_deref(), Some("12"));
    assert_eq!(numbers.code.as_deref(), Some("200"));
    assert_eq!(numbers, PaymentEvent { digest: numbers.digest.clone(), ..strings });
}

#[test]
fn a_zero_or_null_is_not_a_transaction_id() {
    for none in [json!(0), json!("0"), json!(""), json!(null), json!("null")] {
        let event = read(callback(json!({"maldoTransactionId": none, "originalTransactionId": none})));
        assert_eq!((event.transaction_id, event.original_transaction_id), (None, None), "{none}");
        let nameless = callback(json!({"referenceOrderId": "", "maldoTransactionId": none}));
        assert_eq!(refused(nameless), DecodeError::Missing("referenceOrderId"), "{none}");
    }
}

#[test]
fn an_id_that_a_store_key_cannot_contain_is_refused() {
    for id in ["a/b", "a b", "ş", &"9".repeat(65)] {
        assert_eq!(invalid_field(refused(callback(json!({"maldoTransactionId": id})))), "maldoTransactionId");
        assert_eq!(invalid_field(refused(callback(json!({"originalTransactionId": id})))), "originalTransactionId");
    }
}

#[test]
fn the_time_is_utc_unless_the_site_says_otherwise() {
    assert_eq!(read(CALLBACK).occurred_at, Some(crate::NOW));
    let mut istanbul = site();
    istanbul.provider.utc_offset_seconds = 3 * 3600;
    let event = decode(&json(CALLBACK), &istanbul).unwrap();
    assert_eq!(event.occurred_at, Some(crate::NOW - 3 * 3_600_000));
    assert_eq!(read(callback(json!({"dateUpdated": null}))).occurred_at, None);
}

#[test]
fn the_time_may_be_that_of_a_zone_with_summer_time() {
    let mut berlin = site();
    berlin.provider.time_zone = Some("CET-1CEST,M3.5.0,M10.5.0/3".to_owned());
    berlin.provider.utc_offset_seconds = 7;
    for (clock, ahead) in [("2026-11-20 10:15:30", 3_600_000), ("2026-07-20 10:15:30", 7_200_000)] {
        let body = callback(json!({"dateUpdated": clock}));
        let utc = read(body.clone()).occurred_at.unwrap();
        assert_eq!(decode(&json(body), &berlin).unwrap().occurred_at, Some(utc - ahead), "{clock}");
    }
    berlin.provider.time_zone = Some("Europe/Berlin".to_owned());
    assert_eq!(invalid_field(decode(&json(CALLBACK), &berlin).unwrap_err()), "time-zone");
}

#[test]
fn another_time_zone_does_not_change_the_event_id() {
    let utc = read(CALLBACK);
    let mut elsewhere = site();
    elsewhere.provider.utc_offset_seconds = 3 * 3600;
    let with_offset = decode(&json(CALLBACK), &elsewhere).unwrap();
    elsewhere.provider.time_zone = Some("CET-1CEST,M3.5.0,M10.5.0/3".to_owned());
    let in_zone = decode(&json(CALLBACK), &elsewhere).unwrap();
    assert_eq!((&with_offset.id, &in_zone.id), (&utc.id, &utc.id));
    assert!(with_offset.occurred_at != utc.occurred_at && in_zone.occurred_at != utc.occurred_at);
    // The id from before time zones were supported, so that callbacks keep their ids across an upgrade.
    assert_eq!(utc.id, "ev747edbb911fdb3abf0d1f7ecdc");
}

#[test]
fn amounts_have_the_decimals_of_their_currency() {
    for (text, currency, units) in [
        ("50", "TRY", 5_000),
        ("50.5", "TRY", 5_050),
        ("500", "JPY", 500),
        ("500.00", "JPY", 500),
        ("1.250", "KWD", 1_250),
        ("1.2", "KWD", 1_200),
        ("1.499E2", "TRY", 14_990),
        ("5e1", "TRY", 5_000),
        ("1.499e+2", "try", 14_990),
    ] {
        for written in [text.to_owned(), format!("\"{text}\"")] {
            let body = format!(
                r#"{{"referenceOrderId":"tb1","result":"CONFIRMED","amount":{written},"currencyCode":"{currency}"}}"#
            );
            let expected = money(units, &currency.to_uppercase());
            assert_eq!(read(body).amount, Some(expected), "{written} {currency}");
        }
    }
    for (text, currency) in [("500.5", "JPY"), ("1.999", "TRY"), ("1.2345", "KWD"), ("-1", "TRY"), ("5e-4", "TRY")] {
        let body =
            format!(r#"{{"referenceOrderId":"tb1","result":"CONFIRMED","amount":{text},"currencyCode":"{currency}"}}"#);
        assert_eq!(invalid_field(refused(body)), "amount", "{text} {currency}");
    }
}

#[test]
fn the_same_callback_is_the_same_event_as_json_as_a_form_and_repeated() {
    let first = read(CALLBACK);
    let rewritten = read(callback(json!({"amount": "50.0", "codeId": "200", "checksum": "ab", "serviceId": 2031})));
    let form = decode(
        &form(&[
            ("amount", "50.00"),
            ("currencyCode", "TRY"),
            ("result", "CONFIRMED"),
            ("codeId", "200"),
            ("serviceId", "2031"),
            ("referenceOrderId", "tb1"),
            ("maldoTransactionId", "987"),
            ("dateUpdated", "2026-11-20 10:15:30"),
        ]),
        &site(),
    )
    .unwrap();
    assert_eq!(read(CALLBACK).id, first.id);
    assert_eq!(rewritten.id, first.id);
    assert_eq!(form.id, first.id);
    assert_eq!(form, PaymentEvent { digest: form.digest.clone(), ..first });
}

#[test]
fn a_different_callback_is_a_different_event() {
    let mut ids = vec![read(CALLBACK).id];
    for change in [
        json!({"result": "PENDING"}),
        json!({"type": "DEPOSIT"}),
        json!({"type": "REFUND"}),
        json!({"codeId": 206}),
        json!({"referenceOrderId": "tb1-4"}),
        json!({"referenceOrderId": null}),
        json!({"maldoTransactionId": "988"}),
        json!({"maldoTransactionId": null}),
        json!({"originalTransactionId": "987"}),
        json!({"maldoTransactionId": null, "originalTransactionId": "987"}),
        json!({"amount": 49}),
        json!({"currencyCode": "EUR"}),
        json!({"amount": null}),
        json!({"dateUpdated": "2026-11-20 10:15:31"}),
    ] {
        ids.push(read(callback(change)).id);
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn a_callback_needs_a_reference_or_a_transaction_id() {
    let event = read(callback(json!({"referenceOrderId": null})));
    assert_eq!((event.reference.as_str(), event.transaction_id.as_deref()), ("", Some("987")));
    let nameless = callback(json!({"referenceOrderId": null, "maldoTransactionId": null}));
    assert_eq!(refused(nameless), DecodeError::Missing("referenceOrderId"));
}

#[test]
fn a_conversion_is_read_or_left_out_if_unreadable() {
    let written = |conversion: Value| read(callback(json!({"conversion": conversion}))).conversion;
    let original = Some(money(5_000, "TRY"));
    let rate = Some("0.029".to_owned());
    let expected = Some(Conversion { original: original.clone(), amount: money(145, "EUR"), rate });
    let good = json!({"converted_amount": 1.45, "converted_rate": "0.029", "converted_to": "EUR"});
    assert_eq!(written(good.clone()), expected);
    assert_eq!(written(json!({"converted_amount": "1.45", "converted_rate": 0.029, "converted_to": "EUR"})), expected);
    for (name, value) in
        [("converted_amount", json!("a lot")), ("converted_to", json!("BTC")), ("converted_to", json!(null))]
    {
        let mut bad = good.clone();
        bad[name] = value;
        assert_eq!(written(bad.clone()), None, "{bad}");
    }
    assert_eq!(written(json!([])), None);
    assert_eq!(written(json!("")), None);
    for rate in [json!(""), json!("1.2.3"), json!("."), json!("-1"), json!("9".repeat(33)), json!(null)] {
        let mut without_rate = good.clone();
        without_rate["converted_rate"] = rate;
        let kept = Some(Conversion { original: original.clone(), amount: money(145, "EUR"), rate: None });
        assert_eq!(written(without_rate.clone()), kept, "{without_rate}");
    }
    let mut without_rate = good.clone();
    without_rate.as_object_mut().unwrap().remove("converted_rate");
    assert_eq!(written(without_rate).unwrap().rate, None);
    let without_amount = callback(json!({"conversion": good, "amount": null}));
    assert_eq!(read(without_amount).conversion.map(|conversion| conversion.original), Some(None));
}

#[test]
fn reasons_are_kept_and_cut_to_255_characters() {
    let event = read(callback(json!({"reason": "ş".repeat(300), "reasonCode": 4853})));
    assert_eq!(event.reason, Some("ş".repeat(255)));
    assert_eq!(event.reason_code.as_deref(), Some("4853"));
}

#[test]
fn a_body_that_is_neither_an_object_nor_a_form_is_malformed() {
    for body in ["", "null", "[]", "\"x\"", "{", "{}x", r#"{"a":1,"a":2}"#, "result=CONFIRMED"] {
        assert!(matches!(refused(body), DecodeError::Malformed(_)), "{body:?}");
    }
}
