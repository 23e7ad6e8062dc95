//! Fingerprints of the field values that Salesforce confirmed. They show which fields differ. A value may be a person's
//! name, so the ledger stores a MAC in its place. The MAC covers the payment, the record and the field, so that equal
//! values have different fingerprints.

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::value::RawValue;
use sha2::Sha256;
use tollbridge_domain::PaymentReference;

use crate::{Ledger, StoreError, SyncState, stored};

/// The key of a site's fingerprints.
pub type FingerprintKey = [u8; 32];

/// The prefix of every fingerprint, as JSON. Its base64 follows.
const BEGINNING: &str = "\"~";

/// 128 bits: that two values of one field share a fingerprint by chance is negligible, and the consequence would be one
/// field that is not updated.
const BYTES: usize = 16;

/// Whether this is a fingerprint, and not a value that an older version stored.
fn is_fingerprint(value: &RawValue) -> bool {
    let encoded = value.get().strip_prefix(BEGINNING).and_then(|rest| rest.strip_suffix('"'));
    encoded.and_then(|encoded| Base64::decode_vec(encoded).ok()).is_some_and(|mac| mac.len() == BYTES)
}

impl Ledger<'_> {
    /// The fingerprints of a record's fields.
    #[must_use]
    pub fn fingerprints(
        &self,
        payment: &PaymentReference,
        record: &str,
        fields: &[(String, Box<RawValue>)],
    ) -> Vec<(String, Box<RawValue>)> {
        fields.iter().map(|(field, value)| (field.clone(), self.fingerprint(payment, record, field, value))).collect()
    }

    /// The fingerprint of one field's value.
    fn fingerprint(&self, payment: &PaymentReference, record: &str, field: &str, value: &RawValue) -> Box<RawValue> {
        let kept = self.name(&[self.site.as_str(), payment.as_str(), record, field, value.get()]);
        RawValue::from_string(format!("{BEGINNING}{kept}\"")).unwrap_or_else(|_| RawValue::NULL.to_owned())
    }

    /// A name for what the provider signed, the same for every repetition. The name is stored in the clear, and without
    /// the site's key nobody can check a guess at the text against it.
    #[must_use]
    pub fn delivery_name(&self, digest: &str) -> String {
        self.name(&[self.site.as_str(), digest])
    }

    fn name(&self, parts: &[&str]) -> String {
        // HMAC takes keys of any length; the error exists for other MACs.
        let mac = Hmac::<Sha256>::new_from_slice(&self.fingerprints).ok().map(|mut mac| {
            for part in parts {
                // Each part with its length, so that no two lists of parts give the same message.
                mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                mac.update(part.as_bytes());
            }
            mac.finalize().into_bytes()
        });
        mac.as_ref().and_then(|mac| mac.get(..BYTES)).map(Base64::encode_string).unwrap_or_default()
    }

    /// Decodes a sync state. Older versions stored the values themselves; their fingerprints replace them here.
    pub(crate) fn read_sync_state(
        &self,
        payment: &PaymentReference,
        key: &str,
        bytes: &[u8],
    ) -> Result<SyncState, StoreError> {
        let mut sync_state: SyncState = stored::read(key, bytes)?;
        for (record, fields) in &mut sync_state.confirmed.records {
            for (field, value) in fields.iter_mut().filter(|(_, value)| !is_fingerprint(value)) {
                *value = self.fingerprint(payment, record, field, value);
            }
        }
        Ok(sync_state)
    }
}
