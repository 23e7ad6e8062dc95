//! Functions of lists and objects.

use jaq_core::ValT as _;
use jaq_core::box_iter::box_once;

use super::{CallResults, NativeCall, of_input, of_one, wrong};
use crate::limits::TEXT_BYTES;
use crate::meter::{self, Violation};
use crate::value::{Number, Value, has_name, names, spend};

pub fn map(mut call: NativeCall<'_>) -> CallResults<'_> {
    let (expression, context) = call.0.pop_fun();
    let given = call.1.values().map(move |item| -> Result<Vec<Value>, jaq_core::Exn<'_, Value>> {
        expression.run((context.clone(), item?)).collect()
    });
    let given: Result<Vec<Vec<Value>>, _> = given.collect();
    box_once(given.map(|given| given.into_iter().flatten().collect()))
}

/// Whether the expression is true for some item if `sought`, or false for some item otherwise.
fn some<'a>(mut call: NativeCall<'a>, sought: bool) -> CallResults<'a> {
    let (expression, context) = call.0.pop_fun();
    for item in call.1.values() {
        let item = match item {
            Ok(item) => item,
            Err(error) => return box_once(Err(error.into())),
        };
        for held in expression.run((context.clone(), item)) {
            match held {
                Ok(held) if held.as_bool() == sought => return box_once(Ok(sought.into())),
                Ok(_) => {}
                Err(error) => return box_once(Err(error)),
            }
        }
    }
    box_once(Ok((!sought).into()))
}

pub fn any(call: NativeCall<'_>) -> CallResults<'_> {
    some(call, true)
}

pub fn all(call: NativeCall<'_>) -> CallResults<'_> {
    some(call, false)
}

pub fn first(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |list| list.index(&Value::whole(0)))
}

pub fn last(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |list| list.index(&Value::whole(-1)))
}

pub fn reverse(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |value| {
        let Value::List(list) = &value else { return Err(wrong("reverse", "a list", &value)) };
        Ok(list.items().iter().rev().cloned().collect())
    })
}

pub fn length(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |value| {
        let length = match &value {
            Value::Null => 0,
            Value::Text(text) => {
                spend(meter::of_bytes(text.len()))?;
                text.encode_utf16().count()
            }
            Value::List(list) => list.items().len(),
            Value::Object(object) => object.entries().len(),
            Value::Boolean(_) | Value::Number(_) | Value::Amount(_) | Value::Money(_) => {
                return Err(wrong("length", "text, a list or an object", &value));
            }
        };
        Ok(Value::whole(i64::try_from(length).unwrap_or(i64::MAX)))
    })
}

pub fn keys(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |value| match names(&value) {
        Some(names) => {
            spend(names.len())?;
            Ok(names.into_iter().map(Value::Text).collect())
        }
        None => Err(wrong("keys", "an object", &value)),
    })
}

pub fn has(call: NativeCall<'_>) -> CallResults<'_> {
    of_one(call, |value, key| match (&value, &key) {
        (Value::List(list), Value::Number(Number::Whole(index))) => {
            Ok(usize::try_from(*index).is_ok_and(|index| index < list.items().len()).into())
        }
        (_, Value::Text(name)) => match has_name(&value, name) {
            Some(has) => {
                let among = if let Value::Object(object) = &value { object.entries().len() } else { 1 };
                spend(meter::of_finding(name, among))?;
                Ok(has.into())
            }
            None => Err(wrong("has", "an object", &value)),
        },
        (_, other) => Err(wrong("has", "a name as text", other)),
    })
}

/// Whether a text contains another, or a list an item.
pub fn contains(call: NativeCall<'_>) -> CallResults<'_> {
    of_one(call, |value, sought| match (&value, &sought) {
        (Value::Text(text), Value::Text(part)) => {
            spend(meter::of_search(text, part))?;
            Ok(text.contains(&**part).into())
        }
        (Value::List(list), _) => {
            spend(list.items().len())?;
            Ok(list.items().contains(&sought).into())
        }
        (other, _) => Err(wrong("contains", "two texts, or a list and an item", other)),
    })
}

pub fn join(call: NativeCall<'_>) -> CallResults<'_> {
    of_one(call, |value, separator| {
        let Value::List(list) = &value else { return Err(wrong("join", "a list", &value)) };
        let Value::Text(separator) = &separator else {
            return Err(wrong("join", "a text to put between", &separator));
        };
        spend(list.items().len())?;
        let mut joined = String::new();
        for (index, item) in list.items().iter().enumerate() {
            if index > 0 {
                joined.push_str(separator);
            }
            match item {
                Value::Null => {}
                Value::Text(_) | Value::Amount(_) | Value::Number(_) | Value::Boolean(_) => {
                    if let Value::Text(text) = item {
                        spend(meter::of_bytes(text.len()))?;
                    }
                    joined.push_str(&item.to_text().map_or_else(|| item.to_string(), |text| text.to_string()));
                }
                Value::Money(_) | Value::List(_) | Value::Object(_) => {
                    return Err(wrong("join", "a list of texts", item));
                }
            }
            if joined.len() > TEXT_BYTES {
                meter::note(Violation::Text);
                spend(0)?;
            }
        }
        Ok(Value::from(joined))
    })
}
