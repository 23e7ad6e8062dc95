//! Slots: a counter allocates the numbers, and a record is written under each. The journal, the review queue, the
//! entries of a payment and the attempts to pay for a record are all stored this way.
//!
//! A *gap* is a number that was allocated and has no record. Its writer is slow, or dead, and nobody can tell which. A
//! reader that wants to *pass* a gap, so that its cursor can move on, uses a handshake that depends on no clock:
//!
//! - A writer writes its record, and then reads the tombstone of its number. If there is one, a reader may have passed
//!   the number without seeing the record. The writer then writes the record again under a new number, or does not do
//!   what the record announces.
//! - A reader that passes a number writes the tombstone first, and then reads the record again.
//!
//! Each side writes before it reads. A store's single operations take effect in one order, so at least one of the two
//! sees what the other wrote. A record counts wherever it is found, with or without a tombstone, so it does no harm if
//! both see each other. Time only decides how soon a reader passes a gap.
//!
//! A writer that dies between its write and its read leaves a record that was passed. It acknowledged nothing, so its
//! caller repeats, and [`Ledger::ensure_pending`] finds the record. Drains also read the passed numbers of the journal
//! again for a day, see [`crate::revisits`].
//!
//! A reader that does not read the counter reads a few numbers beyond the last record that it found. The writer behind
//! a longer gap bridges it: with its record it writes a marker for each block of numbers of the gap, and readers go on
//! from block to block, see [`LookAhead`].

use serde::Serialize;
use serde::de::DeserializeOwned;
use tollbridge_domain::Timestamp;

use crate::{LEASE_MILLISECONDS, Ledger, StoreError, Writes, keys, stored};

/// How often a writer writes a record again because a reader passed its number meanwhile.
const MAX_TRIES: usize = 8;

/// The numbered records of one counter.
pub(crate) struct Slots<'a> {
    ledger: &'a Ledger<'a>,
    counter: String,
    record: Box<dyn Fn(u64) -> String + 'a>,
}

/// A record that was written and whose number nobody passed.
pub(crate) struct WrittenSlot {
    /// Its final number.
    pub(crate) number: u64,
    /// Which of the fences existed once the record was written, in the order of the request.
    pub(crate) fences: Vec<bool>,
    /// When the read of the fences was about to begin, by
    /// [`Clock::elapsed_milliseconds`](crate::Clock::elapsed_milliseconds).
    pub(crate) fences_read_at: i64,
}

/// A number with its record; `None` for a gap.
pub(crate) type Slot<T> = (u64, Option<T>);

impl<'a> Slots<'a> {
    pub(crate) fn new(ledger: &'a Ledger<'a>, counter: String, record: impl Fn(u64) -> String + 'a) -> Self {
        Self { ledger, counter, record: Box::new(record) }
    }

    /// Allocates the next number, and returns it with the key of its record.
    pub(crate) fn allocate(&self) -> Result<(u64, String), StoreError> {
        let number = self.ledger.allocate(&self.counter)?;
        Ok((number, (self.record)(number)))
    }

    /// The last number that was allocated; 0 for none.
    pub(crate) fn last(&self) -> Result<u64, StoreError> {
        let last = self.ledger.store.increment(&self.counter, 0)?;
        Ok(u64::try_from(last).unwrap_or(0))
    }

    /// Reads the slots after a number, at most `limit` of them.
    pub(crate) fn after<T: DeserializeOwned>(&self, after: u64, limit: u64) -> Result<Vec<Slot<T>>, StoreError> {
        let last = self.last()?.min(after.saturating_add(limit));
        let numbers: Vec<u64> = (after.saturating_add(1)..=last).collect();
        self.read(&numbers)
    }

    /// Reads the slots of these numbers.
    pub(crate) fn read<T: DeserializeOwned>(&self, numbers: &[u64]) -> Result<Vec<Slot<T>>, StoreError> {
        let keys: Vec<String> = numbers.iter().map(|number| (self.record)(*number)).collect();
        let values = if keys.is_empty() { Vec::new() } else { self.ledger.store.get_many(&keys)? };
        let records = numbers.iter().zip(&keys).zip(values);
        records
            .map(|((number, key), value)| Ok((*number, value.map(|value| stored::read(key, &value)).transpose()?)))
            .collect()
    }

    /// Writes a record under a new number, and again under another one if a reader passed that number meanwhile.
    /// `writes` returns what to write for a number and the key of its record. The read of the tombstone also reads
    /// these fences.
    pub(crate) fn append(
        &self,
        fences: &[String],
        writes: &mut dyn FnMut(u64, String) -> Result<Writes, StoreError>,
    ) -> Result<WrittenSlot, StoreError> {
        for _ in 0..MAX_TRIES {
            let (number, key) = self.allocate()?;
            let keys_to_check: Vec<String> =
                core::iter::once(keys::tombstone(&key)).chain(fences.iter().cloned()).collect();
            let writes = writes(number, key)?;
            let fences_read_at = self.ledger.clock.elapsed_milliseconds();
            self.ledger.store.set_many(&writes)?;
            // The record is durable already, so a second read loses nothing.
            let store = self.ledger.store;
            let found = store.get_many(&keys_to_check).or_else(|_| store.get_many(&keys_to_check))?;
            let mut found = found.into_iter().map(|value| value.is_some());
            let is_passed = found.next().unwrap_or(false);
            if !is_passed {
                return Ok(WrittenSlot { number, fences: found.collect(), fences_read_at });
            }
        }
        Err(StoreError::Unavailable("readers passed the number of the record each time that it was written".to_owned()))
    }

    /// Whether this number has a record and no tombstone: every reader that has not passed it finds the record.
    pub(crate) fn holds(&self, number: u64) -> Result<bool, StoreError> {
        let record = (self.record)(number);
        let is_there = |key: String| Ok(self.ledger.store.get_many(&[key])?.iter().any(Option::is_some));
        // The order matters: the record must exist before the tombstone is read.
        Ok(is_there(record.clone())? && !is_there(keys::tombstone(&record))?)
    }

    /// Passes these gaps, and writes these other records in the same write. Returns the slots as they are afterwards:
    /// the caller must process the records among them before it counts the numbers as passed.
    pub(crate) fn pass<T: DeserializeOwned>(
        &self,
        gaps: &[u64],
        other_writes: Writes,
    ) -> Result<Vec<Slot<T>>, StoreError> {
        if gaps.is_empty() {
            return Ok(Vec::new());
        }
        let mut writes = other_writes;
        for number in gaps {
            writes.push(self.ledger.tombstone(&(self.record)(*number))?);
        }
        self.ledger.store.set_many(&writes)?;
        self.read(gaps)
    }

    /// The slots before the first gap that nobody has passed, for a reader that never reads a number twice.
    pub(crate) fn final_slots<T: DeserializeOwned>(&self, slots: Vec<Slot<T>>) -> Result<Vec<Slot<T>>, StoreError> {
        let gaps: Vec<u64> = slots.iter().filter(|(_, record)| record.is_none()).map(|(number, _)| *number).collect();
        if gaps.is_empty() {
            return Ok(slots);
        }
        let tombstones: Vec<String> = gaps.iter().map(|number| keys::tombstone(&(self.record)(*number))).collect();
        let passed = self.ledger.store.get_many(&tombstones)?;
        let live = gaps.iter().zip(&passed).find(|(_, tombstone)| tombstone.is_none()).map(|(number, _)| *number);
        let gaps: Vec<u64> = gaps.into_iter().take_while(|number| Some(*number) != live).collect();
        // A record that was written before its tombstone is visible by now.
        let mut found = self.read(&gaps)?.into_iter();
        let mut final_slots = Vec::with_capacity(slots.len());
        for (number, record) in slots {
            if Some(number) == live {
                break;
            }
            let record = match record {
                Some(record) => Some(record),
                None => found.next().and_then(|(_, record)| record),
            };
            final_slots.push((number, record));
        }
        Ok(final_slots)
    }
}

/// How far a reader that does not read the counter reads beyond the last record that it found.
#[derive(Clone, Copy)]
pub(crate) struct LookAhead {
    /// How many numbers.
    pub(crate) slots: u64,
    /// The length of a block, in numbers. Readers read whole blocks.
    pub(crate) block_length: u64,
}

impl LookAhead {
    /// The block of a number. Blocks count from 0, numbers from 1.
    pub(crate) fn block_of(self, number: u64) -> u64 {
        number.saturating_sub(1).div_euclid(self.block_length)
    }

    /// The last number of a number's block.
    pub(crate) fn end_of_block(self, number: u64) -> u64 {
        self.block_of(number).saturating_add(1).saturating_mul(self.block_length)
    }

    /// The markers of the blocks between `seen`, the last record that the writer of this number knows, and the number.
    /// Readers would not find the number without them. Empty if readers reach the number without a marker.
    pub(crate) fn bridge(
        self,
        number: u64,
        seen: u64,
        marker: impl Fn(u64) -> String,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        if number <= seen.saturating_add(self.slots) {
            return Ok(Vec::new());
        }
        let first = self.block_of(seen.saturating_add(1));
        (first..=self.block_of(number)).map(|block| write(&marker(block), &true)).collect()
    }
}

/// Whether more than a lease has passed between these times. If a later record is that old, the writer of a gap before
/// it is dead, or slow beyond all measure, and the gap may be passed.
#[must_use]
pub fn is_past_lease(later_at: Timestamp, now: Timestamp) -> bool {
    later_at < now.plus_milliseconds(-LEASE_MILLISECONDS)
}

/// Slots with a cursor: everything up to it is closed, so readers begin there.
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

    /// Moves the cursor. If two drains move it, the one that saw less only makes the next drain read again.
    pub(crate) fn move_cursor(&self, number: u64) -> Result<(), StoreError> {
        self.slots.ledger.store.set_many(&[write(&self.cursor, &number)?])
    }
}

/// A record, ready to be written.
pub(crate) fn write<T: Serialize>(key: &str, value: &T) -> Result<(String, Vec<u8>), StoreError> {
    Ok((key.to_owned(), stored::write(key, value)?))
}

impl Ledger<'_> {
    /// Reads the record of one key; `None` if there is none.
    pub(crate) fn read_one<T: DeserializeOwned>(&self, key: &String) -> Result<Option<T>, StoreError> {
        let value = self.store.get_many(core::slice::from_ref(key))?.into_iter().next().flatten();
        value.map(|value| stored::read(key, &value)).transpose()
    }

    /// The tombstone of the record under this key, ready to be written. Its value is the time, for a person who
    /// inspects the store.
    pub(crate) fn tombstone(&self, record: &str) -> Result<(String, Vec<u8>), StoreError> {
        write(&keys::tombstone(record), &self.clock.now())
    }
}
