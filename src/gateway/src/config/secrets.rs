//! What `secrets` says of a site.

use super::MaldoPaySecrets;
use super::reader::{Entry, Table};
use super::secret::{Secret, SiteKey, SiteKeys};
use super::site::or;

/// The secrets of a site.
pub struct SiteSecrets {
    pub api_keys: Vec<[u8; 32]>,
    pub maldopay: MaldoPaySecrets,
    pub client_id: Secret,
    pub client_secret: Secret,
    pub keys: SiteKeys,
}

/// Reads the secrets of a site; none where something is wrong with them, which their document knows.
pub fn secrets(name: &str, entry: &Entry<'_>) -> Option<SiteSecrets> {
    let mut table = entry.table()?;
    let api_keys = table.required("api_keys").and_then(|entry| api_keys(&entry));
    let maldopay = table.required_table("maldopay").and_then(maldopay);
    let salesforce = table.required_table("salesforce").and_then(salesforce);
    let key = table.required("key").and_then(|entry| site_key(&entry));
    let former_keys = or(table.optional("former_keys"), Vec::new(), |entry| all(&entry, SITE_KEY, site_key));
    table.end();
    let (client_id, client_secret) = salesforce?;
    let keys = SiteKeys::derive(&key?, &former_keys?, name);
    Some(SiteSecrets { api_keys: api_keys?, maldopay: maldopay?, client_id, client_secret, keys: keys? })
}

fn maldopay(mut table: Table<'_>) -> Option<MaldoPaySecrets> {
    let api_key = table.required("api_key").and_then(|entry| secret(&entry));
    let encrypting_keys =
        table.required("encrypting_keys").and_then(|entry| all(&entry, "at least one, the current one first", secret));
    table.end();
    Some(MaldoPaySecrets { api_key: api_key?, encrypting_keys: encrypting_keys? })
}

fn salesforce(mut table: Table<'_>) -> Option<(Secret, Secret)> {
    let [id, key] = ["client_id", "client_secret"].map(|key| table.required(key).and_then(|entry| secret(&entry)));
    table.end();
    Some((id?, key?))
}

const SITE_KEY: &str = "write the base64 of 32 random bytes: openssl rand -base64 32";

fn site_key(entry: &Entry<'_>) -> Option<SiteKey> {
    entry.read(|key| SiteKey::parse(key).ok_or(SITE_KEY))
}

fn secret(entry: &Entry<'_>) -> Option<Secret> {
    entry.filled().map(|text| Secret::new(text.to_owned()))
}

fn api_keys(entry: &Entry<'_>) -> Option<Vec<[u8; 32]>> {
    const FORM: &str = "each is \"sha256:\" and the 64 hex digits of the key's SHA-256; at least one";
    all(entry, FORM, |entry| entry.read(|key| digest(key).ok_or(FORM)))
}

/// All elements of a list, each read, and at least one.
fn all<T>(entry: &Entry<'_>, none: &str, read: fn(&Entry<'_>) -> Option<T>) -> Option<Vec<T>> {
    let written = entry.list()?;
    if written.is_empty() {
        entry.wrong(none);
        return None;
    }
    let elements: Vec<T> = written.iter().filter_map(read).collect();
    (elements.len() == written.len()).then_some(elements)
}

fn digest(key: &str) -> Option<[u8; 32]> {
    let hex = key.strip_prefix("sha256:")?;
    base16ct::mixed::decode_vec(hex).ok()?.try_into().ok()
}
