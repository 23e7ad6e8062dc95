//! The invoice that a payment is for: the number that people use, and the record in Salesforce.

use serde::{Deserialize, Serialize};

use crate::{IdentifierError, SourceRecord, record_id};

/// The most characters of an invoice number.
const LONGEST_NUMBER: usize = 80;

/// An invoice's number, and its record if Salesforce has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenInvoice")]
pub struct Invoice {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    number: String,
}

#[derive(Deserialize)]
struct WrittenInvoice {
    id: Option<String>,
    number: String,
}

impl TryFrom<WrittenInvoice> for Invoice {
    type Error = IdentifierError;

    fn try_from(written: WrittenInvoice) -> Result<Self, IdentifierError> {
        Self::as_written(written.id, written.number)
    }
}

impl Invoice {
    /// Reads the record's 15- or 18-character id, if there is one, and the number.
    ///
    /// # Errors
    /// The id is invalid, or the number is empty, longer than 80 characters, or has a control character.
    pub fn parse(id: Option<String>, number: String) -> Result<Self, IdentifierError> {
        Self::as_written(id.as_deref().map(SourceRecord::canonical_id).transpose()?, number)
    }

    /// Keeps the id as it is written, as older versions stored it.
    fn as_written(id: Option<String>, number: String) -> Result<Self, IdentifierError> {
        if let Some(id) = &id {
            record_id::check(id)?;
        }
        if number.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if number.chars().count() > LONGEST_NUMBER {
            return Err(IdentifierError::TooLong(LONGEST_NUMBER));
        }
        if number.chars().any(char::is_control) {
            return Err(IdentifierError::Character("printable ones"));
        }
        Ok(Self { id, number })
    }

    /// The record itself, if it is an invoice with a number.
    #[must_use]
    pub fn of_source(source: &SourceRecord) -> Option<Self> {
        let number = source.number().filter(|_| source.object() == "Invoice")?;
        Self::as_written(Some(source.id().to_owned()), number.to_owned()).ok()
    }

    /// Its record in Salesforce, if the id is known.
    #[must_use]
    pub fn record(&self) -> Option<SourceRecord> {
        SourceRecord::parse("Invoice".to_owned(), self.id.clone()?, Some(self.number.clone())).ok()
    }

    /// The record's id.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The number that people know it by.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_has_a_number_and_optionally_a_record() {
        let id = || Some("3ttHs00000abcdeIAA".to_owned());
        for (id, number) in [(id(), "INV-7"), (None, "2026/0007 A")] {
            let invoice = Invoice::parse(id.clone(), number.to_owned()).unwrap();
            assert_eq!((invoice.id(), invoice.number()), (id.as_deref(), number));
        }
        let long = "7".repeat(81);
        for (id, number) in [(id(), ""), (None, long.as_str()), (None, "7\n8"), (Some("3tt".to_owned()), "INV-7")] {
            assert!(Invoice::parse(id, number.to_owned()).is_err(), "{number:?}");
        }
    }

    #[test]
    fn all_spellings_of_its_id_are_one_record() {
        for id in ["3ttHs00000abcde", "3tths00000abcdeiaa", "3TTHS00000ABCDEIAA", "3ttHs00000abcdeIAA"] {
            let invoice = Invoice::parse(Some(id.to_owned()), "INV-7".to_owned()).unwrap();
            assert_eq!(invoice.id(), Some("3ttHs00000abcdeIAA"));
        }
        assert!(Invoice::parse(Some("3ttHs00000abcdeAAA".to_owned()), "INV-7".to_owned()).is_err());
        let stored = r#"{"id":"3tths00000abcdeiaa","number":"INV-7"}"#;
        let read: Invoice = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), stored, "what older versions stored stays as it is");
    }

    #[test]
    fn a_source_that_is_an_invoice_is_the_invoice() {
        let source = |object: &str, number: Option<&str>| {
            let number = number.map(ToOwned::to_owned);
            SourceRecord::parse(object.to_owned(), "3ttHs00000abcdeIAA".to_owned(), number).unwrap()
        };
        let invoice = Invoice::of_source(&source("Invoice", Some("INV-7"))).unwrap();
        assert_eq!((invoice.id(), invoice.number()), (Some("3ttHs00000abcdeIAA"), "INV-7"));
        assert_eq!(Invoice::of_source(&source("Order", Some("INV-7"))), None);
        assert_eq!(Invoice::of_source(&source("Invoice", None)), None);
        assert_eq!(Invoice::of_source(&source("Invoice", Some(""))), None);
    }

    #[test]
    fn a_stored_invoice_without_an_id_is_read() {
        let read: Invoice = serde_json::from_str(r#"{"number":"INV-7"}"#).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"number":"INV-7"}"#);
        assert!(serde_json::from_str::<Invoice>(r#"{"number":""}"#).is_err());
    }
}
