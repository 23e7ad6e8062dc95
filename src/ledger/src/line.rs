//! A line of numbered records with a cursor: the journal is one, the reviews are another. A counter gives the numbers,
//! and everything up to the cursor is closed, so that no reader begins at the beginning.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Ledger, StoreError, stored};

/// Where a line is stored.
pub(crate) struct Line<'a> {
    ledger: &'a Ledger<'a>,
    counter: String,
    record: Box<dyn Fn(u64) -> String + 'a>,
    cursor: String,
}

impl<'a> Line<'a> {
    pub(crate) fn new(
        ledger: &'a Ledger<'a>,
        counter: String,
        record: impl Fn(u64) -> String + 'a,
        cursor: String,
    ) -> Self {
        Self { ledger, counter, record: Box::new(record), cursor }
    }

    /// Draws the next number, with the key of the record that belongs under it.
    pub(crate) fn draw(&self) -> Result<(u64, String), StoreError> {
        let number = self.ledger.draw(&self.counter)?;
        Ok((number, (self.record)(number)))
    }

    /// The last number drawn; 0 for none.
    pub(crate) fn last(&self) -> Result<u64, StoreError> {
        let last = self.ledger.store.increment(&self.counter, 0)?;
        Ok(u64::try_from(last).unwrap_or(0))
    }

    /// The records after a number, at most `limit` numbers on; none where a number was drawn and nothing written.
    pub(crate) fn after<T: DeserializeOwned>(
        &self,
        after: u64,
        limit: u64,
    ) -> Result<Vec<(u64, Option<T>)>, StoreError> {
        let last = self.last()?.min(after.saturating_add(limit));
        let numbers: Vec<u64> = (after.saturating_add(1)..=last).collect();
        let keys: Vec<String> = numbers.iter().map(|number| (self.record)(*number)).collect();
        let values = if keys.is_empty() { Vec::new() } else { self.ledger.store.get_many(&keys)? };
        let records = numbers.into_iter().zip(&keys).zip(values);
        records
            .map(|((number, key), value)| Ok((number, value.map(|value| stored::read(key, &value)).transpose()?)))
            .collect()
    }

    /// The number up to which everything is closed.
    pub(crate) fn cursor(&self) -> Result<u64, StoreError> {
        let values = self.ledger.store.get_many(core::slice::from_ref(&self.cursor))?;
        match values.into_iter().next().flatten() {
            Some(value) => stored::read(&self.cursor, &value),
            None => Ok(0),
        }
    }

    /// Moves the cursor on. Two drains may both move it; the one that saw less only makes the next look again.
    pub(crate) fn move_cursor(&self, number: u64) -> Result<(), StoreError> {
        self.ledger.store.set_many(&[write(&self.cursor, &number)?])
    }
}

/// A record, ready to be written.
pub(crate) fn write<T: Serialize>(key: &str, value: &T) -> Result<(String, Vec<u8>), StoreError> {
    Ok((key.to_owned(), stored::write(key, value)?))
}
