//! What a delivery's signature covers, computed from the description of the schemes without the component's code.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit as _, Mac as _};
use indexmap::IndexMap;
use percent_encoding::percent_decode;
use serde_json::value::RawValue;
use sha2::Sha256;
use tollbridge_connector::types::{Delivery, SignatureScheme};

/// The three schemes.
pub const SCHEMES: [SignatureScheme; 3] =
    [SignatureScheme::ValuesPipe, SignatureScheme::Body, SignatureScheme::StandardWebhooks];

/// The greatest age, in seconds, of a Standard Webhooks delivery; also how far ahead it may be.
pub const WINDOW_SECONDS: i64 = 300;

/// The parts of a delivery that matter to a scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedParts {
    /// The signed bytes.
    pub message: Vec<u8>,
    /// The signatures in the delivery, decoded.
    pub signatures: Vec<Vec<u8>>,
    /// The time of sending in the delivery, in seconds, if the scheme has one.
    pub sent_at: Option<i64>,
}

/// What the scheme finds in the delivery; `None` where something is missing that the scheme requires.
#[must_use]
pub fn covered(delivery: &Delivery, scheme: SignatureScheme) -> Option<SignedParts> {
    let hex = |text: &str| HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok();
    match scheme {
        SignatureScheme::ValuesPipe => {
            let fields = if is_form(delivery) { form(&delivery.body) } else { json(&delivery.body)? };
            let (_, checksum) = fields.iter().find(|(name, _)| name == "checksum")?;
            let values: Vec<&str> =
                fields.iter().filter(|(name, _)| name != "checksum").filter_map(|(_, text)| text.as_deref()).collect();
            let signatures = vec![hex(checksum.as_deref()?)?];
            Some(SignedParts { message: values.join("|").into_bytes(), signatures, sent_at: None })
        }
        SignatureScheme::Body => {
            let signatures = vec![hex(header(delivery, "x-maldo-signature")?)?];
            Some(SignedParts { message: delivery.body.clone(), signatures, sent_at: None })
        }
        SignatureScheme::StandardWebhooks => {
            let sent_at = header(delivery, "webhook-timestamp")?;
            let start = format!("{}.{sent_at}.", header(delivery, "webhook-id")?);
            let signatures = header(delivery, "webhook-signature")?.split(' ');
            let signatures = signatures.filter_map(|text| BASE64.decode(text.strip_prefix("v1,")?.as_bytes()).ok());
            Some(SignedParts {
                message: [start.as_bytes(), &delivery.body].concat(),
                signatures: signatures.collect(),
                sent_at: Some(sent_at.parse().ok()?),
            })
        }
    }
}

/// Whether one of the keys signed the delivery. `now` is in milliseconds since 1970.
#[must_use]
pub fn is_signed(delivery: &Delivery, scheme: SignatureScheme, keys: &[String], now: i64) -> bool {
    covered(delivery, scheme).is_some_and(|covered| {
        covered.sent_at.is_none_or(|sent_at| in_window(sent_at, now))
            && keys.iter().filter_map(|key| key_bytes(key, scheme)).any(|key| {
                let expected = hmac_sha256(&key, &covered.message);
                covered.signatures.contains(&expected)
            })
    })
}

/// Whether a delivery with this time of sending may be accepted now.
#[must_use]
pub fn in_window(sent_at: i64, now: i64) -> bool {
    now.div_euclid(1000).abs_diff(sent_at) <= WINDOW_SECONDS.unsigned_abs()
}

/// The bytes of a configured key; `None` where it is empty and therefore invalid.
fn key_bytes(key: &str, scheme: SignatureScheme) -> Option<Vec<u8>> {
    let encoded = key.strip_prefix("whsec_").filter(|_| scheme == SignatureScheme::StandardWebhooks);
    match encoded {
        Some(encoded) => BASE64.decode(encoded.as_bytes()).ok(),
        None => Some(key.as_bytes().to_vec()),
    }
    .filter(|bytes| !bytes.is_empty())
}

/// HMAC-SHA256.
#[must_use]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// The top-level fields of the delivery's body, in order: each with its text, or `None` where it holds an object or a
/// list. `None` where the body is not a JSON object.
#[must_use]
pub fn fields(delivery: &Delivery) -> Option<Vec<(String, Option<String>)>> {
    if is_form(delivery) { Some(form(&delivery.body)) } else { json(&delivery.body) }
}

fn header<'a>(delivery: &'a Delivery, name: &str) -> Option<&'a str> {
    let named = delivery.headers.iter().find(|header| header.name.to_ascii_lowercase() == name);
    named.map(|header| header.value.as_str())
}

fn is_form(delivery: &Delivery) -> bool {
    header(delivery, "content-type")
        .is_some_and(|value| value.trim().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"))
        && !core::str::from_utf8(without_mark(&delivery.body)).is_ok_and(|text| text.trim_start().starts_with('{'))
}

/// The body without the byte-order mark before it.
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The text of a JSON string. Half a surrogate pair becomes three replacement characters, one for each byte that it
/// would have.
fn string(written: &str) -> Option<String> {
    if let Ok(text) = serde_json::from_str(written) {
        return Some(text);
    }
    let mut mended = String::new();
    let mut rest = written;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
        let length = match unit(escape) {
            Some(0xd800..=0xdbff)
                if escape.get(6..).and_then(unit).is_some_and(|low| (0xdc00..=0xdfff).contains(&low)) =>
            {
                mended.push_str(&escape[..12]);
                12
            }
            Some(0xd800..=0xdfff) => {
                mended.push_str("\u{fffd}\u{fffd}\u{fffd}");
                6
            }
            Some(_) => {
                mended.push_str(&escape[..6]);
                6
            }
            None => {
                mended.push_str(&escape[..2]);
                2
            }
        };
        rest = &escape[length..];
    }
    mended.push_str(rest);
    serde_json::from_str(&mended).ok()
}

fn json(body: &[u8]) -> Option<Vec<(String, Option<String>)>> {
    let fields: IndexMap<String, Box<RawValue>> = serde_json::from_slice(without_mark(body)).ok()?;
    let text = |raw: &RawValue| match raw.get() {
        "null" => Some(Some(String::new())),
        written if written.starts_with(['{', '[']) => Some(None),
        written if written.starts_with('"') => string(written).map(Some),
        written => Some(Some(written.to_owned())),
    };
    fields.into_iter().map(|(name, raw)| Some((name, text(&raw)?))).collect()
}

fn form(body: &[u8]) -> Vec<(String, Option<String>)> {
    let decoded = |part: &[u8]| {
        let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_decode(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let name = decoded(parts.next().unwrap_or_default());
            let value = decoded(parts.next().unwrap_or_default());
            let value = (!name.contains('[')).then_some(value);
            (name, value)
        })
        .collect()
}
