//! What each drain looks at again for a day, because something may still come that no drain would come to:
//!
//! - The numbers of the journal that drains passed without an entry. A writer that was slow, wrote its entry after all and
//!   died before it saw that the number was passed has answered nobody.
//! - The payments in doubt. The store did not say that it took a note of what Salesforce was told of them. The note may take
//!   effect all the same, minutes later, and put an older one in the place of a newer one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tollbridge_domain::{PaymentReference, Timestamp};

use crate::journal::{JournalEntry, JournalSlot};
use crate::slots::{SlotQueue, is_worth_passing, write};
use crate::{Ledger, StoreError, Writes, keys};

/// How long numbers and payments are looked at again, in milliseconds.
const LOOKED_AT_MILLISECONDS: i64 = 24 * 60 * 60 * 1000;

/// Notes that one drain reads.
const MOST_NOTES: u64 = 256;

/// Numbers looked at in one question to the store.
const MOST_AT_ONCE: usize = 256;

/// A note about numbers that were passed together, or about a payment in doubt.
#[derive(Serialize, Deserialize)]
struct Revisit {
    at: Timestamp,
    #[serde(default)]
    numbers: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_doubt: Option<PaymentReference>,
}

/// How far the journal was allocated.
#[derive(Serialize, Deserialize)]
struct End {
    number: u64,
    at: Timestamp,
}

impl Ledger<'_> {
    fn revisits(&self) -> SlotQueue<'_> {
        let record = |number| keys::passed(&self.site, number);
        SlotQueue::new(self, keys::passed_counter(&self.site), record, keys::passed_cursor(&self.site))
    }

    /// Passes numbers of the journal that have no entry. Gives what is under them after all: that is to be looked at before
    /// they count as closed. See [`crate::slots`].
    ///
    /// # Errors
    /// The store does not answer; none of the numbers may be passed then.
    pub fn pass_journal(&self, numbers: &[u64]) -> Result<Vec<JournalSlot>, StoreError> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        self.note_revisit(&Revisit { at: self.clock.now(), numbers: numbers.to_vec(), in_doubt: None })?;
        Ok(self.journal().slots.pass(numbers, Writes::new())?.into_iter().map(JournalSlot::from).collect())
    }

    /// The last number of the journal that is worth passing, where nothing but gaps may come after the last entry: it was
    /// allocated a lease ago. 0 where nobody noted that.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn old_end(&self) -> Result<u64, StoreError> {
        let end: Option<End> = self.read_one(&keys::journal_end(&self.site))?;
        let old = end.filter(|end| is_worth_passing(end.at, self.clock.now()));
        Ok(old.map_or(0, |end| end.number))
    }

    /// Notes that the journal is allocated up to this number, and that its last ones have no entry: no later entry says how
    /// old they are. One note is enough for them all until it is old.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn note_end(&self, number: u64) -> Result<(), StoreError> {
        let key = keys::journal_end(&self.site);
        let now = self.clock.now();
        let noted: Option<End> = self.read_one(&key)?;
        if noted.is_some_and(|end| end.number >= number && !is_worth_passing(end.at, now)) {
            return Ok(());
        }
        self.store.set_many(&[write(&key, &End { number, at: now })?])
    }

    fn note_revisit(&self, note: &Revisit) -> Result<(), StoreError> {
        self.revisits().slots.append(&[], &mut |_, key| Ok(vec![write(&key, note)?])).map(drop)
    }

    /// Notes that a payment is in doubt.
    pub(crate) fn mark_in_doubt(&self, reference: &PaymentReference) -> Result<(), StoreError> {
        self.note_revisit(&Revisit { at: self.clock.now(), numbers: Vec::new(), in_doubt: Some(reference.clone()) })
    }

    /// Looks again at the numbers that were passed and at the payments in doubt, but for payments that are `open` in the
    /// journal. Each payment that Salesforce does not show as a whole is put to the journal's end. Gives how many.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn revisit(&self, open: &dyn Fn(&PaymentReference) -> bool) -> Result<u64, StoreError> {
        let line = self.revisits();
        let notes = line.slots.after::<Revisit>(line.cursor()?, MOST_NOTES)?;
        let begin = self.clock.now().plus_milliseconds(-LOOKED_AT_MILLISECONDS);
        let is_over = |(_, note): &&(u64, Option<Revisit>)| note.as_ref().is_some_and(|note| note.at < begin);
        let reached = notes.iter().rfind(is_over).map(|(number, _)| *number);
        let notes: Vec<Revisit> = notes.into_iter().filter_map(|(_, note)| note).collect();
        let in_doubt: BTreeSet<PaymentReference> = notes.iter().filter_map(|note| note.in_doubt.clone()).collect();
        self.assign_review_positions(in_doubt.clone())?;
        // So far, a payment's entries are read at least.
        let mut payments: Vec<(PaymentReference, u64)> = in_doubt.into_iter().map(|reference| (reference, 0)).collect();
        let numbers: Vec<u64> = notes.into_iter().flat_map(|note| note.numbers).collect();
        for some in numbers.chunks(MOST_AT_ONCE) {
            let entries = self.journal().slots.read::<JournalEntry>(some)?;
            let of_payments = entries.into_iter().filter_map(|(_, entry)| entry).filter(|entry| entry.sequence > 0);
            payments.extend(of_payments.filter_map(|entry| Some((entry.reference?, entry.sequence))));
        }
        let mut reopened = 0_u64;
        for (reference, sequence) in payments {
            if open(&reference) {
                continue;
            }
            // With what came late, an older note of what was told may have come, too.
            let history = self.history_reaching(&reference, sequence)?;
            let unshown = history.entries.iter().rfind(|entry| !history.sync_state.reflects(entry.sequence));
            if let Some(entry) = unshown {
                self.reopen(&reference, entry.sequence, &entry.correlation_id)?;
                reopened = reopened.saturating_add(1);
            }
        }
        if let Some(reached) = reached {
            line.move_cursor(reached)?;
        }
        Ok(reopened)
    }
}
