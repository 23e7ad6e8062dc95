//! Parses the tables of a TOML text key by key, and collects every problem with its document, line and key.

use core::cell::RefCell;
use core::fmt::Display;
use core::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigProblem;

/// Whether errors may repeat a document's values and unknown keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// They may, to help whoever corrects the document.
    Public,
    /// They may not: any of them may be a secret in the wrong place.
    Secret,
}

/// One of the two texts of the configuration.
pub struct ConfigDocument<'t> {
    name: &'static str,
    text: &'t str,
    visibility: Visibility,
    root: Option<DeTable<'t>>,
    problems: RefCell<Vec<(usize, ConfigProblem)>>,
}

impl<'t> ConfigDocument<'t> {
    /// Parses the text as TOML. Where that fails, only the first error is reported, since later ones mostly follow from
    /// it.
    pub fn read(name: &'static str, text: &'t str, visibility: Visibility) -> Self {
        let mut document = Self { name, text, visibility, root: None, problems: RefCell::default() };
        match DeTable::parse(text) {
            Ok(root) => document.root = Some(root.into_inner()),
            Err(error) => {
                let line = error.span().map_or(0, |span| document.line(&span));
                let detail = match visibility {
                    Visibility::Public => error.message(),
                    Visibility::Secret => "docs/configuration.md gives the form",
                };
                document.report(line, "", &format!("not TOML: {detail}"));
            }
        }
        document
    }

    /// The outermost table; none where the text is not TOML.
    pub fn root(&self) -> Option<ConfigTable<'_>> {
        let entries = self.root.as_ref()?;
        Some(ConfigTable { document: self, entries, line: 1, path: String::new(), known: Vec::new() })
    }

    /// All problems, by line.
    pub fn problems(self) -> Vec<ConfigProblem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|(line, _)| *line);
        problems.into_iter().map(|(_, problem)| problem).collect()
    }

    fn line(&self, span: &Range<usize>) -> usize {
        self.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count().saturating_add(1)
    }

    fn report(&self, line: usize, path: &str, problem: &str) {
        let mut at = self.name.to_owned();
        if line > 0 {
            at.push_str(&format!(": line {line}"));
        }
        if !path.is_empty() {
            at.push_str(": ");
            at.push_str(path);
        }
        self.problems.borrow_mut().push((line, ConfigProblem { at, problem: problem.to_owned() }));
    }
}

/// A table of a document. Its keys are read by name, and [`ConfigTable::end`] refuses those that were not read.
pub struct ConfigTable<'d> {
    document: &'d ConfigDocument<'d>,
    entries: &'d DeTable<'d>,
    line: usize,
    path: String,
    known: Vec<&'static str>,
}

impl<'d> ConfigTable<'d> {
    /// The value of this key, if the table has it.
    pub fn optional(&mut self, key: &'static str) -> Option<ConfigValue<'d>> {
        self.known.push(key);
        let value = self.entries.get(key)?;
        Some(self.entry(key, value))
    }

    /// The value of this key. A table without it has a problem.
    pub fn required(&mut self, key: &'static str) -> Option<ConfigValue<'d>> {
        let entry = self.optional(key);
        if entry.is_none() {
            self.document.report(self.line, &self.below(key), "missing");
        }
        entry
    }

    /// The table under this key. A table without it has a problem.
    pub fn required_table(&mut self, key: &'static str) -> Option<Self> {
        self.required(key)?.table()
    }

    /// All entries of a table whose keys are names. In a secret document, the path of problems omits names that are not
    /// `known`.
    pub fn entries(&self, known: impl Fn(&str) -> bool) -> Vec<(&'d str, ConfigValue<'d>)> {
        let entries = self.entries.iter().map(|(key, value)| {
            let name: &'d str = key.get_ref();
            let is_visible = self.document.visibility == Visibility::Public || known(name);
            (name, self.entry(if is_visible { name } else { "…" }, value))
        });
        entries.collect()
    }

    /// Refuses every key that was not read.
    pub fn end(self) {
        for key in self.entries.keys().filter(|key| !self.known.contains(&key.get_ref().as_ref())) {
            let line = self.document.line(&key.span());
            let known = self.known.join(", ");
            match self.document.visibility {
                Visibility::Public => {
                    self.document.report(line, &self.below(key.get_ref()), &format!("unknown key: known are {known}"));
                }
                Visibility::Secret => {
                    self.document.report(line, &self.path, &format!("an unknown key: known are {known}"));
                }
            }
        }
    }

    fn entry(&self, key: &str, value: &'d Spanned<DeValue<'d>>) -> ConfigValue<'d> {
        let line = self.document.line(&value.span());
        ConfigValue { document: self.document, value: value.get_ref(), line, path: self.below(key) }
    }

    fn below(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// The value of a key, or an element of a list.
#[derive(Clone)]
pub struct ConfigValue<'d> {
    document: &'d ConfigDocument<'d>,
    value: &'d DeValue<'d>,
    line: usize,
    path: String,
}

impl<'d> ConfigValue<'d> {
    /// Reports a problem: what is wrong and what to do.
    pub fn report(&self, problem: &str) {
        self.document.report(self.line, &self.path, problem);
    }

    /// The line of the value.
    pub fn line(&self) -> usize {
        self.line
    }

    fn expect<T>(&self, wanted: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.report(&format!("{}: write {wanted}", self.value.type_str()));
        }
        value
    }

    /// Text, which may be empty.
    pub fn text(&self) -> Option<&'d str> {
        self.expect("text in quotation marks", self.value.as_str())
    }

    /// Text that is not empty.
    pub fn non_empty(&self) -> Option<&'d str> {
        self.parse(|text| if text.trim().is_empty() { Err("empty: give it a value") } else { Ok(text) })
    }

    /// The parsed text.
    pub fn parse<T, E: Display>(&self, parse: impl FnOnce(&'d str) -> Result<T, E>) -> Option<T> {
        let text = self.text()?;
        let problem = match parse(text) {
            Ok(parsed) => return Some(parsed),
            Err(error) => error.to_string(),
        };
        if self.document.visibility == Visibility::Public && !text.is_empty() {
            self.report(&format!("{text:?}: {problem}"));
        } else {
            self.report(&problem);
        }
        None
    }

    /// The value of one of these words.
    pub fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        self.parse(|text| {
            words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
                let words: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
                format!("write one of {}", words.join(", "))
            })
        })
    }

    /// A whole number from `least` to `most`.
    pub fn integer(&self, least: i64, most: i64) -> Option<i64> {
        let written = self.expect("a whole number", self.value.as_integer())?;
        let number = i64::from_str_radix(written.as_str(), written.radix()).ok();
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let most = if most == i64::MAX { String::new() } else { format!(" to {most}") };
            self.report(&format!("{written}: write a whole number from {least}{most}"));
        }
        number
    }

    /// True or false.
    pub fn boolean(&self) -> Option<bool> {
        self.expect("true or false", self.value.as_bool())
    }

    /// The elements of a list.
    pub fn list(&self) -> Option<Vec<Self>> {
        let elements = self.expect("a list in brackets", self.value.as_array())?;
        let element = |element: &'d Spanned<DeValue<'d>>| Self {
            document: self.document,
            value: element.get_ref(),
            line: self.document.line(&element.span()),
            path: self.path.clone(),
        };
        Some(elements.iter().map(element).collect())
    }

    /// The elements of a list, or any other value as the only element.
    pub fn elements(&self) -> Vec<Self> {
        if self.value.is_array() { self.list().unwrap_or_default() } else { vec![self.clone()] }
    }

    pub fn is_list(&self) -> bool {
        self.value.is_array()
    }

    pub fn is_table(&self) -> bool {
        self.value.is_table()
    }

    /// The value as a table.
    pub fn table(&self) -> Option<ConfigTable<'d>> {
        let entries = self.expect("a table", self.value.as_table())?;
        Some(ConfigTable {
            document: self.document,
            entries,
            line: self.line,
            path: self.path.clone(),
            known: Vec::new(),
        })
    }
}

/// An optional table. The outer `None` means that the table has a problem.
pub fn optional<'d, T>(
    table: &mut ConfigTable<'d>,
    key: &'static str,
    read: fn(ConfigTable<'d>) -> Option<T>,
) -> Option<Option<T>> {
    match table.optional(key) {
        Some(entry) => entry.table().and_then(read).map(Some),
        None => Some(None),
    }
}
/// An optional entry, or the default.
pub fn or_default<T>(
    entry: Option<ConfigValue<'_>>,
    default: T,
    read: impl FnOnce(ConfigValue<'_>) -> Option<T>,
) -> Option<T> {
    entry.map_or(Some(default), read)
}

/// An id that MaldoPay assigned.
pub fn id(entry: &ConfigValue<'_>) -> Option<u64> {
    entry.integer(0, i64::MAX).and_then(|id| u64::try_from(id).ok())
}
