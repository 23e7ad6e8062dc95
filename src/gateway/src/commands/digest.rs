//! The digest of a command. It tells a repetition from another command with the same idempotency key.

use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use tollbridge_domain::IdempotencyKey;

use super::spelling::Spelling;
use crate::config::Site;
use crate::http::body::Body;
use crate::http::members::Members;
use crate::http::message::Request;

/// SHA-256 of the command: its idempotency key, its path, and its JSON without regard to field order and white space.
/// Two refunds of one amount are two commands with two keys. A number counts as it is written, because two different
/// amounts could become one float. Of a Contact or Account only the fields count that the site reads: others, such as
/// the time of the last change, are not part of the command and differ when it is repeated.
pub fn digest(body: &Body, request: &Request, key: &IdempotencyKey, site: &Site, spelling: Spelling) -> String {
    let mut hasher = Sha256::new();
    hasher.update(key.as_str().as_bytes());
    hasher.update([0]);
    hasher.update(request.path.as_bytes());
    hasher.update([0]);
    canonical(&body.text, "", site, spelling, &mut hasher);
    base16ct::lower::encode_string(&hasher.finalize())
}

/// Hashes the JSON at this path with sorted fields and without white space. The body was parsed before, so its nesting
/// is bounded.
fn canonical(json: &str, place: &str, site: &Site, spelling: Spelling, hasher: &mut Sha256) {
    let json = json.trim();
    if let Ok(Members { fields, .. }) = serde_json::from_str(json) {
        hasher.update(b"{");
        for (name, value) in fields {
            let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
            let is_of_a_record = ["contact.", "account."].iter().any(|record| place.starts_with(record));
            if is_of_a_record && !site.reads(&place) {
                continue;
            }
            hasher.update(Value::from(name).to_string().as_bytes());
            hasher.update(b":");
            canonical(value.get(), &place, site, spelling, hasher);
            hasher.update(b",");
        }
        hasher.update(b"}");
    } else if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) {
        hasher.update(b"[");
        for item in items {
            canonical(item.get(), place, site, spelling, hasher);
            hasher.update(b",");
        }
        hasher.update(b"]");
    } else if let Ok(text) = serde_json::from_str::<String>(json) {
        hasher.update(Value::from(spelling.of(place, text)).to_string().as_bytes());
    } else {
        hasher.update(json.as_bytes());
    }
}
