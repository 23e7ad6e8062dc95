//! A TOML text as tables and values that know their lines. A table also knows which of its keys were read, so that its
//! reader can report the others.
//!
//! The gateway reads its configuration with it, and the rules component its mapping documents. Each has its own words
//! for what is wrong.
//!
//! ```
//! use tollbridge_toml::{Arena, TomlDocument};
//!
//! let arena = Arena::new();
//! let document = TomlDocument::parse("name = 'orders'\n\n[limits]\nminuts = 5", &arena).unwrap();
//! let mut root = document.root();
//! assert_eq!(root.read("name").unwrap().text(), Some("orders"));
//! let mut limits = root.read("limits").unwrap().table().unwrap();
//! assert!(limits.read("minutes").is_none());
//! assert_eq!(limits.unread().map(|key| (key.name, key.line)).collect::<Vec<_>>(), [("minuts", 4)]);
//! ```

use core::ops::Range;

pub use toml_spanner::{Arena, Kind as TomlKind};
use toml_spanner::{ErrorKind, Item};

/// Where and why a text is not TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong. It can contain a part of the text.
    pub message: String,
}

impl SyntaxError {
    fn of(error: &toml_spanner::Error, source: &Source<'_>) -> Self {
        let kind = error.kind();
        let message = if matches!(kind, ErrorKind::Unexpected('\n') | ErrorKind::UnexpectedEof) {
            "a value is missing".to_owned()
        } else if matches!(kind, ErrorKind::OutOfRange { .. }) {
            // The parser has no other bound.
            "lists and tables are nested too deeply".to_owned()
        } else {
            error.message(source.text)
        };
        Self { line: source.line(error.span().range()), message }
    }
}

/// A text, and where its lines start.
struct Source<'t> {
    text: &'t str,
    /// The start of each line but the first.
    starts: Vec<usize>,
}

impl<'t> Source<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, starts: text.match_indices('\n').map(|(end, _)| end.saturating_add(1)).collect() }
    }

    /// The line in which a range starts.
    fn line(&self, range: Range<usize>) -> usize {
        self.starts.partition_point(|start| *start <= range.start).saturating_add(1)
    }
}

/// A TOML text.
pub struct TomlDocument<'t> {
    source: Source<'t>,
    root: toml_spanner::Table<'t>,
}

impl<'t> TomlDocument<'t> {
    /// Parses a text. The arena holds what the document is made of.
    ///
    /// # Errors
    /// The syntax errors in the order of the text, at most one of each line and at most 25.
    pub fn parse(text: &'t str, arena: &'t Arena) -> Result<Self, Vec<SyntaxError>> {
        let source = Source::new(text);
        let parsed = toml_spanner::parse_recoverable(text, arena);
        if parsed.has_errors() {
            return Err(parsed.errors().iter().map(|error| SyntaxError::of(error, &source)).collect());
        }
        Ok(Self { source, root: parsed.into_table() })
    }

    /// The outermost table.
    #[must_use]
    pub fn root(&self) -> TomlTable<'_> {
        TomlTable { source: &self.source, entries: &self.root, line: 1, read: Vec::new() }
    }
}

/// A key in the text.
#[derive(Clone, Copy, Debug)]
pub struct TomlKey<'d> {
    /// The key without quotation marks.
    pub name: &'d str,
    /// The line in which the text has the key first.
    pub line: usize,
}

/// A table, and which of its keys were read.
pub struct TomlTable<'d> {
    source: &'d Source<'d>,
    entries: &'d toml_spanner::Table<'d>,
    line: usize,
    read: Vec<&'static str>,
}

impl<'d> TomlTable<'d> {
    /// The line in which the table starts: that of its header, of its brace, or of its first dotted key.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The value of a key. From now on the key counts as read, even if the table does not have it.
    pub fn read(&mut self, key: &'static str) -> Option<TomlValue<'d>> {
        self.read.push(key);
        self.entries.get(key).map(|item| TomlValue { source: self.source, item })
    }

    /// All keys and their values in the order of the text.
    pub fn entries(&self) -> impl Iterator<Item = (TomlKey<'d>, TomlValue<'d>)> + use<'d> {
        let source = self.source;
        self.entries.entries().iter().map(move |(key, item)| {
            (TomlKey { name: key.name, line: source.line(key.span.range()) }, TomlValue { source, item })
        })
    }

    /// The keys that a reader asked for, in its order.
    #[must_use]
    pub fn known(&self) -> &[&'static str] {
        &self.read
    }

    /// The keys that were not read, in the order of the text.
    pub fn unread(&self) -> impl Iterator<Item = TomlKey<'d>> {
        self.entries().map(|(key, _)| key).filter(|key| !self.read.contains(&key.name))
    }
}

/// The value of a key, or an element of a list.
#[derive(Clone, Copy)]
pub struct TomlValue<'d> {
    source: &'d Source<'d>,
    item: &'d Item<'d>,
}

impl<'d> TomlValue<'d> {
    /// The line in which the value starts.
    #[must_use]
    pub fn line(&self) -> usize {
        self.source.line(self.item.span().range())
    }

    /// The line in which the content of a text starts: if the line ends after its three quotation marks, the next one.
    #[must_use]
    pub fn content_line(&self) -> usize {
        let span = self.item.span().range();
        let content = self.text().unwrap_or_default();
        let before = if content.is_empty() { 0 } else { self.written().find(content).unwrap_or(0) };
        self.source.line(span.start.saturating_add(before)..span.end)
    }

    /// The value as the text writes it.
    #[must_use]
    pub fn written(&self) -> &'d str {
        self.source.text.get(self.item.span().range()).unwrap_or_default()
    }

    /// What kind of value it is.
    #[must_use]
    pub fn kind(&self) -> TomlKind {
        self.item.kind()
    }

    /// The value, if it is text.
    #[must_use]
    pub fn text(&self) -> Option<&'d str> {
        self.item.as_str()
    }

    /// The value, if it is a whole number that fits.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        self.item.as_i64()
    }

    /// The value, if it is true or false.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        self.item.as_bool()
    }

    /// The elements, if it is a list.
    #[must_use]
    pub fn list(&self) -> Option<impl ExactSizeIterator<Item = Self> + use<'d>> {
        let source = self.source;
        self.item.as_array().map(|elements| elements.iter().map(move |item| Self { source, item }))
    }

    /// The value, if it is a table.
    #[must_use]
    pub fn table(&self) -> Option<TomlTable<'d>> {
        let entries = self.item.as_table()?;
        Some(TomlTable { source: self.source, entries, line: self.line(), read: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<(usize, String)> {
        match TomlDocument::parse(text, &Arena::new()) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.into_iter().map(|error| (error.line, error.message)).collect(),
        }
    }

    #[test]
    fn everything_knows_its_line() {
        let text = "name = 'x'\r\n\r\n[a.b]\nlong = '''\n\nhello\n'''\nempty = \"\"\n[a]\nlist = [\n 1_000,\n { x = 0x10 },\n]\n\
                    d.e = true\n[[t]]\n[[t]]\nx = 2\n";
        let arena = Arena::new();
        let document = TomlDocument::parse(text, &arena).unwrap();
        let mut root = document.root();
        assert_eq!(root.line(), 1);
        let keys: Vec<(&str, usize, usize)> =
            root.entries().map(|(key, value)| (key.name, key.line, value.line())).collect();
        assert_eq!(keys, [("name", 1, 1), ("a", 3, 9), ("t", 15, 15)]);

        let mut a = root.read("a").and_then(|a| a.table()).unwrap();
        let mut b = a.read("b").and_then(|b| b.table()).unwrap();
        assert_eq!(b.line(), 3);
        let long = b.read("long").unwrap();
        assert_eq!((long.text(), long.line(), long.content_line()), (Some("\nhello\n"), 4, 5));
        let empty = b.read("empty").unwrap();
        assert_eq!((empty.text(), empty.content_line()), (Some(""), 8));

        let list: Vec<TomlValue<'_>> = a.read("list").and_then(|list| list.list()).unwrap().collect();
        assert_eq!(list.iter().map(TomlValue::line).collect::<Vec<_>>(), [11, 12]);
        assert_eq!((list[0].integer(), list[0].written()), (Some(1_000), "1_000"));
        assert_eq!(list[1].table().unwrap().read("x").unwrap().integer(), Some(16));
        assert_eq!(a.read("d").and_then(|d| d.table()).unwrap().read("e").unwrap().boolean(), Some(true));

        let t = root.read("t").unwrap();
        assert_eq!(t.kind(), TomlKind::Array);
        assert_eq!(t.list().unwrap().map(|element| element.line()).collect::<Vec<_>>(), [15, 16]);
    }

    #[test]
    fn keys_that_were_not_read_are_left_in_the_order_of_the_text() {
        let arena = Arena::new();
        let document = TomlDocument::parse("b = 1\na = 2\nc = 3\n", &arena).unwrap();
        let mut root = document.root();
        assert!(root.read("a").is_some());
        assert!(root.read("missing").is_none());
        assert_eq!(root.known(), ["a", "missing"]);
        assert_eq!(root.unread().map(|key| (key.name, key.line)).collect::<Vec<_>>(), [("b", 1), ("c", 3)]);
    }

    #[test]
    fn every_line_with_a_syntax_error_is_reported_in_words() {
        for (text, line, says) in [
            ("a = 1\nb =\n", 2, "a value is missing"),
            ("a = 1\nb =", 2, "a value is missing"),
            ("a = hello\n", 1, "string values must be quoted"),
            ("a = 'x\nb = 1\n", 1, "unterminated"),
            ("a = 1\na = 2\n", 2, "the key `a` is defined multiple times"),
            ("[a]\n[b]\n[a]\n", 3, "redefinition of table `a`"),
            ("a = [1, 2\nb = 3\n", 2, "missing comma"),
            ("a = 99999999999999999999999999999999999999999\n", 1, "overflow"),
        ] {
            let errors = errors(text);
            assert_eq!(errors.first().map(|(line, _)| *line), Some(line), "{text:?}: {errors:?}");
            assert!(errors.iter().any(|(_, message)| message.contains(says)), "{text:?}: {errors:?}");
        }
        assert_eq!(errors("a = x\nb = 1\nc = y\n").iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3]);
        let deep = format!("a = {}{}\n", "[".repeat(300), "]".repeat(300));
        assert_eq!(errors(&deep), [(1, "lists and tables are nested too deeply".to_owned())]);
    }
}
