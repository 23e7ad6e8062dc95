//! Verifies that MaldoPay sent a delivery, by the signature scheme in the site's contract.

use base64ct::{Base64, Encoding as _};
use tollbridge_connector::types::{Delivery, SignatureScheme};

use crate::assumed::BODY_SIGNATURE_HEADER;
use crate::body::{CallbackFields, header};
use crate::signature::any_fits;
use crate::signing::Signing;
use crate::unsigned_names::{are_in_order, signed_text};

/// Why a delivery is not authentic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Something that the scheme requires is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The signature data cannot be parsed.
    #[error("{0}")]
    Malformed(String),
    /// No key yields the signature.
    #[error("no key yields this signature")]
    Mismatch,
    /// The timestamp is too far from the current time.
    #[error("the timestamp is more than five minutes from now")]
    OutsideWindow,
}

/// The tolerance of the Standard Webhooks libraries.
const WINDOW_SECONDS: i64 = 5 * 60;

/// Checks the delivery's signature with every key and, under `values-pipe`, the order of its names if the site fixes
/// it. `now` is in milliseconds since 1970.
///
/// # Errors
/// The delivery is not authentic; see [`Rejection`].
pub fn verify(delivery: &Delivery, signing: Signing<'_>, keys: &[String], now: i64) -> Result<(), Rejection> {
    let believed = match signing.scheme {
        SignatureScheme::ValuesPipe => {
            let fields =
                CallbackFields::read(delivery, signing).map_err(|error| Rejection::Malformed(error.to_string()))?;
            let checksum = fields.text("checksum").ok_or(Rejection::Missing("checksum"))?;
            let checksum = hex(checksum, "checksum")?;
            let signed = signed_text(&fields).ok_or_else(|| malformed("a value has the | that joins values"))?;
            let believed = any_fits(keys, &[checksum], signed.as_bytes());
            if believed && !signing.orders.is_empty() && !are_in_order(&fields, signing.orders) {
                return Err(malformed("the names are not in an order that this site's callback_fields have"));
            }
            believed
        }
        SignatureScheme::Body => {
            let signature = header(delivery, BODY_SIGNATURE_HEADER).ok_or(Rejection::Missing(BODY_SIGNATURE_HEADER))?;
            any_fits(keys, &[hex(signature, BODY_SIGNATURE_HEADER)?], &delivery.body)
        }
        SignatureScheme::StandardWebhooks => standard_webhooks(delivery, keys, now)?,
    };
    if believed { Ok(()) } else { Err(Rejection::Mismatch) }
}

fn hex(text: &str, name: &str) -> Result<[u8; 32], Rejection> {
    let decoded = base16ct::mixed::decode_vec(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    decoded.ok_or_else(|| Rejection::Malformed(format!("{name} is not 64 hex digits")))
}

fn malformed(problem: &str) -> Rejection {
    Rejection::Malformed(problem.to_owned())
}

/// <https://www.standardwebhooks.com>: the signed text is `{id}.{timestamp}.{body}`, signatures are `v1,BASE64`
/// separated by spaces, and a key is `whsec_BASE64` or raw text.
fn standard_webhooks(delivery: &Delivery, keys: &[String], now: i64) -> Result<bool, Rejection> {
    let needed = |name: &'static str| header(delivery, name).ok_or(Rejection::Missing(name));
    let id = needed("webhook-id")?;
    let timestamp = needed("webhook-timestamp")?;
    let signatures: Vec<[u8; 32]> = needed("webhook-signature")?
        .split(' ')
        .filter_map(|signature| Base64::decode_vec(signature.strip_prefix("v1,")?).ok()?.try_into().ok())
        .take(8)
        .collect();
    if signatures.is_empty() {
        return Err(Rejection::Malformed("webhook-signature has no v1 signature".into()));
    }
    let seconds: i64 =
        timestamp.parse().map_err(|_| Rejection::Malformed("webhook-timestamp is not in seconds".into()))?;
    if now.div_euclid(1000).saturating_sub(seconds).saturating_abs() > WINDOW_SECONDS {
        return Err(Rejection::OutsideWindow);
    }
    let keys: Vec<Vec<u8>> = keys
        .iter()
        .map(|key| match key.strip_prefix("whsec_") {
            Some(encoded) => Base64::decode_vec(encoded).unwrap_or_default(),
            None => key.as_bytes().to_vec(),
        })
        .collect();
    let mut message = format!("{id}.{timestamp}.").into_bytes();
    message.extend_from_slice(&delivery.body);
    Ok(any_fits(&keys, &signatures, &message))
}
