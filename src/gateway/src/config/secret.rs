//! Secrets, and the keys derived from a site's own.

use core::fmt;

use base64ct::{Base64, Encoding as _};
use hkdf::Hkdf;
use sha2::Sha256;
use tollbridge_ledger::{AuditKey, Keys};

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

/// A site's own key, from which the others are derived.
pub struct SiteKey([u8; 32]);

impl SiteKey {
    /// The key that is the base64 of 32 random bytes; none when it is not that.
    pub fn parse(encoded: &str) -> Option<Self> {
        Base64::decode_vec(encoded).ok()?.try_into().ok().map(Self)
    }

    /// What is derived for one use (HKDF-SHA256, RFC 5869).
    fn derive(&self, site: &str, for_use: &[u8]) -> Option<[u8; 32]> {
        let mut derived = [0; 32];
        Hkdf::<Sha256>::new(Some(site.as_bytes()), &self.0).expand(for_use, &mut derived).ok()?;
        Some(derived)
    }
}

/// What is derived from a site's key, each for one use.
#[derive(Clone)]
pub struct SiteKeys {
    /// For its ledger.
    pub ledger: Keys,
    /// For the Salesforce token in the store.
    pub token: [u8; 32],
}

impl SiteKeys {
    /// The keys of this site. What the former keys made is still read.
    pub fn derive(key: &SiteKey, former: &[SiteKey], site: &str) -> Option<Self> {
        let all = |for_use: &[u8]| -> Option<Vec<[u8; 32]>> {
            core::iter::once(key).chain(former).map(|key| key.derive(site, for_use)).collect()
        };
        Some(Self {
            ledger: Keys {
                audit: AuditKey::new(all(b"tollbridge audit mac")?),
                sealing: all(b"tollbridge data keys")?,
                fingerprints: key.derive(site, b"tollbridge told values")?,
            },
            token: key.derive(site, b"tollbridge salesforce token")?,
        })
    }
}
