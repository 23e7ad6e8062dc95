//! Parses the tables of a TOML text key by key, and collects every problem with its document, line and key.

use core::cell::RefCell;
use core::fmt::Display;

use tollbridge_toml::{Arena, TomlKind, TomlValue};

use super::ConfigProblem;

/// Whether errors may repeat a document's values and unknown keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// They may, to help whoever corrects the document.
    Public,
    /// They may not: any of them may be a secret in the wrong place.
    Secret,
}

/// What examples have in the place of a value.
const PLACEHOLDER: char = '…';
const LEFT_OUT: &str = "… stands for a value that an example leaves out: write the value";

/// One of the two texts of the configuration.
pub struct ConfigDocument<'t> {
    name: &'static str,
    visibility: Visibility,
    toml: Option<tollbridge_toml::TomlDocument<'t>>,
    /// By line, and those of one line in the order in which they were found.
    problems: RefCell<Vec<(usize, ConfigProblem)>>,
}

impl<'t> ConfigDocument<'t> {
    /// Parses the text as TOML. Where that fails, only the first error is reported, since later ones mostly follow from
    /// it.
    pub fn read(name: &'static str, text: &'t str, visibility: Visibility, arena: &'t Arena) -> Self {
        let mut document = Self { name, visibility, toml: None, problems: RefCell::default() };
        match tollbridge_toml::TomlDocument::parse(text, arena) {
            Ok(toml) => document.toml = Some(toml),
            Err(errors) => {
                for error in errors.iter().take(1) {
                    let line = text.lines().nth(error.line.saturating_sub(1)).unwrap_or_default();
                    let detail = match visibility {
                        _ if line.contains(PLACEHOLDER) => LEFT_OUT,
                        Visibility::Public => &error.message,
                        Visibility::Secret => "docs/configuration.md gives the form",
                    };
                    document.report(error.line, "", &format!("not TOML: {detail}"));
                }
            }
        }
        document
    }

    /// The outermost table; none where the text is not TOML.
    pub fn root(&self) -> Option<ConfigTable<'_>> {
        Some(ConfigTable { document: self, toml: self.toml.as_ref()?.root(), path: String::new() })
    }

    /// All problems, by line.
    pub fn problems(self) -> Vec<ConfigProblem> {
        self.problems.into_inner().into_iter().map(|(_, problem)| problem).collect()
    }

    fn report(&self, line: usize, path: &str, problem: &str) {
        let mut at = format!("{}: line {line}", self.name);
        if !path.is_empty() {
            at.push_str(": ");
            at.push_str(path);
        }
        let mut problems = self.problems.borrow_mut();
        let place = problems.partition_point(|(before, _)| *before <= line);
        problems.insert(place, (line, ConfigProblem { at, problem: problem.to_owned() }));
    }
}

/// A table of a document. Its keys are read by name, and [`ConfigTable::end`] refuses those that were not read.
pub struct ConfigTable<'d> {
    document: &'d ConfigDocument<'d>,
    toml: tollbridge_toml::TomlTable<'d>,
    path: String,
}

impl<'d> ConfigTable<'d> {
    /// The value of this key, if the table has it.
    pub fn optional(&mut self, key: &'static str) -> Option<ConfigValue<'d>> {
        let value = self.toml.read(key)?;
        Some(self.entry(key, value))
    }

    /// The value of this key. A table without it has a problem.
    pub fn required(&mut self, key: &'static str) -> Option<ConfigValue<'d>> {
        let entry = self.optional(key);
        if entry.is_none() {
            self.document.report(self.toml.line(), &self.below(key), "missing");
        }
        entry
    }

    /// The table under this key. A table without it has a problem.
    pub fn required_table(&mut self, key: &'static str) -> Option<Self> {
        self.required(key)?.table()
    }

    /// All entries of a table whose keys are names, by name. In a secret document, the path of problems omits names that
    /// are not `known`.
    pub fn entries(&self, known: impl Fn(&str) -> bool) -> Vec<(&'d str, ConfigValue<'d>)> {
        let mut entries: Vec<(&str, ConfigValue<'_>)> = Vec::new();
        for (key, value) in self.toml.entries() {
            let is_visible = self.document.visibility == Visibility::Public || known(key.name);
            let entry = self.entry(if is_visible { key.name } else { "…" }, value);
            let place = entries.partition_point(|(before, _)| *before < key.name);
            entries.insert(place, (key.name, entry));
        }
        entries
    }

    /// Refuses every key that was not read.
    pub fn end(self) {
        let known = self.toml.known().join(", ");
        for key in self.toml.unread() {
            match self.document.visibility {
                Visibility::Public => {
                    let problem = format!("unknown key: known are {known}");
                    self.document.report(key.line, &self.below(key.name), &problem);
                }
                Visibility::Secret => {
                    self.document.report(key.line, &self.path, &format!("an unknown key: known are {known}"));
                }
            }
        }
    }

    fn entry(&self, key: &str, value: TomlValue<'d>) -> ConfigValue<'d> {
        ConfigValue { document: self.document, value, path: self.below(key) }
    }

    fn below(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// The value of a key, or an element of a list.
#[derive(Clone)]
pub struct ConfigValue<'d> {
    document: &'d ConfigDocument<'d>,
    value: TomlValue<'d>,
    path: String,
}

impl<'d> ConfigValue<'d> {
    /// Reports a problem: what is wrong and what to do.
    pub fn report(&self, problem: &str) {
        self.document.report(self.value.line(), &self.path, problem);
    }

    /// The line of the value.
    pub fn line(&self) -> usize {
        self.value.line()
    }

    fn expect<T>(&self, wanted: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.report(&format!("{}: write {wanted}", self.value.kind()));
        }
        value
    }

    /// Text, which may be empty. The `…` of an example is no text.
    pub fn text(&self) -> Option<&'d str> {
        let text = self.expect("text in quotation marks", self.value.text())?;
        if text.contains(PLACEHOLDER) {
            self.report(LEFT_OUT);
            return None;
        }
        Some(text)
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
        self.expect("a whole number", (self.value.kind() == TomlKind::Integer).then_some(()))?;
        let number = self.value.integer().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let most = if most == i64::MAX { String::new() } else { format!(" to {most}") };
            self.report(&format!("{}: write a whole number from {least}{most}", self.value.written()));
        }
        number
    }

    /// True or false.
    pub fn boolean(&self) -> Option<bool> {
        self.expect("true or false", self.value.boolean())
    }

    /// The elements of a list.
    pub fn list(&self) -> Option<Vec<Self>> {
        let elements = self.expect("a list in brackets", self.value.list())?;
        let element = |value: TomlValue<'d>| Self { document: self.document, value, path: self.path.clone() };
        Some(elements.map(element).collect())
    }

    /// The elements of a list, or any other value as the only element.
    pub fn elements(&self) -> Vec<Self> {
        if self.is_list() { self.list().unwrap_or_default() } else { vec![self.clone()] }
    }

    pub fn is_list(&self) -> bool {
        self.value.kind() == TomlKind::Array
    }

    pub fn is_table(&self) -> bool {
        self.value.kind() == TomlKind::Table
    }

    /// The value as a table.
    pub fn table(&self) -> Option<ConfigTable<'d>> {
        let toml = self.expect("a table", self.value.table())?;
        Some(ConfigTable { document: self.document, toml, path: self.path.clone() })
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
