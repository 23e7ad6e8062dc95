//! The site's journal: what happened to which payment, in one order. It is the change feed, and the drain's list of work.

use serde::{Deserialize, Serialize};
use tollbridge_domain::{CorrelationId, Fact, PaymentReference, Timestamp};

use crate::{Ledger, StoreError, keys, stored};

/// What a journal entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "detail")]
pub enum JournalKind {
    /// An operation was asked for; the detail names it.
    Requested(String),
    /// An operation was given up before the provider was asked.
    Withdrawn,
    /// The provider did not answer.
    Unanswered,
    /// The provider said something; the detail names what.
    Event(String),
    /// What an earlier entry left open is still open.
    Deferred,
}

impl JournalKind {
    pub(crate) fn of(fact: &Fact) -> Self {
        match fact {
            Fact::Requested(request) => Self::Requested(request.operation.as_str().to_owned()),
            Fact::Withdrawn { .. } => Self::Withdrawn,
            Fact::Unanswered { .. } => Self::Unanswered,
            Fact::Event(event) => Self::Event(event.kind.as_str().to_owned()),
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
    /// The payment.
    pub reference: PaymentReference,
    /// The payment's entry.
    pub sequence: u64,
    /// The request that brought it.
    pub correlation_id: CorrelationId,
    /// Not to be taken up before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

/// A journal entry with its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Numbered {
    /// Its number.
    pub number: u64,
    /// The entry; none where a number was drawn and nothing written under it, yet or ever.
    #[serde(flatten)]
    pub entry: Option<JournalEntry>,
}

impl Ledger<'_> {
    /// The site's last journal number.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn last_journal_number(&self) -> Result<u64, StoreError> {
        let last = self.store.increment(&keys::journal_counter(&self.site), 0)?;
        Ok(u64::try_from(last).unwrap_or(0))
    }

    /// The entries after a number, at most `limit` numbers on.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn journal_after(&self, after: u64, limit: u64) -> Result<Vec<Numbered>, StoreError> {
        let last = self.last_journal_number()?.min(after.saturating_add(limit));
        let numbers: Vec<u64> = (after.saturating_add(1)..=last).collect();
        let keys: Vec<String> = numbers.iter().map(|number| keys::journal_entry(&self.site, *number)).collect();
        let values = if keys.is_empty() { Vec::new() } else { self.store.get_many(&keys)? };
        let entries = numbers.into_iter().zip(&keys).zip(values).map(|((number, key), value)| {
            let entry = value.map(|value| stored::read(key, &value)).transpose()?;
            Ok(Numbered { number, entry })
        });
        entries.collect()
    }

    /// Writes an open entry anew at the journal's end, so that the old one counts as closed.
    ///
    /// # Errors
    /// The store did not take it.
    pub fn defer(&self, entry: JournalEntry) -> Result<(), StoreError> {
        let key = keys::journal_entry(&self.site, self.draw(&keys::journal_counter(&self.site))?);
        let deferred = JournalEntry { kind: JournalKind::Deferred, ..entry };
        let value = stored::write(&key, &deferred)?;
        self.store.set_many(&[(key, value)])
    }

    /// The number up to which every entry is closed.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn cursor(&self) -> Result<u64, StoreError> {
        let key = keys::journal_cursor(&self.site);
        match self.store.get_many(core::slice::from_ref(&key))?.into_iter().next().flatten() {
            Some(value) => stored::read(&key, &value),
            None => Ok(0),
        }
    }

    /// Moves the cursor on. Two drains may both move it; the one that saw less only makes the next look again.
    ///
    /// # Errors
    /// The store did not take it.
    pub fn move_cursor(&self, number: u64) -> Result<(), StoreError> {
        let key = keys::journal_cursor(&self.site);
        let value = stored::write(&key, &number)?;
        self.store.set_many(&[(key, value)])
    }
}
