//! A parsed mapping document: its records, and their fields with their expressions.

mod layout;
mod names;
mod read;
mod table;

pub use names::key_value;
pub use read::read;

/// A document with a valid layout. Its expressions are parsed separately.
#[derive(Debug)]
pub struct Document {
    /// The document's name.
    pub name: String,
    /// The records in document order.
    pub records: Vec<RecordTemplate>,
}

/// One record.
#[derive(Debug)]
pub struct RecordTemplate {
    /// The record's name in the document.
    pub name: String,
    /// The object's API name.
    pub object: String,
    /// What the record is written for.
    pub each: Each,
    /// How the record is written.
    pub mode: Mode,
    /// The key that identifies the record.
    pub key: Key,
    /// The condition for writing the record; `None` means always.
    pub when: Option<Text>,
    /// The fields' API names and values.
    pub fields: Vec<(String, Text)>,
}

/// What a record is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// Once for the payment.
    Payment,
    /// Once for each event that Salesforce has not received yet.
    Event,
}

/// How a record is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Created or updated.
    Upsert,
    /// Updated; it must exist.
    Update,
    /// Created once.
    InsertOnce,
}

/// The key that identifies a record.
#[derive(Debug)]
pub enum Key {
    /// The record's id.
    Id(Text),
    /// An external id.
    ExternalId {
        /// The field's API name.
        field: String,
        /// The field's value.
        value: Text,
    },
}

impl Key {
    /// The expression of the key's value.
    pub fn value(&self) -> &Text {
        match self {
            Self::Id(value) | Self::ExternalId { value, .. } => value,
        }
    }
}

/// A text of the document, such as an expression, with its position.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text.
    pub text: String,
    /// The line of the text's start; line breaks inside the text give the lines of the rest.
    pub line: usize,
}

impl Text {
    /// The line of an offset within the text.
    pub fn line_at(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or_default();
        self.line.saturating_add(before.matches('\n').count())
    }
}
