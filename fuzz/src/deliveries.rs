//! The target `deliveries`: callbacks, verified and decoded. An input is a delivery from an untrusted sender.

use sha2::{Digest as _, Sha256};
use tollbridge_connector::types::{
    AmountFormat, Delivery, EventKind, Header, PaymentEvent, ProviderSettings, SignatureScheme, Site,
};
use tollbridge_domain::{Event, Money};
use tollbridge_maldopay::{DecodeError, verify};

use crate::doubles::{Request, request};
use crate::gateway::{Checkpoint, KEYS, world};
use crate::message::Message;
use crate::oracle::{self, SCHEMES};
use crate::problems;

/// 2026-11-20 10:00:00 UTC, in milliseconds: the time of the seeds' signatures.
pub const NOW: i64 = 1_795_168_800_000;

fn decode(delivery: &Delivery, site: &Site) -> Result<PaymentEvent, DecodeError> {
    tollbridge_maldopay::decode(delivery, site, site.provider.signature.into(), NOW)
}

/// Verifies and decodes a delivery.
pub fn deliveries(data: &[u8]) {
    let delivery = Message::read(data).delivery();
    is_accepted_only_when_signed(&delivery);
    for utc_offset_seconds in [0, 10_800] {
        is_decoded_as_written(&delivery, &site(utc_offset_seconds));
    }
    is_processed_once(&delivery);
}

fn is_accepted_only_when_signed(delivery: &Delivery) {
    let keys = KEYS.map(str::to_owned);
    for scheme in SCHEMES {
        match verify(delivery, scheme.into(), &keys, NOW) {
            Ok(()) => assert!(oracle::is_signed(delivery, scheme, &keys, NOW), "{scheme:?} accepts it"),
            Err(rejection) => contains_no_value(&rejection.to_string()),
        }
    }
    for scheme in [SignatureScheme::Body, SignatureScheme::StandardWebhooks] {
        let signed = signed(delivery, scheme);
        assert_eq!(verify(&signed, scheme.into(), &keys, NOW), Ok(()), "{scheme:?} refuses a signed delivery");
    }
}

/// The same body, signed with the older key.
fn signed(delivery: &Delivery, scheme: SignatureScheme) -> Delivery {
    let sign = |message: &[u8]| oracle::hmac_sha256(KEYS[1].as_bytes(), message);
    let message = [b"msg_1.1795168800.", delivery.body.as_slice()].concat();
    let headers = match scheme {
        SignatureScheme::ValuesPipe => Vec::new(),
        SignatureScheme::Body => vec![("X-Maldo-Signature", base16ct::upper::encode_string(&sign(&delivery.body)))],
        SignatureScheme::StandardWebhooks => vec![
            ("webhook-id", "msg_1".to_owned()),
            ("webhook-timestamp", "1795168800".to_owned()),
            ("webhook-signature", format!("v1,other v1,{}", data_encoding::BASE64.encode(&sign(&message)))),
        ],
    };
    let made = headers.into_iter().map(|(name, value)| Header { name: name.to_owned(), value });
    let content_type = delivery.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("content-type"));
    Delivery { headers: made.chain(content_type.cloned()).collect(), body: delivery.body.clone() }
}

fn is_decoded_as_written(delivery: &Delivery, site: &Site) {
    let event = match decode(delivery, site) {
        Ok(event) => event,
        Err(error) => return contains_no_value(&error.to_string()),
    };
    assert_eq!(decode(delivery, site).as_ref(), Ok(&event), "the same delivery is the same event");
    let fields = oracle::fields(delivery).expect("a decoded delivery has fields");
    let written = |name: &str| {
        let text = fields.iter().find(|(field, _)| field == name).and_then(|(_, text)| text.as_deref());
        text.filter(|text| !text.is_empty())
    };
    assert_eq!(event.reference, written("referenceOrderId").unwrap_or_default());
    assert_eq!(event.digest, base16ct::lower::encode_string(&Sha256::digest(&delivery.body)));
    assert_eq!(event.redirect_url, None, "a callback has no redirect");
    match (&event.amount, written("amount")) {
        (None, None) => {}
        (Some(amount), Some(text)) => {
            let amount = Money::try_from(amount.clone()).expect("the amount fits its currency");
            let has_exponent = text.contains(['e', 'E']);
            assert!(
                has_exponent || plain(&amount.to_decimal()) == plain(text),
                "the decoded amount differs from the written one"
            );
        }
        (amount, text) => panic!("{text:?} was read as {amount:?}"),
    }
    moves_money_only_on_success(&event, written("result"), written("codeId"));
    let texts = [&event.code, &event.reason, &event.reason_code];
    assert!(texts.into_iter().flatten().all(|text| text.chars().count() <= 255));
    Event::try_from(event).expect("the ledger can store the event");
}

/// Asserts that only an event of success moves money.
fn moves_money_only_on_success(event: &PaymentEvent, result: Option<&str>, code: Option<&str>) {
    let moved = matches!(
        event.kind,
        EventKind::Authorized
            | EventKind::Captured
            | EventKind::Settled
            | EventKind::Refunded
            | EventKind::ChargedBack
            | EventKind::PaidOut
    );
    let ended_well = match result {
        Some(result) => result == "CONFIRMED",
        None => code.is_some_and(|code| code.starts_with('2')),
    };
    assert!(!moved || ended_well, "{result:?} {code:?} was read as {:?}", event.kind);
}

/// Asserts that the gateway accepts the signed delivery and stores it once, whether it can be read or not.
fn is_processed_once(delivery: &Delivery) {
    let (world, _) = world("body");
    let signed = signed(delivery, SignatureScheme::Body);
    let headers = signed.headers.iter().map(|header| (header.name.clone(), header.value.clone()));
    let bare = request("POST", "/webhooks/maldopay/tr");
    let callback = Request { headers: headers.collect(), body: Ok(signed.body.clone()), ..bare };
    let before = Checkpoint::of(&world);
    let (response, after) = world.respond(callback.clone());
    problems::is_well_formed(&response);
    problems::keeps_confidences(&world, &callback, &response);
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(before.calls(&world), 0, "no peer is called before the response");
    assert!((1..=3).contains(&before.writes(&world)), "it is durable when it is acknowledged");
    world.finish(after);
    let before = Checkpoint::of(&world);
    assert_eq!(world.send(callback).status, 200);
    before.has_no_effect(&world);
}

/// Asserts that an error names the place and never the value there. The customer data in the seeds contains this text.
fn contains_no_value(error: &str) {
    assert!(!error.to_ascii_lowercase().contains("marker"), "{error}");
}

/// A decimal without insignificant zeros.
pub fn plain(decimal: &str) -> &str {
    let decimal = decimal.trim_start_matches('0');
    if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal }
}

fn site(utc_offset_seconds: i32) -> Site {
    Site {
        name: "tr".to_owned(),
        legal_entity: "Tollbridge Demo".to_owned(),
        locale: "tr-TR".to_owned(),
        multi_currency: true,
        provider: ProviderSettings {
            client_id: 1,
            brand_id: 2,
            integration_id: 3,
            services: Vec::new(),
            signature: SignatureScheme::Body,
            amount_format: AmountFormat::DecimalString,
            utc_offset_seconds,
            time_zone: None,
            landing_pages: None,
        },
    }
}
