//! Parses a callback's body, JSON or form, into its top-level fields in the order sent. Numbers keep their original
//! text.

use core::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tollbridge_connector::types::Delivery;

use crate::signing::{SignedNumbers, Signing};

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackValue {
    /// A string, or the text of a boolean or a number; null becomes the empty text. A number is as it was written,
    /// unless the site signs it in its shortest form: then only that form is authentic.
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
    /// Parses the delivery's body: as a form if its content type says so and it does not begin with a brace, and as a
    /// JSON object otherwise.
    pub fn read(delivery: &Delivery, signing: Signing<'_>) -> Result<Self, BodyParseError> {
        let is_form = header(delivery, "content-type").is_some_and(|value| {
            value.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
        });
        let text = core::str::from_utf8(&delivery.body).map_err(|_| BodyParseError("the body is not UTF-8".into()))?;
        let numbers = if signing.is_of_values() { signing.numbers } else { SignedNumbers::AsWritten };
        let fields = if is_form && !is_object(text) { Self::from_form(text) } else { Self::from_json(text, numbers) }?;
        let mut names: Vec<&str> = fields.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names.array_windows().any(|[one, next]| one == next) {
            return Err(BodyParseError("a field comes twice".into()));
        }
        Ok(fields)
    }

    /// Parses a JSON object.
    pub fn of_object(json: &str) -> Result<Self, BodyParseError> {
        Self::from_json(json, SignedNumbers::AsWritten)
    }

    /// Parses a body whose content type was not stored. Every JSON object begins with a brace, and no form does.
    pub fn of_text(text: &str) -> Result<Self, BodyParseError> {
        if is_object(text) { Self::of_object(text) } else { Self::from_form(text) }
    }

    fn from_form(body: &str) -> Result<Self, BodyParseError> {
        let mut fields = Vec::new();
        for (name, value) in form_urlencoded::parse(body.as_bytes()) {
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

    fn from_json(text: &str, numbers: SignedNumbers) -> Result<Self, BodyParseError> {
        let mut deserializer = serde_json::Deserializer::from_str(without_mark(text));
        let read = deserializer.deserialize_map(TopLevel(numbers)).and_then(|fields| {
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

/// The text without the byte-order mark that some programs put before it.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Whether the text can only be a JSON object.
pub fn is_object(text: &str) -> bool {
    without_mark(text).trim_start().starts_with('{')
}

fn too_many() -> BodyParseError {
    BodyParseError(format!("more than {MOST_FIELDS} fields"))
}

/// The value of the first header of this name. The name is given in lower case.
pub fn header<'a>(delivery: &'a Delivery, name: &str) -> Option<&'a str> {
    delivery.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
}

struct TopLevel(SignedNumbers);

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
            let value = value(raw, self.0).map_err(serde::de::Error::custom)?;
            fields.push((name, value));
        }
        Ok(fields)
    }
}

fn value(raw: &RawValue, numbers: SignedNumbers) -> Result<CallbackValue, serde_json::Error> {
    let written = raw.get();
    Ok(match written.bytes().next() {
        Some(b'"') => CallbackValue::Text(serde_json::from_str::<LossyText>(written)?.0),
        Some(b'{' | b'[') => CallbackValue::Nested(written.to_owned()),
        Some(b'n') => CallbackValue::Text(String::new()),
        Some(b'-' | b'0'..=b'9') if numbers == SignedNumbers::Shortest => {
            CallbackValue::Text(shortest(written).to_owned())
        }
        _ => CallbackValue::Text(written.to_owned()),
    })
}

/// The number without the zeros at the end of its fraction. One with an exponent stays as it is.
fn shortest(number: &str) -> &str {
    if number.contains('.') && !number.contains(['e', 'E']) {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

/// The text of a JSON string. Half a surrogate pair, which no text can have, becomes replacement characters.
struct LossyText(String);

impl<'de> Deserialize<'de> for LossyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(OfBytes)
    }
}

struct OfBytes;

impl Visitor<'_> for OfBytes {
    type Value = LossyText;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<LossyText, E> {
        Ok(LossyText(String::from_utf8_lossy(bytes).into_owned()))
    }
}
