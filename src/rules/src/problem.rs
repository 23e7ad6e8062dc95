//! Problems in a document, and errors of a mapping, in words for the document's author.

use core::fmt;

/// One problem in a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentProblem {
    /// The line, from 1.
    pub line: usize,
    /// The place in the document, such as `record payment: Status__c`; empty for the whole document.
    pub place: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl DocumentProblem {
    /// The line and the place.
    #[must_use]
    pub fn location(&self) -> String {
        if self.place.is_empty() {
            format!("line {}", self.line)
        } else {
            format!("line {}, {}", self.line, self.place)
        }
    }
}

impl fmt::Display for DocumentProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.location(), self.problem)
    }
}

/// Why a payment could not be mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingError {
    /// The document, the record, and the field or other part of the record.
    pub place: String,
    /// What is wrong, without a value of the payment.
    pub problem: String,
    /// Whether the payment lacks a fact that the record's key needs.
    pub missing: bool,
}

impl fmt::Display for MappingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.problem)
    }
}

impl core::error::Error for MappingError {}
