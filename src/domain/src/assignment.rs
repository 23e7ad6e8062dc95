//! That a person said which record a payment is for that nobody here asked for.

use serde::{Deserialize, Serialize};

use crate::{Evidence, Invoice, SourceRecord};

/// What a person decided about a payment that nobody here asked for: the record that its money is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    /// The record.
    pub source: SourceRecord,
    /// The invoice, where the person named one besides the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<Invoice>,
    /// Which payment for that record it is, from 1.
    pub attempt: u32,
    /// What `unmatched_payment` rested on, which is accepted thereby; none where that was accepted before. Money that comes
    /// later is another matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Why, in the person's words.
    pub note: String,
    /// Who, as the caller named them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Assignment {
    /// The invoice: the one that was named, or the record itself where it is one with a number.
    #[must_use]
    pub fn invoice(&self) -> Option<Invoice> {
        self.invoice.clone().or_else(|| Invoice::of_source(&self.source))
    }
}
