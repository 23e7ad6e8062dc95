//! A line of numbered records with a cursor: the journal is one, the reviews are another. A counter gives the numbers,
//! and everything up to the cursor is closed, so that no reader begins at the beginning. Numbered records alone, without a
//! cursor, are what stands in one minute of the questions.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Ledger, StoreError, stored};

/// Where numbered records are stored.
pub(crate) struct NumberedRecords<'a> {
    ledger: &'a Ledger<'a>,
    counter: String,
    record: Box<dyn Fn(u64) -> String + 'a>,
}

impl<'a> NumberedRecords<'a> {
    pub(crate) fn new(ledger: &'a Ledger<'a>, counter: String, record: impl Fn(u64) -> String + 'a) -> Self {
        Self { ledger, counter, record: Box::new(record) }
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
}

/// Where a line is stored.
pub(crate) struct Line<'a> {
    records: NumberedRecords<'a>,
    cursor: String,
}

impl<'a> Line<'a> {
    pub(crate) fn new(
        ledger: &'a Ledger<'a>,
        counter: String,
        record: impl Fn(u64) -> String + 'a,
        cursor: String,
    ) -> Self {
        Self { records: NumberedRecords::new(ledger, counter, record), cursor }
    }

    /// See [`NumberedRecords::draw`].
    pub(crate) fn draw(&self) -> Result<(u64, String), StoreError> {
        self.records.draw()
    }

    /// See [`NumberedRecords::last`].
    pub(crate) fn last(&self) -> Result<u64, StoreError> {
        self.records.last()
    }

    /// See [`NumberedRecords::after`].
    pub(crate) fn after<T: DeserializeOwned>(
        &self,
        after: u64,
        limit: u64,
    ) -> Result<Vec<(u64, Option<T>)>, StoreError> {
        self.records.after(after, limit)
    }

    /// The number up to which everything is closed.
    pub(crate) fn cursor(&self) -> Result<u64, StoreError> {
        Ok(self.records.ledger.read_one(&self.cursor)?.unwrap_or(0))
    }

    /// Moves the cursor on. Two drains may both move it; the one that saw less only makes the next look again.
    pub(crate) fn move_cursor(&self, number: u64) -> Result<(), StoreError> {
        self.records.ledger.store.set_many(&[write(&self.cursor, &number)?])
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
}
