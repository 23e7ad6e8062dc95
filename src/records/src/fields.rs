//! A record's fields, each value as JSON text, so that an amount keeps every digit.

use tollbridge_connector::types::{Field, Money};
use tollbridge_domain::Timestamp;

use crate::MappingError;

/// The fields of one record, in the order they are put in.
#[derive(Default)]
pub struct Fields(Vec<Field>);

impl Fields {
    /// Text; null where there is none.
    pub fn text(&mut self, name: &str, text: Option<&str>) {
        let value = match text {
            Some(text) => serde_json::Value::from(text).to_string(),
            None => "null".to_owned(),
        };
        self.put(name, value);
    }

    /// The decimal amount as a JSON number with the currency's own decimals.
    pub fn amount(&mut self, name: &str, money: &Money) -> Result<(), MappingError> {
        let exact = tollbridge_domain::Money::try_from(money.clone())
            .map_err(|error| MappingError { field: name.to_owned(), problem: error.to_string() })?;
        self.put(name, exact.to_decimal());
        Ok(())
    }

    /// A decimal as a JSON number of the same digits; null where there is none.
    pub fn decimal(&mut self, name: &str, decimal: Option<&str>) -> Result<(), MappingError> {
        if decimal.is_some_and(|decimal| !is_number(decimal)) {
            return Err(MappingError { field: name.to_owned(), problem: "not a decimal number".to_owned() });
        }
        self.put(name, decimal.unwrap_or("null").to_owned());
        Ok(())
    }

    /// A whole number.
    pub fn number(&mut self, name: &str, number: impl Into<i128>) {
        self.put(name, number.into().to_string());
    }

    /// True or false.
    pub fn flag(&mut self, name: &str, flag: bool) {
        self.put(name, flag.to_string());
    }

    /// A date and time; null where there is none.
    pub fn time(&mut self, name: &str, milliseconds: Option<i64>) -> Result<(), MappingError> {
        let time = milliseconds.map(Timestamp::from_milliseconds).transpose();
        let time = time.map_err(|error| MappingError { field: name.to_owned(), problem: error.to_string() })?;
        self.text(name, time.map(|time| time.to_string()).as_deref());
        Ok(())
    }

    /// A parent by its external id.
    pub fn parent(&mut self, relationship: &str, field: &str, external_id: &str) {
        let parent = serde_json::Map::from_iter([(field.to_owned(), serde_json::Value::from(external_id))]);
        self.put(relationship, serde_json::Value::from(parent).to_string());
    }

    fn put(&mut self, name: &str, value: String) {
        self.0.push(Field { name: name.to_owned(), value });
    }

    /// What was put in.
    pub fn into_list(self) -> Vec<Field> {
        self.0
    }
}

/// Whether JSON takes this as a number that is not negative and has no exponent.
fn is_number(text: &str) -> bool {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(decimals) && (whole == "0" || !whole.starts_with('0'))
}
