//! `PUT /v1/mappings/{name}`, `POST …/activate`, `POST …/rollback`.

use serde::Serialize;
use tollbridge_domain::MappingName;
use tollbridge_ledger::{ActiveMapping, Ledger, MAX_MAPPINGS};

use super::show::VersionView;
use crate::http::body::{Body, body_problem};
use crate::http::fields::{Fields, invalid};
use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::http::routes::mapping_not_found;
use crate::ports::Ports;
use crate::tracing::Trace;

/// The longest document, in bytes.
const LONGEST: usize = 64 * 1024;

/// Checks a document and keeps it as the next version. It is not in force by that.
///
/// # Errors
/// It is no text, too long or wrong, with every problem that it has; or the store does not answer.
pub fn store(
    ports: Ports<'_>,
    ledger: &Ledger<'_>,
    trace: &Trace,
    request: &Request,
    name: &MappingName,
) -> Result<Response, Problem> {
    let bytes = request.body.as_ref().map_err(|fault| body_problem(*fault))?;
    let text = core::str::from_utf8(bytes)
        .map_err(|_| Problem::new(422, "mapping_refused", "the document is not UTF-8 text"))?;
    if text.trim().is_empty() {
        return Err(Problem::new(422, "mapping_refused", "the document is empty: send it as the body of the request"));
    }
    if text.len() > LONGEST {
        return Err(Problem::new(413, "body_too_large", format!("the document is longer than {} KiB", LONGEST / 1024)));
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
    let view = VersionView::new(name, &version);
    Ok(Response::json(if is_new { 201 } else { 200 }, &view).with_header("location", location))
}

/// What is in force now.
#[derive(Serialize)]
struct InForce {
    name: String,
    version: u64,
    since: String,
    previous: Option<u64>,
}

fn in_force(name: &MappingName, active: &ActiveMapping) -> Response {
    let since = active.since.to_string();
    Response::json(200, &InForce { name: name.to_string(), version: active.version, since, previous: active.previous })
}

/// Puts a version in force: the one that the body names, or the last.
///
/// # Errors
/// There is no such version, the body is something else, or the store does not answer.
pub fn activate(
    ledger: &Ledger<'_>,
    trace: &Trace,
    request: &Request,
    name: &MappingName,
) -> Result<Response, Problem> {
    let body = Body::of_optional(request)?;
    let version = match Fields::root(&body.value, &["version"])?.given("version")? {
        Some(version) => version.as_u64().ok_or_else(|| invalid("version", "write a whole number"))?,
        None => ledger.latest_mapping(name)?.ok_or_else(mapping_not_found)?.version,
    };
    let active = ledger.activate_mapping(name, version, &trace.correlation_id)?;
    Ok(in_force(name, &active))
}

/// Puts the version in force again that was so before.
///
/// # Errors
/// There was none, or the store does not answer.
pub fn roll_back(ledger: &Ledger<'_>, trace: &Trace, name: &MappingName) -> Result<Response, Problem> {
    let active = ledger.roll_mapping_back(name, &trace.correlation_id)?;
    Ok(in_force(name, &active))
}
