//! A signed delivery of the provider that could not be read. It is kept until a person has looked at it.

use serde::{Deserialize, Serialize};

use crate::EventId;

/// What is wrong with a field, or with the body as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryProblem {
    /// It has none of the forms that it may have.
    Malformed,
    /// It is missing.
    Missing,
    /// It has a value that it cannot have.
    Invalid,
}

impl DeliveryProblem {
    /// The code in the HTTP interface and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Missing => "missing",
            Self::Invalid => "invalid",
        }
    }
}

/// A delivery that the provider signed and that could not be read. It says what could not be read, and never a value of
/// the delivery. It moves no money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnreadableDelivery {
    /// The same for every repetition of the delivery.
    pub id: EventId,
    /// The field that could not be read; none for the body as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong with it.
    pub problem: DeliveryProblem,
    /// What is wrong with it, in words.
    pub detail: String,
    /// SHA-256 of what the provider signed, in hex.
    pub digest: String,
}
