//! Erasure of a payment's personal data. Its entries stay as they are, so that the audit does; the keys that open what is
//! sealed in them are removed. An entry of the payment says so, and who reads it neither keeps nor shows anything personal
//! from then on.

use tollbridge_domain::{CorrelationId, Erasure, Fact, PaymentReference, Timestamp};

use crate::audit::read_content;
use crate::personal::Personal;
use crate::{AppendedEntry, History, Ledger, NewEntry, StoreError, Writes, keys};

/// How many entries are looked at at once.
const PAGE: usize = 256;

impl History {
    /// When its personal data was erased; none where it was not.
    #[must_use]
    pub fn erased_at(&self) -> Option<Timestamp> {
        self.entries.iter().find(|entry| matches!(entry.fact, Fact::Erased(_))).map(|entry| entry.received_at)
    }

    /// Whether something personal is still there although it was erased: whoever appended at the same moment did not know.
    /// Only a history that was read with what is sealed knows.
    #[must_use]
    pub fn is_left_over(&self) -> bool {
        self.sealed.is_left_over
    }
}

impl Ledger<'_> {
    /// Erases the personal data of a payment. The mark comes first: who appends after it keeps nothing personal, and who
    /// appends at the same moment is followed by whoever tells of it, and sees the mark. Doing it again removes what was
    /// left over, and marks nothing: the mark is given where it is a new one.
    ///
    /// # Errors
    /// The store does not answer. Doing it again does what is left.
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
            // What stands for the values that were told is made of them.
            let sync_state = history.sync_state.without_fingerprints();
            marked = Some(self.append_to(history, mark, self.sync_state_record(history, &sync_state)?)?);
        }
        self.forget(&history.reference)?;
        Ok(marked)
    }

    /// Removes what is personal of a payment that is marked as erased.
    ///
    /// # Errors
    /// As [`Ledger::erase`].
    pub fn forget(&self, reference: &PaymentReference) -> Result<(), StoreError> {
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

    /// An entry of a version that sealed nothing, without what is personal; none where there is nothing of it. Such an
    /// entry has no key that could be removed, so it is the one record of a payment that is ever written again. An
    /// entry that was not as it was written keeps its MAC, and so stays recognisable.
    fn without_clear_text(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        key: &str,
        value: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let (stored, mut content) = read_content(key, value)?;
        let Some(raw) = content.raw.take() else { return Ok(None) };
        drop(Personal::taken(&mut content.fact, raw.as_bytes()));
        // Nothing opens it, as nothing opens what has lost its key.
        content.sealed = Some(String::new());
        let was_intact = self.audit.verifies(&self.site, reference, sequence, stored.content.get(), &stored.mac);
        let kept_mac = (!was_intact).then_some(stored.mac);
        self.stored_entry(reference, sequence, key, &content, kept_mac).map(Some)
    }
}
