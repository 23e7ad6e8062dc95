//! Deliveries signed as MaldoPay signs them, written by the sandbox.

use fastrand::Rng;
use serde_json::Value;
use serde_json::value::RawValue;
use tollbridge_connector::types::{Delivery, Header, SignatureScheme};
use tollbridge_sandbox::{CallbackEncoding, Signature, SignedRequest, signed_callback};

/// 2026-11-20 10:00:00 UTC, in seconds.
const NOW: i64 = 1_795_168_800;

/// A field's name and its value as JSON text.
pub type SignedField = (String, Box<RawValue>);

/// A delivery that MaldoPay sent.
#[derive(Clone, Debug)]
pub struct GenuineDelivery {
    pub scheme: SignatureScheme,
    pub key: String,
    pub encoding: CallbackEncoding,
    pub fields: Vec<SignedField>,
    pub delivery: Delivery,
    /// The time of receipt, in milliseconds.
    pub now: i64,
}

/// The sandbox's name for a scheme.
pub fn signature(scheme: SignatureScheme) -> Signature {
    match scheme {
        SignatureScheme::ValuesPipe => Signature::ValuesPipe,
        SignatureScheme::Body => Signature::Body,
        SignatureScheme::StandardWebhooks => Signature::StandardWebhooks,
    }
}

/// A request as it reaches the component.
pub fn delivery(request: SignedRequest) -> Delivery {
    let headers = request.headers.into_iter().map(|(name, value)| Header { name, value });
    Delivery { headers: headers.collect(), body: request.body }
}

/// A field's value from text.
pub fn text(text: &str) -> Box<RawValue> {
    raw(&Value::from(text).to_string())
}

/// A field's value from JSON text.
pub fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

/// A callback of random content, signed by this scheme.
pub fn honest(scheme: SignatureScheme, random: &mut Rng) -> GenuineDelivery {
    let fields = fields(scheme, random);
    let key = key(random);
    let encoding = if random.bool() { CallbackEncoding::Json } else { CallbackEncoding::Form };
    let signed = signed_callback(&fields, signature(scheme), &key, encoding, NOW);
    let now = (NOW + random.i64(-300..=300)) * 1000;
    GenuineDelivery { scheme, key, encoding, fields, delivery: delivery(signed), now }
}

/// A realistic key of a merchant.
pub fn key(random: &mut Rng) -> String {
    let bytes: Vec<u8> = (0..random.usize(24..48)).map(|_| random.u8(..)).collect();
    if random.bool() {
        data_encoding::BASE64.encode(&bytes)
    } else {
        format!("whsec_{}", data_encoding::BASE64.encode(&bytes))
    }
}

fn fields(scheme: SignatureScheme, random: &mut Rng) -> Vec<SignedField> {
    let number = |random: &mut Rng| random.u32(1..10_000_000);
    let result = random.choice(["CONFIRMED", "PENDING", "CANCELED", "DECLINED"]).unwrap();
    let kind = random.choice(["DEPOSIT", "AUTHORIZE", "CAPTURE", "REFUND", "CHARGEBACK", "SETTLEMENT"]).unwrap();
    let amount = format!("{}.{:02}", number(random), random.u8(0..100));
    let mut fields = vec![
        ("result", text(result)),
        ("codeId", raw(&random.u32(200..500).to_string())),
        ("type", text(kind)),
        ("dateUpdated", text(&format!("2026-11-20 10:{:02}:{:02}", random.u8(0..60), random.u8(0..60)))),
        ("referenceOrderId", text(&format!("tb{:016x}", random.u64(..)))),
        ("maldoTransactionId", raw(&number(random).to_string())),
        ("amount", if random.bool() { raw(&amount) } else { text(&amount) }),
        ("currencyCode", text(random.choice(["TRY", "EUR", "JPY", "KWD"]).unwrap())),
    ];
    if random.bool() {
        let characters = ['a', 'Z', ' ', '|', '"', '\\', '&', '=', '%', '+', 'ş', '€', '\u{1f4b3}', '\n', '7'];
        let reason: String = (0..random.usize(0..20)).filter_map(|_| random.choice(characters)).collect();
        // Where `|` joins the values, a valid value does not contain it.
        let reason = if scheme == SignatureScheme::ValuesPipe { reason.replace('|', "/") } else { reason };
        fields.push(("reason", text(&reason)));
    }
    if random.bool() {
        fields.push(("reasonCode", raw(random.choice(["null", "true", "false", "0", "-1.50e3"]).unwrap())));
    }
    if random.bool() {
        fields.push(("conversion", raw(r#"{"converted_amount":1.45,"converted_rate":0.029,"converted_to":"EUR"}"#)));
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
