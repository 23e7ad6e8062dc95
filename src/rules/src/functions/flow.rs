//! Functions that choose, end and repeat.

use jaq_core::Error;
use jaq_core::box_iter::box_once;
use jaq_core::native::bome;

use super::{CallResults, NativeCall, of_input, wrong};
use crate::limits::RANGE;
use crate::value::{Number, Value, item};

pub fn empty(_: NativeCall<'_>) -> CallResults<'_> {
    Box::new(core::iter::empty())
}

pub fn error(mut call: NativeCall<'_>) -> CallResults<'_> {
    bome(Err(Error::new(call.0.pop_var())))
}

pub fn select(mut call: NativeCall<'_>) -> CallResults<'_> {
    let (expression, context) = call.0.pop_fun();
    let value = call.1;
    Box::new(expression.run((context, value.clone())).filter_map(move |held| match held {
        Ok(held) => jaq_core::ValT::as_bool(&held).then(|| Ok(value.clone())),
        Err(error) => Some(Err(error)),
    }))
}

pub fn not(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |value| Ok((!jaq_core::ValT::as_bool(&value)).into()))
}

pub fn r#true(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |_| Ok(true.into()))
}

pub fn r#false(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |_| Ok(false.into()))
}

pub fn null(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |_| Ok(Value::Null))
}

pub fn first(mut call: NativeCall<'_>) -> CallResults<'_> {
    let (expression, context) = call.0.pop_fun();
    Box::new(expression.run((context, call.1)).next().into_iter())
}

pub fn last(mut call: NativeCall<'_>) -> CallResults<'_> {
    let (expression, context) = call.0.pop_fun();
    let last = expression.run((context, call.1)).try_fold(None, |_, value| value.map(Some));
    Box::new(last.transpose().into_iter())
}

/// Counts from 0. The parser has checked that the end is a small number.
pub fn range(mut call: NativeCall<'_>) -> CallResults<'_> {
    let end = call.0.pop_var();
    if let Value::Number(Number::Whole(end)) = end
        && end <= RANGE
    {
        return Box::new((0..end).map(|number| Ok(item().map(|()| Value::whole(number))?)));
    }
    box_once(Err(wrong("range", "a small whole number", &end).into()))
}

pub fn r#type(call: NativeCall<'_>) -> CallResults<'_> {
    of_input(call, |value| {
        Ok(Value::text(match value {
            Value::Null => "null",
            Value::Boolean(_) => "boolean",
            Value::Number(_) => "number",
            Value::Text(_) | Value::Amount(_) => "string",
            Value::List(_) => "array",
            Value::Object(_) | Value::Money(_) => "object",
        }))
    })
}
