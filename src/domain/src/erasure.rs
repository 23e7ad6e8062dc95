//! That a person had the personal data of a payment erased.

use serde::{Deserialize, Serialize};

/// What a person decided. From this entry on, nothing personal of the payment is kept or shown, whenever it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// Why, in the person's words.
    pub note: String,
    /// Who, as the caller named them.
    pub by: String,
}
