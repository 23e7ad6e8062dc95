//! Converts a server's answer for the component: nested answers become one flat list, in which absent values keep their
//! position.

use std::time::Duration;

use redis::{FromRedisValue, ParsingError, Value};

use crate::bindings::fermyon::spin::redis::RedisResult;

/// The response to a command.
pub(super) struct RedisValues(Vec<RedisResult>);

impl RedisValues {
    pub(super) fn into_results(self) -> Vec<RedisResult> {
        self.0
    }
}

/// Moves the response to `TIME` forward: its first element is the seconds.
pub(super) fn advance(time: &mut [RedisResult], by: Duration) {
    if let Some(RedisResult::Binary(text)) = time.first_mut()
        && let Some(seconds) = str::from_utf8(text).ok().and_then(|text| text.parse::<u64>().ok())
    {
        *text = seconds.saturating_add(by.as_secs()).to_string().into_bytes();
    }
}

impl FromRedisValue for RedisValues {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let mut values = Vec::new();
        append(&mut values, value)?;
        Ok(RedisValues(values))
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the interface has no form for any other, present or future")]
fn append(values: &mut Vec<RedisResult>, value: Value) -> Result<(), ParsingError> {
    values.push(match value {
        Value::Nil => RedisResult::Nil,
        Value::Int(number) => RedisResult::Int64(number),
        Value::BulkString(bytes) => RedisResult::Binary(bytes),
        Value::SimpleString(text) => RedisResult::Status(text),
        Value::Okay => RedisResult::Status("OK".to_owned()),
        Value::Boolean(truth) => RedisResult::Int64(i64::from(truth)),
        Value::Array(nested) | Value::Set(nested) => {
            return nested.into_iter().try_for_each(|value| append(values, value));
        }
        _ => return Err("the answer has a type that cannot be given to a component".into()),
    });
    Ok(())
}
