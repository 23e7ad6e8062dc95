//! The audit: every entry carries a MAC over its content and its position. A changed entry does not verify, and a
//! removed one leaves a gap below its counter.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tollbridge_domain::{Entry, Fact, PaymentReference, SiteName};

use crate::history::{Content, LOOK_AHEAD, StoredEntry};
use crate::{Ledger, StoreError, keys, stored};

/// The keys of a site's audit MACs. The first one signs; the others are its predecessors and only verify.
#[derive(Clone)]
pub struct AuditKey(Vec<[u8; 32]>);

/// The result of auditing a payment's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether every entry verifies, and none is missing or beyond the counter.
    pub intact: bool,
    /// The sequence numbers of entries that cannot be read, whose MAC does not verify, or whose sealed text does not
    /// open although nobody had it erased.
    pub changed: Vec<u64>,
    /// The sequence numbers up to the counter that have no entry: it was removed, or never written because the process
    /// that allocated the number died.
    pub missing: Vec<u64>,
    /// The sequence numbers of entries above the counter: the counter was lowered.
    pub beyond: Vec<u64>,
}

/// An entry with its audit result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedEntry {
    /// The entry as stored.
    pub entry: Entry,
    /// The provider's message; `None` while it is sealed.
    pub raw: Option<String>,
    /// The number of its journal entry, if the entry says it.
    pub journal: Option<u64>,
    /// The sealed data, unless it was opened.
    pub(crate) sealed: Option<String>,
    /// Whether the provider's message was erased.
    pub erased: bool,
    /// Whether the entry is as it was written.
    pub intact: bool,
}

impl AuditKey {
    /// Takes the current key and its predecessors, in this order.
    #[must_use]
    pub fn new(keys: Vec<[u8; 32]>) -> Self {
        Self(keys)
    }

    /// The MAC of an entry's content by the first key, in hex.
    pub(crate) fn mac(&self, site: &SiteName, reference: &PaymentReference, sequence: u64, content: &str) -> String {
        let message = message(site, reference, sequence, content);
        self.0.first().map(|key| mac(key, &message)).unwrap_or_default()
    }

    /// Whether the stored MAC is that of the entry's content by one of the keys.
    pub(crate) fn verifies(
        &self,
        site: &SiteName,
        reference: &PaymentReference,
        sequence: u64,
        content: &str,
        stored_mac: &str,
    ) -> bool {
        let message = message(site, reference, sequence, content);
        let fits =
            |expected: &str| !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(stored_mac.as_bytes()));
        self.0.iter().any(|key| fits(&mac(key, &message)))
    }
}

/// Decodes an entry, and the content in it.
pub(crate) fn read_content(key: &str, value: &[u8]) -> Result<(StoredEntry, Content), StoreError> {
    let stored: StoredEntry = stored::read(key, value)?;
    let content = stored::read(key, stored.content.get().as_bytes())?;
    Ok((stored, content))
}

/// Names contain no `|`, so no two entries give the same message.
fn message(site: &SiteName, reference: &PaymentReference, sequence: u64, content: &str) -> String {
    format!("{site}|{reference}|{sequence}|{content}")
}

fn mac(key: &[u8; 32], message: &str) -> String {
    // HMAC takes keys of any length; the error exists for other MACs.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(message.as_bytes());
            base16ct::lower::encode_string(&mac.finalize().into_bytes())
        },
    )
}

impl Ledger<'_> {
    /// Reads every entry of a payment, with the audit's verdict on them.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn audited(&self, reference: &PaymentReference) -> Result<(Vec<AuditedEntry>, Verdict), StoreError> {
        let last = self.last_allocated(reference)?;
        // A counter that was lowered leaves entries beyond it.
        let sequences: Vec<u64> = (1..=last.saturating_add(LOOK_AHEAD.slots)).collect();
        let mut read = Vec::new();
        let mut verdict = Verdict { intact: true, changed: Vec::new(), missing: Vec::new(), beyond: Vec::new() };
        for page in sequences.chunks(256) {
            let entry_key = |sequence: &u64| keys::payment_entry(&self.site, reference, *sequence);
            let data_key = |sequence: &u64| keys::data_key(&self.site, reference, *sequence);
            // The data keys after the entries: if a store reads one key after another, the key of every entry found is
            // there.
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

    /// The stored form of an entry, with a new MAC or the one that it keeps.
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

    /// Decodes an entry and verifies its MAC.
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

    /// Opens the sealed data of an entry. If it does not open, somebody tampered with it: its data key was changed, or
    /// was removed without an erasure.
    fn open_audited(&self, reference: &PaymentReference, audited: &mut AuditedEntry, data_key: Option<&[u8]>) {
        let Some(sealed) = audited.sealed.take() else { return };
        let open = |key| self.open_personal(reference, audited.entry.sequence, &sealed, key);
        match data_key.and_then(open) {
            Some(personal) => audited.raw = personal.restore(&mut audited.entry.fact),
            None => audited.intact = false,
        }
    }
}
