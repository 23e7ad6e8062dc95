//! The Salesforce record that a payment is for. All spellings of one record are one record.

use serde::{Deserialize, Serialize};

use crate::identifier_error::check;
use crate::{IdentifierError, object_name, record_id};

/// The Salesforce record that a payment is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "WrittenSource")]
pub struct SourceRecord {
    object: String,
    /// What identifies the object, if that is not its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    object_identity: Option<String>,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenSource {
    object: String,
    object_identity: Option<String>,
    id: String,
    number: Option<String>,
}

impl TryFrom<WrittenSource> for SourceRecord {
    type Error = IdentifierError;

    fn try_from(written: WrittenSource) -> Result<Self, IdentifierError> {
        let read = Self::as_written(written.object, written.id, written.number)?;
        Ok(Self { object_identity: written.object_identity, ..read })
    }
}

impl SourceRecord {
    /// Reads the object's API name, the record's 15- or 18-character id, and the number that people know it by. All
    /// spellings of one record have the same object identity and identity.
    ///
    /// # Errors
    /// A part is empty, too long, or has a character that is not allowed, or the id's suffix does not fit it.
    pub fn parse(object: String, id: String, number: Option<String>) -> Result<Self, IdentifierError> {
        let written = Self::as_written(object, id, number)?;
        let object = object_name::canonical(&written.object);
        let identity = object_name::identity(&object);
        let object_identity = (identity != object).then_some(identity);
        Ok(Self { object, object_identity, id: record_id::canonical(&written.id)?, number: written.number })
    }

    /// Keeps the spelling of the object and the id. Older versions stored records so, because they did not know that
    /// two spellings may be one record.
    ///
    /// # Errors
    /// A part is empty, too long, or has a character that is not allowed.
    pub fn as_written(object: String, id: String, number: Option<String>) -> Result<Self, IdentifierError> {
        Self::check_object(&object)?;
        record_id::check(&id)?;
        if number.as_ref().is_some_and(|number| number.chars().count() > 80) {
            return Err(IdentifierError::TooLong(80));
        }
        Ok(Self { object, object_identity: None, id, number })
    }

    /// Whether both are the same record, in any spelling of the object and form of the id.
    #[must_use]
    pub fn is_same_record(&self, other: &Self) -> bool {
        self.object_identity() == other.object_identity() && self.identity() == other.identity()
    }

    /// Checks only an object's API name, so that an error can name the field.
    ///
    /// # Errors
    /// The text is not an API name.
    pub fn check_object(object: &str) -> Result<(), IdentifierError> {
        check(object, 80, "A-Z, a-z, 0-9 and _", |character| character.is_ascii_alphanumeric() || character == '_')
    }

    /// The 18-character form of a record id, with the case of its letters restored.
    ///
    /// # Errors
    /// The text is not a record id, or its suffix does not fit it.
    pub fn canonical_id(id: &str) -> Result<String, IdentifierError> {
        record_id::canonical(id)
    }

    /// What identifies an object, from any spelling of its API name.
    #[must_use]
    pub fn identity_of_object(object: &str) -> String {
        object_name::identity(object)
    }

    /// The object's API name, in Salesforce's own spelling if it is a standard object.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.object
    }

    /// What identifies the object, however its name is written.
    #[must_use]
    pub fn object_identity(&self) -> &str {
        self.object_identity.as_deref().unwrap_or(&self.object)
    }

    /// The record's id: 18 characters, unless an older version stored it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What identifies the record among those of its object: the first 15 characters of its id. The 18-character form
    /// only adds a checksum. Both forms are one record, and one record must not be charged twice.
    #[must_use]
    pub fn identity(&self) -> &str {
        self.id.get(..15).unwrap_or(&self.id)
    }

    /// The number that people know it by.
    #[must_use]
    pub fn number(&self) -> Option<&str> {
        self.number.as_deref()
    }
}
