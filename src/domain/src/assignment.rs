//! The assignment of a payment to a record by a person, if the payment did not begin in Tollbridge.

use serde::{Deserialize, Serialize};

use crate::{Evidence, Invoice, SourceRecord};

/// A person's decision which record the money of an unmatched payment is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    /// The record that the payment is for.
    pub source: SourceRecord,
    /// The invoice, if the person named one in addition to the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<Invoice>,
    /// Which payment for that record it is, from 1.
    pub attempt: u32,
    /// The evidence of `unmatched_payment`, which the assignment accepts; none if it was accepted before. Money that
    /// arrives later is not accepted by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Why, in the person's words.
    pub note: String,
    /// The person, as the caller named them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Assignment {
    /// The invoice: the one named, or the record itself if it is an invoice with a number.
    #[must_use]
    pub fn invoice(&self) -> Option<Invoice> {
        self.invoice.clone().or_else(|| Invoice::of_source(&self.source))
    }
}
