//! The names of things, each parsed once at the edge so that nothing behind it can hold a name that a store key, a URL
//! or a Salesforce external id could not carry.

use core::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{object_name, record_id};

/// Why text is not such a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// It is empty.
    #[error("empty: give it a value")]
    Empty,
    /// It is longer than it may be.
    #[error("longer than {0} characters: shorten it")]
    TooLong(usize),
    /// It has a character it may not have.
    #[error("has a character other than {0}")]
    Character(&'static str),
    /// It is no record id.
    #[error("a record id has 15 or 18 characters")]
    RecordId,
    /// The last three of its 18 characters do not fit the others.
    #[error("the last three characters do not fit the others: copy the record id again")]
    RecordIdSuffix,
}

/// Makes a newtype of text with a length and an alphabet; serde goes through the same check.
macro_rules! identifier {
    ($(#[$documentation:meta])* $name:ident, $longest:literal, $alphabet:literal, $allowed:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads it from text.
            ///
            /// # Errors
            /// The text is empty, too long, or has a character it may not have.
            pub fn parse(text: impl Into<String>) -> Result<Self, IdentifierError> {
                let text = text.into();
                check(&text, $longest, $alphabet, $allowed)?;
                Ok(Self(text))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentifierError;

            fn try_from(text: String) -> Result<Self, IdentifierError> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

fn letter_digit_dash(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '-'
}

fn printable(character: char) -> bool {
    character.is_ascii_graphic()
}

identifier!(
    /// A site: a shop, legal entity or business unit, as the configuration names it. Part of URLs and store keys.
    SiteName, 32, "a-z, 0-9 and -", |character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
);
identifier!(
    /// A mapping document, as its site calls it. Part of URLs and store keys.
    MappingName, 32, "a-z, 0-9 and -", |character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
);
identifier!(
    /// A payment's own reference, sent as `referenceOrderId` and the external id in Salesforce.
    PaymentReference, 40, "A-Z, a-z, 0-9 and -", letter_digit_dash
);
identifier!(
    /// The provider's name for one of its transactions.
    TransactionId, 64, "A-Z, a-z, 0-9, -, _, . and :",
    |character| letter_digit_dash(character) || matches!(character, '_' | '.' | ':')
);
identifier!(
    /// An event's name, the same for every repetition of the same news.
    EventId, 64, "A-Z, a-z, 0-9 and -", letter_digit_dash
);
identifier!(
    /// What ties together every log line, call and record of one request.
    CorrelationId, 64, "A-Z, a-z, 0-9, -, _, . and :",
    |character| letter_digit_dash(character) || matches!(character, '_' | '.' | ':')
);
identifier!(
    /// What a caller gives a command so that repeating it does nothing twice.
    IdempotencyKey, 255, "printable ASCII without spaces", printable
);

/// How long the name is that is made of a digest.
const NAME_DIGITS: usize = 26;

/// The characters that stand for these parts: 104 bits of SHA-256, each part with its length before it so that no two
/// lists of parts are the same bytes.
fn digest_name(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        // As 64 bits, so that a 32-bit component and a 64-bit program derive the same name.
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let mut name = base16ct::lower::encode_string(&hasher.finalize());
    name.truncate(NAME_DIGITS);
    name
}

impl PaymentReference {
    /// The reference that this site gives to the payment for this record under this idempotency key: always the same.
    #[must_use]
    pub fn derive(site: &SiteName, source: &SourceRecord, key: &IdempotencyKey) -> Self {
        Self(format!("tb{}", digest_name(&[site.as_str(), source.object_identity(), source.identity(), key.as_str()])))
    }

    /// Whether text has the form of a reference that is made here, of a payment or of an operation on one.
    #[must_use]
    pub fn is_made_here(text: &str) -> bool {
        let payment = text.split('-').next().unwrap_or(text);
        let name = payment.strip_prefix("tb").unwrap_or_default();
        name.len() == NAME_DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// The reference under which an event is kept whose own reference cannot name a payment.
    #[must_use]
    pub fn for_unreadable(text: &str) -> Self {
        Self(format!("unmatched-{}", digest_name(&[text])))
    }
}

impl CorrelationId {
    /// The id that these bytes, drawn at random, make.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(base16ct::lower::encode_string(&bytes))
    }
}

impl EventId {
    /// The name for an event that these parts tell apart from every other.
    #[must_use]
    pub fn derive(parts: &[&str]) -> Self {
        Self(format!("ev{}", digest_name(parts)))
    }
}

/// What a provider is given to name one operation: the payment's reference for the one that opens it, and `{ref}-{k}`
/// for the operation whose request is the payment's `k`-th ledger entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationReference {
    /// The payment.
    pub payment: PaymentReference,
    /// The sequence number of the operation's request; none for the opening one.
    pub operation: Option<u64>,
}

impl OperationReference {
    /// Reads it from what came back. A reference made here has no dash of its own, so a last part of digits is an
    /// operation's number.
    ///
    /// # Errors
    /// The text could not be a reference.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        if let Some((payment, number)) = text.rsplit_once('-')
            && number.len() <= 10
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(operation) = number.parse()
        {
            return Ok(Self { payment: PaymentReference::parse(payment)?, operation: Some(operation) });
        }
        Ok(Self { payment: PaymentReference::parse(text)?, operation: None })
    }
}

impl fmt::Display for OperationReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.operation {
            Some(operation) => write!(formatter, "{}-{operation}", self.payment),
            None => write!(formatter, "{}", self.payment),
        }
    }
}

/// The Salesforce record that a payment is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "WrittenSource")]
pub struct SourceRecord {
    object: String,
    /// What the object is known by, where that is not its name.
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
    /// The object's API name, the record's 15- or 18-character id, and the number people know it by. One record is one value of
    /// object identity and identity, however its object and its id are written.
    ///
    /// # Errors
    /// A part is empty, too long, or has a character that it may not have, or the id's suffix does not fit it.
    pub fn parse(object: String, id: String, number: Option<String>) -> Result<Self, IdentifierError> {
        let written = Self::as_written(object, id, number)?;
        let object = object_name::canonical(&written.object);
        let identity = object_name::identity(&object);
        let object_identity = (identity != object).then_some(identity);
        Ok(Self { object, object_identity, id: record_id::canonical(&written.id)?, number: written.number })
    }

    /// The record under the very spelling of its object and its id, by which versions knew it that did not know that two
    /// spellings may be one record. What they stored is read so.
    ///
    /// # Errors
    /// A part is empty, too long, or has a character that it may not have.
    pub fn as_written(object: String, id: String, number: Option<String>) -> Result<Self, IdentifierError> {
        Self::check_object(&object)?;
        record_id::check(&id)?;
        if number.as_ref().is_some_and(|number| number.chars().count() > 80) {
            return Err(IdentifierError::TooLong(80));
        }
        Ok(Self { object, object_identity: None, id, number })
    }

    /// Whether both name one record, in whichever spelling of its object and form of its id.
    #[must_use]
    pub fn is_same_record(&self, other: &Self) -> bool {
        self.object_identity() == other.object_identity() && self.identity() == other.identity()
    }

    /// Checks an object's API name alone, so that an error can name the field.
    ///
    /// # Errors
    /// It is no API name.
    pub fn check_object(object: &str) -> Result<(), IdentifierError> {
        check(object, 80, "A-Z, a-z, 0-9 and _", |character| character.is_ascii_alphanumeric() || character == '_')
    }

    /// The 18-character form of a record id alone, with the case of its letters put right.
    ///
    /// # Errors
    /// It is no record id, or its suffix does not fit it.
    pub fn canonical_id(id: &str) -> Result<String, IdentifierError> {
        record_id::canonical(id)
    }

    /// What tells an object from every other, of its API name in whatever spelling.
    #[must_use]
    pub fn identity_of_object(object: &str) -> String {
        object_name::identity(object)
    }

    /// The object's API name, in Salesforce's own spelling where it is a standard one.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.object
    }

    /// What tells this object from every other, however its name is written.
    #[must_use]
    pub fn object_identity(&self) -> &str {
        self.object_identity.as_deref().unwrap_or(&self.object)
    }

    /// The record's id: 18 characters, unless an older version stored it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What tells this record from every other of its object: the first 15 characters of its id, which the 18-character form
    /// only adds a checksum to. Both forms are one record, and one record must not be charged twice.
    #[must_use]
    pub fn identity(&self) -> &str {
        self.id.get(..15).unwrap_or(&self.id)
    }

    /// The number people know it by.
    #[must_use]
    pub fn number(&self) -> Option<&str> {
        self.number.as_deref()
    }
}

fn check(text: &str, longest: usize, alphabet: &'static str, allowed: fn(char) -> bool) -> Result<(), IdentifierError> {
    if text.is_empty() {
        Err(IdentifierError::Empty)
    } else if text.len() > longest {
        Err(IdentifierError::TooLong(longest))
    } else if text.chars().all(allowed) {
        Ok(())
    } else {
        Err(IdentifierError::Character(alphabet))
    }
}

#[cfg(test)]
mod tests;
