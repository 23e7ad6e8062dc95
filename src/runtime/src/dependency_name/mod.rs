//! Parses the names of dependencies in a manifest, and matches them with imports as Spin does.

use std::fmt;
use std::str::FromStr;

use semver::{BuildMetadata, Prerelease, Version};

/// The name of a dependency, which determines the imports that it supplies. Spin processes dependencies in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DependencyName {
    /// The whole name of an import without a package, such as `renamed`.
    Plain(String),
    /// Interfaces of a package.
    Package(Interfaces),
}

/// One interface of a package in one version, or all if the name omits the interface or the version: `shop:parts`,
/// `shop:parts@1.0.0`, `shop:parts/sum`, `shop:parts/sum@1.0.0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Interfaces {
    /// The package's namespace and name.
    package: (String, String),
    version: Option<Version>,
    interface: Option<String>,
}

/// Why a dependency or a component cannot have this name, in Spin's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The name is empty.
    #[error("empty")]
    Empty,
    /// Words are separated by something other than `-`.
    #[error("words must be separated with '-', not '_'")]
    Separator,
    /// A word is empty.
    #[error("'-'-separated words must not be empty")]
    EmptyWord,
    /// A word does not begin with a letter.
    #[error("'-'-separated words must start with an ASCII letter; got {0:?}")]
    FirstCharacter(char),
    /// A character is not allowed in a word.
    #[error("'-'-separated words may only contain alphanumeric ASCII; got {0:?}")]
    Character(char),
    /// A word mixes lower-case and upper-case letters.
    #[error("'-'-separated words must be all lowercase or all UPPERCASE; got {0:?}")]
    Case(String),
    /// The package has no namespace.
    #[error("invalid package ref: missing expected ':'")]
    Namespace,
    /// The namespace or the name of the package is invalid.
    #[error("invalid label: {0}")]
    Label(&'static str),
    /// The version is invalid.
    #[error("{0}")]
    Version(String),
}

/// Why a dependency cannot supply an import of this name, in Spin's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportNameError {
    /// The package has no interface.
    #[error("invalid import name: {0}")]
    Interface(String),
    /// The version is invalid.
    #[error("invalid version in import name: {0}")]
    Version(String),
    /// The plain name is invalid.
    #[error(transparent)]
    Plain(#[from] NameError),
}

impl DependencyName {
    /// The name that Spin registers the dependency under; for a package without its interface and version.
    pub(crate) fn registered(&self) -> String {
        match self {
            Self::Plain(name) => name.clone(),
            Self::Package(Interfaces { package: (namespace, name), .. }) => format!("{namespace}:{name}"),
        }
    }

    /// Whether the name covers all interfaces of its package.
    pub(crate) fn is_whole_package(&self) -> bool {
        matches!(self, Self::Package(Interfaces { interface: None, .. }))
    }

    /// Whether Spin considers both to name the same import.
    pub(crate) fn conflicts_with(&self, other: &DependencyName) -> bool {
        let (Self::Package(one), Self::Package(other)) = (self, other) else {
            return false;
        };
        let other_version =
            one.version.as_ref().zip(other.version.as_ref()).is_some_and(|(one, other)| line(one) != line(other));
        let other_interface =
            one.interface.as_ref().zip(other.interface.as_ref()).is_some_and(|(one, other)| one != other);
        one.package == other.package && !other_version && !other_interface
    }

    /// Whether the dependency supplies the import of this name. Omitted parts of a dependency's name match everything.
    ///
    /// # Errors
    /// Spin cannot parse the import's name.
    pub(crate) fn supplies(&self, import: &str) -> Result<bool, ImportNameError> {
        Ok(match (self, import.parse::<ImportName>()?) {
            (Self::Plain(name), ImportName::Plain(import)) => *name == import,
            (Self::Package(name), ImportName::Package { package, interface, version }) => {
                let (namespace, package_name) = &name.package;
                package == format!("{namespace}:{package_name}")
                    && name.interface.as_ref().is_none_or(|named| *named == interface)
                    && name.version.as_ref().is_none_or(|named| Some(named) == version.as_ref())
            }
            (Self::Plain(_), ImportName::Package { .. }) | (Self::Package(_), ImportName::Plain(_)) => false,
        })
    }
}

impl FromStr for DependencyName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if !text.contains([':', '/']) {
            check_kebab(text)?;
            return Ok(Self::Plain(text.to_owned()));
        }
        let (text, version) = match text.split_once('@') {
            Some((text, version)) => {
                (text, Some(version.parse().map_err(|error: semver::Error| NameError::Version(error.to_string()))?))
            }
            None => (text, None),
        };
        let (package, interface) = match text.split_once('/') {
            Some((package, interface)) => (package, Some(interface)),
            None => (text, None),
        };
        let (namespace, name) = package.split_once(':').ok_or(NameError::Namespace)?;
        check_label(namespace)?;
        check_label(name)?;
        interface.map_or(Ok(()), check_kebab)?;
        let package = (namespace.to_owned(), name.to_owned());
        Ok(Self::Package(Interfaces { package, version, interface: interface.map(str::to_owned) }))
    }
}

impl fmt::Display for DependencyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(name) => formatter.write_str(name),
            Self::Package(Interfaces { package: (namespace, name), version, interface }) => {
                write!(formatter, "{namespace}:{name}")?;
                interface.iter().try_for_each(|interface| write!(formatter, "/{interface}"))?;
                version.iter().try_for_each(|version| write!(formatter, "@{version}"))
            }
        }
    }
}

/// The name of a component's import, as Spin parses it.
enum ImportName {
    Plain(String),
    Package { package: String, interface: String, version: Option<Version> },
}

impl FromStr for ImportName {
    type Err = ImportNameError;

    fn from_str(text: &str) -> Result<Self, ImportNameError> {
        if !text.contains([':', '/']) {
            check_kebab(text)?;
            return Ok(Self::Plain(text.to_owned()));
        }
        let (package, rest) = text.split_once('/').ok_or_else(|| ImportNameError::Interface(text.to_owned()))?;
        let (interface, version) = match rest.split_once('@') {
            Some((interface, version)) => {
                (interface, Some(version.parse().map_err(|_| ImportNameError::Version(text.to_owned()))?))
            }
            None => (rest, None),
        };
        Ok(Self::Package { package: package.to_owned(), interface: interface.to_owned(), version })
    }
}

/// The lowest version that is compatible with this one; all compatible versions share it.
fn line(version: &Version) -> Version {
    let mut line = Version { build: BuildMetadata::EMPTY, ..version.clone() };
    if line.pre == Prerelease::EMPTY {
        if line.major > 0 {
            (line.minor, line.patch) = (0, 0);
        } else if line.minor > 0 {
            line.patch = 0;
        }
    }
    line
}

/// Checks a kebab-case name, as components, plain imports and interfaces have.
pub(crate) fn check_kebab(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.contains('_') {
        return Err(NameError::Separator);
    }
    for word in text.split('-') {
        let mut characters = word.chars();
        let first = characters.next().ok_or(NameError::EmptyWord)?;
        if !first.is_ascii_alphabetic() {
            return Err(NameError::FirstCharacter(first));
        }
        for character in characters {
            if !character.is_ascii_alphanumeric() {
                return Err(NameError::Character(character));
            }
            if character.is_ascii_alphabetic() && character.is_ascii_uppercase() != first.is_ascii_uppercase() {
                return Err(NameError::Case(word.to_owned()));
            }
        }
    }
    Ok(())
}

/// Checks the namespace or the name of a package.
fn check_label(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Label("labels may not be empty"));
    }
    for word in text.split('-') {
        let mut characters = word.chars();
        match characters.next() {
            None => return Err(NameError::Label("dash-separated words may not be empty")),
            Some(first) if !first.is_ascii_lowercase() => {
                return Err(NameError::Label("dash-separated words must begin with an ASCII lowercase letter"));
            }
            Some(_) => {}
        }
        if !characters.all(|character| character.is_ascii_lowercase() || character.is_ascii_digit()) {
            return Err(NameError::Label(
                "dash-separated words may contain only lowercase alphanumeric ASCII characters",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
