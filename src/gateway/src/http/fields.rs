//! Reads the fields of a JSON object. Each error names the field by its path.

use serde_json::{Map, Value};

use crate::http::problem::Problem;
use crate::ports::MappingProblem;

/// An object in a body, with its path.
#[derive(Clone, Copy)]
pub struct BodyObject<'a> {
    object: &'a Map<String, Value>,
    path: &'a str,
}

/// The problems of a body's fields, so that its caller sees all of them at once.
#[derive(Default)]
pub struct FieldProblems {
    /// The first problem. It gives the response its status, code, field and detail.
    first: Option<Problem>,
    all: Vec<MappingProblem>,
}

impl FieldProblems {
    /// Keeps a problem.
    pub fn add(&mut self, problem: Problem) {
        if problem.problems.is_empty() {
            let field = problem.field.clone().unwrap_or_default();
            self.all.push(MappingProblem { field, detail: problem.detail.to_string() });
        } else {
            self.all.extend_from_slice(&problem.problems);
        }
        self.first.get_or_insert(problem);
    }

    /// The value, or none after keeping its problem.
    pub fn value<T>(&mut self, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.add(problem)).ok()
    }

    /// A value that may be absent. A field that cannot be read is absent after its problem is kept.
    pub fn optional<T>(&mut self, read: Result<Option<T>, Problem>) -> Option<T> {
        self.value(read).flatten()
    }

    /// Whether there is a problem.
    pub fn found_any(&self) -> bool {
        self.first.is_some()
    }

    /// The first problem, which lists all of them.
    pub fn into_problem(self) -> Problem {
        let first = self.first.unwrap_or_else(|| Problem::new(422, "invalid_field", "a field is missing"));
        Problem { problems: self.all.into(), ..first }
    }
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
        let mut problems = FieldProblems::default();
        let root = Self::root_with(value, known, &mut problems)?;
        if problems.found_any() { Err(problems.into_problem()) } else { Ok(root) }
    }

    /// As [`BodyObject::root`], but keeps the problem of each field that is not allowed.
    pub fn root_with(value: &'a Value, known: &[&str], problems: &mut FieldProblems) -> Result<Self, Problem> {
        let object =
            value.as_object().ok_or_else(|| Problem::new(400, "malformed_json", "the body is not a JSON object"))?;
        let root = Self { object, path: "" };
        root.only(known, problems);
        Ok(root)
    }

    fn only(&self, known: &[&str], problems: &mut FieldProblems) {
        for unknown in self.object.keys().filter(|key| !known.contains(&key.as_str())) {
            let field = self.name(echoed(unknown));
            problems.add(invalid(field, format!("not a field here; the fields are {}", known.join(", "))));
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

    /// An object in this one that may have only these fields. `path` is its path in errors. It is absent if it is no
    /// object; `problems` keeps that, and each field that is not allowed.
    pub fn object(
        &self,
        field: &str,
        path: &'a str,
        known: &[&str],
        problems: &mut FieldProblems,
    ) -> Option<BodyObject<'a>> {
        let value = problems.optional(self.given(field))?;
        let Some(object) = value.as_object() else {
            problems.add(invalid(self.name(field), "write it as an object"));
            return None;
        };
        let object = BodyObject { object, path };
        object.only(known, problems);
        Some(object)
    }

    /// Whether the field is there and not null.
    pub fn has(&self, field: &str) -> bool {
        self.object.get(field).is_some_and(|value| !value.is_null())
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
