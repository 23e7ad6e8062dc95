//! The personal data of an entry: the provider's own words. An entry holds them sealed, and they are opened only for
//! callers that ask for them.

use tollbridge_domain::{Fact, PaymentReference};

use crate::history::{SealedData, SealedPart};
use crate::{History, Ledger, StoreError, keys};

/// The parts of an entry that are sealed.
pub(crate) struct PersonalData {
    /// The provider's message as received, if it is text.
    raw: Option<String>,
    /// The provider's reason, which is free text.
    reason: Option<String>,
    /// The digest of the message. A guess at the text could be checked against it.
    digest: String,
}

/// The longest provider's message that is stored with an entry, in bytes, because stores limit the size of a record. Of
/// a longer message the entry holds the decoded fields and the digest.
pub const MAX_RAW_BYTES: usize = 64 * 1024;

/// The length that stands for an absent part. No sealed part is that long.
const NONE: u32 = u32::MAX;

impl PersonalData {
    /// Removes the personal data from a fact that was decoded from this message, and returns it.
    pub(crate) fn extract(fact: &mut Fact, raw: &[u8]) -> Self {
        let raw = Some(raw).filter(|raw| raw.len() <= MAX_RAW_BYTES);
        let raw = raw.and_then(|raw| core::str::from_utf8(raw).ok()).map(ToOwned::to_owned);
        let mut personal = Self { raw, reason: None, digest: String::new() };
        if let Fact::Event(event) = fact {
            personal.reason = event.reason.take();
            personal.digest = core::mem::take(&mut event.digest);
        }
        if let Fact::Unreadable(delivery) = fact {
            personal.digest = core::mem::take(&mut delivery.digest);
        }
        personal
    }

    /// Puts the personal data back into the fact, and returns the provider's message.
    pub(crate) fn restore(self, fact: &mut Fact) -> Option<String> {
        if let Fact::Event(event) = fact {
            event.reason = self.reason;
            event.digest = self.digest;
        } else if let Fact::Unreadable(delivery) = fact {
            delivery.digest = self.digest;
        }
        self.raw
    }

    /// Each part after its length. Serde's code for this would be ten times as large in the component.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [self.raw.as_deref(), self.reason.as_deref(), Some(&self.digest)] {
            let length = part.map_or(NONE, |part| u32::try_from(part.len()).unwrap_or(NONE));
            bytes.extend(length.to_be_bytes());
            bytes.extend(part.unwrap_or_default().as_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
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

impl History {
    /// The part of a fact that may be stored: all of it, or, if the payment's personal data was erased, only what is
    /// not personal.
    #[must_use]
    pub fn strip_if_erased<'r>(&self, mut fact: Fact, raw: Option<&'r [u8]>) -> (Fact, Option<&'r [u8]>) {
        match raw {
            Some(raw) if self.erased_at().is_some() => {
                drop(PersonalData::extract(&mut fact, raw));
                (fact, None)
            }
            raw => (fact, raw),
        }
    }
}

impl Ledger<'_> {
    /// Seals the personal data of an entry, and returns it with the record of its data key.
    pub(crate) fn seal_personal(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        personal: &PersonalData,
    ) -> Result<(String, (String, Vec<u8>)), StoreError> {
        self.seal_for_entry(reference, sequence, &personal.to_bytes())
    }

    pub(crate) fn open_personal(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        sealed: &str,
        stored_key: &[u8],
    ) -> Option<PersonalData> {
        PersonalData::from_bytes(&self.open_for_entry(reference, sequence, sealed, stored_key)?)
    }

    /// Like [`Ledger::history_reaching`], with the sealed data opened.
    ///
    /// # Errors
    /// As for [`Ledger::history`].
    pub fn opened_history(&self, reference: &PaymentReference, sequence: u64) -> Result<History, StoreError> {
        let with_keys = SealedData { with_keys: true, ..SealedData::default() };
        let (mut history, _) = self.history_with(reference, sequence, &[], with_keys)?;
        self.open_with_keys(&mut history);
        Ok(history)
    }

    /// Opens the sealed data of a history that was read without its data keys.
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

    /// Opens the sealed data of a history with the data keys that were read. Erased data stays closed, even if its key
    /// is still there.
    pub(crate) fn open_with_keys(&self, history: &mut History) {
        let parts = core::mem::take(&mut history.sealed.parts);
        if history.erased_at().is_some() {
            history.sealed.has_unerased_data = !history.raw.is_empty() || parts.iter().any(|part| part.key.is_some());
            history.raw.clear();
            return;
        }
        for SealedPart { sequence, text, key } in parts {
            let personal = key.and_then(|key| self.open_personal(&history.reference, sequence, &text, &key));
            let entry = history.entries.iter_mut().find(|entry| entry.sequence == sequence);
            if let (Some(personal), Some(entry)) = (personal, entry) {
                let raw = personal.restore(&mut entry.fact);
                history.raw.extend(raw.map(|raw| (sequence, raw)));
            }
        }
    }
}
