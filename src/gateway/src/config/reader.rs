//! The tables of a TOML text, read key by key: whatever is wrong is collected with its document, line and key.

use core::cell::RefCell;
use core::fmt::Display;
use core::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigProblem;

/// Whether a document's values and unknown keys may be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// They help whoever must mend it.
    Yes,
    /// Any of them may be a secret that was written in the wrong place.
    No,
}

/// One of the two texts.
pub struct Document<'t> {
    name: &'static str,
    text: &'t str,
    shown: Shown,
    root: Option<DeTable<'t>>,
    found: RefCell<Vec<(usize, ConfigProblem)>>,
}

impl<'t> Document<'t> {
    /// Reads the text as TOML. Where it is none, the first error is told: those after it are mostly its consequences.
    pub fn read(name: &'static str, text: &'t str, shown: Shown) -> Self {
        let mut document = Self { name, text, shown, root: None, found: RefCell::default() };
        match DeTable::parse(text) {
            Ok(root) => document.root = Some(root.into_inner()),
            Err(error) => {
                let line = error.span().map_or(0, |span| document.line(&span));
                let what = if shown == Shown::Yes { error.message() } else { "docs/configuration.md gives the form" };
                document.found(line, "", &format!("not TOML: {what}"));
            }
        }
        document
    }

    /// The outermost table; none where the text is no TOML.
    pub fn root(&self) -> Option<Table<'_>> {
        let entries = self.root.as_ref()?;
        Some(Table { document: self, entries, line: 1, path: String::new(), known: Vec::new() })
    }

    /// Everything that was found, by its line.
    pub fn problems(self) -> Vec<ConfigProblem> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|(line, _)| *line);
        found.into_iter().map(|(_, problem)| problem).collect()
    }

    fn line(&self, span: &Range<usize>) -> usize {
        self.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count().saturating_add(1)
    }

    fn found(&self, line: usize, path: &str, problem: &str) {
        let mut at = self.name.to_owned();
        if line > 0 {
            at.push_str(&format!(": line {line}"));
        }
        if !path.is_empty() {
            at.push_str(": ");
            at.push_str(path);
        }
        self.found.borrow_mut().push((line, ConfigProblem { at, problem: problem.to_owned() }));
    }
}

/// A table of a document. Each key is asked for by name, and [`Table::end`] refuses those that nobody asked for.
pub struct Table<'d> {
    document: &'d Document<'d>,
    entries: &'d DeTable<'d>,
    line: usize,
    path: String,
    known: Vec<&'static str>,
}

impl<'d> Table<'d> {
    /// What this key holds, if the table has it.
    pub fn optional(&mut self, key: &'static str) -> Option<Entry<'d>> {
        self.known.push(key);
        let value = self.entries.get(key)?;
        Some(self.entry(key, value))
    }

    /// What this key holds; a table without it is wrong.
    pub fn required(&mut self, key: &'static str) -> Option<Entry<'d>> {
        let entry = self.optional(key);
        if entry.is_none() {
            self.document.found(self.line, &self.below(key), "missing");
        }
        entry
    }

    /// The table that this key holds; a table without it is wrong.
    pub fn required_table(&mut self, key: &'static str) -> Option<Self> {
        self.required(key)?.table()
    }

    /// All entries of a table whose keys are names. A name that is not `known` is left out of the places of what is
    /// below it where the document must not be shown.
    pub fn named(&self, known: impl Fn(&str) -> bool) -> Vec<(&'d str, Entry<'d>)> {
        let entries = self.entries.iter().map(|(key, value)| {
            let name: &'d str = key.get_ref();
            let shown = self.document.shown == Shown::Yes || known(name);
            (name, self.entry(if shown { name } else { "…" }, value))
        });
        entries.collect()
    }

    /// Refuses every key that was not asked for.
    pub fn end(self) {
        for key in self.entries.keys().filter(|key| !self.known.contains(&key.get_ref().as_ref())) {
            let line = self.document.line(&key.span());
            let known = self.known.join(", ");
            match self.document.shown {
                Shown::Yes => {
                    self.document.found(line, &self.below(key.get_ref()), &format!("unknown key: known are {known}"));
                }
                Shown::No => self.document.found(line, &self.path, &format!("an unknown key: known are {known}")),
            }
        }
    }

    fn entry(&self, key: &str, value: &'d Spanned<DeValue<'d>>) -> Entry<'d> {
        let line = self.document.line(&value.span());
        Entry { document: self.document, value: value.get_ref(), line, path: self.below(key) }
    }

    fn below(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// What a key holds, or one of its list.
#[derive(Clone)]
pub struct Entry<'d> {
    document: &'d Document<'d>,
    value: &'d DeValue<'d>,
    line: usize,
    path: String,
}

impl<'d> Entry<'d> {
    /// Says what is wrong with it and what to do.
    pub fn wrong(&self, problem: &str) {
        self.document.found(self.line, &self.path, problem);
    }

    /// The line it is in.
    pub fn line(&self) -> usize {
        self.line
    }

    fn instead_of<T>(&self, wanted: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.wrong(&format!("{}: write {wanted}", self.value.type_str()));
        }
        value
    }

    /// Text, which may be empty.
    pub fn text(&self) -> Option<&'d str> {
        self.instead_of("text in quotation marks", self.value.as_str())
    }

    /// Text that is not empty.
    pub fn filled(&self) -> Option<&'d str> {
        self.read(|text| if text.trim().is_empty() { Err("empty: give it a value") } else { Ok(text) })
    }

    /// What this makes of the text.
    pub fn read<T, E: Display>(&self, parse: impl FnOnce(&'d str) -> Result<T, E>) -> Option<T> {
        let text = self.text()?;
        let wrong = match parse(text) {
            Ok(read) => return Some(read),
            Err(error) => error.to_string(),
        };
        if self.document.shown == Shown::Yes && !text.is_empty() {
            self.wrong(&format!("{text:?}: {wrong}"));
        } else {
            self.wrong(&wrong);
        }
        None
    }

    /// What is meant by the one of these words that is written.
    pub fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        self.read(|text| {
            words.iter().find(|(word, _)| *word == text).map(|(_, meant)| *meant).ok_or_else(|| {
                let words: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
                format!("write one of {}", words.join(", "))
            })
        })
    }

    /// A whole number within these bounds.
    pub fn whole(&self, least: i64, most: i64) -> Option<i64> {
        let written = self.instead_of("a whole number", self.value.as_integer())?;
        let number = i64::from_str_radix(written.as_str(), written.radix()).ok();
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let most = if most == i64::MAX { String::new() } else { format!(" to {most}") };
            self.wrong(&format!("{written}: write a whole number from {least}{most}"));
        }
        number
    }

    /// Yes or no.
    pub fn boolean(&self) -> Option<bool> {
        self.instead_of("true or false", self.value.as_bool())
    }

    /// The elements of a list.
    pub fn list(&self) -> Option<Vec<Self>> {
        let elements = self.instead_of("a list in brackets", self.value.as_array())?;
        let element = |element: &'d Spanned<DeValue<'d>>| Self {
            document: self.document,
            value: element.get_ref(),
            line: self.document.line(&element.span()),
            path: self.path.clone(),
        };
        Some(elements.iter().map(element).collect())
    }

    /// The elements of a list; of anything else itself alone.
    pub fn elements(&self) -> Vec<Self> {
        if self.value.is_array() { self.list().unwrap_or_default() } else { vec![self.clone()] }
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        self.value.is_array()
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        self.value.is_table()
    }

    /// The table it is.
    pub fn table(&self) -> Option<Table<'d>> {
        let entries = self.instead_of("a table", self.value.as_table())?;
        Some(Table { document: self.document, entries, line: self.line, path: self.path.clone(), known: Vec::new() })
    }
}
