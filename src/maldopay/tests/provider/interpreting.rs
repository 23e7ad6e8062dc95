//! MaldoPay's answers and the events that they are read as.

use serde_json::{Value, json};
use tollbridge_connector::types::{
    Conversion, EventKind, FailedStage, Operation, PaymentEvent,
    ReportedOutcome::{Confirmed, Declined},
};
use tollbridge_domain::EventId;
use tollbridge_maldopay::{InterpretError, interpret};

use crate::{command, money};

fn answer_to(operation: Operation, status: u16, body: &Value) -> Result<PaymentEvent, InterpretError> {
    interpret(&command(operation), status, body.to_string().as_bytes())
}

fn charged(body: &Value) -> PaymentEvent {
    answer_to(Operation::Charge, 200, body).unwrap()
}

/// An answer with this code and these fields next to the transaction.
fn answer(code: impl Into<Value>, beside: Value) -> Value {
    let mut answer = json!({"transaction": {"codeId": code.into(), "transactionId": "987"}});
    for (name, value) in beside.as_object().unwrap() {
        answer[name] = value.clone();
    }
    answer
}

#[test]
fn the_answer_from_the_documentation_is_read_completely() {
    let body = r#"{"transaction": {"codeId": 313, "codeMessage": "Redirect the payer", "serviceId": "2031", "transactionId": "987"},
        "amount": 50.00, "currency": "TRY",
        "conversion": {"converted_amount": 1.45, "converted_rate": "0.029", "converted_to": "EUR"},
        "checksum": "ab", "next_step": "redirect", "redirect": "https://pay.example/987?a=1", "send_sms_link": ""}"#;
    let event = interpret(&command(Operation::Charge), 200, body.as_bytes()).unwrap();
    let expected = PaymentEvent {
        id: event.id.clone(),
        kind: EventKind::Pending,
        reference: "tb1".to_owned(),
        amount: Some(money(5_000, "TRY")),
        fee: None,
        conversion: Some(Conversion {
            original: Some(money(5_000, "TRY")),
            amount: money(145, "EUR"),
            rate: Some("0.029".to_owned()),
        }),
        transaction_id: Some("987".to_owned()),
        original_transaction_id: None,
        method: None,
        occurred_at: None,
        code: Some("313".to_owned()),
        reason: Some("Redirect the payer".to_owned()),
        reason_code: None,
        redirect_url: Some("https://pay.example/987?a=1".to_owned()),
        digest: event.digest.clone(),
        details: Vec::new(),
    };
    assert_eq!(event, expected);
    assert!(EventId::parse(event.id).is_ok());
}

#[test]
fn each_operation_has_its_own_success_and_failure() {
    for (operation, succeeded, failed) in [
        (Operation::Charge, EventKind::Captured, EventKind::Failed(FailedStage::Authorization)),
        (Operation::Authorize, EventKind::Authorized, EventKind::Failed(FailedStage::Authorization)),
        (Operation::Capture, EventKind::Captured, EventKind::Failed(FailedStage::Capture)),
        (Operation::Refund, EventKind::Refunded, EventKind::Failed(FailedStage::Refund)),
        (Operation::Void, EventKind::Canceled, EventKind::Failed(FailedStage::Void)),
        (Operation::Payout, EventKind::PaidOut, EventKind::Failed(FailedStage::Payout)),
        (Operation::Status, EventKind::Reported(Confirmed), EventKind::Reported(Declined)),
    ] {
        for (code, expected) in [(200, succeeded), (304, EventKind::Pending), (400, failed), (500, failed)] {
            let event = answer_to(operation, 200, &answer(code, json!({}))).unwrap();
            assert_eq!(event.kind, expected, "{operation:?} {code}");
            assert_eq!(event.reference, command(operation).reference);
            assert_eq!(event.original_transaction_id, command(operation).original_transaction_id);
        }
        let refused = answer_to(operation, 401, &json!({})).map(|event| event.kind);
        let expected = if operation == Operation::Status { Err(InterpretError::Inconclusive(401)) } else { Ok(failed) };
        assert_eq!(refused, expected, "{operation:?} refused");
    }
}

#[test]
fn the_first_digit_of_a_code_is_its_class_in_every_notation() {
    let failed = EventKind::Failed(FailedStage::Authorization);
    for (code, expected) in [
        (206, EventKind::Captured),
        (311, EventKind::Pending),
        (320_950, EventKind::Pending),
        (3_206_600, EventKind::Pending),
        (2_059_200, EventKind::Captured),
        (491, failed),
        (500, failed),
    ] {
        let number = charged(&answer(code, json!({})));
        let string = charged(&answer(code.to_string(), json!({})));
        assert_eq!(number.kind, expected, "{code}");
        assert_eq!(number.code, Some(code.to_string()));
        assert_eq!(number, PaymentEvent { digest: number.digest.clone(), ..string }, "{code}");
    }
}

#[test]
fn a_code_of_another_class_leaves_the_outcome_open() {
    for code in [json!(0), json!(100), json!(700), json!("x"), json!(-200), json!(2.5), json!([200]), json!(true)] {
        let read = answer_to(Operation::Charge, 200, &answer(code.clone(), json!({})));
        assert!(matches!(read, Err(InterpretError::Unreadable(_))), "{code}");
    }
}

#[test]
fn only_a_web_address_is_a_redirect() {
    for url in ["https://pay.example/1", "http://127.0.0.1:4010/pay?a=%20"] {
        assert_eq!(charged(&answer(313, json!({"redirect": url}))).redirect_url.as_deref(), Some(url));
    }
    let long = format!("https://pay.example/{}", "a".repeat(2_048));
    for redirect in [
        json!("javascript:alert(1)"),
        json!("data:text/html,x"),
        json!("//pay.example"),
        json!("/pay"),
        json!(" https://pay.example"),
        json!("https://pay.example/\r\nSet-Cookie: a=b"),
        json!("https://pay.example/a b"),
        json!("https://ödeme.example"),
        json!(long),
        json!(""),
        json!(null),
        json!(false),
        json!([]),
    ] {
        assert_eq!(charged(&answer(313, json!({"redirect": redirect}))).redirect_url, None, "{redirect}");
    }
}

#[test]
fn a_4xx_without_a_code_is_a_refusal() {
    for (status, body) in [
        (400, ""),
        (401, "<html>no</html>"),
        (403, r#"{"error":"key"}"#),
        (404, "{}"),
        (422, r#"{"transaction":{"codeMessage":"no such service"}}"#),
        (400, r#"{"transaction":{"codeId":null}}"#),
        (400, r#"{"transaction":{"codeId":""}}"#),
    ] {
        let event = interpret(&command(Operation::Charge), status, body.as_bytes()).unwrap();
        assert_eq!(event.kind, EventKind::Failed(FailedStage::Authorization), "{status} {body}");
        assert_eq!(event.code, Some(format!("http-{status}")));
        assert_eq!(event.amount, Some(money(5_000, "TRY")));
        assert_eq!(event.transaction_id, None);
    }
}

#[test]
fn a_refused_status_inquiry_leaves_the_outcome_open() {
    let ask = |status, body: &str| interpret(&command(Operation::Status), status, body.as_bytes());
    for (status, body) in [
        (400, ""),
        (401, "<html>no</html>"),
        (403, r#"{"error":"key"}"#),
        (422, r#"{"transaction":{"codeMessage":"no such service"}}"#),
        (200, r#"{"transaction":{"codeId":491,"codeMessage":"brand has no API credentials"}}"#),
        (401, r#"{"transaction":{"codeId":"491"}}"#),
    ] {
        assert_eq!(ask(status, body), Err(InterpretError::Inconclusive(status)), "{status} {body}");
    }
    let not_found = ask(404, r#"{"transaction":{"codeId":404,"codeMessage":"no such transaction"}}"#).unwrap();
    assert_eq!((not_found.kind, not_found.transaction_id), (EventKind::Reported(Declined), None));
}

#[test]
fn a_4xx_with_a_code_means_what_the_code_says() {
    let event = answer_to(Operation::Charge, 400, &answer(500, json!({}))).unwrap();
    assert_eq!((event.kind, event.code.as_deref()), (EventKind::Failed(FailedStage::Authorization), Some("500")));
    let started = answer_to(Operation::Charge, 409, &answer(313, json!({})));
    assert_eq!(started, Err(InterpretError::Inconclusive(409)));
    let started = answer_to(Operation::Charge, 400, &answer(313, json!({"redirect": false}))).unwrap();
    assert_eq!(started.kind, EventKind::Pending);
}

#[test]
fn a_status_that_may_hide_a_success_is_inconclusive() {
    for status in [0, 100, 199, 300, 302, 304, 408, 409, 425, 429, 499, 500, 502, 503, 504, 599, u16::MAX] {
        for body in ["", r#"{"transaction":{"codeId":500}}"#] {
            let read = interpret(&command(Operation::Charge), status, body.as_bytes());
            assert_eq!(read, Err(InterpretError::Inconclusive(status)), "{body}");
        }
    }
}

#[test]
fn an_unreadable_answer_is_never_a_failure() {
    let codeless = r#"{"transaction":{"transactionId":"987"}}"#;
    let twice = r#"{"transaction":{"codeId":500,"codeId":200}}"#;
    for body in ["", "OK", "[]", "{}", "null", r#"{"transaction":null}"#, codeless, twice, "\u{feff}{}"] {
        let read = interpret(&command(Operation::Charge), 200, body.as_bytes());
        assert!(matches!(read, Err(InterpretError::Unreadable(_))), "{body:?}");
    }
    let not_utf8 = b"{\"transaction\":{\"codeId\":200,\"codeMessage\":\"\xff\"}}";
    let read = interpret(&command(Operation::Charge), 200, not_utf8);
    assert!(matches!(read, Err(InterpretError::Unreadable(_))));
}

#[test]
fn a_list_is_not_an_answer() {
    for body in [json!([{"codeId": 200, "transactionId": 7}]), json!({"transaction": [200, "Approved", 7]})] {
        let read = answer_to(Operation::Charge, 200, &body);
        assert!(matches!(read, Err(InterpretError::Unreadable(_))), "{body}: {read:?}");
    }
}

#[test]
fn the_answers_amount_takes_precedence_over_the_requested_one() {
    let amount = |beside: Value| charged(&answer(200, beside)).amount;
    assert_eq!(amount(json!({"amount": "49.5", "currency": "TRY"})), Some(money(4_950, "TRY")));
    assert_eq!(amount(json!({"amount": 49, "currency": "EUR"})), Some(money(4_900, "EUR")));
    assert_eq!(amount(json!({"amount": "500.00", "currency": "JPY"})), Some(money(500, "JPY")));
    for asked in [json!({}), json!({"amount": null}), json!({"amount": ""}), json!({"amount": 50, "currency": ""})] {
        assert_eq!(amount(asked.clone()), Some(money(5_000, "TRY")), "{asked}");
    }
    for bad in [
        json!({"amount": -1}),
        json!({"amount": 1.999}),
        json!({"amount": "1e-3"}),
        json!({"amount": [50]}),
        json!({"amount": 50, "currency": "lira"}),
        json!({"amount": 50, "currency": 949}),
    ] {
        let read = answer_to(Operation::Charge, 200, &answer(200, bad.clone()));
        assert!(matches!(read, Err(InterpretError::Unreadable(_))), "{bad}");
    }
}

#[test]
fn a_conversion_that_cannot_be_read_does_not_spoil_the_answer() {
    for conversion in [json!(null), json!([]), json!(""), json!({"converted_to": "EUR"})] {
        let event = charged(&answer(200, json!({"conversion": conversion})));
        assert_eq!((event.kind, event.conversion), (EventKind::Captured, None), "{conversion}");
    }
}

#[test]
fn transaction_ids_come_as_numbers_strings_or_not_at_all() {
    let id = |id: Value| {
        answer_to(Operation::Charge, 200, &json!({"transaction": {"codeId": 200, "transactionId": id}}))
            .map(|event| event.transaction_id)
    };
    assert_eq!(id(json!(987)), Ok(Some("987".to_owned())));
    assert_eq!(id(json!("987")), Ok(Some("987".to_owned())));
    for none in [json!(null), json!(""), json!(0), json!("0")] {
        assert_eq!(id(none.clone()), Ok(None), "{none}");
    }
    for bad in [json!("a/b"), json!({"id": 1}), json!("9".repeat(65))] {
        assert!(matches!(id(bad.clone()), Err(InterpretError::Unreadable(_))), "{bad}");
    }
}

#[test]
fn the_message_is_kept_when_it_is_text() {
    let reason = |message: Value| {
        charged(&json!({"transaction": {"codeId": 500, "codeMessage": message}})).reason.unwrap_or_default()
    };
    assert_eq!(reason(json!("ş".repeat(300))), "ş".repeat(255));
    for other in [json!(null), json!(false), json!([]), json!(7)] {
        assert_eq!(reason(other), "");
    }
}

#[test]
fn only_the_same_answer_is_the_same_event() {
    let first = charged(&answer(200, json!({})));
    assert_eq!(charged(&answer("200", json!({"next_step": "none"}))).id, first.id);
    let another_transaction = json!({"transaction": {"codeId": 200, "transactionId": "988"}});
    assert_ne!(charged(&another_transaction).id, first.id);
    assert_ne!(charged(&answer(313, json!({}))).id, first.id);
    let refund = answer_to(Operation::Refund, 200, &answer(200, json!({}))).unwrap();
    assert_ne!(refund.id, first.id, "its reference is another");
}

#[test]
fn the_transaction_may_be_named_at_the_top_level_too() {
    let read = |answer: &str| interpret(&command(Operation::Charge), 200, answer.as_bytes()).unwrap().transaction_id;
    for (answer, expected) in [
        (r#"{"transaction":{"codeId":313},"transactionId":987}"#, Some("987")),
        (r#"{"transaction":{"codeId":313,"transactionId":0},"transactionId":"987"}"#, Some("987")),
        (r#"{"transaction":{"codeId":313,"transactionId":"986"},"transactionId":"987"}"#, Some("986")),
        (r#"{"transaction":{"codeId":313},"transactionId":null}"#, None),
    ] {
        assert_eq!(read(answer).as_deref(), expected, "{answer}");
    }
}

#[test]
fn an_answer_may_have_an_amount_in_another_form_and_a_byte_order_mark() {
    let answer = "\u{feff}{\"transaction\":{\"codeId\":200},\"amount\":\"1.499E2\",\"currency\":\"try\"}";
    let event = interpret(&command(Operation::Charge), 200, answer.as_bytes()).unwrap();
    assert_eq!(event.amount, Some(money(14_990, "TRY")));
}
