//! A mapping document as it is written: its records, and for each its fields with their expressions.

mod layout;
mod names;
mod read;
mod table;

pub use names::key_value;
pub use read::read;

/// A document whose layout is right; its expressions are read apart.
#[derive(Debug)]
pub struct Document {
    /// Its name.
    pub name: String,
    /// Its records, in the order in which they are written.
    pub records: Vec<Record>,
}

/// One record.
#[derive(Debug)]
pub struct Record {
    /// Its name in the document.
    pub name: String,
    /// The object's API name.
    pub object: String,
    /// What it is written for.
    pub each: Each,
    /// What is done with it.
    pub mode: Mode,
    /// How it is found.
    pub key: Key,
    /// Whether it is written; always where nothing is said.
    pub when: Option<Text>,
    /// The fields' API names and their values.
    pub fields: Vec<(String, Text)>,
}

/// What a record is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// Once for the payment.
    Payment,
    /// Once for each event that Salesforce was not told of.
    Event,
}

/// What is done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is made or changed.
    Upsert,
    /// It is changed and must exist.
    Update,
    /// It is made once.
    InsertOnce,
}

/// How a record is found.
#[derive(Debug)]
pub enum Key {
    /// By its id.
    Id(Text),
    /// By an external id.
    ExternalId {
        /// The field's API name.
        field: String,
        /// Its value.
        value: Text,
    },
}

impl Key {
    /// The expression of its value.
    pub fn value(&self) -> &Text {
        match self {
            Self::Id(value) | Self::ExternalId { value, .. } => value,
        }
    }
}

/// A text of the document, such as an expression, with its place.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text.
    pub text: String,
    /// The line of each of its places: that of the first, as far as line breaks in it say.
    pub line: usize,
}

impl Text {
    /// The line that this place of the text is in.
    pub fn line_at(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or_default();
        self.line.saturating_add(before.matches('\n').count())
    }
}
