//! What of an entry is personal: the provider's own words. They stand in the entry sealed, and are opened only for those who
//! ask for them.

use tollbridge_domain::{Fact, PaymentReference};

use crate::{History, Ledger, StoreError, keys};

/// What is taken out of an entry and sealed.
pub(crate) struct Personal {
    /// What the provider sent, as it came, where it is text.
    raw: Option<String>,
    /// Its reason, which is free text.
    reason: Option<String>,
    /// The digest of what it sent: by it, a guess at the text could be checked.
    digest: String,
}

/// The longest text of a provider's that is kept with an entry, in bytes: a store has a bound for what one record holds. Of a
/// longer one the entry has what was read from it, and its digest.
pub const LONGEST_RAW: usize = 64 * 1024;

/// The length of a part that is not there; what is sealed is never as long.
const NONE: u32 = u32::MAX;

impl Personal {
    /// Takes what is personal out of a fact that the provider sent so.
    pub(crate) fn taken(fact: &mut Fact, raw: &[u8]) -> Self {
        let raw = Some(raw).filter(|raw| raw.len() <= LONGEST_RAW);
        let raw = raw.and_then(|raw| core::str::from_utf8(raw).ok()).map(ToOwned::to_owned);
        let mut personal = Self { raw, reason: None, digest: String::new() };
        if let Fact::Event(event) = fact {
            personal.reason = event.reason.take();
            personal.digest = core::mem::take(&mut event.digest);
        }
        personal
    }

    /// Puts it back, and gives what the provider sent.
    pub(crate) fn put_back(self, fact: &mut Fact) -> Option<String> {
        if let Fact::Event(event) = fact {
            event.reason = self.reason;
            event.digest = self.digest;
        }
        self.raw
    }

    /// Each part behind its length; the code of serde for it would be ten times as much in the component.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [self.raw.as_deref(), self.reason.as_deref(), Some(&self.digest)] {
            let length = part.map_or(NONE, |part| u32::try_from(part.len()).unwrap_or(NONE));
            bytes.extend(length.to_be_bytes());
            bytes.extend(part.unwrap_or_default().as_bytes());
        }
        bytes
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut part = || {
            let (length, after) = rest.split_first_chunk()?;
            let length = Some(u32::from_be_bytes(*length)).filter(|length| *length != NONE);
            let (text, after) = after.split_at_checked(usize::try_from(length.unwrap_or(0)).ok()?)?;
            rest = after;
            let text = String::from_utf8(text.to_vec()).ok()?;
            Some(length.map(|_| text))
        };
        let (raw, reason, digest) = (part()?, part()?, part()?);
        Some(Self { raw, reason, digest: digest? })
    }
}

/// What is sealed of a history.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sealed {
    /// Whether the keys are read with the entries.
    pub(crate) with_keys: bool,
    /// What is not opened yet.
    pub(crate) parts: Vec<SealedPart>,
    /// Whether something is left that an erasure was to remove.
    pub(crate) is_left_over: bool,
}

/// What is sealed of one entry.
#[derive(Clone, Debug)]
pub(crate) struct SealedPart {
    pub(crate) sequence: u64,
    pub(crate) text: String,
    /// What is stored of its key, where it was read.
    pub(crate) key: Option<Vec<u8>>,
}

impl History {
    /// What may be kept of news: all of it, or only what is not personal where the payment's personal data was erased.
    #[must_use]
    pub fn keepable<'r>(&self, mut fact: Fact, raw: Option<&'r [u8]>) -> (Fact, Option<&'r [u8]>) {
        match raw {
            Some(raw) if self.erased_at().is_some() => {
                drop(Personal::taken(&mut fact, raw));
                (fact, None)
            }
            raw => (fact, raw),
        }
    }
}

impl Ledger<'_> {
    /// Seals what is personal of an entry.
    pub(crate) fn seal_personal(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        personal: &Personal,
    ) -> Result<(String, (String, Vec<u8>)), StoreError> {
        self.seal_for_entry(reference, sequence, &personal.to_bytes())
    }

    pub(crate) fn open_personal(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        sealed: &str,
        stored_key: &[u8],
    ) -> Option<Personal> {
        Personal::of_bytes(&self.open_of_entry(reference, sequence, sealed, stored_key)?)
    }

    /// As [`Ledger::history_reaching`], with what is sealed opened.
    ///
    /// # Errors
    /// As [`Ledger::history`].
    pub fn opened_history(&self, reference: &PaymentReference, sequence: u64) -> Result<History, StoreError> {
        let with_keys = Sealed { with_keys: true, ..Sealed::default() };
        let (mut history, _) = self.history_with(reference, sequence, &[], with_keys)?;
        self.open_with_keys(&mut history);
        Ok(history)
    }

    /// Opens what is sealed of a history that was read without it.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn open(&self, history: &mut History) -> Result<(), StoreError> {
        let key = |part: &SealedPart| keys::data_key(&self.site, &history.reference, part.sequence);
        let keys: Vec<String> = history.sealed.parts.iter().map(key).collect();
        if !keys.is_empty() {
            for (part, key) in history.sealed.parts.iter_mut().zip(self.store.get_many(&keys)?) {
                part.key = key;
            }
        }
        self.open_with_keys(history);
        Ok(())
    }

    /// Opens what is sealed of a history, with the keys that were read. What was erased stays closed, although its key may
    /// still be there.
    pub(crate) fn open_with_keys(&self, history: &mut History) {
        let parts = core::mem::take(&mut history.sealed.parts);
        if history.erased_at().is_some() {
            history.sealed.is_left_over = !history.raw.is_empty() || parts.iter().any(|part| part.key.is_some());
            history.raw.clear();
            return;
        }
        for SealedPart { sequence, text, key } in parts {
            let personal = key.and_then(|key| self.open_personal(&history.reference, sequence, &text, &key));
            let entry = history.entries.iter_mut().find(|entry| entry.sequence == sequence);
            if let (Some(personal), Some(entry)) = (personal, entry) {
                let raw = personal.put_back(&mut entry.fact);
                history.raw.extend(raw.map(|raw| (sequence, raw)));
            }
        }
    }
}
