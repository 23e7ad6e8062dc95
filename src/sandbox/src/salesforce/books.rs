//! The organisation's records, with an undo log, so that a failed composite leaves nothing behind.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::ids::{new_id, short};
use super::schema::{OBJECTS, ObjectSchema};

/// A record: its `Id` and its fields. An empty field is absent.
pub type SalesforceRecord = Map<String, Value>;

/// The records of an organisation.
#[derive(Debug, Default)]
pub struct RecordBooks {
    tables: BTreeMap<String, ObjectRecords>,
    issued: u64,
    undo: Vec<Undo>,
}

#[derive(Debug, Default)]
struct ObjectRecords {
    /// By the first 15 characters of their ids.
    records: BTreeMap<String, SalesforceRecord>,
    by_external_id: HashMap<String, String>,
}

/// A record before a change; `None` if it did not exist.
#[derive(Debug)]
struct Undo {
    object: String,
    key: String,
    before: Option<SalesforceRecord>,
}

/// A position in the undo log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UndoPosition(usize);

impl RecordBooks {
    /// Every record of an object, in the order of their ids, which is the order of creation.
    #[must_use]
    pub fn records(&self, object: &str) -> Vec<SalesforceRecord> {
        self.iter(object).cloned().collect()
    }

    /// The record with this id, of 15 or 18 characters.
    #[must_use]
    pub fn record(&self, object: &str, id: &str) -> Option<&SalesforceRecord> {
        self.tables.get(object)?.records.get(short(id))
    }

    /// The first record whose field has this value.
    #[must_use]
    pub fn find(&self, object: &str, field: &str, value: impl Into<Value>) -> Option<&SalesforceRecord> {
        let value = value.into();
        if let (Some(text), true) = (value.as_str(), external_id(object) == Some(field)) {
            return self.by_external_id(object, text);
        }
        self.iter(object).find(|record| record.get(field) == Some(&value))
    }

    /// The objects that have records.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    pub(crate) fn by_external_id(&self, object: &str, value: &str) -> Option<&SalesforceRecord> {
        let table = self.tables.get(object)?;
        table.records.get(table.by_external_id.get(value)?)
    }

    /// Stores a record under an id, and replaces an earlier one.
    pub(crate) fn put(&mut self, object: &str, id: &str, mut record: SalesforceRecord) {
        record.insert("Id".to_owned(), Value::from(id));
        self.replace(object, short(id), Some(record));
    }

    /// Stores a new record and returns its id.
    pub(crate) fn create(&mut self, object: &ObjectSchema, record: SalesforceRecord) -> String {
        self.issued = self.issued.saturating_add(1);
        let id = new_id(object.prefix, self.issued);
        self.put(object.name, &id, record);
        id
    }

    pub(crate) fn remove(&mut self, object: &str, id: &str) {
        self.replace(object, short(id), None);
    }

    /// Starts changes that may have to be undone.
    pub(crate) fn mark(&self) -> UndoPosition {
        UndoPosition(self.undo.len())
    }

    /// Undoes every change since the mark.
    pub(crate) fn roll_back(&mut self, mark: UndoPosition) {
        while self.undo.len() > mark.0 {
            let Some(undo) = self.undo.pop() else { return };
            self.exchange(&undo.object, &undo.key, undo.before);
        }
    }

    /// Makes the changes since the last commit permanent, and returns whether there were any.
    pub(crate) fn commit(&mut self) -> bool {
        let changed = !self.undo.is_empty();
        self.undo.clear();
        changed
    }

    fn iter(&self, object: &str) -> impl Iterator<Item = &SalesforceRecord> {
        self.tables.get(object).into_iter().flat_map(|table| table.records.values())
    }

    fn replace(&mut self, object: &str, key: &str, record: Option<SalesforceRecord>) {
        let before = self.exchange(object, key, record);
        self.undo.push(Undo { object: object.to_owned(), key: key.to_owned(), before });
    }

    fn exchange(&mut self, object: &str, key: &str, record: Option<SalesforceRecord>) -> Option<SalesforceRecord> {
        let value_in = |record: &SalesforceRecord| {
            let field = external_id(object)?;
            record.get(field)?.as_str().map(str::to_owned)
        };
        let table = self.tables.entry(object.to_owned()).or_default();
        let before = table.records.remove(key);
        if let Some(value) = before.as_ref().and_then(value_in) {
            table.by_external_id.remove(&value);
        }
        if let Some(record) = record {
            if let Some(value) = value_in(&record) {
                table.by_external_id.insert(value, key.to_owned());
            }
            table.records.insert(key.to_owned(), record);
        }
        before
    }
}

fn external_id(object: &str) -> Option<&'static str> {
    OBJECTS.iter().find(|known| known.name == object).and_then(|known| known.external_id)
}
