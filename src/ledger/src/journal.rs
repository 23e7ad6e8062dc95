//! The site's journal: what happened to which payment, in one order. It is the change feed, and the drain's list of work.

use serde::{Deserialize, Serialize};
use tollbridge_domain::{CorrelationId, Fact, PaymentReference, Timestamp};

use crate::slots::{SlotQueue, write};
use crate::{Ledger, StoreError, Writes, keys};

/// What a journal entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "detail")]
pub enum JournalKind {
    /// An operation was asked for; the detail names it.
    #[serde(rename = "requested")]
    OperationRequested(String),
    /// An operation was given up before the provider was asked.
    Withdrawn,
    /// The provider did not answer.
    #[serde(rename = "unanswered")]
    TimedOut,
    /// The provider was asked what became of an operation, and does not know of it.
    NotFound,
    /// The provider said something; the detail names what.
    Event(String),
    /// What an earlier entry left open is still open.
    Deferred,
    /// A command was refused after its key was claimed.
    Refused,
    /// A person accepted what a payment was in review for.
    Accepted,
    /// A person said which record a payment is for.
    Assigned,
    /// A person had the personal data of a payment erased.
    Erased,
    /// A person had it tried again.
    Retried,
    /// A version of a mapping document was stored; the detail names it.
    MappingStored(String),
    /// A version of a mapping document was put in force; the detail names it.
    MappingActivated(String),
    /// The version that was in force before was put in force again; the detail names it.
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
    /// When it was written.
    pub at: Timestamp,
    /// What it is about.
    #[serde(flatten)]
    pub kind: JournalKind,
    /// The payment, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<PaymentReference>,
    /// The payment's entry; 0 where it is about none.
    pub sequence: u64,
    /// The request that brought it.
    pub correlation_id: CorrelationId,
    /// Not to be taken up before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// What stands for the idempotency key of the command that this entry began, so that its record can expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<String>,
}

/// A journal entry with its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalSlot {
    /// Its number.
    pub number: u64,
    /// The entry; none where a number was drawn and nothing written under it, yet or ever.
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

    /// Writes an entry with whatever it tells of. Gives its number: another one where readers passed the first meanwhile.
    pub(crate) fn write_journaled(&self, entry: &JournalEntry, with: Writes) -> Result<u64, StoreError> {
        let mut with = with;
        let written = self.journal().slots.append(&[], &mut |_, key| {
            let mut writes = core::mem::take(&mut with);
            writes.push(write(&key, entry)?);
            Ok(writes)
        })?;
        Ok(written.number)
    }

    /// The site's last journal number.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn last_journal_number(&self) -> Result<u64, StoreError> {
        self.journal().slots.last()
    }

    /// The entries after a number, at most `limit` numbers on.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn journal_after(&self, after: u64, limit: u64) -> Result<Vec<JournalSlot>, StoreError> {
        Ok(self.journal().slots.after(after, limit)?.into_iter().map(JournalSlot::from).collect())
    }

    /// As [`Ledger::journal_after`], for whoever follows the journal and never looks back: it ends before the first number
    /// whose entry may still come. One that a drain has passed comes under a later number, if it comes.
    ///
    /// # Errors
    /// As [`Ledger::journal_after`].
    pub fn settled_journal_after(&self, after: u64, limit: u64) -> Result<Vec<JournalSlot>, StoreError> {
        let slots = self.journal().slots;
        Ok(slots.settled(slots.after(after, limit)?)?.into_iter().map(JournalSlot::from).collect())
    }

    /// Writes an open entry anew at the journal's end, so that the old one counts as closed.
    ///
    /// # Errors
    /// The store did not take it.
    pub fn defer(&self, entry: JournalEntry) -> Result<(), StoreError> {
        self.note(JournalEntry { kind: JournalKind::Deferred, idempotency: None, ..entry })
    }

    /// Puts a payment to the journal's end, so that a drain comes to it once more.
    ///
    /// # Errors
    /// The store did not take it.
    pub fn reopen(
        &self,
        reference: &PaymentReference,
        sequence: u64,
        correlation_id: &CorrelationId,
    ) -> Result<(), StoreError> {
        self.note(JournalEntry {
            at: self.clock.now(),
            kind: JournalKind::Deferred,
            reference: Some(reference.clone()),
            sequence,
            correlation_id: correlation_id.clone(),
            not_before: None,
            idempotency: None,
        })
    }

    /// Writes an entry about something that is no entry of a payment.
    ///
    /// # Errors
    /// The store did not take it.
    pub fn note(&self, entry: JournalEntry) -> Result<(), StoreError> {
        self.write_journaled(&entry, Writes::new()).map(drop)
    }

    /// The number up to which every entry is closed.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn cursor(&self) -> Result<u64, StoreError> {
        self.journal().cursor()
    }

    /// Moves the cursor on.
    ///
    /// # Errors
    /// The store did not take it.
    pub fn move_cursor(&self, number: u64) -> Result<(), StoreError> {
        self.journal().move_cursor(number)
    }
}
