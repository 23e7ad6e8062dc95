//! What is wrong with a document, and why a payment could not be mapped by one, in words for whoever wrote it.

use core::fmt;

/// One thing that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// Where in the document, such as `record payment: Status__c`; empty for the whole of it.
    pub place: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl Problem {
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

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.location(), self.problem)
    }
}

/// Why a payment could not be mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingError {
    /// Where: the document, the record, and the field or what else of the record.
    pub place: String,
    /// What is wrong, without a value of the payment.
    pub problem: String,
    /// Whether the payment lacks a fact that the record cannot be found without.
    pub missing: bool,
}

impl fmt::Display for MappingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.problem)
    }
}

impl core::error::Error for MappingError {}
