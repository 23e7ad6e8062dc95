//! Text that only a key opens, and only in the place that it was written for.

use base64ct::{Base64, Encoding as _};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use tollbridge_domain::PaymentReference;

use crate::{Ledger, Random, StoreError, keys, stored};

/// A key that seals.
pub type SealingKey = [u8; 32];

/// XChaCha20's nonce is long enough to be drawn at random.
const NONCE_BYTES: usize = 24;

/// Seals bytes for a place, as base64. None where they are more than can be sealed.
#[must_use]
pub fn seal(key: &SealingKey, place: &str, bytes: &[u8], random: &dyn Random) -> Option<String> {
    let mut nonce = [0; NONCE_BYTES];
    random.fill(&mut nonce);
    let payload = Payload { msg: bytes, aad: place.as_bytes() };
    let ciphertext = XChaCha20Poly1305::new(key.into()).encrypt(&nonce.into(), payload).ok()?;
    Some(Base64::encode_string(&[nonce.as_slice(), &ciphertext].concat()))
}

/// What was sealed for this place with this key; none where it was not, or is not as it was written.
#[must_use]
pub fn open(key: &SealingKey, place: &str, sealed: &str) -> Option<Vec<u8>> {
    let sealed = Base64::decode_vec(sealed).ok()?;
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES)?;
    let payload = Payload { msg: ciphertext, aad: place.as_bytes() };
    XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::try_from(nonce).ok()?, payload).ok()
}

/// The problem of what cannot be sealed.
fn unsealable(key: &str) -> StoreError {
    StoreError::Unreadable { key: key.to_owned(), problem: "cannot be sealed".to_owned() }
}

impl Ledger<'_> {
    /// Seals bytes of a payment's entry with a key of their own, and gives them with the record of that key. Without that
    /// record nothing opens them any more.
    pub(crate) fn seal_for_entry(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        bytes: &[u8],
    ) -> Result<(String, (String, Vec<u8>)), StoreError> {
        let place = keys::payment_entry(&self.site, reference, sequence);
        let key_place = keys::data_key(&self.site, reference, sequence);
        let mut data_key = SealingKey::default();
        self.random.fill(&mut data_key);
        let sealed = seal(&data_key, &place, bytes, self.random).ok_or_else(|| unsealable(&place))?;
        let sealed_key = self.seal_for_site(&key_place, &data_key)?;
        Ok((sealed, (key_place, sealed_key)))
    }

    /// What [`Ledger::seal_for_entry`] sealed, with what is stored of its key.
    pub(crate) fn open_of_entry(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        sealed: &str,
        stored_key: &[u8],
    ) -> Option<Vec<u8>> {
        let place = keys::payment_entry(&self.site, reference, sequence);
        let key_place = keys::data_key(&self.site, reference, sequence);
        let data_key: SealingKey = self.open_of_site(&key_place, stored_key)?.try_into().ok()?;
        open(&data_key, &place, sealed)
    }

    /// The record of these bytes, sealed with the site's own key.
    pub(crate) fn seal_for_site(&self, place: &str, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = self.sealing.first();
        let sealed = key.and_then(|key| seal(key, place, bytes, self.random)).ok_or_else(|| unsealable(place))?;
        stored::write(place, &sealed)
    }

    /// What [`Ledger::seal_for_site`] sealed, with the site's key of now or of before.
    pub(crate) fn open_of_site(&self, place: &str, record: &[u8]) -> Option<Vec<u8>> {
        let sealed: String = stored::read(place, record).ok()?;
        self.sealing.iter().find_map(|key| open(key, place, &sealed))
    }
}
