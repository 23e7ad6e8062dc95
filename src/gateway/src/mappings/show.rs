//! Shows mapping documents and their versions: `GET /v1/mappings`, `GET /v1/mappings/{name}`,
//! `GET /v1/mappings/{name}/versions/{version}`.

use serde::Serialize;
use tollbridge_domain::MappingName;
use tollbridge_ledger::{Ledger, MappingDocument, MappingVersion};

use super::notice::MappingRole;
use crate::config::Site;
use crate::http::message::Response;
use crate::http::problem::Problem;
use crate::http::routes::mapping_not_found;

/// How many of the latest versions are listed.
const LISTED_VERSIONS: u64 = 50;

#[derive(Serialize)]
struct MappingsView {
    mappings: Vec<MappingView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MappingView {
    name: String,
    latest: u64,
    active: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<u64>,
    /// The key of the configuration that names it; absent if the site does not use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    configured_as: Option<&'static str>,
}

impl MappingView {
    fn of(site: &Site, mapping: &MappingDocument) -> Self {
        let active = mapping.active.as_ref();
        Self {
            name: mapping.name.to_string(),
            latest: mapping.latest,
            active: active.map(|active| active.version),
            active_since: active.map(|active| active.since.to_string()),
            previous: active.and_then(|active| active.previous),
            configured_as: MappingRole::of(site, &mapping.name).key(),
        }
    }
}

/// A version without its text.
#[derive(Serialize)]
pub struct VersionView {
    name: String,
    version: u64,
    digest: String,
    at: String,
}

impl VersionView {
    /// The view of a version.
    pub fn new(name: &MappingName, version: &MappingVersion) -> Self {
        Self {
            name: name.to_string(),
            version: version.version,
            digest: version.digest.clone(),
            at: version.at.to_string(),
        }
    }
}

#[derive(Serialize)]
struct WholeMapping {
    #[serde(flatten)]
    mapping: MappingView,
    /// The latest versions, newest first.
    versions: Vec<VersionView>,
}

/// All documents of the site.
///
/// # Errors
/// The store does not answer.
pub fn list(site: &Site, ledger: &Ledger<'_>) -> Result<Response, Problem> {
    let mappings = ledger.mappings()?.iter().map(|mapping| MappingView::of(site, mapping)).collect();
    Ok(Response::json(200, &MappingsView { mappings }))
}

/// One document with its versions.
///
/// # Errors
/// There is no document of this name, or the store does not answer.
pub fn show(site: &Site, ledger: &Ledger<'_>, name: &MappingName) -> Result<Response, Problem> {
    let mapping = ledger.mapping(name)?.ok_or_else(mapping_not_found)?;
    let first = mapping.latest.saturating_sub(LISTED_VERSIONS).saturating_add(1);
    let versions = ledger.mapping_versions(name, first, mapping.latest)?;
    let versions = versions.iter().rev().map(|version| VersionView::new(name, version)).collect();
    Ok(Response::json(200, &WholeMapping { mapping: MappingView::of(site, &mapping), versions }))
}

/// The text of a version, as it was stored.
///
/// # Errors
/// There is no such version, or the store does not answer.
pub fn version(ledger: &Ledger<'_>, name: &MappingName, version: u64) -> Result<Response, Problem> {
    let version = ledger.mapping_version(name, version)?.ok_or_else(mapping_not_found)?;
    let text = Response::text(200, &version.text);
    Ok(Response { headers: vec![("content-type".to_owned(), "application/toml".to_owned())], ..text })
}
