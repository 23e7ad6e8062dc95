//! Revisits: what each drain reads again for a day, because it may still change without a new journal entry:
//!
//! - The numbers of the journal that drains passed without an entry. A slow writer may have written its entry after
//!   all, and died before it saw that the number was passed. It acknowledged nothing.
//! - The payments with an unconfirmed write of their sync state. The write may take effect minutes later, and replace a
//!   newer state by an older one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tollbridge_domain::durations::DAY;
use tollbridge_domain::{PaymentReference, Timestamp};

use crate::journal::{JournalEntry, JournalSlot};
use crate::slots::{SlotQueue, is_past_lease, write};
use crate::{Ledger, StoreError, Writes, keys};

/// How long a number or a payment is revisited, in milliseconds.
const REVISIT_MILLISECONDS: i64 = DAY;

/// How many revisits one drain reads.
const REVISITS_PER_DRAIN: u64 = 256;

/// How many journal entries one read of the store asks for.
const MAX_ENTRIES_PER_READ: usize = 256;

/// Numbers of the journal that were passed together, or a payment with an unconfirmed write.
#[derive(Serialize, Deserialize)]
struct Revisit {
    at: Timestamp,
    #[serde(default)]
    numbers: Vec<u64>,
    #[serde(default, rename = "in_doubt", skip_serializing_if = "Option::is_none")]
    unconfirmed: Option<PaymentReference>,
}

/// How far the journal was allocated at some time.
#[derive(Serialize, Deserialize)]
struct End {
    number: u64,
    at: Timestamp,
}

impl Ledger<'_> {
    fn revisits(&self) -> SlotQueue<'_> {
        let record = |number| keys::revisit(&self.site, number);
        SlotQueue::new(self, keys::revisit_counter(&self.site), record, keys::revisit_cursor(&self.site))
    }

    /// Passes gaps of the journal. Returns the slots as they are afterwards: the caller must process the entries among
    /// them before it counts the numbers as closed. See [`crate::slots`].
    ///
    /// # Errors
    /// The store does not answer. Then none of the numbers may be passed.
    pub fn pass_journal(&self, numbers: &[u64]) -> Result<Vec<JournalSlot>, StoreError> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        self.write_revisit(&Revisit { at: self.clock.now(), numbers: numbers.to_vec(), unconfirmed: None })?;
        Ok(self.journal().slots.pass(numbers, Writes::new())?.into_iter().map(JournalSlot::from).collect())
    }

    /// The last number of the journal that may be passed although only gaps may follow the last entry, because it was
    /// allocated a lease ago. 0 if no drain noted such a number.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn old_end(&self) -> Result<u64, StoreError> {
        let end: Option<End> = self.read_one(&keys::journal_end(&self.site))?;
        let old = end.filter(|end| is_past_lease(end.at, self.clock.now()));
        Ok(old.map_or(0, |end| end.number))
    }

    /// Notes that the journal is allocated up to this number, and that its last numbers are gaps: no later entry says
    /// how old they are. One note covers all of them until it is a lease old.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn note_end(&self, number: u64) -> Result<(), StoreError> {
        let key = keys::journal_end(&self.site);
        let now = self.clock.now();
        let noted: Option<End> = self.read_one(&key)?;
        if noted.is_some_and(|end| end.number >= number && !is_past_lease(end.at, now)) {
            return Ok(());
        }
        self.store.set_many(&[write(&key, &End { number, at: now })?])
    }

    fn write_revisit(&self, revisit: &Revisit) -> Result<(), StoreError> {
        self.revisits().slots.append(&[], &mut |_, key| Ok(vec![write(&key, revisit)?])).map(drop)
    }

    /// Notes that a write of the payment's sync state was not confirmed.
    pub(crate) fn mark_unconfirmed(&self, reference: &PaymentReference) -> Result<(), StoreError> {
        self.write_revisit(&Revisit { at: self.clock.now(), numbers: Vec::new(), unconfirmed: Some(reference.clone()) })
    }

    /// Revisits the numbers that were passed and the payments with an unconfirmed write, except payments that are
    /// `open` in the journal. It reopens each payment that Salesforce does not fully reflect, and returns how many
    /// those are.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn revisit(&self, open: &dyn Fn(&PaymentReference) -> bool) -> Result<u64, StoreError> {
        let queue = self.revisits();
        let revisits = queue.slots.after::<Revisit>(queue.cursor()?, REVISITS_PER_DRAIN)?;
        let begin = self.clock.now().plus_milliseconds(-REVISIT_MILLISECONDS);
        let is_over =
            |(_, revisit): &&(u64, Option<Revisit>)| revisit.as_ref().is_some_and(|revisit| revisit.at < begin);
        let reached = revisits.iter().rfind(is_over).map(|(number, _)| *number);
        let revisits: Vec<Revisit> = revisits.into_iter().filter_map(|(_, revisit)| revisit).collect();
        let mut payments: BTreeSet<PaymentReference> =
            revisits.iter().filter_map(|revisit| revisit.unconfirmed.clone()).collect();
        self.assign_review_positions(payments.clone())?;
        let numbers: Vec<u64> = revisits.into_iter().flat_map(|revisit| revisit.numbers).collect();
        for chunk in numbers.chunks(MAX_ENTRIES_PER_READ) {
            let entries = self.journal().slots.read::<JournalEntry>(chunk)?;
            let entries = entries.into_iter().filter_map(|(_, entry)| entry).filter(|entry| entry.sequence > 0);
            payments.extend(entries.filter_map(|entry| entry.reference));
        }
        let mut reopened = 0_u64;
        for reference in payments {
            if open(&reference) {
                continue;
            }
            // The late write may also have restored an older sync state.
            let history = self.history(&reference)?;
            let unsynced = history.entries.iter().rfind(|entry| !history.sync_state.reflects(entry.sequence));
            if let Some(entry) = unsynced {
                self.reopen(&reference, entry.sequence, &entry.correlation_id)?;
                reopened = reopened.saturating_add(1);
            }
        }
        if let Some(reached) = reached {
            queue.move_cursor(reached)?;
        }
        Ok(reopened)
    }
}
