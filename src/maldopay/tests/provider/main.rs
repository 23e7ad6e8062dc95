//! The MaldoPay provider from outside: what it accepts, reads and sends.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod decoding;
mod details;
mod documentation;
mod encoding;
mod hostile_input;
mod interpreting;
mod tolerance;
mod unsigned_names;
mod verification;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tollbridge_connector::types::{
    AmountFormat, Command, Customer, Delivery, Header, LandingPages, Money, Operation, PaymentEvent, ProviderSettings,
    Service, SignatureScheme, Site,
};
use tollbridge_maldopay::DecodeError;

/// The key of the examples.
const KEY: &str = "current key";

/// 2026-11-20 10:15:30 UTC, in milliseconds.
const NOW: i64 = 1_795_169_730_000;

/// When the deliveries arrive, in milliseconds.
const ARRIVAL: i64 = NOW + 60_000;

/// A callback from MaldoPay's documentation, without its checksum.
const CALLBACK: &str = r#"{"result":"CONFIRMED","codeId":200,"serviceId":"2031","dateUpdated":"2026-11-20 10:15:30","referenceOrderId":"tb1","maldoTransactionId":"987","amount":50.00,"currencyCode":"TRY"}"#;

/// The same callback's values, as they enter the checksum.
const CALLBACK_VALUES: &str = "CONFIRMED|200|2031|2026-11-20 10:15:30|tb1|987|50.00|TRY";

/// The callback with these fields set; null removes one.
fn callback(fields: Value) -> String {
    let mut callback: Value = serde_json::from_str(CALLBACK).unwrap();
    for (name, value) in fields.as_object().unwrap() {
        callback[name] = value.clone();
    }
    callback.to_string()
}

/// Reads a delivery under the site's scheme, without a fixed order of names.
fn decode(delivery: &Delivery, site: &Site) -> Result<PaymentEvent, DecodeError> {
    tollbridge_maldopay::decode(delivery, site, site.provider.signature.into(), ARRIVAL)
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn hex_hmac(key: &str, message: &str) -> String {
    base16ct::lower::encode_string(&hmac(key.as_bytes(), message.as_bytes()))
}

fn delivery(headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Delivery {
    let header = |(name, value): &(&str, &str)| Header { name: (*name).to_owned(), value: (*value).to_owned() };
    Delivery { headers: headers.iter().map(header).collect(), body: body.into() }
}

fn json(body: impl Into<Vec<u8>>) -> Delivery {
    delivery(&[("Content-Type", "application/json")], body)
}

fn form(fields: &[(&str, &str)]) -> Delivery {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    delivery(&[("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")], body)
}

/// The JSON object with the checksum as its last field.
fn with_checksum(object: &str, checksum: &str) -> String {
    format!(r#"{},"checksum":"{checksum}"}}"#, object.strip_suffix('}').unwrap())
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(ToString::to_string).collect()
}

fn site() -> Site {
    Site {
        name: "tr".to_owned(),
        legal_entity: "Tollbridge Demo A.Ş.".to_owned(),
        locale: "tr-TR".to_owned(),
        multi_currency: true,
        provider: ProviderSettings {
            client_id: 81_433,
            brand_id: 15,
            integration_id: 12_980,
            services: vec![
                Service { name: "checkout".to_owned(), id: 2031 },
                Service { name: "bank-withdraw".to_owned(), id: 2012 },
            ],
            signature: SignatureScheme::Body,
            amount_format: AmountFormat::DecimalString,
            utc_offset_seconds: 0,
            time_zone: None,
            landing_pages: Some(LandingPages {
                success: "https://shop.example/paid".to_owned(),
                pending: "https://shop.example/wait".to_owned(),
                declined: "https://shop.example/declined".to_owned(),
                failed: "https://shop.example/failed".to_owned(),
            }),
        },
    }
}

fn customer() -> Customer {
    Customer {
        id: "003Hs00000abcdeIAA".to_owned(),
        first_name: Some("Ada".to_owned()),
        last_name: Some("Yılmaz".to_owned()),
        email: Some("ada@example.com".to_owned()),
        phone: Some("+905551112233".to_owned()),
        birth_date: Some("1990-04-01".to_owned()),
        country: Some("TR".to_owned()),
        city: Some("İzmir".to_owned()),
        postal_code: Some("35000".to_owned()),
        street: Some("Kordon 1".to_owned()),
        language: Some("tr".to_owned()),
        ip: Some("203.0.113.7".to_owned()),
    }
}

fn money(minor_units: i64, currency: &str) -> Money {
    Money { minor_units, currency: currency.to_owned() }
}

/// The command with only the fields that its operation needs.
fn command(operation: Operation) -> Command {
    let opens = matches!(operation, Operation::Charge | Operation::Authorize | Operation::Payout);
    Command {
        operation,
        reference: if opens { "tb1" } else { "tb1-4" }.to_owned(),
        amount: money(5_000, "TRY"),
        method: if operation == Operation::Payout { "bank-withdraw" } else { "checkout" }.to_owned(),
        original_transaction_id: (!opens).then(|| "987".to_owned()),
        customer: opens.then(customer),
        description: None,
        invoice: None,
        method_values: Vec::new(),
    }
}
