//! Appending to a payment: an entry becomes durable with its journal entry and whatever else follows from it, in one write
//! between two counters and one look at what others may have concluded meanwhile.

use tollbridge_domain::{CorrelationId, Entry, Fact, PaymentReference, Timestamp};

use crate::attempts::Attempt;
use crate::history::{Content, MOST_ENTRIES, REACH};
use crate::journal::{JournalEntry, JournalKind};
use crate::personal::Personal;
use crate::{Claim, History, Ledger, StoreError, Writes, keys, stored};

/// What is to be appended.
pub struct NewEntry<'a> {
    /// The payment.
    pub reference: &'a PaymentReference,
    /// The last entry of the payment that is known; 0 for none. Readers are led over the numbers between, where they are
    /// many and nothing is under them.
    pub after: u64,
    /// What is to be said.
    pub fact: Fact,
    /// What the provider sent, as it came. It is kept where it is text and no longer than [`crate::LONGEST_RAW`].
    pub raw: Option<&'a [u8]>,
    /// The request that brings it.
    pub correlation_id: &'a CorrelationId,
    /// When its journal entry is due; at once where nothing is said.
    pub not_before: Option<Timestamp>,
    /// What an operation is asked for under.
    pub authority: Option<Authority<'a>>,
}

/// What an operation is asked for under. Others may take it away: see [`AppendedEntry::fence`].
#[derive(Clone, Copy)]
pub struct Authority<'a> {
    /// The claim on its idempotency key.
    pub claim: &'a Claim,
    /// The numbers that were allocated to it among the payments of its records.
    pub attempts: &'a [&'a Attempt],
}

/// Why an operation must not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fence {
    /// Its claim was taken over. Whoever did that may send the command under another number, or find out what became of this
    /// one.
    TakenOver,
    /// Its number was passed by another operation, or what became of it was asked for. Nobody else sends it.
    Passed,
}

/// Where an entry was put.
#[derive(Clone, Debug)]
pub struct AppendedEntry {
    /// The entry.
    pub entry: Entry,
    /// Its number in the site's journal.
    pub journal: u64,
    /// Who counts on it that the operation is not sent. Where somebody does, it must not be sent any more.
    pub fence: Option<Fence>,
    /// When its fences were about to be looked at, by [`Clock::elapsed_milliseconds`](crate::Clock::elapsed_milliseconds).
    pub looked_at: i64,
}

impl Ledger<'_> {
    /// Appends an entry with its journal entry, its transactions' owner, and whatever else must become durable with it,
    /// in one write after two counters.
    ///
    /// # Errors
    /// The store did not take it. It may be there all the same; appending the same event again is harmless.
    pub fn append(&self, new: NewEntry<'_>, with: Writes) -> Result<AppendedEntry, StoreError> {
        self.append_as(new, |_| Ok(with))
    }

    /// As [`Ledger::append`], where what is written beside the entry depends on it.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_as(
        &self,
        new: NewEntry<'_>,
        with: impl FnOnce(&Entry) -> Result<Writes, StoreError>,
    ) -> Result<AppendedEntry, StoreError> {
        let mut with = Some(with);
        self.append_with(new, &mut |entry| with.take().map_or_else(|| Ok(Writes::new()), |with| with(entry)))
    }

    /// As [`Ledger::append`], to a history that was read: what its records know of the payment is written with the entry.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_to(&self, history: &History, new: NewEntry<'_>, with: Writes) -> Result<AppendedEntry, StoreError> {
        self.append_as(new, |entry| {
            let mut writes = with;
            writes.extend(self.summaries_with(history, entry)?);
            Ok(writes)
        })
    }

    /// One body for whatever is written beside an entry: the component is to stay small.
    fn append_with(
        &self,
        new: NewEntry<'_>,
        with: &mut dyn FnMut(&Entry) -> Result<Writes, StoreError>,
    ) -> Result<AppendedEntry, StoreError> {
        let sequence = self.allocate(&keys::payment_counter(&self.site, new.reference))?;
        let entry_key = keys::payment_entry(&self.site, new.reference, sequence);
        if sequence > MOST_ENTRIES {
            let problem = format!("a payment has no more than {MOST_ENTRIES} entries");
            return Err(StoreError::Unreadable { key: entry_key, problem });
        }
        let now = self.clock.now();
        let journal_entry = JournalEntry {
            at: now,
            kind: JournalKind::of(&new.fact),
            reference: Some(new.reference.clone()),
            sequence,
            correlation_id: new.correlation_id.clone(),
            not_before: new.not_before,
            idempotency: new.authority.map(|authority| authority.claim.hash()),
        };
        let NewEntry { reference, after, mut fact, raw, correlation_id, authority, .. } = new;
        let fences = authority.map(|authority| self.fences(authority, &entry_key)).unwrap_or_default();
        let mut personal = raw.map(|raw| Personal::taken(&mut fact, raw));
        let mut sealed = Writes::new();
        let mut content = Content {
            fact,
            received_at: now,
            correlation_id: correlation_id.clone(),
            raw: None,
            sealed: None,
            journal: None,
        };
        if let Some(personal) = &personal {
            let (text, data_key) = self.seal_personal(reference, sequence, personal)?;
            content.sealed = Some(text);
            sealed.push(data_key);
        }
        let mut entry = None;
        let mut looked_at = 0;
        let written = self.journal().slots.append(&fences, &mut |number, journal_key| {
            let mut writes = vec![(journal_key.clone(), stored::write(&journal_key, &journal_entry)?)];
            if entry.is_none() {
                content.journal = Some(number);
                // Before the entry: where a store writes one after another, an entry never lacks its key.
                writes.append(&mut sealed);
                writes.extend(self.entry_records(reference, after, &entry_key, sequence, &content)?);
                let mut fact = content.fact.clone();
                if let Some(personal) = personal.take() {
                    personal.put_back(&mut fact);
                }
                let (received_at, correlation_id) = (content.received_at, content.correlation_id.clone());
                let written = Entry { sequence, fact, received_at, correlation_id };
                writes.extend(with(&written)?);
                entry = Some(written);
            }
            looked_at = self.clock.elapsed_milliseconds();
            Ok(writes)
        })?;
        let nothing = || StoreError::Unavailable("no entry was written".to_owned());
        let entry = entry.ok_or_else(nothing)?;
        let mut stands = written.fences.iter();
        let fence = if stands.next() == Some(&true) {
            Some(Fence::TakenOver)
        } else {
            stands.any(|stands| *stands).then_some(Fence::Passed)
        };
        Ok(AppendedEntry { entry, journal: written.number, fence, looked_at })
    }

    /// The entry with its MAC, the owner of its transaction, and what leads readers to it.
    fn entry_records(
        &self,
        reference: &PaymentReference,
        after: u64,
        entry_key: &str,
        sequence: u64,
        content: &Content,
    ) -> Result<Writes, StoreError> {
        let block = |block| keys::payment_block(&self.site, reference, block);
        let mut writes = REACH.bridge(sequence, after, block)?;
        if let Some(id) = content.fact.event().and_then(|event| event.transaction.as_ref()) {
            let key = keys::transaction(&self.site, id);
            let owner = stored::write(&key, reference)?;
            writes.push((key, owner));
        }
        let stored_entry = self.stored_entry(reference, sequence, entry_key, content, None)?;
        writes.push((entry_key.to_owned(), stored_entry));
        Ok(writes)
    }

    /// What others write when they count on it that the operation is not sent, that of its claim first.
    fn fences(&self, authority: Authority<'_>, entry_key: &str) -> Vec<String> {
        let Authority { claim, attempts } = authority;
        let attempt = |attempt: &&Attempt| keys::source_attempt(&self.site, &attempt.source, attempt.number);
        let passed = attempts.iter().map(attempt).chain([entry_key.to_owned()]);
        core::iter::once(claim.fence(&self.site)).chain(passed.map(|key| keys::tombstone(&key))).collect()
    }

    /// Fences what is, or will be, under these numbers of a payment: whoever asks for an operation there does not send it
    /// from now on, unless it looked for the fence before. To be done before it is asked what became of an operation, and
    /// before a number without an entry is passed. Whoever reads the history after that sees every operation that may be
    /// sent.
    ///
    /// # Errors
    /// The store did not take it. Then nothing may be concluded from what is answered.
    pub fn fence(&self, reference: &PaymentReference, numbers: &[u64]) -> Result<(), StoreError> {
        let tombstone = |number: &u64| self.tombstone(&keys::payment_entry(&self.site, reference, *number));
        let tombstones: Result<Writes, StoreError> = numbers.iter().map(tombstone).collect();
        self.store.set_many(&tombstones?)
    }

    /// Sees to it that a drain looks at an entry that Salesforce does not show yet, where a caller repeats what brought it:
    /// perhaps nobody was answered, since its writer died, and its place in the journal was never written, or was passed.
    /// Gives whether it was so.
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
