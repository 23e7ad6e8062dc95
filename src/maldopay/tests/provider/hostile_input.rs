//! Input from strangers: nothing panics, and nothing that was changed after signing is accepted.

use proptest::prelude::*;
use tollbridge_connector::types::{Delivery, Operation, SignatureScheme};
use tollbridge_maldopay::{DecodeError, InterpretError, Rejection, identify, interpret, verify};

use crate::{KEY, NOW, command, decode, delivery, hex_hmac, hmac, json, keys, site};

const SCHEMES: [SignatureScheme; 3] =
    [SignatureScheme::ValuesPipe, SignatureScheme::Body, SignatureScheme::StandardWebhooks];

/// Passes the body to everything that parses one, as JSON and as a form. None of it may panic or accept the body.
fn put_through_everything(body: &[u8], header: &str) {
    for content_type in ["application/json", "application/x-www-form-urlencoded"] {
        let headers = [
            ("content-type", content_type),
            ("x-maldo-signature", header),
            ("webhook-id", header),
            ("webhook-timestamp", if header.is_empty() { "1795169730" } else { header }),
            ("webhook-signature", header),
        ];
        let delivery = delivery(&headers, body);
        for scheme in SCHEMES {
            assert!(verify(&delivery, scheme.into(), &keys(&[KEY, header]), NOW).is_err());
        }
        for scheme in SCHEMES {
            let _ = tollbridge_maldopay::decode(&delivery, &site(), scheme.into(), NOW);
            let _ = identify(&delivery, scheme.into());
        }
    }
    for status in [200, 400, 500] {
        let _ = interpret(&command(Operation::Charge), status, body);
    }
}

fn is_malformed(delivery: &Delivery) -> bool {
    matches!(decode(delivery, &site()), Err(DecodeError::Malformed(_)))
        && matches!(
            verify(delivery, SignatureScheme::ValuesPipe.into(), &keys(&[KEY]), NOW),
            Err(Rejection::Malformed(_) | Rejection::Missing(_))
        )
}

#[test]
fn deep_nesting_is_refused_without_exhausting_the_stack() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let depth = 100_000;
        let unclosed = open.repeat(depth);
        let closed = format!("{unclosed}1{}", close.repeat(depth));
        let within = |name: &str| format!(r#"{{"transaction":{{"codeId":200}},"{name}":{closed}}}"#);
        assert!(is_malformed(&json(unclosed.clone())));
        put_through_everything(closed.as_bytes(), "");
        for name in ["a", "result", "conversion", "amount", "checksum", "redirect"] {
            put_through_everything(within(name).as_bytes(), "");
        }
        put_through_everything(format!(r#"{{"transaction":{unclosed}"#).as_bytes(), "");
    }
}

#[test]
fn huge_numbers_are_refused_and_not_rounded() {
    let nines = "9".repeat(100_000);
    for number in [nines.as_str(), "1e999999999", "-1e-999999999", "92233720368547758.08", "0.000000000000000001"] {
        let callback =
            format!(r#"{{"referenceOrderId":"tb1","result":"CONFIRMED","currencyCode":"TRY","amount":{number}}}"#);
        assert!(
            matches!(decode(&json(callback.clone()), &site()), Err(DecodeError::Invalid { field: "amount", .. })),
            "{number:.30}"
        );
        put_through_everything(callback.as_bytes(), "");
        let answer = format!(r#"{{"transaction":{{"codeId":200}},"amount":{number}}}"#);
        let read = interpret(&command(Operation::Charge), 200, answer.as_bytes());
        assert!(matches!(read, Err(InterpretError::Unreadable(_))), "{number:.30}");
        let answer = format!(r#"{{"transaction":{{"codeId":{number},"transactionId":{number}}}}}"#);
        let read = interpret(&command(Operation::Charge), 200, answer.as_bytes());
        assert!(matches!(read, Err(InterpretError::Unreadable(_))), "{number:.30}");
    }
}

#[test]
fn a_body_that_is_not_utf_8_is_malformed() {
    for body in [b"\xff".as_slice(), b"{\"result\":\"\xc3\x28\"}", b"{\"\xed\xa0\x80\":1}", b"result=\xff"] {
        assert!(is_malformed(&json(body)), "{body:?}");
        assert!(is_malformed(&delivery(&[("content-type", "application/x-www-form-urlencoded")], body)), "{body:?}");
    }
}

#[test]
fn too_many_fields_are_refused() {
    let form: String = (0..65).map(|number| format!("f{number}=1&")).collect();
    assert!(is_malformed(&delivery(&[("content-type", "application/x-www-form-urlencoded")], form)));
    let object: Vec<String> = (0..65).map(|number| format!(r#""f{number}":1"#)).collect();
    assert!(is_malformed(&json(format!("{{{}}}", object.join(",")))));
}

/// A callback's body and the ranges of its values, including the checksum, between quotes or bare.
#[derive(Clone, Debug)]
struct SignedBody {
    body: Vec<u8>,
    values: Vec<usize>,
    checksum: Vec<usize>,
}

fn signed_body() -> impl Strategy<Value = SignedBody> {
    let text = "[ -!#-\\[\\]-{}-~]{1,12}".prop_map(|text| (format!("\"{text}\""), text));
    let number = "[1-9][0-9]{0,9}\\.[0-9]{2}".prop_map(|number| (number.clone(), number));
    prop::collection::vec(prop_oneof![text, number], 1..8).prop_map(|fields| {
        let message: Vec<&str> = fields.iter().map(|(_, text)| text.as_str()).collect();
        let checksum = hex_hmac(KEY, &message.join("|"));
        let mut body = String::from("{");
        let mut values = Vec::new();
        for (number, (written, text)) in fields.iter().enumerate() {
            body.push_str(&format!("\"f{number}\":"));
            let quote = usize::from(written.len() > text.len());
            values.extend((body.len() + quote)..(body.len() + quote + text.len()));
            body.push_str(written);
            body.push(',');
        }
        body.push_str("\"checksum\":\"");
        let at = body.len();
        body.push_str(&checksum);
        body.push_str("\"}");
        SignedBody { body: body.into_bytes(), values, checksum: (at..at + 64).collect() }
    })
}

proptest! {
    #[test]
    fn bytes_of_any_kind_do_not_panic(body in prop::collection::vec(any::<u8>(), 0..512), header in any::<String>()) {
        put_through_everything(&body, &header);
    }

    #[test]
    fn json_of_any_form_does_not_panic(body in "[\\[\\]{}\",:0-9eE.+\\\\untrfals -]{0,200}", header in "[v1,=a-f0-9 _-]{0,80}") {
        put_through_everything(body.as_bytes(), &header);
        put_through_everything(format!("{{{body}}}").as_bytes(), &header);
    }

    #[test]
    fn values_of_known_fields_do_not_panic(
        name in prop::sample::select(vec![
            "result", "codeId", "type", "dateUpdated", "referenceOrderId", "maldoTransactionId", "reason", "amount",
            "originalTransactionId", "currencyCode", "currency", "conversion", "checksum", "transaction", "redirect",
        ]),
        text in any::<String>(),
        bare in "[-0-9eE.]{1,20}|null|true|\\[\\]|\\{\\}",
    ) {
        let quoted = serde_json::to_string(&text).unwrap();
        for value in [&quoted, &bare] {
            put_through_everything(format!("{{\"{name}\":{value}}}").as_bytes(), &text);
            let rest = r#""referenceOrderId":"r","result":"CONFIRMED","amount":"1","currencyCode":"TRY""#;
            let rest: Vec<&str> = rest.split(',').filter(|field| !field.contains(name)).collect();
            put_through_everything(format!("{{{},\"{name}\":{value}}}", rest.join(",")).as_bytes(), "");
            put_through_everything(format!("{{\"transaction\":{{\"codeId\":200,\"{name}\":{value}}}}}").as_bytes(), "");
        }
    }

    #[test]
    fn a_callback_with_any_byte_of_its_signed_values_changed_is_refused(
        signed in signed_body(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let by_values = |body: Vec<u8>| verify(&json(body), SignatureScheme::ValuesPipe.into(), &keys(&[KEY]), NOW);
        prop_assert_eq!(by_values(signed.body.clone()), Ok(()));
        let place = signed.values[place.index(signed.values.len())];
        prop_assume!(signed.body[place] != byte);
        let mut changed = signed.body;
        changed[place] = byte;
        prop_assert!(by_values(changed).is_err());
    }

    #[test]
    fn a_callback_with_any_digit_of_its_checksum_changed_is_refused(
        signed in signed_body(),
        place in 0_usize..64,
        byte in any::<u8>(),
    ) {
        let place = signed.checksum[place];
        prop_assume!(!signed.body[place].eq_ignore_ascii_case(&byte));
        let mut changed = signed.body;
        changed[place] = byte;
        prop_assert!(verify(&json(changed), SignatureScheme::ValuesPipe.into(), &keys(&[KEY]), NOW).is_err());
    }

    #[test]
    fn a_signed_body_with_any_byte_changed_added_or_removed_is_refused(
        body in prop::collection::vec(any::<u8>(), 1..200),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let signature = base16ct::lower::encode_string(&hmac(KEY.as_bytes(), &body));
        let message = [b"msg_1.1795169730.".as_slice(), &body].concat();
        let webhook = format!("v1,{}", <base64ct::Base64 as base64ct::Encoding>::encode_string(&hmac(KEY.as_bytes(), &message)));
        let believed = |body: &[u8]| {
            let headers = [
                ("x-maldo-signature", signature.as_str()),
                ("webhook-id", "msg_1"),
                ("webhook-timestamp", "1795169730"),
                ("webhook-signature", webhook.as_str()),
            ];
            let delivery = delivery(&headers, body);
            [SignatureScheme::Body, SignatureScheme::StandardWebhooks]
                .map(|scheme| verify(&delivery, scheme.into(), &keys(&[KEY]), NOW).is_ok())
        };
        prop_assert_eq!(believed(&body), [true, true]);
        let place = place.index(body.len());
        let mut longer = body.clone();
        longer.insert(place, byte);
        prop_assert_eq!(believed(&longer), [false, false]);
        let mut shorter = body.clone();
        shorter.remove(place);
        prop_assert_eq!(believed(&shorter), [false, false]);
        prop_assume!(body[place] != byte);
        let mut changed = body;
        changed[place] = byte;
        prop_assert_eq!(believed(&changed), [false, false]);
    }
}
