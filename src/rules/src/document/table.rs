//! A TOML table whose keys are removed one by one; the keys that remain are unknown.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Text;
use crate::expression::did_you_mean;
use crate::problem::DocumentProblem;

/// The document, and the problems found so far.
pub struct ProblemCollector<'d> {
    document: &'d str,
    /// The start of each line but the first.
    lines: Vec<usize>,
    pub problems: Vec<DocumentProblem>,
}

impl<'d> ProblemCollector<'d> {
    pub fn new(document: &'d str) -> Self {
        let lines = document.match_indices('\n').map(|(end, _)| end.saturating_add(1)).collect();
        Self { document, lines, problems: Vec::new() }
    }

    /// The line of an offset.
    pub fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|begin| *begin <= offset).saturating_add(1)
    }

    /// Adds a problem at an offset.
    pub fn add(&mut self, offset: usize, place: &str, problem: impl Into<String>) {
        let line = self.line(offset);
        self.problems.push(DocumentProblem { line, place: place.to_owned(), problem: problem.into() });
    }

    /// A text with the line that it starts in. A text in triple quotes starts in the line after them.
    fn text(&self, span: core::ops::Range<usize>, text: &str) -> Text {
        let written = self.document.get(span.clone()).unwrap_or_default();
        let within = if text.is_empty() { 0 } else { written.find(text).unwrap_or(0) };
        Text { text: text.to_owned(), line: self.line(span.start.saturating_add(within)) }
    }
}

/// A table and its name in messages.
pub struct DocumentTable<'t, 'd> {
    entries: Vec<(&'t str, usize, &'t Spanned<DeValue<'d>>)>,
    known: Vec<&'static str>,
    pub place: String,
    pub offset: usize,
}

/// The kind of the value, for people.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl<'t, 'd> DocumentTable<'t, 'd> {
    /// A table with its entries in document order.
    pub fn new(table: &'t DeTable<'d>, offset: usize, place: String) -> Self {
        let mut entries: Vec<_> =
            table.iter().map(|(key, value)| (&**key.get_ref(), key.span().start, value)).collect();
        entries.sort_by_key(|(_, offset, _)| *offset);
        Self { entries, known: Vec::new(), place, offset }
    }

    /// Removes and returns the entry of this name.
    pub fn take(&mut self, name: &'static str) -> Option<&'t Spanned<DeValue<'d>>> {
        self.known.push(name);
        let index = self.entries.iter().position(|(entry, ..)| *entry == name)?;
        Some(self.entries.remove(index).2)
    }

    /// Takes a string.
    pub fn take_text(&mut self, name: &'static str, found: &mut ProblemCollector<'_>) -> Option<Text> {
        let value = self.take(name)?;
        self.as_text(name, value, found)
    }

    /// Takes a required string.
    pub fn need_text(&mut self, name: &'static str, example: &str, found: &mut ProblemCollector<'_>) -> Option<Text> {
        if !self.entries.iter().any(|(entry, ..)| *entry == name) {
            self.known.push(name);
            found.add(self.offset, &self.place, format!("`{name}` is missing: add it, such as {name} = {example}"));
            return None;
        }
        self.take_text(name, found)
    }

    fn as_text(&self, name: &str, value: &Spanned<DeValue<'_>>, found: &mut ProblemCollector<'_>) -> Option<Text> {
        if let DeValue::String(text) = value.get_ref() {
            return Some(found.text(value.span(), text));
        }
        let problem = format!("is {}: write it as text, in single quotes", kind(value.get_ref()));
        found.add(value.span().start, &self.place_of(name), problem);
        None
    }

    /// Takes a table.
    pub fn take_table(
        &mut self,
        name: &'static str,
        found: &mut ProblemCollector<'_>,
    ) -> Option<DocumentTable<'t, 'd>> {
        let value = self.take(name)?;
        if let DeValue::Table(table) = value.get_ref() {
            return Some(DocumentTable::new(table, value.span().start, self.place_of(name)));
        }
        let problem = format!("is {} and must be a table", kind(value.get_ref()));
        found.add(value.span().start, &self.place_of(name), problem);
        None
    }

    /// Takes all remaining entries, which must be strings.
    pub fn take_texts(mut self, found: &mut ProblemCollector<'_>) -> Vec<(String, usize, Text)> {
        let entries = core::mem::take(&mut self.entries);
        let text = |(name, offset, value): (&str, usize, &Spanned<DeValue<'_>>)| {
            Some((name.to_owned(), offset, self.as_text(name, value, found)?))
        };
        entries.into_iter().filter_map(text).collect()
    }

    /// The name of an entry in messages.
    pub fn place_of(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}: {name}", self.place) }
    }

    /// Reports the remaining entries as unknown.
    pub fn finish(self, found: &mut ProblemCollector<'_>) {
        for (name, offset, _) in &self.entries {
            let near = did_you_mean(name, self.known.iter().copied());
            let near = if near.is_empty() { format!("; there are {}", self.known.join(", ")) } else { near };
            found.add(*offset, &self.place, format!("`{name}` is not known here{near}"));
        }
    }
}
