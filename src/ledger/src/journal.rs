//! The site's journal: what happened to which payment, in one order. It is the change feed, and the drain's list of
//! work.

use serde::{Deserialize, Serialize};
use tollbridge_domain::{CorrelationId, Fact, PaymentReference, Timestamp};

use crate::slots::{SlotQueue, write};
use crate::{Ledger, StoreError, Writes, keys};

/// What a journal entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "detail")]
pub enum JournalKind {
    /// A caller requested an operation; the detail names it.
    #[serde(rename = "requested")]
    OperationRequested(String),
    /// An operation was withdrawn before it was sent to the provider.
    Withdrawn,
    /// The provider did not answer.
    #[serde(rename = "unanswered")]
    TimedOut,
    /// A status inquiry found out that the provider does not know the operation.
    NotFound,
    /// An event of the provider; the detail names its kind.
    Event(String),
    /// A signed delivery of the provider that could not be read.
    Unreadable,
    /// An earlier entry is still open, and continues here.
    Deferred,
    /// A command was refused after its key was claimed.
    Refused,
    /// A person accepted the reasons for which a payment was in review.
    Accepted,
    /// A person assigned a payment to a record.
    Assigned,
    /// A person had the personal data of a payment erased.
    Erased,
    /// A person had the sync of a payment retried.
    Retried,
    /// A version of a mapping document was stored; the detail names it.
    MappingStored(String),
    /// A version of a mapping document was activated; the detail names it.
    MappingActivated(String),
    /// The previous version of a mapping document was activated again; the detail names it.
    MappingRolledBack(String),
}

impl JournalKind {
    pub(crate) fn of(fact: &Fact) -> Self {
        match fact {
            Fact::OperationRequested(request) => Self::OperationRequested(request.operation.as_str().to_owned()),
            Fact::Withdrawn { .. } => Self::Withdrawn,
            Fact::TimedOut { .. } => Self::TimedOut,
            Fact::NotFound { .. } => Self::NotFound,
            Fact::Event(event) => Self::Event(event.kind.as_str().to_owned()),
            Fact::Unreadable(_) => Self::Unreadable,
            Fact::Accepted(_) => Self::Accepted,
            Fact::Assigned(_) => Self::Assigned,
            Fact::Erased(_) => Self::Erased,
        }
    }
}

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    /// When the entry was written.
    pub at: Timestamp,
    /// What the entry is about.
    #[serde(flatten)]
    pub kind: JournalKind,
    /// The payment; `None` for an entry about a mapping document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<PaymentReference>,
    /// The sequence number of the payment's entry; 0 if there is none.
    pub sequence: u64,
    /// The request that caused the entry.
    pub correlation_id: CorrelationId,
    /// The time before which no drain processes the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The hash of the idempotency key of the command that this entry began. The drain finds expired idempotency
    /// records by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<String>,
}

/// A journal entry with its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalSlot {
    /// The journal number.
    pub number: u64,
    /// The entry; `None` for a gap.
    #[serde(flatten)]
    pub entry: Option<JournalEntry>,
}

impl From<(u64, Option<JournalEntry>)> for JournalSlot {
    fn from((number, entry): (u64, Option<JournalEntry>)) -> Self {
        Self { number, entry }
    }
}

impl Ledger<'_> {
    pub(crate) fn journal(&self) -> SlotQueue<'_> {
        let record = |number| keys::journal_entry(&self.site, number);
        SlotQueue::new(self, keys::journal_counter(&self.site), record, keys::journal_cursor(&self.site))
    }

    /// Writes a journal entry together with these other records. Returns its number, which is a later one if readers
    /// passed the first meanwhile.
    pub(crate) fn write_journaled(&self, entry: &JournalEntry, other_writes: Writes) -> Result<u64, StoreError> {
        let mut other_writes = other_writes;
        let written = self.journal().slots.append(&[], &mut |_, key| {
            let mut writes = core::mem::take(&mut other_writes);
            writes.push(write(&key, entry)?);
            Ok(writes)
        })?;
        Ok(written.number)
    }

    /// The last number that the journal allocated.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn last_journal_number(&self) -> Result<u64, StoreError> {
        self.journal().slots.last()
    }

    /// The slots after a number, at most `limit` of them.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn journal_after(&self, after: u64, limit: u64) -> Result<Vec<JournalSlot>, StoreError> {
        Ok(self.journal().slots.after(after, limit)?.into_iter().map(JournalSlot::from).collect())
    }

    /// Like [`Ledger::journal_after`], for a reader that never reads a number twice: it ends before the first gap whose
    /// entry may still come. If a drain has passed a gap, its entry can only come under a later number.
    ///
    /// # Errors
    /// As for [`Ledger::journal_after`].
    pub fn final_journal_after(&self, after: u64, limit: u64) -> Result<Vec<JournalSlot>, StoreError> {
        let slots = self.journal().slots;
        Ok(slots.final_slots(slots.after(after, limit)?)?.into_iter().map(JournalSlot::from).collect())
    }

    /// Appends a copy of an open entry to the journal, so that the old one counts as closed.
    ///
    /// # Errors
    /// The store did not confirm the write.
    pub fn defer(&self, entry: JournalEntry) -> Result<(), StoreError> {
        self.append_journal_entry(JournalEntry { kind: JournalKind::Deferred, idempotency: None, ..entry })
    }

    /// Appends an open entry for a payment to the journal, so that a drain processes the payment again.
    ///
    /// # Errors
    /// The store did not confirm the write.
    pub fn reopen(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        correlation_id: &CorrelationId,
    ) -> Result<(), StoreError> {
        self.append_journal_entry(JournalEntry {
            at: self.clock.now(),
            kind: JournalKind::Deferred,
            reference: Some(reference.clone()),
            sequence,
            correlation_id: correlation_id.clone(),
            not_before: None,
            idempotency: None,
        })
    }

    /// Writes a journal entry that belongs to no entry of a payment.
    ///
    /// # Errors
    /// The store did not confirm the write.
    pub fn append_journal_entry(&self, entry: JournalEntry) -> Result<(), StoreError> {
        self.write_journaled(&entry, Writes::new()).map(drop)
    }

    /// The number up to which every journal entry is closed.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn cursor(&self) -> Result<u64, StoreError> {
        self.journal().cursor()
    }

    /// Moves the drain's cursor.
    ///
    /// # Errors
    /// The store did not confirm the write.
    pub fn move_cursor(&self, number: u64) -> Result<(), StoreError> {
        self.journal().move_cursor(number)
    }
}
