//! The objects and fields that the organisation has, and what a value must be to go into one.
//!
//! What Tollbridge writes by default is there as the package in `salesforce/` installs it: the fields, their lengths and
//! digits, the external ids, and the validation rules. What else a mapping or the demo touches is listed here.

use std::sync::LazyLock;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;
use tollbridge_metadata::ValidationRule;

use super::errors::RestError;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldType {
    /// At most so many UTF-16 units.
    Text(usize),
    /// With so many decimals, and as many digits before the point as the package leaves.
    Number(u8),
    Checkbox,
    DateTime,
    /// The id of a record of this object.
    Lookup(&'static str),
    /// A field of the standard objects that Tollbridge has nothing to do with.
    Free,
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldSchema {
    pub(crate) name: &'static str,
    pub(crate) holds: FieldType,
}

/// An object.
#[derive(Debug)]
pub(crate) struct ObjectSchema {
    pub(crate) name: &'static str,
    /// The first three characters of its ids.
    pub(crate) prefix: &'static str,
    /// The field that is an external id, and unique.
    pub(crate) external_id: Option<&'static str>,
    pub(crate) rules: Vec<ValidationRule>,
    fields: Vec<FieldSchema>,
}

const SHORT_TEXT: FieldType = FieldType::Text(255);
const LONG_TEXT: FieldType = FieldType::Text(32_768);

const fn field(name: &'static str, holds: FieldType) -> FieldSchema {
    FieldSchema { name, holds }
}

/// Of Order and Invoice: the fields that the profile `customer-and-method` writes, and those of the standard that a
/// demo or a mapping may touch.
const SOURCE_FIELDS: &[FieldSchema] = &[
    field("MaldoPay_Method__c", SHORT_TEXT),
    field("MaldoPay_Bank__c", SHORT_TEXT),
    field("Name", FieldType::Free),
    field("OrderNumber", FieldType::Free),
    field("InvoiceNumber", FieldType::Free),
    field("DocumentNumber", FieldType::Free),
    field("Status", FieldType::Free),
    field("Description", FieldType::Free),
    field("TotalAmount", FieldType::Free),
    field("AccountId", FieldType::Free),
    field("BillToContactId", FieldType::Free),
    field("BillingAccountId", FieldType::Free),
    field("EffectiveDate", FieldType::Free),
    field("InvoiceDate", FieldType::Free),
];

/// Of Contact: the field that the profile `customer-and-method` writes, and those that a customer is read from.
const CONTACT_FIELDS: &[FieldSchema] = &[
    field("MaldoPay_Customer_Status__c", SHORT_TEXT),
    field("FirstName", FieldType::Free),
    field("LastName", FieldType::Free),
    field("Email", FieldType::Free),
    field("MobilePhone", FieldType::Free),
];

/// Every object.
pub(crate) static OBJECTS: LazyLock<Vec<ObjectSchema>> = LazyLock::new(|| {
    vec![
        installed("MaldoPay_Payment__c", "a00", &[]),
        installed("MaldoPay_Event__c", "a01", &[]),
        installed("Order", "801", SOURCE_FIELDS),
        installed("Invoice", "3tt", SOURCE_FIELDS),
        installed("Contact", "003", CONTACT_FIELDS),
    ]
});

/// An object as the package installs it, with other fields besides.
fn installed(name: &'static str, prefix: &'static str, others: &[FieldSchema]) -> ObjectSchema {
    let created = tollbridge_metadata::fields(name);
    let external_id = created.iter().find(|field| matches!(field.holds, tollbridge_records::FieldType::ExternalId(_)));
    let fields = created.iter().map(|field| FieldSchema { name: field.name, holds: holds(field.holds) });
    ObjectSchema {
        name,
        prefix,
        external_id: external_id.map(|field| field.name),
        rules: tollbridge_metadata::validation_rules().into_iter().filter(|rule| rule.object == name).collect(),
        fields: fields.chain(others.iter().copied()).collect(),
    }
}

fn holds(created: tollbridge_records::FieldType) -> FieldType {
    match created {
        tollbridge_records::FieldType::ExternalId(longest) | tollbridge_records::FieldType::Text(longest) => {
            FieldType::Text(longest)
        }
        // No picklist of the package is restricted.
        tollbridge_records::FieldType::Picklist(_) => SHORT_TEXT,
        tollbridge_records::FieldType::LongText => LONG_TEXT,
        tollbridge_records::FieldType::Number(decimals) => FieldType::Number(decimals),
        tollbridge_records::FieldType::Checkbox => FieldType::Checkbox,
        tollbridge_records::FieldType::DateTime => FieldType::DateTime,
        tollbridge_records::FieldType::Lookup(parent) => FieldType::Lookup(parent),
    }
}

/// Salesforce's own field: it is there only in an organisation with several currencies.
const CURRENCY_ISO_CODE: &str = "CurrencyIsoCode";

/// The object of this name, or the response where there is none.
pub(crate) fn object(name: &str) -> Result<&'static ObjectSchema, RestError> {
    OBJECTS.iter().find(|object| object.name == name).ok_or_else(RestError::no_resource)
}

impl ObjectSchema {
    /// All fields, in the order in which a record is shown.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &FieldSchema> {
        self.fields.iter()
    }

    /// What a field holds.
    pub(crate) fn holds(&self, name: &str, multi_currency: bool) -> Result<FieldType, RestError> {
        if name == CURRENCY_ISO_CODE && multi_currency {
            return Ok(FieldType::Text(3));
        }
        self.fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| field.holds)
            .ok_or_else(|| self.no_such_column(name))
    }

    /// The answer to a write of a field that the object does not have.
    pub(crate) fn no_such_column(&self, name: &str) -> RestError {
        RestError::bad_request("INVALID_FIELD", format!("No such column '{name}' on sobject of type {}", self.name))
    }

    /// The field and the object behind a relationship such as `MaldoPay_Payment__r`.
    pub(crate) fn relationship(&self, name: &str) -> Option<(&'static str, &'static str)> {
        let stem = name.strip_suffix("__r")?;
        self.fields.iter().find_map(|field| match field.holds {
            FieldType::Lookup(parent) if field.name.strip_suffix("__c") == Some(stem) => Some((field.name, parent)),
            FieldType::Lookup(_)
            | FieldType::Text(_)
            | FieldType::Number(_)
            | FieldType::Checkbox
            | FieldType::DateTime
            | FieldType::Free => None,
        })
    }
}

/// The value as it is stored, or why it cannot be. A lookup's id is left to those who know the records.
pub(crate) fn stored(name: &str, holds: FieldType, value: &Value) -> Result<Value, RestError> {
    match (holds, value) {
        (_, Value::Null) => Ok(Value::Null),
        (FieldType::Text(longest), Value::String(text)) => {
            if text.encode_utf16().count() > longest {
                return Err(too_long(name, text, longest));
            }
            if text.contains(|character: char| character.is_control() && !matches!(character, '\t' | '\n' | '\r')) {
                return Err(RestError::bad_request("JSON_PARSER_ERROR", "Illegal character in a string value"));
            }
            Ok(value.clone())
        }
        (FieldType::DateTime, Value::String(text)) => {
            let time: Timestamp = text.parse().map_err(|_| not_deserialised("datetime", value))?;
            // As Salesforce gives times back.
            Ok(Value::from(time.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()))
        }
        (FieldType::Number(decimals), Value::Number(number)) => {
            let digits = tollbridge_metadata::DIGITS.saturating_sub(usize::from(decimals));
            if digits_before_the_point(&number.to_string()) > digits {
                return Err(outside_the_range(name));
            }
            Ok(value.clone())
        }
        (FieldType::Checkbox, Value::Bool(_))
        | (FieldType::Lookup(_), Value::String(_))
        | (FieldType::Free, Value::String(_) | Value::Number(_) | Value::Bool(_)) => Ok(value.clone()),
        (FieldType::Text(_), _) => Err(not_deserialised("string", value)),
        (FieldType::DateTime, _) => Err(not_deserialised("datetime", value)),
        (FieldType::Number(_), _) => Err(not_deserialised("double", value)),
        (FieldType::Checkbox, _) => Err(not_deserialised("boolean", value)),
        (FieldType::Lookup(_), _) => Err(not_deserialised("reference", value)),
        (FieldType::Free, _) => Err(not_deserialised("string", value)),
    }
}

fn too_long(name: &str, text: &str, longest: usize) -> RestError {
    RestError::bad_request("STRING_TOO_LONG", format!("{name}: data value too large: {text} (max length={longest})"))
        .on(&[name])
}

/// Of a JSON number, which has an exponent only if it is very large or very small.
fn digits_before_the_point(number: &str) -> usize {
    match number.split_once('e') {
        Some((_, exponent)) if exponent.starts_with('-') => 0,
        Some(_) => usize::MAX,
        None => number.split('.').next().unwrap_or_default().trim_start_matches(['-', '0']).len(),
    }
}

fn outside_the_range(name: &str) -> RestError {
    RestError::bad_request(
        "NUMBER_OUTSIDE_VALID_RANGE",
        format!("{name}: value outside of valid range on numeric field"),
    )
    .on(&[name])
}

fn not_deserialised(wanted: &str, value: &Value) -> RestError {
    let token = match value {
        Value::Null => "VALUE_NULL",
        Value::Bool(true) => "VALUE_TRUE",
        Value::Bool(false) => "VALUE_FALSE",
        Value::Number(_) => "VALUE_NUMBER",
        Value::String(_) => "VALUE_STRING",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    RestError::new(
        StatusCode::BAD_REQUEST,
        "JSON_PARSER_ERROR",
        format!(
            "Cannot deserialize instance of {wanted} from {token} value {value} or request may be missing a required field"
        ),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_of_another_type_is_refused() {
        for (holds, value) in [
            (FieldType::Number(2), json!("1.50")),
            (FieldType::Checkbox, json!("true")),
            (SHORT_TEXT, json!(5)),
            (FieldType::DateTime, json!("20 November")),
            (FieldType::DateTime, json!("2026-11-20 10:15:30")),
            (FieldType::Free, json!({})),
        ] {
            assert_eq!(stored("F", holds, &value).unwrap_err().code, "JSON_PARSER_ERROR", "{value}");
        }
    }

    #[test]
    fn a_number_has_as_many_digits_as_the_field() {
        let amount = object("MaldoPay_Payment__c").unwrap().holds("Amount__c", false).unwrap();
        assert_eq!(amount, FieldType::Number(3));
        for number in [json!(999_999_999_999_999_u64), json!(-0.125), json!(1e-7), json!(0)] {
            assert_eq!(stored("F", amount, &number).unwrap(), number);
        }
        for number in [json!(1_000_000_000_000_000_u64), json!(1e20)] {
            assert_eq!(stored("F", amount, &number).unwrap_err().code, "NUMBER_OUTSIDE_VALID_RANGE", "{number}");
        }
    }

    #[test]
    fn times_come_back_as_salesforce_writes_them() {
        for written in ["2026-11-20T10:15:30Z", "2026-11-20T12:15:30.000+0200"] {
            assert_eq!(
                stored("F", FieldType::DateTime, &json!(written)).unwrap(),
                json!("2026-11-20T10:15:30.000+0000")
            );
        }
    }

    #[test]
    fn a_currency_code_exists_only_with_several_currencies() {
        let payment = object("MaldoPay_Payment__c").unwrap();
        assert!(payment.holds("CurrencyIsoCode", true).is_ok());
        assert_eq!(
            payment.holds("CurrencyIsoCode", false).unwrap_err().message,
            "No such column 'CurrencyIsoCode' on sobject of type MaldoPay_Payment__c"
        );
    }
}
