//! Identifiers, each parsed once at the edge, so that the code behind it never has one that does not fit into a store
//! key, a URL or a Salesforce external id.

use core::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::identifier_error::check;
use crate::{IdentifierError, SourceRecord};

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

#[cfg(test)]
mod tests;
