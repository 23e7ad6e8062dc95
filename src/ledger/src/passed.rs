//! The numbers of the journal that drains passed without an entry. A writer that was slow, wrote its entry after all and died
//! before it saw that the number was passed has answered nobody, and left an entry that no drain would come to. For a day,
//! each drain looks at the numbers again that were passed.

use serde::{Deserialize, Serialize};
use tollbridge_domain::Timestamp;

use crate::journal::{JournalEntry, Numbered};
use crate::slots::{Line, is_worth_passing, write};
use crate::{Ledger, StoreError, Writes, keys};

/// How long passed numbers are looked at again, in milliseconds.
const LOOKED_AT_MILLISECONDS: i64 = 24 * 60 * 60 * 1000;

/// Notes that one drain reads.
const MOST_NOTES: u64 = 256;

/// Numbers looked at in one question to the store.
const MOST_AT_ONCE: usize = 256;

/// A note about numbers that were passed together.
#[derive(Serialize, Deserialize)]
struct Passed {
    at: Timestamp,
    numbers: Vec<u64>,
}

/// How far the journal was allocated.
#[derive(Serialize, Deserialize)]
struct End {
    number: u64,
    at: Timestamp,
}

impl Ledger<'_> {
    fn passed(&self) -> Line<'_> {
        let record = |number| keys::passed(&self.site, number);
        Line::new(self, keys::passed_counter(&self.site), record, keys::passed_cursor(&self.site))
    }

    /// Passes numbers of the journal that have no entry. Gives what is under them after all: that is to be looked at before
    /// they count as closed. See [`crate::slots`].
    ///
    /// # Errors
    /// The store does not answer; none of the numbers may be passed then.
    pub fn pass_journal(&self, numbers: &[u64]) -> Result<Vec<Numbered>, StoreError> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let note = Passed { at: self.clock.now(), numbers: numbers.to_vec() };
        self.passed().slots.append(&[], &mut |_, key| Ok(vec![write(&key, &note)?]))?;
        Ok(self.journal().slots.pass(numbers, Writes::new())?.into_iter().map(Numbered::from).collect())
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

    /// The entries that were found under numbers that were passed, of payments that Salesforce does not show as a whole: each
    /// is put to the journal's end. Gives how many.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn defer_late_entries(&self) -> Result<u64, StoreError> {
        let line = self.passed();
        let cursor = line.cursor()?;
        let notes = line.slots.after::<Passed>(cursor, MOST_NOTES)?;
        let begin = self.clock.now().plus_milliseconds(-LOOKED_AT_MILLISECONDS);
        let is_over = |(_, note): &&(u64, Option<Passed>)| note.as_ref().is_some_and(|note| note.at < begin);
        let reached = notes.iter().rfind(is_over).map(|(number, _)| *number);
        let numbers: Vec<u64> =
            notes.iter().filter_map(|(_, note)| note.as_ref()).flat_map(|note| note.numbers.iter().copied()).collect();
        let mut deferred = 0_u64;
        for some in numbers.chunks(MOST_AT_ONCE) {
            for (_, entry) in self.journal().slots.read::<JournalEntry>(some)? {
                let Some(entry) = entry else { continue };
                let Some(reference) = entry.reference.clone() else { continue };
                // With what came late, an older note of what was told may have come, too.
                let history = self.history_reaching(&reference, entry.sequence)?;
                let is_shown = history.entries.iter().all(|entry| history.told.reflects(entry.sequence));
                if !is_shown && entry.sequence > 0 {
                    self.defer(entry)?;
                    deferred = deferred.saturating_add(1);
                }
            }
        }
        if let Some(reached) = reached {
            line.move_cursor(reached)?;
        }
        Ok(deferred)
    }
}
