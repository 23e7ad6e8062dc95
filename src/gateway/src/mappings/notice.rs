//! Says what storing, activating or comparing a document does, and what it does not. Only the configuration decides
//! which documents a site uses.

use tollbridge_domain::MappingName;
use tollbridge_ledger::ActiveMapping;
use tollbridge_toml::{Arena, TomlDocument};

use crate::config::Site;

/// What the site's configuration names a document as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum MappingRole {
    /// `mapping.document`: payments are mapped by it.
    Document,
    /// `mapping.shadow`: it is compared and writes nothing.
    Shadow,
    /// Nothing.
    Unused,
}

impl MappingRole {
    /// The role of the document of this name.
    pub fn of(site: &Site, name: &MappingName) -> Self {
        if site.mapping.document.as_ref() == Some(name) {
            Self::Document
        } else if site.mapping.shadow.as_ref() == Some(name) {
            Self::Shadow
        } else {
            Self::Unused
        }
    }

    /// The key of the configuration that names it.
    pub fn key(self) -> Option<&'static str> {
        match self {
            Self::Document => Some("document"),
            Self::Shadow => Some("shadow"),
            Self::Unused => None,
        }
    }
}

/// What the configuration names, and how it would name this document.
fn unused(site: &Site, name: &MappingName) -> String {
    let names = site.mapping.document.as_ref().map_or("no mapping document", MappingName::as_str);
    [
        "the configuration of the site does not use ",
        name.as_str(),
        " (it names ",
        names,
        "), so no payment is mapped by it: set mapping = { document = \"",
        name.as_str(),
        "\" }",
    ]
    .concat()
}

/// What follows from storing a version.
pub fn of_stored(site: &Site, name: &MappingName, text: &str, version: u64, active: Option<&ActiveMapping>) -> String {
    let effect = match MappingRole::of(site, name) {
        MappingRole::Document if active.is_some_and(|active| active.version == version) => {
            "stored; this version is in force".to_owned()
        }
        MappingRole::Document => {
            ["stored, and not in force yet: POST /v1/mappings/", name.as_str(), "/activate"].concat()
        }
        MappingRole::Shadow => "stored; the shadow uses it from now on, and writes nothing".to_owned(),
        MappingRole::Unused => ["stored, and without effect: ", &unused(site, name)].concat(),
    };
    match own_name(text).filter(|own| own != name.as_str()) {
        Some(own) => [&effect, ". The document calls itself ", &own, "; it is known here as ", name.as_str()].concat(),
        None => effect,
    }
}

/// What follows from activating a version.
pub fn of_activated(site: &Site, name: &MappingName) -> String {
    match MappingRole::of(site, name) {
        MappingRole::Document => "in force: each payment is mapped by it from its next sync on".to_owned(),
        MappingRole::Shadow => {
            "activated, and without effect: the configuration uses it as the shadow, which is always the last stored \
             version and writes nothing"
                .to_owned()
        }
        MappingRole::Unused => ["activated, and without effect: ", &unused(site, name)].concat(),
    }
}

/// Why there are no new differences; none if the document is the shadow.
pub fn of_differences(site: &Site, name: &MappingName) -> Option<String> {
    if site.mapping.shadow.as_ref() == Some(name) {
        return None;
    }
    let shadow = site.mapping.shadow.as_ref().map_or("none", MappingName::as_str);
    Some(
        [
            name.as_str(),
            " is not the site's shadow (that is ",
            shadow,
            "), so nothing is compared with it; set mapping.shadow = \"",
            name.as_str(),
            "\". What is listed is from the time when it was the shadow",
        ]
        .concat(),
    )
}

/// The name that a document gives itself. The check of the document has found that it is a name.
fn own_name(text: &str) -> Option<String> {
    let arena = Arena::new();
    let document = TomlDocument::parse(text, &arena).ok()?;
    document.root().read("name")?.text().map(ToOwned::to_owned)
}
