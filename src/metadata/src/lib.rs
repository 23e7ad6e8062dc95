//! Salesforce's metadata in source format, made from the one table of fields in `tollbridge-records`: objects, fields,
//! validation rules, permission sets, and the translations of what they say. Only `project` reads files, and only the
//! program beside it writes them.
//!
//! What an administrator arranges rather than Tollbridge (layouts, list views, tabs, reports) is kept by hand there.

mod custom_fields;
mod languages;
mod objects;
mod package_fields;
mod page;
mod permission_sets;
mod project;
mod translations;
mod validation_rules;
mod xml;

use std::collections::BTreeMap;

pub use languages::{Language, LanguageError};
pub use page::permission_sets as permission_sets_section;
pub use permission_sets::{
    Access, ClassGrant, FieldGrant, Fields, ObjectGrant, PERMISSION_SETS, PermissionSet, UserPermission, granted_fields,
};
pub use project::{MARK, Project};
pub use validation_rules::{Condition, ValidationRule, validation_rules};

/// Every generated file, by its path below `salesforce/`.
pub type Files = BTreeMap<String, String>;

/// A directory of the project that is installed by itself, because it needs something that not every organisation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Package {
    /// What every organisation needs.
    Core,
    /// What an organisation with Salesforce's Invoice needs besides.
    Invoice,
}

impl Package {
    /// Both, in the order in which they are installed.
    pub const ALL: [Self; 2] = [Self::Core, Self::Invoice];

    /// The directory.
    #[must_use]
    pub fn directory(self) -> &'static str {
        match self {
            Self::Core => "tollbridge",
            Self::Invoice => "tollbridge-invoice",
        }
    }

    /// The path of a file in it.
    fn path(self, rest: &str) -> String {
        format!("{}/main/default/{rest}", self.directory())
    }
}

/// The most digits of a number, before and after the point together.
pub const DIGITS: usize = 18;

/// The fields of an object that the package installs. Salesforce's own `CurrencyIsoCode` is none of them.
#[must_use]
pub fn fields(object: &str) -> Vec<tollbridge_records::Field> {
    objects::fields_of(object).map(|(_, field)| field).collect()
}

/// All generated files.
///
/// # Errors
/// A language lacks the translation of a text, or translates a text that is not there.
pub fn files(languages: &[Language]) -> Result<Files, LanguageError> {
    let mut files = Files::new();
    objects::write(&mut files);
    permission_sets::write(&mut files);
    for language in languages {
        translations::write(language, &mut files)?;
    }
    Ok(files)
}
