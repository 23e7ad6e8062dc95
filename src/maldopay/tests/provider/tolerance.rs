//! Callbacks in other forms than the documented one, and what is known of one that cannot be read.

use serde_json::json;
use tollbridge_connector::types::PaymentEvent;

use crate::{ARRIVAL, CALLBACK, callback, decode, delivery, json, money, site};

fn read(body: impl Into<Vec<u8>>) -> PaymentEvent {
    decode(&json(body), &site()).unwrap()
}

#[test]
fn a_date_in_another_form_is_the_time_of_arrival_and_the_event_stays_the_same() {
    for date in ["20/11/2026", "2026-11-20T10:15:30Z", "tomorrow"] {
        let body = json(callback(json!({"dateUpdated": date})));
        let event = decode(&body, &site()).unwrap();
        assert_eq!((event.occurred_at, event.amount), (Some(ARRIVAL), Some(money(5_000, "TRY"))), "{date}");
        let later = tollbridge_maldopay::decode(&body, &site(), site().provider.signature.into(), ARRIVAL + 1);
        assert_eq!(later.unwrap().id, event.id, "{date}: the same report again is the same event");
        assert_ne!(event.id, read(callback(json!({"dateUpdated": "20/12/2026"}))).id, "{date}");
    }
}

#[test]
fn what_an_unreadable_callback_is_about_is_read_as_far_as_it_can_be() {
    let scheme = site().provider.signature;
    let identity = |body: String| tollbridge_maldopay::identify(&json(body), scheme.into());
    let of = |body: String| {
        let identity = identity(body);
        (identity.reference, identity.transactions)
    };
    let reference = Some("tb1".to_owned());
    let bad = |fields| of(callback(fields));
    assert_eq!(bad(json!({"result": "MAYBE"})), (reference.clone(), vec!["987".to_owned()]));
    let both = json!({"amount": "1,50", "originalTransactionId": "12"});
    assert_eq!(bad(both), (reference.clone(), vec!["987".to_owned(), "12".to_owned()]));
    let neither = json!({"maldoTransactionId": "a b", "originalTransactionId": 0});
    assert_eq!(bad(neither), (reference, vec![]));
    assert_eq!(of("{".to_owned()), (None, vec![]));
    let event = read(CALLBACK);
    assert_eq!(identity(CALLBACK.to_owned()).digest, event.digest);
}

#[test]
fn a_byte_order_mark_and_half_a_surrogate_pair_do_not_make_a_callback_unreadable() {
    let marked = read(format!("\u{feff}{CALLBACK}"));
    assert_eq!(marked.id, read(CALLBACK).id);
    let half = read(callback(json!({"reason": "HALF"})).replace("HALF", "x \\ud83d y"));
    let reason = half.reason.unwrap();
    assert!(reason.starts_with("x \u{fffd}") && reason.ends_with(" y"), "{reason}");
    let pair = read(callback(json!({"reason": "PAIR"})).replace("PAIR", "\\ud83d\\ude00"));
    assert_eq!(pair.reason.as_deref(), Some("\u{1f600}"));
}

#[test]
fn a_body_that_begins_with_a_brace_is_json_whatever_it_is_called() {
    for content_type in ["application/x-www-form-urlencoded", "text/plain", ""] {
        for body in [CALLBACK.to_owned(), format!("\u{feff} {CALLBACK}"), format!("\n{CALLBACK}")] {
            let event = decode(&delivery(&[("content-type", content_type)], body.clone()), &site());
            assert_eq!(event.map(|event| event.id), Ok(read(CALLBACK).id), "{content_type} {body:?}");
        }
    }
}
