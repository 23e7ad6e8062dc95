//! Signs callbacks as MaldoPay does, with one function for each scheme that a merchant's contract may name.

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// The scheme that signs callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// HMAC-SHA256 over the top-level values in the order sent, joined by `|`, in the field `checksum`.
    ValuesPipe,
    /// HMAC-SHA256 of the raw body, in the header `X-Maldo-Signature`.
    Body,
    /// The Standard Webhooks headers.
    StandardWebhooks,
}

/// The encoding of a callback's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackEncoding {
    /// A JSON object.
    Json,
    /// `application/x-www-form-urlencoded` with the same names. A form cannot hold nested values, so they are left out.
    Form,
}

/// A callback that is ready to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// The headers, as name and value.
    pub headers: Vec<(String, String)>,
    /// The encoded fields.
    pub body: Vec<u8>,
}

/// How a test changes a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    /// Sent as it was made.
    Genuine,
    /// Left out.
    Omitted,
    /// Replaced by this text.
    Altered(String),
}

/// A field's name and its value as JSON text, so that a number keeps every digit: `50.00` stays `50.00`.
pub(crate) type SignedField = (String, Box<RawValue>);

/// Encodes and signs a callback as MaldoPay does. `now` is in seconds since 1970; only Standard Webhooks uses it.
#[must_use]
pub fn signed_callback(
    fields: &[(String, Box<RawValue>)],
    signature: Signature,
    key: &str,
    encoding: CallbackEncoding,
    now: i64,
) -> SignedRequest {
    sealed_callback(fields, signature, key, encoding, now, &Seal::Genuine)
}

/// As [`signed_callback`], with a signature that may be missing or wrong.
pub(crate) fn sealed_callback(
    fields: &[SignedField],
    signature: Signature,
    key: &str,
    encoding: CallbackEncoding,
    now: i64,
    seal: &Seal,
) -> SignedRequest {
    let content_type = match encoding {
        CallbackEncoding::Json => "application/json",
        CallbackEncoding::Form => "application/x-www-form-urlencoded",
    };
    let mut headers = vec![("content-type".to_owned(), content_type.to_owned())];
    let mut checksum = None;
    if signature == Signature::ValuesPipe {
        checksum = sealed(seal, || hmac_hex(key.as_bytes(), joined_values(fields).as_bytes()));
    }
    let body = written(fields, checksum.as_deref(), encoding);
    match signature {
        Signature::ValuesPipe => {}
        Signature::Body => {
            if let Some(value) = sealed(seal, || hmac_hex(key.as_bytes(), &body)) {
                headers.push(("x-maldo-signature".to_owned(), value));
            }
        }
        Signature::StandardWebhooks => {
            let id = message_id(&body);
            if let Some(value) = sealed(seal, || standard_webhooks(key, &id, now, &body)) {
                headers.push(("webhook-signature".to_owned(), value));
            }
            headers.push(("webhook-id".to_owned(), id));
            headers.push(("webhook-timestamp".to_owned(), now.to_string()));
        }
    }
    SignedRequest { headers, body }
}

/// The HMAC-SHA256 in lower-case hex.
pub(crate) fn hmac_hex(key: &[u8], message: &[u8]) -> String {
    HEXLOWER.encode(&hmac_sha256(key, message))
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC accepts keys of any length, so this never fails; if it did, no receiver would accept the empty result.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        },
    )
}

fn sealed(seal: &Seal, genuine: impl FnOnce() -> String) -> Option<String> {
    match seal {
        Seal::Genuine => Some(genuine()),
        Seal::Omitted => None,
        Seal::Altered(text) => Some(text.clone()),
    }
}

/// The text that `values-pipe` signs. It is assumed to leave nested values out; no public document says so.
fn joined_values(fields: &[SignedField]) -> String {
    fields
        .iter()
        .filter(|(name, _)| name != "checksum")
        .filter_map(|(_, value)| plain_text(value))
        .collect::<Vec<_>>()
        .join("|")
}

/// A value without JSON's quotes; `None` for an array or an object.
fn plain_text(value: &RawValue) -> Option<String> {
    let text = value.get();
    match text.chars().next() {
        Some('{' | '[') => None,
        Some('"') => serde_json::from_str(text).ok(),
        _ if text == "null" => Some(String::new()),
        _ => Some(text.to_owned()),
    }
}

fn written(fields: &[SignedField], checksum: Option<&str>, encoding: CallbackEncoding) -> Vec<u8> {
    match encoding {
        CallbackEncoding::Json => {
            let quoted = |text: &str| serde_json::Value::from(text).to_string();
            let members = fields
                .iter()
                .map(|(name, value)| format!("{}:{}", quoted(name), value.get()))
                .chain(checksum.map(|checksum| format!("\"checksum\":{}", quoted(checksum))))
                .collect::<Vec<_>>();
            format!("{{{}}}", members.join(",")).into_bytes()
        }
        CallbackEncoding::Form => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (name, value) in fields {
                if let Some(text) = plain_text(value) {
                    form.append_pair(name, &text);
                }
            }
            if let Some(checksum) = checksum {
                form.append_pair("checksum", checksum);
            }
            form.finish().into_bytes()
        }
    }
}

/// The same for every repetition of a message, as Standard Webhooks requires.
fn message_id(body: &[u8]) -> String {
    let digest = HEXLOWER.encode(&Sha256::digest(body));
    format!("msg_{}", digest.chars().take(24).collect::<String>())
}

/// A key with the prefix `whsec_` is base64, as Standard Webhooks defines; any other key is used as raw bytes.
fn standard_webhooks(key: &str, id: &str, now: i64, body: &[u8]) -> String {
    let key = key
        .strip_prefix("whsec_")
        .and_then(|encoded| BASE64.decode(encoded.as_bytes()).ok())
        .unwrap_or_else(|| key.as_bytes().to_vec());
    let mut message = format!("{id}.{now}.").into_bytes();
    message.extend_from_slice(body);
    format!("v1,{}", BASE64.encode(&hmac_sha256(&key, &message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Vec<SignedField> {
        [
            ("result", r#""CONFIRMED""#),
            ("codeId", "200"),
            ("amount", "50.00"),
            ("conversion", r#"{"converted_amount":1.45}"#),
        ]
        .map(|(name, raw)| {
            let value = RawValue::from_string(raw.to_owned()).unwrap();
            (name.to_owned(), value)
        })
        .to_vec()
    }

    #[test]
    fn values_pipe_signs_the_text_of_the_top_level_values() {
        let request = signed_callback(&fields(), Signature::ValuesPipe, "key", CallbackEncoding::Json, 0);
        let checksum = hmac_hex(b"key", b"CONFIRMED|200|50.00");
        let body = format!(
            r#"{{"result":"CONFIRMED","codeId":200,"amount":50.00,"conversion":{{"converted_amount":1.45}},"checksum":"{checksum}"}}"#
        );
        assert_eq!(String::from_utf8(request.body).unwrap(), body);
    }

    #[test]
    fn a_form_carries_the_same_checksum_and_no_nested_value() {
        let request = signed_callback(&fields(), Signature::ValuesPipe, "key", CallbackEncoding::Form, 0);
        let checksum = hmac_hex(b"key", b"CONFIRMED|200|50.00");
        assert_eq!(
            String::from_utf8(request.body).unwrap(),
            format!("result=CONFIRMED&codeId=200&amount=50.00&checksum={checksum}")
        );
    }

    /// The example from the Standard Webhooks specification's own libraries.
    #[test]
    fn standard_webhooks_signs_as_its_reference_libraries_do() {
        assert_eq!(
            standard_webhooks(
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                br#"{"test": 2432232314}"#
            ),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
