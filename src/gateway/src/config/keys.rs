//! The keys derived from a site's key.

use base64ct::{Base64, Encoding as _};
use hkdf::Hkdf;
use sha2::Sha256;
use tollbridge_ledger::{AuditKey, Keys};

/// A site's key, from which other keys are derived.
pub struct SiteKey([u8; 32]);

impl SiteKey {
    /// Parses the base64 of 32 random bytes; none where the text is anything else.
    pub fn parse(encoded: &str) -> Option<Self> {
        Base64::decode_vec(encoded).ok()?.try_into().ok().map(Self)
    }

    /// A key for one purpose (HKDF-SHA256, RFC 5869).
    fn derive(&self, site: &str, for_use: &[u8]) -> Option<[u8; 32]> {
        let mut derived = [0; 32];
        Hkdf::<Sha256>::new(Some(site.as_bytes()), &self.0).expand(for_use, &mut derived).ok()?;
        Some(derived)
    }
}

/// The keys derived from a site's key, one for each purpose.
#[derive(Clone)]
pub struct SiteKeys {
    /// The keys of the ledger.
    pub ledger: Keys,
    /// Seals the Salesforce token in the store.
    pub token: [u8; 32],
}

impl SiteKeys {
    /// Derives the keys of this site. Records made with former keys stay readable.
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
