//! The erasure of a payment's personal data. The entries stay as they are, so that the audit still verifies them; the
//! data keys that open their sealed data are removed. An entry records the erasure, and every process that reads it
//! stores and shows no personal data from then on.

use tollbridge_domain::{CorrelationId, Erasure, Fact, PaymentReference, Timestamp};

use crate::audit::read_content;
use crate::personal::PersonalData;
use crate::{AppendedEntry, History, Ledger, NewEntry, StoreError, Writes, keys};

/// How many entries one read of the store covers.
const PAGE: usize = 256;

impl History {
    /// When the payment's personal data was erased; `None` if it was not.
    #[must_use]
    pub fn erased_at(&self) -> Option<Timestamp> {
        self.entries.iter().find(|entry| matches!(entry.fact, Fact::Erased(_))).map(|entry| entry.received_at)
    }

    /// Whether personal data is still stored although it was erased: a process that appended at the same moment did not
    /// know of the erasure. Only a history that was read with its data keys can tell.
    #[must_use]
    pub fn has_unerased_data(&self) -> bool {
        self.sealed.has_unerased_data
    }
}

impl Ledger<'_> {
    /// Erases the personal data of a payment. The mark is written first: a process that appends after it stores nothing
    /// personal, and one that appends at the same moment is followed by a sync that reads the mark. A repeated erasure
    /// removes what is left and writes no mark. Returns the mark if it is new.
    ///
    /// # Errors
    /// The store does not answer. A repeated erasure does the rest.
    pub fn erase(
        &self,
        history: &History,
        erasure: Erasure,
        correlation_id: &CorrelationId,
    ) -> Result<Option<AppendedEntry>, StoreError> {
        let mut marked = None;
        if history.erased_at().is_none() {
            let mark = NewEntry {
                reference: &history.reference,
                after: history.last_sequence(),
                fact: Fact::Erased(erasure),
                raw: None,
                correlation_id,
                not_before: None,
                authority: None,
            };
            // The fingerprints are derived from personal values.
            let sync_state = history.sync_state.without_fingerprints();
            marked = Some(self.append_to(history, mark, self.sync_state_record(history, &sync_state)?)?);
        }
        self.remove_personal_data(&history.reference)?;
        Ok(marked)
    }

    /// Removes the personal data of a payment that is marked as erased.
    ///
    /// # Errors
    /// As for [`Ledger::erase`].
    pub fn remove_personal_data(&self, reference: &PaymentReference) -> Result<(), StoreError> {
        let names = self.mapping_names()?;
        let shadows: Vec<String> = names.iter().map(|name| keys::mapping_shadow(&self.site, name, reference)).collect();
        if !shadows.is_empty() {
            self.store.delete_many(&shadows)?;
        }
        let sequences: Vec<u64> = (1..=self.last_allocated(reference)?).collect();
        for page in sequences.chunks(PAGE) {
            let data_keys: Vec<String> =
                page.iter().map(|sequence| keys::data_key(&self.site, reference, *sequence)).collect();
            self.store.delete_many(&data_keys)?;
            let entries: Vec<String> =
                page.iter().map(|sequence| keys::payment_entry(&self.site, reference, *sequence)).collect();
            let mut writes = Writes::new();
            for ((sequence, key), value) in page.iter().zip(&entries).zip(self.store.get_many(&entries)?) {
                let value = value.map(|value| self.without_clear_text(reference, *sequence, key, &value));
                writes.extend(value.transpose()?.flatten().map(|value| (key.clone(), value)));
            }
            if !writes.is_empty() {
                self.store.set_many(&writes)?;
            }
        }
        Ok(())
    }

    /// An entry of a version that sealed nothing, without its personal data; `None` if it has none. Such an entry has
    /// no data key that could be removed, so it is the only record of a payment that is ever written again. An entry
    /// whose MAC did not verify keeps that MAC, and so still does not verify.
    fn without_clear_text(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        key: &str,
        value: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let (stored, mut content) = read_content(key, value)?;
        let Some(raw) = content.raw.take() else { return Ok(None) };
        drop(PersonalData::extract(&mut content.fact, raw.as_bytes()));
        // Nothing opens it, as if its data key had been removed.
        content.sealed = Some(String::new());
        let was_intact = self.audit.verifies(&self.site, reference, sequence, stored.content.get(), &stored.mac);
        let kept_mac = (!was_intact).then_some(stored.mac);
        self.stored_entry(reference, sequence, key, &content, kept_mac).map(Some)
    }
}
