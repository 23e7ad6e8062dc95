//! Parses single fields of a callback; the errors name the field.

use tollbridge_connector::types::ReportedOutcome;
use tollbridge_domain::{Currency, UnknownCurrency};

use crate::body::CallbackFields;
use crate::codes::Class;

/// Why a callback cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The body is neither JSON nor a form.
    #[error("{0}")]
    Malformed(String),
    /// A field is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field's value is not allowed.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field's name.
        field: &'static str,
        /// What is wrong with the value.
        problem: String,
    },
}

pub fn invalid(field: &'static str, problem: impl ToString) -> DecodeError {
    DecodeError::Invalid { field, problem: problem.to_string() }
}

/// Whether this is an id. MaldoPay sends zero or null if there is none, and these must not count as one shared
/// transaction.
pub fn names_a_transaction(id: &str) -> bool {
    !matches!(id, "" | "0" | "null")
}

/// Parses a `result`.
pub fn outcome(result: &str) -> Result<Class, DecodeError> {
    match result {
        "CONFIRMED" => Ok(Class::Ended(ReportedOutcome::Confirmed)),
        "CANCELED" => Ok(Class::Ended(ReportedOutcome::Canceled)),
        "DECLINED" => Ok(Class::Ended(ReportedOutcome::Declined)),
        "PENDING" => Ok(Class::Pending),
        _ => Err(invalid("result", "not one of CONFIRMED, PENDING, CANCELED, DECLINED")),
    }
}

/// Parses a currency code in capitals or in small letters.
pub fn currency(code: &str) -> Result<Currency, UnknownCurrency> {
    Currency::parse(code).or_else(|_| Currency::parse(&code.to_ascii_uppercase()))
}

/// The name and the value of the field with the currency code.
pub fn currency_code(fields: &CallbackFields) -> Result<(&'static str, &str), DecodeError> {
    match (fields.text("currencyCode"), fields.text("currency")) {
        (Some(code), _) => Ok(("currencyCode", code)),
        (None, Some(code)) => Ok(("currency", code)),
        (None, None) => Err(DecodeError::Missing("currencyCode")),
    }
}
