//! Sealing: authenticated encryption of text, bound to the store key under which it is stored.

use base64ct::{Base64, Encoding as _};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use tollbridge_domain::PaymentReference;

use crate::{Ledger, Random, StoreError, keys, stored};

/// A key of XChaCha20-Poly1305.
pub type SealingKey = [u8; 32];

/// The length of XChaCha20's nonce, which is long enough to be random.
const NONCE_BYTES: usize = 24;

/// Seals bytes, bound to the store key under which they are stored, as base64. `None` if there are more bytes than the
/// cipher can seal.
#[must_use]
pub fn seal(key: &SealingKey, bound_to: &str, bytes: &[u8], random: &dyn Random) -> Option<String> {
    let mut nonce = [0; NONCE_BYTES];
    random.fill(&mut nonce);
    let payload = Payload { msg: bytes, aad: bound_to.as_bytes() };
    let ciphertext = XChaCha20Poly1305::new(key.into()).encrypt(&nonce.into(), payload).ok()?;
    Some(Base64::encode_string(&[nonce.as_slice(), &ciphertext].concat()))
}

/// Opens a sealed text. `None` if it was sealed with another key or for another store key, or was changed.
///
/// ```
/// use tollbridge_ledger::{Random, open, seal};
///
/// struct Fixed;
/// impl Random for Fixed {
///     fn fill(&self, bytes: &mut [u8]) {
///         bytes.fill(7); // Never in production: a nonce must not repeat.
///     }
/// }
///
/// let key = [1; 32];
/// let sealed = seal(&key, "pay/tr/TB-1/1", b"Ada", &Fixed).unwrap();
/// assert_eq!(open(&key, "pay/tr/TB-1/1", &sealed).as_deref(), Some(&b"Ada"[..]));
/// assert_eq!(open(&key, "pay/tr/TB-1/2", &sealed), None);
/// ```
#[must_use]
pub fn open(key: &SealingKey, bound_to: &str, sealed: &str) -> Option<Vec<u8>> {
    let sealed = Base64::decode_vec(sealed).ok()?;
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES)?;
    let payload = Payload { msg: ciphertext, aad: bound_to.as_bytes() };
    XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::try_from(nonce).ok()?, payload).ok()
}

/// The error for bytes that cannot be sealed.
fn unsealable(key: &str) -> StoreError {
    StoreError::Unreadable { key: key.to_owned(), problem: "cannot be sealed".to_owned() }
}

impl Ledger<'_> {
    /// Seals bytes of a payment's entry with a data key of their own, and returns them with the record of that key.
    /// Nothing opens them once that record is removed.
    pub(crate) fn seal_for_entry(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        bytes: &[u8],
    ) -> Result<(String, (String, Vec<u8>)), StoreError> {
        let bound_to = keys::payment_entry(&self.site, reference, sequence);
        let stored_under = keys::data_key(&self.site, reference, sequence);
        let mut data_key = SealingKey::default();
        self.random.fill(&mut data_key);
        let sealed = seal(&data_key, &bound_to, bytes, self.random).ok_or_else(|| unsealable(&bound_to))?;
        let sealed_key = self.seal_for_site(&stored_under, &data_key)?;
        Ok((sealed, (stored_under, sealed_key)))
    }

    /// Opens what [`Ledger::seal_for_entry`] sealed, with its stored data key.
    pub(crate) fn open_for_entry(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        sealed: &str,
        stored_key: &[u8],
    ) -> Option<Vec<u8>> {
        let bound_to = keys::payment_entry(&self.site, reference, sequence);
        let stored_under = keys::data_key(&self.site, reference, sequence);
        let data_key: SealingKey = self.open_for_site(&stored_under, stored_key)?.try_into().ok()?;
        open(&data_key, &bound_to, sealed)
    }

    /// The record of these bytes, sealed with the site's own key.
    pub(crate) fn seal_for_site(&self, bound_to: &str, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = self.sealing.first();
        let sealed = key.and_then(|key| seal(key, bound_to, bytes, self.random)).ok_or_else(|| unsealable(bound_to))?;
        stored::write(bound_to, &sealed)
    }

    /// Opens what [`Ledger::seal_for_site`] sealed, with the site's current key or a previous one.
    pub(crate) fn open_for_site(&self, bound_to: &str, record: &[u8]) -> Option<Vec<u8>> {
        let sealed: String = stored::read(bound_to, record).ok()?;
        self.sealing.iter().find_map(|key| open(key, bound_to, &sealed))
    }
}
