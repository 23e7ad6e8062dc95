//! Converts a value to a field of a record.

use crate::limits::FIELD_BYTES;
use crate::value::Value;

/// The JSON text of a field's value: null, a boolean, a number, a string, or a parent by its external id.
///
/// # Errors
/// A field cannot have this value; in words, without the value.
pub fn field(value: &Value) -> Result<String, String> {
    match value {
        Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Text(_) | Value::Amount(_) => {}
        Value::Money(_) => {
            return Err("gives money: write decimal(...) for a number, or .amount for text".to_owned());
        }
        Value::List(_) => {
            return Err("gives a list, which no field takes: put it together with join(\", \")".to_owned());
        }
        Value::Object(object) => {
            let is_text = |value: &Value| matches!(value, Value::Text(_) | Value::Number(_));
            if object.entries().len() != 1 || !object.entries().values().all(is_text) {
                return Err("gives an object other than a parent by its external id, such as {Reference__c: \
                            .payment.reference}"
                    .to_owned());
            }
        }
    }
    value.to_json(FIELD_BYTES).ok_or_else(|| format!("gives more than {FIELD_BYTES} bytes: cut it, such as by .[:255]"))
}
