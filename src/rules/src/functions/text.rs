//! Functions of text. None takes a pattern.

use jaq_core::{Error, ValR, ValT as _};

use super::{CallResults, NativeCall, of_input, of_one, wrong};
use crate::limits::TEXT_BYTES;
use crate::meter;
use crate::value::{Number, Value, spend};

/// Applies a function of text, and fails for other values.
fn of_text<'a>(call: NativeCall<'a>, name: &'static str, function: impl FnOnce(&str) -> Value) -> CallResults<'a> {
    of_input(call, |value| match value.to_text() {
        Some(text) => {
            spend(meter::of_bytes(text.len()))?;
            Ok(function(&text))
        }
        None => Err(wrong(name, "text", &value)),
    })
}

/// Applies a function of two texts.
fn of_two_texts<'a>(
    call: NativeCall<'a>,
    name: &'static str,
    function: impl FnOnce(&str, &str) -> ValR<Value>,
) -> CallResults<'a> {
    of_one(call, |value, argument| match (value.to_text(), argument.to_text()) {
        (Some(text), Some(argument)) => {
            spend(meter::of_bytes(text.len().saturating_add(argument.len())))?;
            function(&text, &argument)
        }
        (None, _) => Err(wrong(name, "text", &value)),
        (_, None) => Err(wrong(name, "text in its brackets", &argument)),
    })
}

pub fn split(call: NativeCall<'_>) -> CallResults<'_> {
    of_two_texts(call, "split", |text, separator| {
        if separator.is_empty() {
            return Err(Error::str("split needs a separator that is not empty"));
        }
        spend(meter::of_search(text, separator))?;
        Ok(text.split(separator).take_while(|_| meter::spend(1).is_ok()).map(Value::text).collect())
    })
}

pub fn startswith(call: NativeCall<'_>) -> CallResults<'_> {
    of_two_texts(call, "startswith", |text, start| Ok(text.starts_with(start).into()))
}

pub fn endswith(call: NativeCall<'_>) -> CallResults<'_> {
    of_two_texts(call, "endswith", |text, end| Ok(text.ends_with(end).into()))
}

pub fn ltrimstr(call: NativeCall<'_>) -> CallResults<'_> {
    of_two_texts(call, "ltrimstr", |text, start| Ok(Value::text(text.strip_prefix(start).unwrap_or(text))))
}

pub fn rtrimstr(call: NativeCall<'_>) -> CallResults<'_> {
    of_two_texts(call, "rtrimstr", |text, end| Ok(Value::text(text.strip_suffix(end).unwrap_or(text))))
}

pub fn trim(call: NativeCall<'_>) -> CallResults<'_> {
    of_text(call, "trim", |text| Value::text(text.trim()))
}

pub fn ascii_downcase(call: NativeCall<'_>) -> CallResults<'_> {
    of_text(call, "ascii_downcase", |text| text.to_ascii_lowercase().into())
}

pub fn ascii_upcase(call: NativeCall<'_>) -> CallResults<'_> {
    of_text(call, "ascii_upcase", |text| text.to_ascii_uppercase().into())
}

pub fn tostring(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |value| Ok(value.into_string()))
}

/// Parses a number exactly.
pub fn tonumber(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |value| {
        let number = match &value {
            Value::Number(_) => return Ok(value),
            Value::Amount(money) => Some(Number::Decimal(money.to_decimal())),
            Value::Text(text) => {
                spend(meter::of_bytes(text.len()))?;
                Number::parse(text)
            }
            Value::Null | Value::Boolean(_) | Value::Money(_) | Value::List(_) | Value::Object(_) => {
                return Err(wrong("tonumber", "text", &value));
            }
        };
        number.map(Value::Number).ok_or_else(|| {
            Error::str("tonumber needs text that is a plain number of at most 18 digits, such as \"149.90\"")
        })
    })
}

pub fn tojson(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |value| match value.to_json(TEXT_BYTES) {
        Some(text) => Ok(Value::from(text)),
        None => Err(Error::str(format_args!("tojson makes more than {TEXT_BYTES} bytes"))),
    })
}
