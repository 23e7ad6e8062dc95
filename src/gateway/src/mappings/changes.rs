//! Stores, activates and rolls back mapping documents: `PUT /v1/mappings/{name}`, `POST …/activate`, `POST …/rollback`.

use serde::Serialize;
use tollbridge_connector::MAX_DOCUMENT_BYTES;
use tollbridge_domain::MappingName;
use tollbridge_ledger::{ActiveMapping, Ledger, MAX_MAPPINGS};

use super::notice;
use super::show::VersionView;
use crate::config::Site;
use crate::http::body::{Body, body_problem};
use crate::http::fields::{BodyObject, invalid};
use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::http::routes::mapping_not_found;
use crate::ports::Ports;
use crate::tracing::Trace;

/// Checks a document and stores it as the next version. Storing does not activate it.
///
/// # Errors
/// It is not text, too long, or invalid, with every problem that was found; or the store does not answer.
pub fn store(
    ports: Ports<'_>,
    site: &Site,
    ledger: &Ledger<'_>,
    trace: &Trace,
    request: &Request,
    name: &MappingName,
) -> Result<Response, Problem> {
    let bytes = request.body.as_ref().map_err(|fault| body_problem(*fault))?;
    let text = core::str::from_utf8(bytes)
        .map_err(|_| Problem::new(422, "mapping_refused", "the document is not UTF-8 text"))?;
    if text.trim().is_empty() {
        return Err(Problem::new(
            422,
            "mapping_refused",
            "the document is empty: write a name and at least one record",
        ));
    }
    if text.len() > MAX_DOCUMENT_BYTES {
        let detail = format!("the document is longer than {} KiB", MAX_DOCUMENT_BYTES / 1024);
        return Err(Problem::new(413, "body_too_large", detail));
    }
    if let Err(problems) = ports.documents.check(text) {
        let problem = Problem::new(422, "mapping_refused", "the document cannot be mapped by: see problems");
        return Err(Problem { problems: problems.into(), ..problem });
    }
    let is_known = ledger.latest_mapping(name)?.is_some();
    if !is_known && u64::try_from(ledger.mappings()?.len()).is_ok_and(|there| there >= MAX_MAPPINGS) {
        let detail = format!("a site has at most {MAX_MAPPINGS} mappings: store this as a version of one of them");
        return Err(Problem::new(409, "too_many_mappings", detail));
    }
    let (version, is_new) = ledger.store_mapping(name, text, &trace.correlation_id)?;
    let location = format!("/v1/mappings/{name}/versions/{}", version.version);
    let active = ledger.mapping(name)?.and_then(|mapping| mapping.active);
    let notice = notice::of_stored(site, name, text, version.version, active.as_ref());
    let view = StoredView { version: VersionView::new(name, &version), notice };
    Ok(Response::json(if is_new { 201 } else { 200 }, &view).with_header("location", location))
}

/// The stored version.
#[derive(Serialize)]
struct StoredView {
    #[serde(flatten)]
    version: VersionView,
    notice: String,
}

/// The active version.
#[derive(Serialize)]
struct ActiveView {
    name: String,
    version: u64,
    since: String,
    previous: Option<u64>,
    notice: String,
}

fn active_view(site: &Site, name: &MappingName, active: &ActiveMapping) -> Response {
    let view = ActiveView {
        name: name.to_string(),
        version: active.version,
        since: active.since.to_string(),
        previous: active.previous,
        notice: notice::of_activated(site, name),
    };
    Response::json(200, &view)
}

/// Activates the version that the body names, or else the latest.
///
/// # Errors
/// There is no such version, the body is invalid, or the store does not answer.
pub fn activate(
    site: &Site,
    ledger: &Ledger<'_>,
    trace: &Trace,
    request: &Request,
    name: &MappingName,
) -> Result<Response, Problem> {
    let body = Body::of_optional(request)?;
    let version = match BodyObject::root(&body.value, &["version"])?.given("version")? {
        Some(version) => version.as_u64().ok_or_else(|| invalid("version", "write a whole number"))?,
        None => ledger.latest_mapping(name)?.ok_or_else(mapping_not_found)?.version,
    };
    let active = ledger.activate_mapping(name, version, &trace.correlation_id)?;
    Ok(active_view(site, name, &active))
}

/// Activates the version that was active before.
///
/// # Errors
/// There is none, or the store does not answer.
pub fn roll_back(site: &Site, ledger: &Ledger<'_>, trace: &Trace, name: &MappingName) -> Result<Response, Problem> {
    let active = ledger.roll_mapping_back(name, &trace.correlation_id)?;
    Ok(active_view(site, name, &active))
}
