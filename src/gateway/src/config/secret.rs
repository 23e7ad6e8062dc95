//! Secrets, and the keys derived from a site's own.

use core::fmt;

use base64ct::{Base64, Encoding as _};
use hkdf::Hkdf;
use sha2::Sha256;

/// Text that is never shown: `Debug` says only that it is there.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps this text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for whoever must send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// What is derived from a site's key (HKDF-SHA256, RFC 5869), each for one use.
#[derive(Clone)]
pub struct SiteKeys {
    /// For the audit's MACs.
    pub audit: [u8; 32],
    /// For the Salesforce token in the store.
    pub token: [u8; 32],
}

impl SiteKeys {
    /// The keys that the base64 of 32 random bytes gives this site; none when it is not that.
    pub fn derive(encoded: &str, site: &str) -> Option<Self> {
        let key = Base64::decode_vec(encoded).ok().filter(|key| key.len() == 32)?;
        let derive = Hkdf::<Sha256>::new(Some(site.as_bytes()), &key);
        let mut keys = Self { audit: [0; 32], token: [0; 32] };
        derive.expand(b"tollbridge audit mac", &mut keys.audit).ok()?;
        derive.expand(b"tollbridge salesforce token", &mut keys.token).ok()?;
        Some(keys)
    }
}
