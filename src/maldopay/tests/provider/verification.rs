//! The deliveries that each of the three schemes accepts.

use base64ct::{Base64, Encoding as _};
use tollbridge_connector::types::{Delivery, SignatureScheme};
use tollbridge_maldopay::{Rejection, SignedNumbers, Signing, verify};

use crate::{CALLBACK, CALLBACK_VALUES, KEY, NOW, delivery, form, hex_hmac, hmac, json, keys, with_checksum};

/// Made with `openssl dgst -sha256 -hmac 'current key'`, not with the code under test.
const VALUES_CHECKSUM: &str = "bd91ec8d972e97cd0e13a764c1644fba3dffe491616d291be39a40579fe2cb04";
const BODY: &str = r#"{"result":"CONFIRMED"}"#;
const BODY_SIGNATURE: &str = "aa7feddcf8b370f073bf10f6c5e860050949e1506e6190bc94aba0db59f867fb";
/// Over `msg_1.1795169730.` and the body.
const WEBHOOK_SIGNATURE: &str = "v1,oTlOdAYwJEUkIIGmRSTfnEPU+plPfcbXrSZaxjlxL8s=";

fn values(delivery: &Delivery, with: &[&str]) -> Result<(), Rejection> {
    verify(delivery, SignatureScheme::ValuesPipe.into(), &keys(with), NOW)
}

fn body(signature: &str, with: &[&str]) -> Result<(), Rejection> {
    verify(&delivery(&[("X-Maldo-Signature", signature)], BODY), SignatureScheme::Body.into(), &keys(with), NOW)
}

fn webhook(timestamp: &str, signature: &str, with: &[&str], now: i64) -> Result<(), Rejection> {
    let headers = [("Webhook-Id", "msg_1"), ("Webhook-Timestamp", timestamp), ("Webhook-Signature", signature)];
    verify(&delivery(&headers, BODY), SignatureScheme::StandardWebhooks.into(), &keys(with), now)
}

fn signed(object: &str, message: &str) -> Delivery {
    json(with_checksum(object, &hex_hmac(KEY, message)))
}

#[test]
fn each_scheme_accepts_what_openssl_signed() {
    assert_eq!(values(&json(with_checksum(CALLBACK, VALUES_CHECKSUM)), &[KEY]), Ok(()));
    assert_eq!(body(BODY_SIGNATURE, &[KEY]), Ok(()));
    assert_eq!(webhook("1795169730", WEBHOOK_SIGNATURE, &[KEY], NOW), Ok(()));
}

#[test]
fn both_keys_are_accepted_during_a_rotation() {
    let with = ["next key", KEY];
    assert_eq!(values(&json(with_checksum(CALLBACK, VALUES_CHECKSUM)), &with), Ok(()));
    assert_eq!(body(BODY_SIGNATURE, &with), Ok(()));
    assert_eq!(webhook("1795169730", WEBHOOK_SIGNATURE, &with, NOW), Ok(()));
}

#[test]
fn a_removed_key_is_refused() {
    for with in [["next key"].as_slice(), &[]] {
        assert_eq!(values(&json(with_checksum(CALLBACK, VALUES_CHECKSUM)), with), Err(Rejection::Mismatch));
        assert_eq!(body(BODY_SIGNATURE, with), Err(Rejection::Mismatch));
        assert_eq!(webhook("1795169730", WEBHOOK_SIGNATURE, with, NOW), Err(Rejection::Mismatch));
    }
}

#[test]
fn an_empty_key_is_never_accepted() {
    let unkeyed = json(with_checksum(CALLBACK, &hex_hmac("", CALLBACK_VALUES)));
    assert_eq!(values(&unkeyed, &["", KEY]), Err(Rejection::Mismatch));
    assert_eq!(body(&hex_hmac("", BODY), &["", KEY]), Err(Rejection::Mismatch));
    let unkeyed = webhook_signature(b"");
    for empty in ["", "whsec_", "whsec_not base64", "whsec_AA"] {
        assert_eq!(webhook("1795169730", &unkeyed, &[empty], NOW), Err(Rejection::Mismatch), "{empty:?}");
    }
}

#[test]
fn the_checksum_of_another_delivery_is_refused() {
    assert_eq!(
        values(&json(with_checksum(&CALLBACK.replace("tb1", "tb2"), VALUES_CHECKSUM)), &[KEY]),
        Err(Rejection::Mismatch)
    );
    assert_eq!(body(VALUES_CHECKSUM, &[KEY]), Err(Rejection::Mismatch));
}

#[test]
fn a_missing_header_or_field_is_named() {
    assert_eq!(values(&json(CALLBACK), &[KEY]), Err(Rejection::Missing("checksum")));
    assert_eq!(values(&json(with_checksum(CALLBACK, "")), &[KEY]), Err(Rejection::Missing("checksum")));
    assert_eq!(values(&json(r#"{"checksum":{"a":1}}"#), &[KEY]), Err(Rejection::Missing("checksum")));
    let unsigned = json(CALLBACK);
    let by = |scheme: SignatureScheme| verify(&unsigned, scheme.into(), &keys(&[KEY]), NOW);
    assert_eq!(by(SignatureScheme::Body), Err(Rejection::Missing("x-maldo-signature")));
    assert_eq!(by(SignatureScheme::StandardWebhooks), Err(Rejection::Missing("webhook-id")));
    for missing in ["webhook-timestamp", "webhook-signature"] {
        let all = [("webhook-id", "1"), ("webhook-timestamp", "1795169730"), ("webhook-signature", WEBHOOK_SIGNATURE)];
        let rest: Vec<_> = all.into_iter().filter(|(name, _)| *name != missing).collect();
        let verdict = verify(&delivery(&rest, BODY), SignatureScheme::StandardWebhooks.into(), &keys(&[KEY]), NOW);
        assert_eq!(verdict, Err(Rejection::Missing(missing)));
    }
}

#[test]
fn a_signature_is_valid_under_its_own_scheme_only() {
    let checksum_in_body = json(with_checksum(CALLBACK, VALUES_CHECKSUM));
    assert_eq!(
        verify(&checksum_in_body, SignatureScheme::Body.into(), &keys(&[KEY]), NOW),
        Err(Rejection::Missing("x-maldo-signature"))
    );
    let signed_body = delivery(&[("x-maldo-signature", &hex_hmac(KEY, CALLBACK))], CALLBACK);
    assert_eq!(values(&signed_body, &[KEY]), Err(Rejection::Missing("checksum")));
}

#[test]
fn a_checksum_that_is_not_64_hex_digits_is_malformed() {
    let short = &VALUES_CHECKSUM[..62];
    let long = format!("{VALUES_CHECKSUM}00");
    for hex in ["zz", "0", short, &long, &VALUES_CHECKSUM.replace('b', "g"), "ffffffff\u{20ac}"] {
        assert!(matches!(values(&json(with_checksum(CALLBACK, hex)), &[KEY]), Err(Rejection::Malformed(_))), "{hex:?}");
        assert!(matches!(body(hex, &[KEY]), Err(Rejection::Malformed(_))), "{hex:?}");
    }
}

#[test]
fn upper_case_hex_is_the_same_checksum() {
    let upper = VALUES_CHECKSUM.to_ascii_uppercase();
    assert_eq!(values(&json(with_checksum(CALLBACK, &upper)), &[KEY]), Ok(()));
    assert_eq!(body(&BODY_SIGNATURE.to_ascii_uppercase(), &[KEY]), Ok(()));
}

#[test]
fn a_number_enters_the_checksum_with_its_original_text() {
    let shortened = CALLBACK_VALUES.replace("50.00", "50");
    assert_eq!(values(&signed(CALLBACK, &shortened), &[KEY]), Err(Rejection::Mismatch), "50.00 stays 50.00");
    assert_eq!(values(&signed(&CALLBACK.replace("50.00", "50"), &shortened), &[KEY]), Ok(()));
    let exact = "123456789012345678901234567890.10";
    assert_eq!(values(&signed(&format!(r#"{{"amount":{exact}}}"#), exact), &[KEY]), Ok(()), "no float in between");
}

#[test]
fn null_enters_the_checksum_as_empty_text_and_a_boolean_as_its_original_text() {
    assert_eq!(values(&signed(r#"{"a":null,"b":true,"c":"","d":false}"#, "|true||false"), &[KEY]), Ok(()));
}

#[test]
fn text_enters_the_checksum_without_its_escapes() {
    assert_eq!(values(&signed(r#"{"a":"\u0130zmir","b":"https:\/\/x\"y"}"#, "İzmir|https://x\"y"), &[KEY]), Ok(()));
}

#[test]
fn the_order_sent_is_the_order_signed() {
    assert_eq!(values(&signed(r#"{"b":"2","a":"1"}"#, "2|1"), &[KEY]), Ok(()));
    assert_eq!(values(&signed(r#"{"a":"1","b":"2"}"#, "2|1"), &[KEY]), Err(Rejection::Mismatch));
}

#[test]
fn the_checksum_may_be_at_any_position_and_does_not_cover_itself() {
    let checksum = hex_hmac(KEY, "1|2");
    for at in [
        format!(r#"{{"checksum":"{checksum}","a":1,"b":2}}"#),
        format!(r#"{{"a":1,"checksum":"{checksum}","b":2}}"#),
        format!(r#" {{ "a" : 1 , "b" : 2 , "checksum" : "{checksum}" }} "#),
    ] {
        assert_eq!(values(&json(at.clone()), &[KEY]), Ok(()), "{at}");
    }
}

#[test]
fn a_nested_conversion_is_left_out_of_the_checksum() {
    let nested = r#"{"result":"CONFIRMED","conversion":{"converted_amount":1.45},"list":[1,2],"codeId":200}"#;
    assert_eq!(values(&signed(nested, "CONFIRMED|200"), &[KEY]), Ok(()));
}

#[test]
fn a_form_is_signed_by_its_decoded_values() {
    let checksum = hex_hmac(KEY, "CONFIRMED|50.00|Ada & Yılmaz+1|");
    let fields = |reason| {
        form(&[
            ("result", "CONFIRMED"),
            ("amount", "50.00"),
            ("conversion[converted_amount]", "1.45"),
            ("reason", reason),
            ("empty", ""),
            ("checksum", &checksum),
        ])
    };
    assert_eq!(values(&fields("Ada & Yılmaz+1"), &[KEY]), Ok(()));
    assert_eq!(values(&fields("Ada & Yılmaz+2"), &[KEY]), Err(Rejection::Mismatch));
}

#[test]
fn a_repeated_field_is_refused_even_if_signed() {
    let twice = signed(r#"{"amount":50.00,"amount":5.00}"#, "50.00|5.00");
    assert!(matches!(values(&twice, &[KEY]), Err(Rejection::Malformed(_))));
    let escaped = signed(r#"{"amount":50.00,"\u0061mount":5.00}"#, "50.00|5.00");
    assert!(matches!(values(&escaped, &[KEY]), Err(Rejection::Malformed(_))));
    let checksum = hex_hmac(KEY, "50.00|5.00");
    let form = form(&[("amount", "50.00"), ("amount", "5.00"), ("checksum", &checksum)]);
    assert!(matches!(values(&form, &[KEY]), Err(Rejection::Malformed(_))));
}

fn webhook_signature(key: &[u8]) -> String {
    format!("v1,{}", Base64::encode_string(&hmac(key, format!("msg_1.1795169730.{BODY}").as_bytes())))
}

#[test]
fn a_webhook_is_accepted_within_five_minutes_of_its_timestamp() {
    for (seconds, expected) in [
        (-301, Err(Rejection::OutsideWindow)),
        (-300, Ok(())),
        (0, Ok(())),
        (300, Ok(())),
        (301, Err(Rejection::OutsideWindow)),
    ] {
        let now = NOW + seconds * 1000;
        assert_eq!(webhook("1795169730", WEBHOOK_SIGNATURE, &[KEY], now), expected, "{seconds}");
    }
}

#[test]
fn a_webhooks_timestamp_is_signed_and_in_seconds() {
    assert_eq!(webhook("1795169731", WEBHOOK_SIGNATURE, &[KEY], NOW), Err(Rejection::Mismatch));
    for timestamp in ["", "now", "1795169730.5", "99999999999999999999"] {
        let verdict = webhook(timestamp, WEBHOOK_SIGNATURE, &[KEY], NOW);
        assert!(matches!(verdict, Err(Rejection::Malformed(_))), "{timestamp:?}");
    }
    for timestamp in ["-9223372036854775808", "9223372036854775807", "1795169730000"] {
        assert_eq!(webhook(timestamp, WEBHOOK_SIGNATURE, &[KEY], i64::MAX), Err(Rejection::OutsideWindow));
    }
}

#[test]
fn a_webhook_key_may_have_the_prefix_whsec() {
    assert_eq!(webhook("1795169730", WEBHOOK_SIGNATURE, &["whsec_Y3VycmVudCBrZXk="], NOW), Ok(()));
    let bytes = [0, 255, 7];
    let key = format!("whsec_{}", Base64::encode_string(&bytes));
    assert_eq!(webhook("1795169730", &webhook_signature(&bytes), &[&key], NOW), Ok(()));
}

#[test]
fn one_of_several_webhook_signatures_is_enough() {
    let stranger = webhook_signature(b"next key");
    for signatures in [
        format!("{stranger} {WEBHOOK_SIGNATURE}"),
        format!("{WEBHOOK_SIGNATURE} {stranger}"),
        format!("v1a,ed25519 v2,x v1,short {WEBHOOK_SIGNATURE}"),
    ] {
        assert_eq!(webhook("1795169730", &signatures, &[KEY], NOW), Ok(()), "{signatures}");
    }
    assert_eq!(webhook("1795169730", &stranger, &[KEY], NOW), Err(Rejection::Mismatch));
    for none in ["", "v1,", "v1,short", &WEBHOOK_SIGNATURE.replace("v1,", "v2,")] {
        assert!(matches!(webhook("1795169730", none, &[KEY], NOW), Err(Rejection::Malformed(_))), "{none:?}");
    }
}

/// How numbers enter the checksum is not certain: as they are written, or as a JSON library writes them again.
#[test]
fn numbers_are_signed_as_written_or_in_their_shortest_form() {
    let shortest = Signing { numbers: SignedNumbers::Shortest, ..SignatureScheme::ValuesPipe.into() };
    for (written, signed) in [
        ("50.00", "50"),
        ("50.10", "50.1"),
        ("50", "50"),
        ("500", "500"),
        ("0.50", "0.5"),
        ("1.50E2", "1.50E2"),
        ("\"50.00\"", "50.00"),
        ("true", "true"),
    ] {
        let checksum = hex_hmac(KEY, &format!("tb1|{signed}"));
        let body = with_checksum(&format!("{{\"referenceOrderId\":\"tb1\",\"amount\":{written}}}"), &checksum);
        assert_eq!(verify(&json(body.clone()), shortest, &keys(&[KEY]), NOW), Ok(()), "{written}");
        let as_written = verify(&json(body), SignatureScheme::ValuesPipe.into(), &keys(&[KEY]), NOW);
        assert_eq!(as_written.is_ok(), written.trim_matches('"') == signed, "{written}");
    }
}

#[test]
fn a_byte_order_mark_is_not_signed_with_the_values() {
    let body = with_checksum(CALLBACK, &hex_hmac(KEY, CALLBACK_VALUES));
    let marked = json(format!("\u{feff}{body}"));
    assert_eq!(verify(&marked, SignatureScheme::ValuesPipe.into(), &keys(&[KEY]), NOW), Ok(()));
}
