//! HMAC-SHA256 with the merchant's encrypting key, which signs requests and callbacks alike.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};

/// The HMAC-SHA256 of a message.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // A key of any length is a key for HMAC; the error is there for other MACs.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
        mac.update(message);
        mac.finalize().into_bytes().into()
    })
}

/// Whether one of the keys makes one of the signatures. Every key is tried against every signature, so that the time
/// taken does not tell which one fits. An empty key signs for everybody and so for nobody.
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
