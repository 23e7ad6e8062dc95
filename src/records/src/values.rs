//! The values of fields, as JSON text, so that an amount keeps every digit.

use tollbridge_connector::types::{Field, Money};
use tollbridge_domain::Timestamp;

/// A field that could not be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's API name.
    pub field: String,
    /// What is wrong, without the value.
    pub problem: String,
}

/// The value of a field. `None` clears the field.
pub enum FieldValue<'a> {
    /// The field is not written: it keeps its value, and need not exist.
    Unwritten,
    Text(Option<&'a str>),
    /// The reasons for review, in one text.
    Reasons(&'a [String]),
    /// A decimal amount with the currency's own decimals.
    Amount(Option<&'a Money>),
    /// A decimal, written with the digits that it has.
    Decimal(Option<&'a str>),
    Number(i128),
    Flag(bool),
    /// A date and time, in milliseconds since 1970.
    Time(Option<i64>),
    /// The payment with this reference.
    Payment(&'a str),
}

impl FieldValue<'_> {
    /// The field under this name; none if it is not written.
    ///
    /// # Errors
    /// The value cannot be written.
    pub fn written(self, name: &str) -> Result<Option<Field>, FieldError> {
        let error = |problem: String| FieldError { field: name.to_owned(), problem };
        let value = match self {
            Self::Unwritten => return Ok(None),
            Self::Text(text) => text.map(quoted),
            Self::Reasons(reasons) => (!reasons.is_empty()).then(|| quoted(&reasons.join("; "))),
            Self::Amount(None) => None,
            Self::Amount(Some(money)) => {
                let exact = tollbridge_domain::Money::try_from(money.clone());
                Some(exact.map_err(|invalid| error(invalid.to_string()))?.to_decimal())
            }
            Self::Decimal(decimal) if decimal.is_some_and(|decimal| !is_number(decimal)) => {
                return Err(error("not a decimal number".to_owned()));
            }
            Self::Decimal(decimal) => decimal.map(str::to_owned),
            Self::Number(number) => Some(number.to_string()),
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Time(time) => {
                let time = time.map(Timestamp::from_milliseconds).transpose();
                time.map_err(|invalid| error(invalid.to_string()))?.map(|time| quoted(&time.to_string()))
            }
            Self::Payment(reference) => {
                // A parent is named by the relationship of its lookup: `MaldoPay_Payment__r` for `MaldoPay_Payment__c`.
                let name = format!("{}r", name.trim_end_matches('c'));
                let value = format!("{{\"Reference__c\":{}}}", quoted(reference));
                return Ok(Some(Field { name, value }));
            }
        };
        Ok(Some(Field { name: name.to_owned(), value: value.unwrap_or_else(|| "null".to_owned()) }))
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether JSON takes this as a number that is not negative and has no exponent.
fn is_number(text: &str) -> bool {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(decimals) && (whole == "0" || !whole.starts_with('0'))
}
