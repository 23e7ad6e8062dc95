//! Parses the secrets of a site.

use base64ct::{Base64, Encoding as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tollbridge_connector::types::SignatureScheme;

use super::keys::{SiteKey, SiteKeys};
use super::published::{PUBLISHED_SECRET, Peers};
use super::reader::or_default;
use super::reader::{ConfigTable, ConfigValue};
use super::{ApiKey, MaldoPaySecrets};

/// The secrets of a site.
pub struct SiteSecrets {
    pub api_keys: Vec<ApiKey>,
    pub maldopay: MaldoPaySecrets,
    pub client_id: SecretString,
    pub client_secret: SecretString,
    pub keys: SiteKeys,
}

/// The parsed secrets of a site, as far as they have no problem.
pub struct ParsedSecrets {
    /// The callers' keys, even where something else has a problem.
    pub api_keys: Vec<ApiKey>,
    /// All secrets; none where there is a problem, which is reported to the document.
    pub complete: Option<SiteSecrets>,
}

/// Parses the secrets of a site with these peers, whose callbacks are signed by this scheme.
pub fn secrets(name: &str, entry: &ConfigValue<'_>, peers: Peers, scheme: SignatureScheme) -> Option<ParsedSecrets> {
    let mut table = entry.table()?;
    let api_keys = table.required("api_keys").and_then(|entry| api_keys(&entry, peers));
    let maldopay = table.required_table("maldopay").and_then(|table| maldopay(table, peers, scheme));
    let salesforce = table.required_table("salesforce").and_then(|table| salesforce(table, peers));
    let key = table.required("key").and_then(|entry| site_key(&entry, peers));
    let former_keys = or_default(table.optional("former_keys"), Vec::new(), |entry| {
        all(&entry, SITE_KEY, |entry| site_key(entry, peers))
    });
    table.end();
    let callers = api_keys.clone().unwrap_or_default();
    let complete = || {
        let (client_id, client_secret) = salesforce?;
        let keys = SiteKeys::derive(&key?, &former_keys?, name);
        Some(SiteSecrets { api_keys: api_keys?, maldopay: maldopay?, client_id, client_secret, keys: keys? })
    };
    Some(ParsedSecrets { api_keys: callers, complete: complete() })
}

fn maldopay(mut table: ConfigTable<'_>, peers: Peers, scheme: SignatureScheme) -> Option<MaldoPaySecrets> {
    let api_key = table.required("api_key").and_then(|entry| secret(&entry, peers));
    let encrypting_keys = table.required("encrypting_keys").and_then(|entry| {
        all(&entry, "at least one, the current one first", |entry| encrypting_key(entry, peers, scheme))
    });
    table.end();
    Some(MaldoPaySecrets { api_key: api_key?, encrypting_keys: encrypting_keys? })
}

fn salesforce(mut table: ConfigTable<'_>, peers: Peers) -> Option<(SecretString, SecretString)> {
    let [id, key] =
        ["client_id", "client_secret"].map(|key| table.required(key).and_then(|entry| secret(&entry, peers)));
    table.end();
    Some((id?, key?))
}

const SITE_KEY: &str = "write the base64 of 32 random bytes: openssl rand -base64 32";

fn site_key(entry: &ConfigValue<'_>, peers: Peers) -> Option<SiteKey> {
    entry.parse(|key| if peers.refuse(key) { Err(PUBLISHED_SECRET) } else { SiteKey::parse(key).ok_or(SITE_KEY) })
}

fn secret(entry: &ConfigValue<'_>, peers: Peers) -> Option<SecretString> {
    let text = entry.non_empty()?;
    if peers.refuse(text) {
        entry.report(PUBLISHED_SECRET);
        return None;
    }
    Some(SecretString::from(text))
}

const WEBHOOK_KEY: &str = "no callback matches this key: directly after whsec_, write base64 with + and / and the = at \
                           its end, without spaces; or write the key as plain text";

fn encrypting_key(entry: &ConfigValue<'_>, peers: Peers, scheme: SignatureScheme) -> Option<SecretString> {
    let key = secret(entry, peers)?;
    if scheme == SignatureScheme::StandardWebhooks && !is_webhook_key(key.expose_secret()) {
        entry.report(WEBHOOK_KEY);
        return None;
    }
    Some(key)
}

/// Whether the provider can use this key under the scheme `standard-webhooks`.
fn is_webhook_key(key: &str) -> bool {
    match key.strip_prefix("whsec_") {
        Some(encoded) => Base64::decode_vec(encoded).is_ok_and(|key| !key.is_empty()),
        // The `v1,` of a signature, or the prefix after a space: this is no key in plain text.
        None => !key.starts_with("v1,") && !key.trim_start().starts_with("whsec_"),
    }
}

fn api_keys(entry: &ConfigValue<'_>, peers: Peers) -> Option<Vec<ApiKey>> {
    const FORM: &str = "each is \"sha256:\" and the 64 hex digits of the key's SHA-256; at least one";
    const EMPTY_KEY: &str = "this is the digest of an empty key, which anybody has: digest the key itself";
    all(entry, FORM, |entry| {
        entry.parse(|key| match digest(key) {
            Some(digest) if peers.refuse_digest(&digest) => Err(PUBLISHED_SECRET),
            Some(digest) if digest == <[u8; 32]>::from(Sha256::digest(b"")) => Err(EMPTY_KEY),
            Some(digest) => Ok(digest),
            None => Err(FORM),
        })
    })
}

/// All parsed elements of a list with at least one element.
fn all<T>(entry: &ConfigValue<'_>, empty: &str, parse: impl Fn(&ConfigValue<'_>) -> Option<T>) -> Option<Vec<T>> {
    let written = entry.list()?;
    if written.is_empty() {
        entry.report(empty);
        return None;
    }
    let elements: Vec<T> = written.iter().filter_map(&parse).collect();
    (elements.len() == written.len()).then_some(elements)
}

fn digest(key: &str) -> Option<[u8; 32]> {
    let hex = key.strip_prefix("sha256:")?;
    base16ct::mixed::decode_vec(hex).ok()?.try_into().ok()
}
