//! Appends an entry to a payment. The entry, its journal entry and whatever follows from it become durable in one
//! write. Two counters are incremented before it, and the tombstones and fences are read after it.

use tollbridge_domain::{CorrelationId, Entry, Fact, PaymentReference, Timestamp};

use crate::attempts::Attempt;
use crate::history::{Content, LOOK_AHEAD, MAX_ENTRIES};
use crate::journal::{JournalEntry, JournalKind};
use crate::personal::PersonalData;
use crate::{Claim, History, Ledger, StoreError, Writes, keys, stored};

/// An entry to append.
pub struct NewEntry<'a> {
    /// The payment's reference.
    pub reference: &'a PaymentReference,
    /// The last entry of the payment that the caller knows; 0 for none. If a long gap follows it, the write bridges the
    /// gap for readers.
    pub after: u64,
    /// What the entry says.
    pub fact: Fact,
    /// The provider's message as received. It is stored if it is text and not longer than [`crate::MAX_RAW_BYTES`].
    pub raw: Option<&'a [u8]>,
    /// The request that causes the entry.
    pub correlation_id: &'a CorrelationId,
    /// When its journal entry is due; `None` for at once.
    pub not_before: Option<Timestamp>,
    /// The rights under which a command requests an operation.
    pub authority: Option<Authority<'a>>,
}

/// An entry with its number that is not written yet.
pub struct PreparedEntry<'a> {
    /// The entry as it will be written.
    pub entry: Entry,
    key: String,
    reference: &'a PaymentReference,
    after: u64,
    raw: Option<&'a [u8]>,
    not_before: Option<Timestamp>,
    authority: Option<Authority<'a>>,
}

/// The rights under which a command requests an operation. Another process may take them away: see
/// [`AppendedEntry::fence`].
#[derive(Clone, Copy)]
pub struct Authority<'a> {
    /// The claim on the command's idempotency key.
    pub claim: &'a Claim,
    /// The numbers that were allocated to the payment among the payments of its records.
    pub attempts: &'a [&'a Attempt],
}

/// Why an operation must not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fence {
    /// Another request took the claim over. It may send the command under another number, or find out what became of
    /// this operation.
    TakenOver,
    /// Another operation passed its number, or a process inquired its status. Nobody else sends it.
    Passed,
}

/// An entry that was written, with its number in the journal.
#[derive(Clone, Debug)]
pub struct AppendedEntry {
    /// The entry as appended.
    pub entry: Entry,
    /// Its number in the site's journal.
    pub journal: u64,
    /// The fence that another process set. It counts on the operation not being sent, so the caller must not send it.
    pub fence: Option<Fence>,
    /// When the read of the fences was about to begin, by
    /// [`Clock::elapsed_milliseconds`](crate::Clock::elapsed_milliseconds).
    pub fences_read_at: i64,
}

impl Ledger<'_> {
    /// Appends an entry. The entry, its journal entry, the index of its transaction and these other records become
    /// durable in one write, after two counters.
    ///
    /// # Errors
    /// The store did not confirm the write. The entry may exist all the same; appending the same event again is
    /// harmless.
    pub fn append(&self, new: NewEntry<'_>, with: Writes) -> Result<AppendedEntry, StoreError> {
        self.commit(self.prepare(new)?, with)
    }

    /// Like [`Ledger::append`], to a history that was read: the write includes the payment's summaries for its records.
    ///
    /// # Errors
    /// As for [`Ledger::append`].
    pub fn append_to(&self, history: &History, new: NewEntry<'_>, with: Writes) -> Result<AppendedEntry, StoreError> {
        let prepared = self.prepare(new)?;
        let mut writes = with;
        writes.extend(self.summaries_with(history, &prepared.entry)?);
        self.commit(prepared, writes)
    }

    /// Allocates the number of an entry, for a caller whose other records depend on the entry. [`Ledger::commit`]
    /// writes them all. If the caller does not commit, the number stays a gap.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn prepare<'a>(&self, new: NewEntry<'a>) -> Result<PreparedEntry<'a>, StoreError> {
        let NewEntry { reference, after, fact, raw, correlation_id, not_before, authority } = new;
        let sequence = self.allocate(&keys::payment_counter(&self.site, reference))?;
        let key = keys::payment_entry(&self.site, reference, sequence);
        if sequence > MAX_ENTRIES {
            let problem = format!("a payment has no more than {MAX_ENTRIES} entries");
            return Err(StoreError::Unreadable { key, problem });
        }
        let entry = Entry { sequence, fact, received_at: self.clock.now(), correlation_id: correlation_id.clone() };
        Ok(PreparedEntry { entry, key, reference, after, raw, not_before, authority })
    }

    /// Writes a prepared entry, as [`Ledger::append`] does, with these other records.
    ///
    /// # Errors
    /// As for [`Ledger::append`].
    pub fn commit(&self, prepared: PreparedEntry<'_>, with: Writes) -> Result<AppendedEntry, StoreError> {
        let PreparedEntry { entry, key, reference, after, raw, not_before, authority } = prepared;
        let Entry { sequence, received_at, .. } = entry;
        let journal_entry = JournalEntry {
            at: received_at,
            kind: JournalKind::of(&entry.fact),
            reference: Some(reference.clone()),
            sequence,
            correlation_id: entry.correlation_id.clone(),
            not_before,
            idempotency: authority.map(|authority| authority.claim.hash()),
        };
        let fences = authority.map(|authority| self.fences(authority, &key)).unwrap_or_default();
        let mut content = Content {
            fact: entry.fact.clone(),
            received_at,
            correlation_id: entry.correlation_id.clone(),
            raw: None,
            sealed: None,
            journal: None,
        };
        let mut other_writes = Some(with);
        let mut sealed = Writes::new();
        if let Some(raw) = raw {
            let personal = PersonalData::extract(&mut content.fact, raw);
            let (text, data_key) = self.seal_personal(reference, sequence, &personal)?;
            content.sealed = Some(text);
            sealed.push(data_key);
        }
        let written = self.journal().slots.append(&fences, &mut |number, journal_key| {
            let mut writes = vec![(journal_key.clone(), stored::write(&journal_key, &journal_entry)?)];
            // Under a second number, only the journal entry is written again.
            if let Some(other_writes) = other_writes.take() {
                content.journal = Some(number);
                // Before the entry: if a store writes one record after another, an entry never lacks its key.
                writes.append(&mut sealed);
                writes.extend(self.entry_records(reference, after, &key, sequence, &content)?);
                writes.extend(other_writes);
            }
            Ok(writes)
        })?;
        let mut is_set = written.fences.iter();
        let fence = if is_set.next() == Some(&true) {
            Some(Fence::TakenOver)
        } else {
            is_set.any(|is_set| *is_set).then_some(Fence::Passed)
        };
        Ok(AppendedEntry { entry, journal: written.number, fence, fences_read_at: written.fences_read_at })
    }

    /// The entry with its MAC, the index of its transaction, and the markers that bridge a gap before it.
    fn entry_records(
        &self,
        reference: &PaymentReference,
        after: u64,
        entry_key: &str,
        sequence: u64,
        content: &Content,
    ) -> Result<Writes, StoreError> {
        let block = |block| keys::payment_block(&self.site, reference, block);
        let mut writes = LOOK_AHEAD.bridge(sequence, after, block)?;
        if let Some(id) = content.fact.event().and_then(|event| event.transaction.as_ref()) {
            let key = keys::transaction(&self.site, id);
            let owner = stored::write(&key, reference)?;
            writes.push((key, owner));
        }
        let stored_entry = self.stored_entry(reference, sequence, entry_key, content, None)?;
        writes.push((entry_key.to_owned(), stored_entry));
        Ok(writes)
    }

    /// The keys of the fences and tombstones that forbid the operation, that of the claim first.
    fn fences(&self, authority: Authority<'_>, entry_key: &str) -> Vec<String> {
        let Authority { claim, attempts } = authority;
        let attempt = |attempt: &&Attempt| keys::source_attempt(&self.site, &attempt.source, attempt.number);
        let passed = attempts.iter().map(attempt).chain([entry_key.to_owned()]);
        core::iter::once(claim.fence(&self.site)).chain(passed.map(|key| keys::tombstone(&key))).collect()
    }

    /// Fences the entries of these numbers of a payment, whether they exist yet or not: whoever requested an operation
    /// there does not send it from now on, unless it read the fence before. Call this before a status inquiry, and
    /// before a gap is passed. A history that is read afterwards has every operation that may be sent.
    ///
    /// # Errors
    /// The store did not confirm the write. Then no conclusion may be drawn from the provider's answer.
    pub fn fence(&self, reference: &PaymentReference, numbers: &[u64]) -> Result<(), StoreError> {
        let tombstone = |number: &u64| self.tombstone(&keys::payment_entry(&self.site, reference, *number));
        let tombstones: Result<Writes, StoreError> = numbers.iter().map(tombstone).collect();
        self.store.set_many(&tombstones?)
    }

    /// Makes a drain process an entry that Salesforce does not reflect yet, when a caller repeats the request that
    /// caused it. The writer of the entry may have died before it answered anybody, and its journal number may have no
    /// record, or may have been passed. Returns whether it was so.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn ensure_pending(
        &self,
        history: &History,
        sequence: u64,
        correlation_id: &CorrelationId,
    ) -> Result<bool, StoreError> {
        if history.sync_state.reflects(sequence) {
            return Ok(false);
        }
        let journal = history.journal.iter().find(|(entry, _)| *entry == sequence).map(|(_, number)| *number);
        if let Some(number) = journal
            && self.journal().slots.holds(number)?
        {
            return Ok(false);
        }
        self.reopen(&history.reference, sequence, correlation_id)?;
        Ok(true)
    }
}
