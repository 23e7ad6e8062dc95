//! The invoice that a payment is for, as people and Salesforce name it.

use serde::{Deserialize, Serialize};

use crate::{IdentifierError, SourceRecord, record_id};

/// The most characters of an invoice's number.
const LONGEST_NUMBER: usize = 80;

/// An invoice's number, and its record where Salesforce has one.
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
    /// The record's 15- or 18-character id, where it has one, and the number people know it by.
    ///
    /// # Errors
    /// The id is none or its suffix does not fit it, or the number is empty, too long, or has a control character.
    pub fn parse(id: Option<String>, number: String) -> Result<Self, IdentifierError> {
        Self::as_written(id.as_deref().map(SourceRecord::canonical_id).transpose()?, number)
    }

    /// With the id as it stands, as older versions stored it.
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

    /// The invoice that the record of a payment is itself, where it is one whose number is known.
    #[must_use]
    pub fn of_source(source: &SourceRecord) -> Option<Self> {
        let number = source.number().filter(|_| source.object() == "Invoice")?;
        Self::as_written(Some(source.id().to_owned()), number.to_owned()).ok()
    }

    /// Its record in Salesforce, where its id is known.
    #[must_use]
    pub fn record(&self) -> Option<SourceRecord> {
        SourceRecord::parse("Invoice".to_owned(), self.id.clone()?, Some(self.number.clone())).ok()
    }

    /// The record's id.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The number people know it by.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_has_a_number_and_perhaps_a_record() {
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
    fn its_record_is_one_however_its_id_is_written() {
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
    fn an_entry_without_an_invoice_is_read_as_before() {
        let read: Invoice = serde_json::from_str(r#"{"number":"INV-7"}"#).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"number":"INV-7"}"#);
        assert!(serde_json::from_str::<Invoice>(r#"{"number":""}"#).is_err());
    }
}
