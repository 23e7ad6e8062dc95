//! What stands for the values that Salesforce was told. They serve to find out what differs, and may be a person's name,
//! so a MAC of each is kept in its place: bound to its payment, record and field, so that equal values do not look equal.

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::value::RawValue;
use sha2::Sha256;
use tollbridge_domain::PaymentReference;

use crate::{Ledger, StoreError, SyncState, stored};

/// The key of a site's fingerprints.
pub type FingerprintKey = [u8; 32];

/// What every fingerprint begins with, as JSON; its base64 follows.
const BEGINNING: &str = "\"~";

/// 128 bits: two values of one field have one fingerprint by chance in no lifetime, and that would leave one field as it is.
const BYTES: usize = 16;

/// Whether this is a fingerprint, and not a value that a version before kept.
fn is_fingerprint(value: &RawValue) -> bool {
    let encoded = value.get().strip_prefix(BEGINNING).and_then(|rest| rest.strip_suffix('"'));
    encoded.and_then(|encoded| Base64::decode_vec(encoded).ok()).is_some_and(|mac| mac.len() == BYTES)
}

impl Ledger<'_> {
    /// What stands for the values of a record's fields.
    #[must_use]
    pub fn fingerprints(
        &self,
        payment: &PaymentReference,
        record: &str,
        fields: &[(String, Box<RawValue>)],
    ) -> Vec<(String, Box<RawValue>)> {
        fields.iter().map(|(field, value)| (field.clone(), self.fingerprint(payment, record, field, value))).collect()
    }

    /// What stands for the value of a record's field.
    fn fingerprint(&self, payment: &PaymentReference, record: &str, field: &str, value: &RawValue) -> Box<RawValue> {
        let parts = [self.site.as_str(), payment.as_str(), record, field, value.get()];
        // A key of any length is a key for HMAC; the error is there for other MACs.
        let mac = Hmac::<Sha256>::new_from_slice(&self.sync_state).ok().map(|mut mac| {
            for part in parts {
                // With its length, so that no two lists of parts are one message.
                mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                mac.update(part.as_bytes());
            }
            mac.finalize().into_bytes()
        });
        let kept = mac.as_ref().and_then(|mac| mac.get(..BYTES)).map(Base64::encode_string);
        RawValue::from_string(format!("{BEGINNING}{}\"", kept.unwrap_or_default()))
            .unwrap_or_else(|_| RawValue::NULL.to_owned())
    }

    /// Reads what was told. A version before kept the values themselves; from here on fingerprints stand for those too.
    pub(crate) fn read_sync_state(
        &self,
        payment: &PaymentReference,
        key: &str,
        bytes: &[u8],
    ) -> Result<SyncState, StoreError> {
        let mut sync_state: SyncState = stored::read(key, bytes)?;
        for (record, fields) in &mut sync_state.delivered.records {
            for (field, value) in fields.iter_mut().filter(|(_, value)| !is_fingerprint(value)) {
                *value = self.fingerprint(payment, record, field, value);
            }
        }
        Ok(sync_state)
    }
}
