//! The erasure of a payment's personal data by a person.

use serde::{Deserialize, Serialize};

/// A person's decision to erase. From this entry on, no personal data of the payment is stored or shown, whenever it
/// arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// Why, in the person's words.
    pub note: String,
    /// The person, as the caller named them.
    pub by: String,
}
