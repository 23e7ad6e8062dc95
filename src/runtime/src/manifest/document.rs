//! The manifest's TOML structure. Unknown keys are refused by name: ignoring a key that Spin honours would serve a
//! different application than the manifest describes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManifestDocument {
    pub(super) spin_manifest_version: u32,
    pub(super) application: ApplicationTable,
    #[serde(default)]
    pub(super) variables: BTreeMap<String, Variable>,
    pub(super) trigger: Triggers,
    pub(super) component: BTreeMap<String, ComponentTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationTable {
    pub(super) name: String,
    #[serde(default, rename = "version")]
    _version: Option<IgnoredAny>,
    #[serde(default, rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(default, rename = "authors")]
    _authors: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    #[serde(default)]
    pub(super) default: Option<String>,
    #[serde(default)]
    pub(super) required: bool,
    // Secrecy affects how a variable is stored and shown, and this runtime does neither.
    #[serde(default, rename = "secret")]
    _secret: bool,
    #[serde(default, rename = "description")]
    _description: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Triggers {
    #[serde(default)]
    pub(super) http: Vec<HttpTrigger>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HttpTrigger {
    pub(super) route: String,
    pub(super) component: String,
    #[serde(default, rename = "id")]
    _id: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ComponentTable {
    pub(super) source: String,
    #[serde(default)]
    pub(super) allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    pub(super) key_value_stores: BTreeSet<String>,
    #[serde(default)]
    pub(super) variables: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) dependencies: BTreeMap<String, DependencyTable>,
    #[serde(default, rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(default, rename = "build")]
    _build: Option<IgnoredAny>,
    #[serde(default, rename = "tool")]
    _tool: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table with the `path` of a file (dependencies are not fetched from a registry)"
)]
pub(super) struct DependencyTable {
    pub(super) path: String,
    #[serde(default)]
    pub(super) export: Option<String>,
}
