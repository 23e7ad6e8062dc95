//! A table of a document, and the problems found in it so far.

use tollbridge_toml::{TomlKind, TomlValue};

use super::Text;
use crate::expression::did_you_mean;
use crate::problem::DocumentProblem;

/// The problems found so far.
#[derive(Default)]
pub struct ProblemCollector {
    pub problems: Vec<DocumentProblem>,
}

impl ProblemCollector {
    /// Adds a problem.
    pub fn add(&mut self, line: usize, place: &str, problem: impl Into<String>) {
        self.problems.push(DocumentProblem { line, place: place.to_owned(), problem: problem.into() });
    }
}

/// A table and its name in messages.
pub struct DocumentTable<'d> {
    toml: tollbridge_toml::TomlTable<'d>,
    pub place: String,
}

/// The kind of the value, for people.
fn kind(value: TomlValue<'_>) -> &'static str {
    match value.kind() {
        TomlKind::String => "text",
        TomlKind::Integer | TomlKind::Float => "a number",
        TomlKind::Boolean => "true or false",
        TomlKind::DateTime => "a date",
        TomlKind::Array => "a list",
        TomlKind::Table => "a table",
    }
}

impl<'d> DocumentTable<'d> {
    pub fn new(toml: tollbridge_toml::TomlTable<'d>, place: String) -> Self {
        Self { toml, place }
    }

    /// The line in which the table starts.
    pub fn line(&self) -> usize {
        self.toml.line()
    }

    /// The value of this name.
    pub fn take(&mut self, name: &'static str) -> Option<TomlValue<'d>> {
        self.toml.read(name)
    }

    /// Takes a string.
    pub fn take_text(&mut self, name: &'static str, found: &mut ProblemCollector) -> Option<Text> {
        let value = self.take(name)?;
        self.as_text(name, value, found)
    }

    /// Takes a required string.
    pub fn need_text(&mut self, name: &'static str, example: &str, found: &mut ProblemCollector) -> Option<Text> {
        let Some(value) = self.take(name) else {
            let problem = format!("`{name}` is missing: add it, such as {name} = {example}");
            found.add(self.line(), &self.place, problem);
            return None;
        };
        self.as_text(name, value, found)
    }

    fn as_text(&self, name: &str, value: TomlValue<'_>, found: &mut ProblemCollector) -> Option<Text> {
        if let Some(text) = value.text() {
            return Some(Text { text: text.to_owned(), line: value.content_line() });
        }
        let problem = format!("is {}: write it as text, in single quotes", kind(value));
        found.add(value.line(), &self.place_of(name), problem);
        None
    }

    /// Takes a table.
    pub fn take_table(&mut self, name: &'static str, found: &mut ProblemCollector) -> Option<Self> {
        let value = self.take(name)?;
        if let Some(table) = value.table() {
            return Some(Self::new(table, self.place_of(name)));
        }
        found.add(value.line(), &self.place_of(name), format!("is {} and must be a table", kind(value)));
        None
    }

    /// Takes all entries, which must be strings, in the order of the document. Each has the line of its name.
    pub fn take_texts(self, found: &mut ProblemCollector) -> Vec<(String, usize, Text)> {
        let text = |(key, value): (tollbridge_toml::TomlKey<'_>, TomlValue<'_>)| {
            Some((key.name.to_owned(), key.line, self.as_text(key.name, value, found)?))
        };
        self.toml.entries().filter_map(text).collect()
    }

    /// The name of an entry in messages.
    pub fn place_of(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}: {name}", self.place) }
    }

    /// Reports the entries that nobody took as unknown.
    pub fn finish(self, found: &mut ProblemCollector) {
        let known = self.toml.known();
        for key in self.toml.unread() {
            let near = did_you_mean(key.name, known.iter().copied());
            let near = if near.is_empty() { format!("; there are {}", known.join(", ")) } else { near };
            found.add(key.line, &self.place, format!("`{}` is not known here{near}", key.name));
        }
    }
}
