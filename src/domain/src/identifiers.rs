//! Identifiers, each parsed once at the edge, so that the code behind it never has one that does not fit into a store
//! key, a URL or a Salesforce external id.

use core::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{object_name, record_id};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// The text is empty.
    #[error("empty: give it a value")]
    Empty,
    /// The text is too long.
    #[error("longer than {0} characters: shorten it")]
    TooLong(usize),
    /// The text has a character that is not allowed.
    #[error("has a character other than {0}")]
    Character(&'static str),
    /// The text does not have the length of a record id.
    #[error("a record id has 15 or 18 characters")]
    RecordId,
    /// The last three of the 18 characters do not fit the others.
    #[error("the last three characters do not fit the others: copy the record id again")]
    RecordIdSuffix,
}

/// Defines a text newtype with a maximal length and an alphabet. Deserialisation makes the same check.
macro_rules! identifier {
    ($(#[$documentation:meta])* $name:ident, $longest:literal, $alphabet:literal, $allowed:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads the identifier from text.
            ///
            /// # Errors
            /// The text is empty, too long, or has a character that is not allowed.
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
    /// The name of a site in the configuration: a shop, legal entity or business unit. Part of URLs and store keys.
    SiteName, 32, "a-z, 0-9 and -", |character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
);
identifier!(
    /// The name of a site's mapping document. Part of URLs and store keys.
    MappingName, 32, "a-z, 0-9 and -", |character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
);
identifier!(
    /// A payment's reference: MaldoPay's `referenceOrderId`, and the external id in Salesforce.
    PaymentReference, 40, "A-Z, a-z, 0-9 and -", letter_digit_dash
);
identifier!(
    /// The provider's id of a transaction.
    TransactionId, 64, "A-Z, a-z, 0-9, -, _, . and :",
    |character| letter_digit_dash(character) || matches!(character, '_' | '.' | ':')
);
identifier!(
    /// An event's id, the same for every repetition of the event.
    EventId, 64, "A-Z, a-z, 0-9 and -", letter_digit_dash
);
identifier!(
    /// The id that joins all log lines, calls and records of one request.
    CorrelationId, 64, "A-Z, a-z, 0-9, -, _, . and :",
    |character| letter_digit_dash(character) || matches!(character, '_' | '.' | ':')
);
identifier!(
    /// The key of a command, chosen by the caller, so that repeating the command does nothing twice.
    IdempotencyKey, 255, "printable ASCII without spaces", printable
);

/// The length of a digest name.
const NAME_DIGITS: usize = 26;

/// The hexadecimal name of these parts: 104 bits of SHA-256. Each part is hashed after its length, so that no two lists
/// of parts give the same bytes.
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
    /// The reference of the payment for this record under this idempotency key at this site: always the same.
    #[must_use]
    pub fn derive(site: &SiteName, source: &SourceRecord, key: &IdempotencyKey) -> Self {
        Self(format!("tb{}", digest_name(&[site.as_str(), source.object_identity(), source.identity(), key.as_str()])))
    }

    /// Whether the text has the form of a reference that Tollbridge makes, of a payment or of an operation on one.
    #[must_use]
    pub fn is_made_here(text: &str) -> bool {
        let payment = text.split('-').next().unwrap_or(text);
        let name = payment.strip_prefix("tb").unwrap_or_default();
        name.len() == NAME_DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// The reference under which an event is stored if its own reference cannot be a payment's.
    #[must_use]
    pub fn for_unreadable(text: &str) -> Self {
        Self(format!("unmatched-{}", digest_name(&[text])))
    }
}

impl CorrelationId {
    /// The id of these random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(base16ct::lower::encode_string(&bytes))
    }
}

impl EventId {
    /// The id of the event that these parts identify.
    #[must_use]
    pub fn derive(parts: &[&str]) -> Self {
        Self(format!("ev{}", digest_name(parts)))
    }
}

/// The reference of an operation at the provider: the payment's reference for the operation that opens it, and
/// `{ref}-{k}` for the operation whose request is the payment's `k`-th ledger entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationReference {
    /// The payment.
    pub payment: PaymentReference,
    /// The sequence number of the operation's request; none for the opening operation.
    pub operation: Option<u64>,
}

impl OperationReference {
    /// Reads a reference that the provider returned. References that Tollbridge makes have no dash of their own, so
    /// digits after the last dash are an operation's number.
    ///
    /// # Errors
    /// The text cannot be a reference.
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
