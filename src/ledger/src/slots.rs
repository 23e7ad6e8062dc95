//! JournalSlot slots: a counter allocates the numbers, and a record is written under each. The journal, the review queue, the
//! entries of a payment and the attempts to pay for a record are all kept so.
//!
//! A number that was allocated and whose record is not there is a gap. Its writer is slow, or dead, and nobody can tell
//! which. Whoever wants to pass a gap does so by a handshake, and no clock has a say in it:
//!
//! - A writer writes its record, and then looks for a tombstone at its number. Where there is one, somebody may have passed
//!   the number without the record, so the writer writes it once more under a new number, or does not do what it stands for.
//! - Whoever passes a number first writes a tombstone there, and then looks for the record again.
//!
//! Each writes before it looks. A store's single operations take effect in one order, so of the two at least one sees what
//! the other wrote. A record counts wherever it is found, tombstone or not, so it does no harm where both do. Time only says
//! how soon it is worth passing a gap.
//!
//! A writer that dies between its record and its look leaves a record that was passed. It answered nobody. Its caller
//! repeats, and [`Ledger::ensure_pending`] finds out; and those who pass numbers of the journal look at them again for a day,
//! see [`crate::revisits`].
//!
//! A reader that does not ask the counter looks a few numbers beyond the last record that it found. A longer gap is bridged
//! by the writer behind it: with its record it writes a marker for each block of numbers of the gap, and readers go on from
//! block to block, see [`Reach`].

use serde::Serialize;
use serde::de::DeserializeOwned;
use tollbridge_domain::Timestamp;

use crate::{LEASE_MILLISECONDS, Ledger, StoreError, Writes, keys, stored};

/// How often a record is written again because its number was passed meanwhile.
const MOST_TRIES: usize = 8;

/// Where numbered records are stored.
pub(crate) struct Slots<'a> {
    ledger: &'a Ledger<'a>,
    counter: String,
    record: Box<dyn Fn(u64) -> String + 'a>,
}

/// A record that was written.
pub(crate) struct WrittenSlot {
    /// The number that holds.
    pub(crate) number: u64,
    /// Which of the fences stood once it was written, in their order.
    pub(crate) fences: Vec<bool>,
}

/// A number with its record; none for a gap.
pub(crate) type Slot<T> = (u64, Option<T>);

impl<'a> Slots<'a> {
    pub(crate) fn new(ledger: &'a Ledger<'a>, counter: String, record: impl Fn(u64) -> String + 'a) -> Self {
        Self { ledger, counter, record: Box::new(record) }
    }

    /// Allocates the next number, with the key of the record that belongs under it.
    pub(crate) fn allocate(&self) -> Result<(u64, String), StoreError> {
        let number = self.ledger.allocate(&self.counter)?;
        Ok((number, (self.record)(number)))
    }

    /// The last number that was allocated; 0 for none.
    pub(crate) fn last(&self) -> Result<u64, StoreError> {
        let last = self.ledger.store.increment(&self.counter, 0)?;
        Ok(u64::try_from(last).unwrap_or(0))
    }

    /// The slots after a number, at most `limit` of them.
    pub(crate) fn after<T: DeserializeOwned>(&self, after: u64, limit: u64) -> Result<Vec<Slot<T>>, StoreError> {
        let last = self.last()?.min(after.saturating_add(limit));
        let numbers: Vec<u64> = (after.saturating_add(1)..=last).collect();
        self.read(&numbers)
    }

    /// The slots of these numbers.
    pub(crate) fn read<T: DeserializeOwned>(&self, numbers: &[u64]) -> Result<Vec<Slot<T>>, StoreError> {
        let keys: Vec<String> = numbers.iter().map(|number| (self.record)(*number)).collect();
        let values = if keys.is_empty() { Vec::new() } else { self.ledger.store.get_many(&keys)? };
        let records = numbers.iter().zip(&keys).zip(values);
        records
            .map(|((number, key), value)| Ok((*number, value.map(|value| stored::read(key, &value)).transpose()?)))
            .collect()
    }

    /// Writes a record under a new number, and again under another where that was passed meanwhile. `writes` gives what is
    /// to be written for a number and the key of its record. In the same look, it is seen which of these fences stand.
    pub(crate) fn append(
        &self,
        fences: &[String],
        writes: &mut dyn FnMut(u64, String) -> Result<Writes, StoreError>,
    ) -> Result<WrittenSlot, StoreError> {
        for _ in 0..MOST_TRIES {
            let (number, key) = self.allocate()?;
            let looked_at: Vec<String> =
                core::iter::once(keys::tombstone(&key)).chain(fences.iter().cloned()).collect();
            self.ledger.store.set_many(&writes(number, key)?)?;
            // Nothing is lost by looking twice, and the record is there already.
            let store = self.ledger.store;
            let found = store.get_many(&looked_at).or_else(|_| store.get_many(&looked_at))?;
            let mut found = found.into_iter().map(|value| value.is_some());
            let is_passed = found.next().unwrap_or(false);
            if !is_passed {
                return Ok(WrittenSlot { number, fences: found.collect() });
            }
        }
        Err(StoreError::Unavailable("a record was passed by its readers each time that it was written".to_owned()))
    }

    /// Whether the record under this number is there and nobody passed it: whoever comes to it from now on finds it.
    pub(crate) fn holds(&self, number: u64) -> Result<bool, StoreError> {
        let record = (self.record)(number);
        let is_there = |key: String| Ok(self.ledger.store.get_many(&[key])?.iter().any(Option::is_some));
        // In this order: the record must be there before the tombstone is looked for.
        Ok(is_there(record.clone())? && !is_there(keys::tombstone(&record))?)
    }

    /// Passes these gaps, with whatever is to be written with that. Gives what is under the numbers after all: that is to be
    /// looked at before the numbers count as passed.
    pub(crate) fn pass<T: DeserializeOwned>(&self, gaps: &[u64], with: Writes) -> Result<Vec<Slot<T>>, StoreError> {
        if gaps.is_empty() {
            return Ok(Vec::new());
        }
        let mut writes = with;
        for number in gaps {
            writes.push(self.ledger.tombstone(&(self.record)(*number))?);
        }
        self.ledger.store.set_many(&writes)?;
        self.read(gaps)
    }

    /// The slots up to the first gap that nobody has passed, for whoever follows them and never looks back.
    pub(crate) fn settled<T: DeserializeOwned>(&self, slots: Vec<Slot<T>>) -> Result<Vec<Slot<T>>, StoreError> {
        let gaps: Vec<u64> = slots.iter().filter(|(_, record)| record.is_none()).map(|(number, _)| *number).collect();
        if gaps.is_empty() {
            return Ok(slots);
        }
        let tombstones: Vec<String> = gaps.iter().map(|number| keys::tombstone(&(self.record)(*number))).collect();
        let passed = self.ledger.store.get_many(&tombstones)?;
        let live = gaps.iter().zip(&passed).find(|(_, tombstone)| tombstone.is_none()).map(|(number, _)| *number);
        let gaps: Vec<u64> = gaps.into_iter().take_while(|number| Some(*number) != live).collect();
        // What was written before its tombstone is there by now.
        let mut found = self.read(&gaps)?.into_iter();
        let mut settled = Vec::with_capacity(slots.len());
        for (number, record) in slots {
            if Some(number) == live {
                break;
            }
            let record = match record {
                Some(record) => Some(record),
                None => found.next().and_then(|(_, record)| record),
            };
            settled.push((number, record));
        }
        Ok(settled)
    }
}

/// How far readers look beyond the last record that they found, where they do not ask the counter.
#[derive(Clone, Copy)]
pub(crate) struct Reach {
    /// So many numbers.
    pub(crate) look_ahead: u64,
    /// The length of a block. Readers read whole ones.
    pub(crate) block: u64,
}

impl Reach {
    /// The block, from 0, that a number, from 1, stands in.
    pub(crate) fn block_of(self, number: u64) -> u64 {
        number.saturating_sub(1).div_euclid(self.block)
    }

    /// The end of the block that a number stands in.
    pub(crate) fn end_of_block(self, number: u64) -> u64 {
        self.block_of(number).saturating_add(1).saturating_mul(self.block)
    }

    /// The marker of each block of numbers that the writer of this number bridges, where the last record that it saw before
    /// is `seen`: readers would not find it otherwise. None in the ordinary case.
    pub(crate) fn bridge(
        self,
        number: u64,
        seen: u64,
        marker: impl Fn(u64) -> String,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        if number <= seen.saturating_add(self.look_ahead) {
            return Ok(Vec::new());
        }
        let first = self.block_of(seen.saturating_add(1));
        (first..=self.block_of(number)).map(|block| write(&marker(block), &true)).collect()
    }
}

/// Whether a gap before a record of this age is worth passing: its writer is dead, or slow beyond all measure.
#[must_use]
pub fn is_worth_passing(later_at: Timestamp, now: Timestamp) -> bool {
    later_at < now.plus_milliseconds(-LEASE_MILLISECONDS)
}

/// Slots with a cursor: everything up to it is closed, so that no reader begins at the beginning.
pub(crate) struct SlotQueue<'a> {
    pub(crate) slots: Slots<'a>,
    cursor: String,
}

impl<'a> SlotQueue<'a> {
    pub(crate) fn new(
        ledger: &'a Ledger<'a>,
        counter: String,
        record: impl Fn(u64) -> String + 'a,
        cursor: String,
    ) -> Self {
        Self { slots: Slots::new(ledger, counter, record), cursor }
    }

    /// The number up to which everything is closed.
    pub(crate) fn cursor(&self) -> Result<u64, StoreError> {
        Ok(self.slots.ledger.read_one(&self.cursor)?.unwrap_or(0))
    }

    /// Moves the cursor on. Two drains may both move it; the one that saw less only makes the next look again.
    pub(crate) fn move_cursor(&self, number: u64) -> Result<(), StoreError> {
        self.slots.ledger.store.set_many(&[write(&self.cursor, &number)?])
    }
}

/// A record, ready to be written.
pub(crate) fn write<T: Serialize>(key: &str, value: &T) -> Result<(String, Vec<u8>), StoreError> {
    Ok((key.to_owned(), stored::write(key, value)?))
}

impl Ledger<'_> {
    /// The record under one key; none where there is none.
    pub(crate) fn read_one<T: DeserializeOwned>(&self, key: &String) -> Result<Option<T>, StoreError> {
        let value = self.store.get_many(core::slice::from_ref(key))?.into_iter().next().flatten();
        value.map(|value| stored::read(key, &value)).transpose()
    }

    /// The tombstone of the record under this key, ready to be written. It says when, for whoever looks at the store.
    pub(crate) fn tombstone(&self, record: &str) -> Result<(String, Vec<u8>), StoreError> {
        write(&keys::tombstone(record), &self.clock.now())
    }
}
