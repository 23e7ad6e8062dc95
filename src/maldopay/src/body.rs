//! Parses a callback's body, JSON or form, into its top-level fields in the order sent. Numbers keep their original
//! text.

use core::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use tollbridge_connector::types::Delivery;

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackValue {
    /// A string, or the original text of a number or a boolean; null becomes the empty text.
    Text(String),
    /// An object or a list, as JSON.
    Nested(String),
}

/// The top-level fields of a body. Names are unique: a second amount must not leave open which of the two was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackFields(Vec<(String, CallbackValue)>);

/// Why a body could not be parsed. The text contains the position of the error but nothing from the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BodyParseError(pub String);

/// More than any callback has. The limit bounds the work on a hostile body.
const MOST_FIELDS: usize = 64;

impl CallbackFields {
    /// Parses the delivery's body, as a form if its content type says so and as a JSON object otherwise.
    pub fn read(delivery: &Delivery) -> Result<Self, BodyParseError> {
        let is_form = header(delivery, "content-type").is_some_and(|value| {
            value.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
        });
        let fields = if is_form { Self::from_form(&delivery.body) } else { Self::from_json(&delivery.body) }?;
        let mut names: Vec<&str> = fields.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names.array_windows().any(|[one, next]| one == next) {
            return Err(BodyParseError("a field comes twice".into()));
        }
        Ok(fields)
    }

    /// Parses a JSON object.
    pub fn of_object(json: &str) -> Result<Self, BodyParseError> {
        Self::from_json(json.as_bytes())
    }

    /// Parses a body whose content type was not stored. Every JSON object begins with a brace, and no form does.
    pub fn of_text(text: &str) -> Result<Self, BodyParseError> {
        if text.trim_start().starts_with('{') { Self::of_object(text) } else { Self::from_form(text.as_bytes()) }
    }

    fn from_form(body: &[u8]) -> Result<Self, BodyParseError> {
        if core::str::from_utf8(body).is_err() {
            return Err(BodyParseError("the form is not UTF-8".into()));
        }
        let mut fields = Vec::new();
        for (name, value) in form_urlencoded::parse(body) {
            if fields.len() == MOST_FIELDS {
                return Err(too_many());
            }
            // A form flattens JSON's nesting into names such as `conversion[rate]`.
            let value = if name.contains('[') {
                CallbackValue::Nested(value.into())
            } else {
                CallbackValue::Text(value.into())
            };
            fields.push((name.into(), value));
        }
        Ok(Self(fields))
    }

    fn from_json(body: &[u8]) -> Result<Self, BodyParseError> {
        let text = core::str::from_utf8(body).map_err(|_| BodyParseError("the body is not UTF-8".into()))?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let read = deserializer.deserialize_map(TopLevel).and_then(|fields| {
            deserializer.end()?;
            Ok(fields)
        });
        read.map(Self).map_err(|error| {
            BodyParseError(format!("not a JSON object at line {} column {}", error.line(), error.column()))
        })
    }

    /// The field of this name, if it is present and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).and_then(|(_, value)| match value {
            CallbackValue::Text(text) if !text.is_empty() => Some(text.as_str()),
            CallbackValue::Text(_) | CallbackValue::Nested(_) => None,
        })
    }

    /// The JSON of the nested field of this name.
    pub fn nested(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).and_then(|(_, value)| match value {
            CallbackValue::Nested(json) => Some(json.as_str()),
            CallbackValue::Text(_) => None,
        })
    }

    /// The fields whose values the scheme `values-pipe` signs, in the order sent: the top level without the checksum.
    pub fn signed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter_map(|(name, value)| match value {
            CallbackValue::Text(text) if name != "checksum" => Some((name, text.as_str())),
            CallbackValue::Text(_) | CallbackValue::Nested(_) => None,
        })
    }

    /// All fields in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &CallbackValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

fn too_many() -> BodyParseError {
    BodyParseError(format!("more than {MOST_FIELDS} fields"))
}

/// The value of the first header of this name. The name is given in lower case.
pub fn header<'a>(delivery: &'a Delivery, name: &str) -> Option<&'a str> {
    delivery.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
}

struct TopLevel;

impl<'de> Visitor<'de> for TopLevel {
    type Value = Vec<(String, CallbackValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some((name, raw)) = map.next_entry::<String, &RawValue>()? {
            if fields.len() == MOST_FIELDS {
                return Err(serde::de::Error::custom(too_many()));
            }
            let value = value(raw).map_err(serde::de::Error::custom)?;
            fields.push((name, value));
        }
        Ok(fields)
    }
}

fn value(raw: &RawValue) -> Result<CallbackValue, serde_json::Error> {
    let written = raw.get();
    Ok(match written.bytes().next() {
        Some(b'"') => CallbackValue::Text(serde_json::from_str(written)?),
        Some(b'{' | b'[') => CallbackValue::Nested(written.to_owned()),
        Some(b'n') => CallbackValue::Text(String::new()),
        _ => CallbackValue::Text(written.to_owned()),
    })
}
