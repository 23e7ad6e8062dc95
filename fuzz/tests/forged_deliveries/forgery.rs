//! What an attacker can do to a delivery who has seen signed ones and has no key, each in its own function.

use fastrand::Rng;
use tollbridge_connector::types::{Delivery, Header, SignatureScheme};
use tollbridge_fuzz::oracle::{SCHEMES, WINDOW_SECONDS};
use tollbridge_sandbox::{CallbackEncoding, Signature, signed_callback};

use crate::honest::{GenuineDelivery, SignedField, delivery, key, raw, signature, text};

/// A delivery that MaldoPay did not send, and the settings that verify it.
#[derive(Debug)]
pub struct Forgery {
    pub delivery: Delivery,
    pub scheme: SignatureScheme,
    pub keys: Vec<String>,
    pub now: i64,
}

/// Values that may be left in the configuration in place of a key, with which anybody could sign. The last two are
/// invalid only where a key may have this form.
const NO_KEYS: [&str; 3] = ["", "whsec_", "whsec_!"];

/// Forges one delivery from an honest one; the other honest ones supply parts.
type Forge = fn(&mut Forgery, &GenuineDelivery, &[GenuineDelivery], &mut Rng);

/// Every kind of forgery, with its name.
pub const KINDS: [(&str, Forge); 20] = [
    ("a bit is flipped", |forgery, _, _, random| flip(&mut forgery.delivery.body, random)),
    ("a byte is replaced", |forgery, _, _, random| {
        let at = random.usize(0..forgery.delivery.body.len());
        forgery.delivery.body[at] = random.u8(..);
    }),
    ("a byte is added", |forgery, _, _, random| {
        let at = random.usize(0..=forgery.delivery.body.len());
        forgery.delivery.body.insert(at, random.u8(..));
    }),
    ("a byte is lost", |forgery, _, _, random| {
        let at = random.usize(0..forgery.delivery.body.len());
        forgery.delivery.body.remove(at);
    }),
    ("a part is repeated", |forgery, _, _, random| {
        let range = range(&forgery.delivery.body, random);
        let part = forgery.delivery.body[range.clone()].to_vec();
        drop(forgery.delivery.body.splice(range.end..range.end, part));
    }),
    ("a part is lost", |forgery, _, _, random| {
        let range = range(&forgery.delivery.body, random);
        drop(forgery.delivery.body.drain(range));
    }),
    ("it is cut short", |forgery, _, _, random| {
        let length = random.usize(0..forgery.delivery.body.len());
        forgery.delivery.body.truncate(length);
    }),
    ("a field is removed", |forgery, honest, _, random| {
        edit(forgery, honest, |fields| drop(fields.remove(random.usize(0..fields.len()))));
    }),
    ("a field is added", |forgery, honest, _, random| {
        let field =
            (format!("field{}", random.u16(..)), raw(random.choice(["1", "\"\"", "null", "{}", "[1]"]).unwrap()));
        edit(forgery, honest, |fields| fields.insert(random.usize(0..=fields.len()), field));
    }),
    ("a field comes twice", |forgery, honest, _, random| {
        edit(forgery, honest, |fields| {
            let field = random.choice(fields.iter()).unwrap().clone();
            fields.insert(random.usize(0..=fields.len()), field);
        });
    }),
    ("fields change places", |forgery, honest, _, random| {
        edit(forgery, honest, |fields| {
            let (one, other) = (random.usize(0..fields.len()), random.usize(0..fields.len()));
            fields.swap(one, other);
        });
    }),
    ("values change places", |forgery, honest, _, random| {
        edit(forgery, honest, |fields| {
            let (one, other) = (random.usize(0..fields.len()), random.usize(0..fields.len()));
            let value = fields[one].1.clone();
            fields[one].1 = std::mem::replace(&mut fields[other].1, value);
        });
    }),
    ("a value is replaced", |forgery, honest, others, random| {
        let other = random.choice(others).unwrap();
        let value = random.choice(&other.fields).unwrap().1.clone();
        let amounts = ["0", "0.01", "\"999999.99\"", "\"CONFIRMED\"", "\"tb1\"", "null"];
        let value = if random.bool() { value } else { raw(random.choice(amounts).unwrap()) };
        edit(forgery, honest, |fields| random.choice(fields).unwrap().1 = value);
    }),
    ("a name is replaced", |forgery, honest, _, random| {
        let name = random.choice(["refund", "amount", "checksum", "a[b]", "", "Result"]).unwrap();
        edit(forgery, honest, |fields| random.choice(fields).unwrap().0 = name.to_owned());
    }),
    ("another key signed it", |forgery, honest, _, random| {
        let other = other_key(&honest.key, random);
        let sent_at = forgery.now.div_euclid(1000);
        let signed = signed_callback(&honest.fields, signature(honest.scheme), &other, honest.encoding, sent_at);
        forgery.delivery = delivery(signed);
    }),
    ("another merchant receives it", |forgery, honest, _, random| {
        forgery.keys = vec![key(random), other_key(&honest.key, random), String::new()];
    }),
    ("its signature is another's", |forgery, honest, others, random| {
        let of_scheme: Vec<&GenuineDelivery> = others.iter().filter(|other| other.scheme == honest.scheme).collect();
        let other = random.choice(of_scheme).unwrap();
        let signature = signature_of(&other.delivery, honest.scheme);
        replace_signature(forgery, honest, &signature);
    }),
    ("its signature is changed", |forgery, honest, _, random| {
        let mut signature = signature_of(&honest.delivery, honest.scheme);
        let digits: Vec<char> = "0123456789abcdefABCDEF+/=v1, ".chars().collect();
        match random.u8(0..6) {
            0 => signature.truncate(random.usize(0..signature.len())),
            1 => signature.push(random.choice(digits).unwrap()),
            2 => signature.clear(),
            3 => signature = signature.chars().rev().collect(),
            4 => signature = "0".repeat(signature.len()),
            _ => {
                let at = random.usize(0..signature.len());
                signature.replace_range(at..=at, &random.choice(digits).unwrap().to_string());
            }
        }
        replace_signature(forgery, honest, &signature);
    }),
    ("it is meant for another scheme", |forgery, honest, _, random| {
        let others: Vec<SignatureScheme> = SCHEMES.into_iter().filter(|scheme| *scheme != honest.scheme).collect();
        forgery.scheme = random.choice(others).unwrap();
        // The signature, in every place and form in which another scheme may look for it.
        let bytes = signature_bytes(honest);
        let hex = base16(&bytes);
        let base64 = format!("v1,{}", data_encoding::BASE64.encode(&bytes));
        if forgery.scheme == SignatureScheme::ValuesPipe {
            let fields = [honest.fields.as_slice(), &[("checksum".to_owned(), text(&hex))]].concat();
            forgery.delivery = unsigned(&fields, honest.encoding);
        }
        let sent_at = forgery.now.div_euclid(1000).to_string();
        let headers = [
            ("x-maldo-signature", hex),
            ("webhook-id", "msg_1".to_owned()),
            ("webhook-timestamp", sent_at),
            ("webhook-signature", base64),
        ];
        for (name, value) in headers {
            set_header(&mut forgery.delivery, name, &value);
        }
    }),
    ("its time or id is replaced", |forgery, honest, _, random| match (honest.scheme, random.u8(0..3)) {
        (SignatureScheme::StandardWebhooks, 0) => {
            let beyond = (WINDOW_SECONDS + random.i64(301..1_000_000)) * 1000;
            forgery.now += if random.bool() { beyond } else { -beyond };
        }
        (SignatureScheme::StandardWebhooks, 1) => {
            let sent_at = forgery.now.div_euclid(1000) + random.i64(-400..400);
            set_header(&mut forgery.delivery, "webhook-timestamp", &sent_at.to_string());
        }
        (SignatureScheme::StandardWebhooks, _) => {
            set_header(&mut forgery.delivery, "webhook-id", &format!("msg_{:x}", random.u64(..)));
        }
        (SignatureScheme::ValuesPipe | SignatureScheme::Body, _) => {
            let time = format!("2026-11-21 {:02}:{:02}:00", random.u8(0..24), random.u8(0..60));
            edit(forgery, honest, |fields| {
                fields.iter_mut().filter(|(name, _)| name == "dateUpdated").for_each(|field| field.1 = text(&time));
            });
        }
    }),
];

/// Forges a delivery from an honest one, and names the kind of forgery.
pub fn forge(honest: &GenuineDelivery, others: &[GenuineDelivery], random: &mut Rng) -> (&'static str, Forgery) {
    let mut forgery = Forgery {
        delivery: honest.delivery.clone(),
        scheme: honest.scheme,
        keys: vec![key(random), honest.key.clone(), NO_KEYS[0].to_owned()],
        now: honest.now,
    };
    if honest.scheme == SignatureScheme::StandardWebhooks {
        forgery.keys.extend(NO_KEYS.map(str::to_owned));
    }
    let (kind, forge) = random.choice(KINDS).unwrap();
    forge(&mut forgery, honest, others, random);
    (kind, forgery)
}

fn flip(bytes: &mut [u8], random: &mut Rng) {
    bytes[random.usize(0..bytes.len())] ^= 1 << random.u8(0..8);
}

fn range(bytes: &[u8], random: &mut Rng) -> std::ops::Range<usize> {
    let (one, other) = (random.usize(0..bytes.len()), random.usize(0..bytes.len()));
    one.min(other)..one.max(other) + 1
}

/// A key that is nearly the same, or quite different.
fn other_key(key: &str, random: &mut Rng) -> String {
    loop {
        let at = random.usize(0..key.len());
        let other = match random.u8(0..5) {
            0 => format!("{key}A"),
            1 => key[..at].to_owned(),
            2 => key.to_ascii_lowercase(),
            3 => random.choice(NO_KEYS).unwrap_or_default().to_owned(),
            _ => crate::honest::key(random),
        };
        if hmac_key(&other) != hmac_key(key) {
            return other;
        }
    }
}

/// The bytes of a key. HMAC pads a key with zeros (RFC 2104), so zeros at its end do not make another key.
fn hmac_key(key: &str) -> Vec<u8> {
    let mut bytes = match key.strip_prefix("whsec_") {
        Some(encoded) => data_encoding::BASE64.decode(encoded.as_bytes()).unwrap_or_default(),
        None => key.as_bytes().to_vec(),
    };
    bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
    bytes
}

/// The honest delivery with other fields and its original signature.
fn edit(forgery: &mut Forgery, honest: &GenuineDelivery, edit: impl FnOnce(&mut Vec<SignedField>)) {
    let mut fields = honest.fields.clone();
    if honest.scheme == SignatureScheme::ValuesPipe {
        fields.push(("checksum".to_owned(), text(&signature_of(&honest.delivery, honest.scheme))));
    }
    edit(&mut fields);
    forgery.delivery.body = unsigned(&fields, honest.encoding).body;
}

/// These fields as a body without a signature.
fn unsigned(fields: &[SignedField], encoding: CallbackEncoding) -> Delivery {
    delivery(signed_callback(fields, Signature::Body, "", encoding, 0))
}

/// The signature in the form of the scheme.
fn signature_of(delivery: &Delivery, scheme: SignatureScheme) -> String {
    let header = |name: &str| delivery.headers.iter().find(|header| header.name == name).unwrap().value.clone();
    match scheme {
        // The sandbox writes the checksum last.
        SignatureScheme::ValuesPipe => {
            let body = String::from_utf8(delivery.body.clone()).unwrap();
            let end = body.trim_end_matches(['"', '}']);
            end[end.len() - 64..].to_owned()
        }
        SignatureScheme::Body => header("x-maldo-signature"),
        SignatureScheme::StandardWebhooks => header("webhook-signature"),
    }
}

fn signature_bytes(honest: &GenuineDelivery) -> Vec<u8> {
    let written = signature_of(&honest.delivery, honest.scheme);
    match written.strip_prefix("v1,") {
        Some(base64) => data_encoding::BASE64.decode(base64.as_bytes()).unwrap(),
        None => data_encoding::HEXLOWER.decode(written.as_bytes()).unwrap(),
    }
}

fn base16(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn replace_signature(forgery: &mut Forgery, honest: &GenuineDelivery, signature: &str) {
    match honest.scheme {
        SignatureScheme::ValuesPipe => edit(forgery, honest, |fields| fields.last_mut().unwrap().1 = text(signature)),
        SignatureScheme::Body => set_header(&mut forgery.delivery, "x-maldo-signature", signature),
        SignatureScheme::StandardWebhooks => set_header(&mut forgery.delivery, "webhook-signature", signature),
    }
}

fn set_header(delivery: &mut Delivery, name: &str, value: &str) {
    delivery.headers.retain(|header| header.name != name);
    delivery.headers.push(Header { name: name.to_owned(), value: value.to_owned() });
}
