//! Reads the fields of a JSON object. Each error names the field by its path.

use serde_json::{Map, Value};

use crate::http::problem::Problem;

/// An object in a body, with its path.
#[derive(Clone, Copy)]
pub struct BodyObject<'a> {
    object: &'a Map<String, Value>,
    path: &'a str,
}

/// The problem of an invalid field.
pub fn invalid(field: impl Into<String>, detail: impl core::fmt::Display) -> Problem {
    let field = field.into();
    let detail = format!("{field}: {detail}");
    Problem::field("invalid_field", field, detail)
}

/// The problem of a field whose JSON cannot be represented.
pub fn unreadable(name: &str) -> Problem {
    invalid(echoed(name), "cannot be held: a number out of range, nesting too deep, or half a character")
}

/// Refuses text that is empty, has control characters, or has more than `max_characters`.
pub fn check_text(name: &str, text: &str, max_characters: usize) -> Result<(), Problem> {
    if text.is_empty() {
        return Err(invalid(name, "empty: leave it out or give it a value"));
    }
    if text.chars().count() > max_characters {
        return Err(invalid(name, format!("longer than {max_characters} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(invalid(name, "has a control character"));
    }
    Ok(())
}

/// A misspelt name may be any text, so an error repeats only what could be the name of a field.
pub fn echoed(name: &str) -> &str {
    let is_name = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name { name } else { "?" }
}

impl<'a> BodyObject<'a> {
    /// The body itself. Only these fields are allowed: ignoring a misspelt one would hide the caller's mistake.
    pub fn root(value: &'a Value, known: &[&str]) -> Result<Self, Problem> {
        let object =
            value.as_object().ok_or_else(|| Problem::new(400, "malformed_json", "the body is not a JSON object"))?;
        Self { object, path: "" }.only(known)
    }

    fn only(self, known: &[&str]) -> Result<Self, Problem> {
        match self.object.keys().find(|key| !known.contains(&key.as_str())) {
            Some(unknown) => {
                let field = self.name(echoed(unknown));
                Err(invalid(field, format!("not a field here; the fields are {}", known.join(", "))))
            }
            None => Ok(self),
        }
    }

    /// The path of a field.
    pub fn name(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    /// The value of a field. Null is refused: a caller whose amount got lost must not be understood as one who asks for
    /// all that is left.
    pub fn given(&self, field: &str) -> Result<Option<&'a Value>, Problem> {
        match self.object.get(field) {
            Some(Value::Null) => Err(invalid(self.name(field), "null: leave it out or give it a value")),
            value => Ok(value),
        }
    }

    /// A field that must be there.
    pub fn required<T>(&self, field: &str, value: Option<T>) -> Result<T, Problem> {
        value.ok_or_else(|| invalid(self.name(field), "missing"))
    }

    /// Text that passes [`check_text`].
    pub fn text(&self, field: &str, max_characters: usize) -> Result<Option<&'a str>, Problem> {
        let Some(value) = self.given(field)? else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| invalid(self.name(field), "write it as a string"))?;
        check_text(&self.name(field), text, max_characters)?;
        Ok(Some(text))
    }

    /// As [`BodyObject::text`], but null counts as absent, since no amount depends on the field.
    pub fn text_or_null(&self, field: &str, max_characters: usize) -> Result<Option<&'a str>, Problem> {
        if self.object.get(field).is_some_and(Value::is_null) { Ok(None) } else { self.text(field, max_characters) }
    }

    /// A list of at least one text, each as in [`BodyObject::text`].
    pub fn list(&self, field: &str, max_characters: usize) -> Result<Option<Vec<&'a str>>, Problem> {
        let Some(value) = self.given(field)? else { return Ok(None) };
        let name = self.name(field);
        let items = value.as_array().filter(|items| !items.is_empty());
        let items = items.ok_or_else(|| invalid(name.as_str(), "write it as a list of strings, at least one"))?;
        let text = |item: &'a Value| {
            let text = item.as_str().ok_or_else(|| invalid(name.as_str(), "its items are strings"))?;
            check_text(&name, text, max_characters)?;
            Ok(text)
        };
        items.iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    pub fn flag(&self, field: &str) -> Result<Option<bool>, Problem> {
        let Some(value) = self.given(field)? else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| invalid(self.name(field), "write true or false"))
    }

    /// An object in this one that may have only these fields. `path` is its path in errors.
    pub fn object(&self, field: &str, path: &'a str, known: &[&str]) -> Result<Option<BodyObject<'a>>, Problem> {
        let Some(value) = self.given(field)? else { return Ok(None) };
        let object = value.as_object().ok_or_else(|| invalid(self.name(field), "write it as an object"))?;
        BodyObject { object, path }.only(known).map(Some)
    }

    /// As [`BodyObject::object`], but null counts as absent.
    pub fn object_or_null(
        &self,
        field: &str,
        path: &'a str,
        known: &[&str],
    ) -> Result<Option<BodyObject<'a>>, Problem> {
        if self.object.get(field).is_some_and(Value::is_null) { Ok(None) } else { self.object(field, path, known) }
    }

    /// The fields of an object in this one that has a foreign schema. Null counts as absent.
    pub fn members(&self, field: &str) -> Result<Option<&'a Map<String, Value>>, Problem> {
        let Some(value) = self.object.get(field).filter(|value| !value.is_null()) else { return Ok(None) };
        value.as_object().map(Some).ok_or_else(|| invalid(self.name(field), "write it as an object"))
    }

    /// The names and texts of an object whose fields may have any name.
    pub fn texts(&self, field: &str) -> Result<Vec<(&'a str, &'a str)>, Problem> {
        let Some(value) = self.given(field)? else { return Ok(Vec::new()) };
        let object = value.as_object().ok_or_else(|| invalid(self.name(field), "write it as an object"))?;
        let text = |(name, value): (&'a String, &'a Value)| match value.as_str() {
            Some(text) if text.len() <= 255 => Ok((name.as_str(), text)),
            _ => Err(invalid(self.name(field), "its values are strings of at most 255 characters")),
        };
        object.iter().map(text).collect()
    }
}
