//! The audit: every entry carries a MAC over what it is and where it stands, so that a changed entry shows, and one that
//! was taken away leaves a gap under its counter.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tollbridge_domain::{Entry, Fact, PaymentReference, SiteName};

use crate::history::{Content, REACH, StoredEntry};
use crate::{Ledger, StoreError, keys, stored};

/// The keys of a site's audit MACs: the first is in use, the others were before it.
#[derive(Clone)]
pub struct AuditKey(Vec<[u8; 32]>);

/// What the audit says of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether every entry is as it was written, and none is missing or beyond the counter.
    pub intact: bool,
    /// The sequence numbers of entries whose MAC does not fit, or that cannot be read, or whose sealed text does not open
    /// although nobody had it erased.
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
    /// What the provider sent; where it is sealed, not before it is opened.
    pub raw: Option<String>,
    /// The number of its journal entry, where that is known.
    pub journal: Option<u64>,
    /// What is sealed of it, where that is not opened.
    pub(crate) sealed: Option<String>,
    /// Whether what the provider sent was erased.
    pub erased: bool,
    /// Whether it is as it was written.
    pub intact: bool,
}

impl AuditKey {
    /// The keys with these bytes.
    #[must_use]
    pub fn new(keys: Vec<[u8; 32]>) -> Self {
        Self(keys)
    }

    /// The MAC of an entry's content, in hex, by the key in use.
    pub(crate) fn mac(&self, site: &SiteName, reference: &PaymentReference, sequence: u64, content: &str) -> String {
        let message = message(site, reference, sequence, content);
        self.0.first().map(|key| mac(key, &message)).unwrap_or_default()
    }

    /// Whether an entry's content carries a MAC by one of the keys.
    pub(crate) fn verifies(
        &self,
        site: &SiteName,
        reference: &PaymentReference,
        sequence: u64,
        content: &str,
        carried: &str,
    ) -> bool {
        let message = message(site, reference, sequence, content);
        let fits = |expected: &str| !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(carried.as_bytes()));
        self.0.iter().any(|key| fits(&mac(key, &message)))
    }
}

/// The stored form of an entry, with its content read.
pub(crate) fn read_content(key: &str, value: &[u8]) -> Result<(StoredEntry, Content), StoreError> {
    let stored: StoredEntry = stored::read(key, value)?;
    let content = stored::read(key, stored.content.get().as_bytes())?;
    Ok((stored, content))
}

/// Names have no `|`, so no two entries are one message.
fn message(site: &SiteName, reference: &PaymentReference, sequence: u64, content: &str) -> String {
    format!("{site}|{reference}|{sequence}|{content}")
}

fn mac(key: &[u8; 32], message: &str) -> String {
    // A key of any length is a key for HMAC; the error is there for other MACs.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(message.as_bytes());
            base16ct::lower::encode_string(&mac.finalize().into_bytes())
        },
    )
}

impl Ledger<'_> {
    /// Every entry of a payment, with the audit's verdict on them.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn audited(&self, reference: &PaymentReference) -> Result<(Vec<AuditedEntry>, Verdict), StoreError> {
        let last = self.last_allocated(reference)?;
        // A counter that was lowered leaves entries beyond it.
        let sequences: Vec<u64> = (1..=last.saturating_add(REACH.look_ahead)).collect();
        let mut read = Vec::new();
        let mut verdict = Verdict { intact: true, changed: Vec::new(), missing: Vec::new(), beyond: Vec::new() };
        for page in sequences.chunks(256) {
            let entry_key = |sequence: &u64| keys::payment_entry(&self.site, reference, *sequence);
            let data_key = |sequence: &u64| keys::data_key(&self.site, reference, *sequence);
            // The keys after the entries: where a store reads one after another, the key of every entry found is there.
            let keys: Vec<String> = page.iter().map(entry_key).chain(page.iter().map(data_key)).collect();
            let mut values = self.store.get_many(&keys)?;
            let data_keys = values.split_off(page.len().min(values.len()));
            for (((sequence, key), value), data_key) in page.iter().zip(&keys).zip(values).zip(data_keys) {
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
                    Ok(entry) => read.push((entry, data_key)),
                    Err(_) => verdict.changed.push(*sequence),
                }
            }
        }
        let erased = read.iter().any(|(audited, _)| matches!(audited.entry.fact, Fact::Erased(_)));
        let mut entries = Vec::with_capacity(read.len());
        for (mut audited, data_key) in read {
            if erased {
                audited.erased = audited.raw.take().is_some() || audited.sealed.is_some();
            } else {
                self.open_audited(reference, &mut audited, data_key.as_deref());
            }
            if !audited.intact {
                verdict.changed.push(audited.entry.sequence);
            }
            entries.push(audited);
        }
        verdict.changed.sort_unstable();
        verdict.intact = verdict.changed.is_empty() && verdict.missing.is_empty() && verdict.beyond.is_empty();
        Ok((entries, verdict))
    }

    /// The stored form of an entry, with its MAC or the one that it is to keep.
    pub(crate) fn stored_entry(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        key: &str,
        content: &Content,
        kept_mac: Option<String>,
    ) -> Result<Vec<u8>, StoreError> {
        let text = serde_json::value::to_raw_value(content)
            .map_err(|error| StoreError::Unreadable { key: key.to_owned(), problem: error.to_string() })?;
        let mac = kept_mac.unwrap_or_else(|| self.audit.mac(&self.site, reference, sequence, text.get()));
        stored::write(key, &StoredEntry { mac, content: text })
    }

    /// Reads an entry, and says whether it is as it was written.
    pub(crate) fn read_entry(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        key: &str,
        value: &[u8],
    ) -> Result<AuditedEntry, StoreError> {
        let (stored, content) = read_content(key, value)?;
        let Content { fact, received_at, correlation_id, raw, sealed, journal } = content;
        Ok(AuditedEntry {
            entry: Entry { sequence, fact, received_at, correlation_id },
            raw,
            journal,
            sealed,
            erased: false,
            intact: self.audit.verifies(&self.site, reference, sequence, stored.content.get(), &stored.mac),
        })
    }

    /// Opens what is sealed of an entry. What should open and does not was tampered with: its key was changed, or taken
    /// away without an erasure.
    fn open_audited(&self, reference: &PaymentReference, audited: &mut AuditedEntry, data_key: Option<&[u8]>) {
        let Some(sealed) = audited.sealed.take() else { return };
        let open = |key| self.open_personal(reference, audited.entry.sequence, &sealed, key);
        match data_key.and_then(open) {
            Some(personal) => audited.raw = personal.put_back(&mut audited.entry.fact),
            None => audited.intact = false,
        }
    }
}
