//! HMAC-SHA256 with the merchant's encrypting key, which signs both requests and callbacks.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};

pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC accepts keys of any length; the error exists for other MACs.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
        mac.update(message);
        mac.finalize().into_bytes().into()
    })
}

/// Whether one of the keys yields one of the signatures. It tries every key with every signature, so that the duration
/// does not reveal which one matches. Empty keys are ignored: anyone could sign with one.
pub fn any_fits(keys: &[impl AsRef<[u8]>], signatures: &[[u8; 32]], message: &[u8]) -> bool {
    let mut fits = Choice::from(0);
    for key in keys.iter().map(AsRef::as_ref).filter(|key| !key.is_empty()) {
        let expected = hmac_sha256(key, message);
        for signature in signatures {
            fits |= expected.ct_eq(signature);
        }
    }
    fits.into()
}
