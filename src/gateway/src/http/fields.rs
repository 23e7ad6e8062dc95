//! Reads fields out of a JSON object, each with an error that names it by its path.

use serde_json::{Map, Value};

use crate::http::problem::Problem;

/// An object in a body, and where in the body it is.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: &'a str,
}

/// The problem of a field that cannot be taken.
pub fn invalid(field: impl Into<String>, detail: impl core::fmt::Display) -> Problem {
    let field = field.into();
    let detail = format!("{field}: {detail}");
    Problem::field("invalid_field", field, detail)
}

/// The problem of a field of the body whose JSON cannot be held.
pub fn unreadable(name: &str) -> Problem {
    invalid(shown(name), "cannot be held: a number out of range, nesting too deep, or half a character")
}

/// Text that is not empty, has no control characters and is at most so long.
pub fn check_text(name: &str, text: &str, longest: usize) -> Result<(), Problem> {
    if text.is_empty() {
        return Err(invalid(name, "empty: leave it out or give it a value"));
    }
    if text.chars().count() > longest {
        return Err(invalid(name, format!("longer than {longest} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(invalid(name, "has a control character"));
    }
    Ok(())
}

/// What a caller misspelt may be anything; only what could be a field's name is repeated.
fn shown(name: &str) -> &str {
    let is_name = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name { name } else { "?" }
}

impl<'a> Fields<'a> {
    /// The body itself, which may have only these fields: a misspelt one must not be passed over in silence.
    pub fn root(value: &'a Value, known: &[&str]) -> Result<Self, Problem> {
        let object =
            value.as_object().ok_or_else(|| Problem::new(400, "malformed_json", "the body is not a JSON object"))?;
        Self { object, path: "" }.only(known)
    }

    fn only(self, known: &[&str]) -> Result<Self, Problem> {
        match self.object.keys().find(|key| !known.contains(&key.as_str())) {
            Some(unknown) => {
                let field = self.name(shown(unknown));
                Err(invalid(field, format!("not a field here; the fields are {}", known.join(", "))))
            }
            None => Ok(self),
        }
    }

    /// The path of a field.
    pub fn name(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    /// What a field holds. A null is refused: a caller whose amount got lost must not be taken for one who asks for all there
    /// is.
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

    /// Text that is not empty, has no control characters and is at most so long.
    pub fn text(&self, field: &str, longest: usize) -> Result<Option<&'a str>, Problem> {
        let Some(value) = self.given(field)? else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| invalid(self.name(field), "write it as a string"))?;
        check_text(&self.name(field), text, longest)?;
        Ok(Some(text))
    }

    /// As [`Fields::text`], where a null is as good as leaving it out: nothing about money depends on it.
    pub fn text_or_null(&self, field: &str, longest: usize) -> Result<Option<&'a str>, Problem> {
        if self.object.get(field).is_some_and(Value::is_null) { Ok(None) } else { self.text(field, longest) }
    }

    /// A list of texts, at least one, each as [`Fields::text`] takes it.
    pub fn list(&self, field: &str, longest: usize) -> Result<Option<Vec<&'a str>>, Problem> {
        let Some(value) = self.given(field)? else { return Ok(None) };
        let name = self.name(field);
        let items = value.as_array().filter(|items| !items.is_empty());
        let items = items.ok_or_else(|| invalid(name.as_str(), "write it as a list of strings, at least one"))?;
        let text = |item: &'a Value| {
            let text = item.as_str().ok_or_else(|| invalid(name.as_str(), "its items are strings"))?;
            check_text(&name, text, longest)?;
            Ok(text)
        };
        items.iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    /// True or false.
    pub fn flag(&self, field: &str) -> Result<Option<bool>, Problem> {
        let Some(value) = self.given(field)? else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| invalid(self.name(field), "write true or false"))
    }

    /// An object within this one, which may have only these fields. `path` is its name in errors.
    pub fn object(&self, field: &str, path: &'a str, known: &[&str]) -> Result<Option<Fields<'a>>, Problem> {
        let Some(value) = self.given(field)? else { return Ok(None) };
        let object = value.as_object().ok_or_else(|| invalid(self.name(field), "write it as an object"))?;
        Fields { object, path }.only(known).map(Some)
    }

    /// As [`Fields::object`], where a null is as good as leaving it out.
    pub fn object_or_null(&self, field: &str, path: &'a str, known: &[&str]) -> Result<Option<Fields<'a>>, Problem> {
        if self.object.get(field).is_some_and(Value::is_null) { Ok(None) } else { self.object(field, path, known) }
    }

    /// The members of an object within this one, whatever they are: it is not of our making. A null is as good as none.
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
