//! The audit: every entry carries a MAC over what it is and where it stands, so that a changed entry shows, and one that
//! was taken away leaves a gap under its counter.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tollbridge_domain::{Entry, PaymentReference, SiteName};

use crate::history::REACH;
use crate::{Ledger, StoreError, keys};

/// The key of a site's audit MACs.
#[derive(Clone)]
pub struct AuditKey([u8; 32]);

/// What the audit says of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether every entry is as it was written, and none is missing or beyond the counter.
    pub intact: bool,
    /// The sequence numbers of entries whose MAC does not fit, or that cannot be read.
    pub changed: Vec<u64>,
    /// Sequence numbers below the counter that have no entry: taken away, or never written because the process that drew
    /// the number died.
    pub missing: Vec<u64>,
    /// The sequence numbers of entries above the counter: it was lowered.
    pub beyond: Vec<u64>,
}

/// An entry with what the audit says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedEntry {
    /// The entry.
    pub entry: Entry,
    /// What the provider sent.
    pub raw: Option<String>,
    /// The number of its journal entry, where that is known.
    pub journal: Option<u64>,
    /// Whether it is as it was written.
    pub intact: bool,
}

impl AuditKey {
    /// The key with these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The MAC of an entry's content, in hex. Names have no `|`, so no two entries are one message.
    pub(crate) fn mac(&self, site: &SiteName, reference: &PaymentReference, sequence: u64, content: &str) -> String {
        let message = format!("{site}|{reference}|{sequence}|{content}");
        // A key of any length is a key for HMAC; the error is there for other MACs.
        Hmac::<Sha256>::new_from_slice(&self.0).map_or_else(
            |_| String::new(),
            |mut mac| {
                mac.update(message.as_bytes());
                base16ct::lower::encode_string(&mac.finalize().into_bytes())
            },
        )
    }

    pub(crate) fn fits(&self, expected: &str, carried: &str) -> bool {
        !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(carried.as_bytes()))
    }
}

impl Ledger<'_> {
    /// Every entry of a payment, with the audit's verdict on them.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn audited(&self, reference: &PaymentReference) -> Result<(Vec<AuditedEntry>, Verdict), StoreError> {
        let last = self.last_drawn(reference)?;
        // A counter that was lowered leaves entries beyond it.
        let sequences: Vec<u64> = (1..=last.saturating_add(REACH.look_ahead)).collect();
        let mut entries = Vec::new();
        let mut verdict = Verdict { intact: true, changed: Vec::new(), missing: Vec::new(), beyond: Vec::new() };
        for page in sequences.chunks(256) {
            let keys: Vec<String> =
                page.iter().map(|sequence| keys::payment_entry(&self.site, reference, *sequence)).collect();
            for ((sequence, key), value) in page.iter().zip(&keys).zip(self.store.get_many(&keys)?) {
                let Some(value) = value else {
                    if *sequence <= last {
                        verdict.missing.push(*sequence);
                    }
                    continue;
                };
                if *sequence > last {
                    verdict.beyond.push(*sequence);
                }
                match self.read_entry(reference, *sequence, key, &value) {
                    Ok(entry) => {
                        if !entry.intact {
                            verdict.changed.push(*sequence);
                        }
                        entries.push(entry);
                    }
                    Err(_) => verdict.changed.push(*sequence),
                }
            }
        }
        verdict.intact = verdict.changed.is_empty() && verdict.missing.is_empty() && verdict.beyond.is_empty();
        Ok((entries, verdict))
    }
}
