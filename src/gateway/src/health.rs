//! `GET /healthz`: alive. `GET /readyz`: whether the configuration and the store are usable, and for authenticated
//! callers the problems and the backlog of each site.

use serde::Serialize;
use tollbridge_ledger::Ledger;

use crate::clocks::{ClockReadings, ClocksView};
use crate::config::{Config, ConfigProblem, MappingSettings, Site};
use crate::http::message::Response;
use crate::outbox::CircuitBreakerView;
use crate::ports::Ports;
use crate::salesforce::CircuitBreaker;

#[derive(Serialize)]
struct ReadinessView {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<ConfigProblem>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sites: Option<Vec<SiteView>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SiteView {
    site: String,
    /// Journal entries after the drain's cursor. Each is synced already, or waits for the drain.
    after_cursor: u64,
    /// The age of the first of them, in seconds.
    oldest_seconds: i64,
    /// Why the circuit breaker is open; absent while it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<CircuitBreakerView>,
    /// What will break for this site although the gateway can serve it. It does not make the gateway unready: whoever
    /// stores a missing document does so by way of this gateway.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ConfigProblem>,
    /// How far the clock of the host of the last drain is from the others, by the stored readings.
    #[serde(skip_serializing_if = "Option::is_none")]
    clocks: Option<ClocksView>,
}

/// `GET /healthz`
pub fn alive() -> Response {
    Response::json(200, &ReadinessView { status: "alive", problems: Some(Vec::new()), sites: Some(Vec::new()) })
}

/// Who requests `/readyz`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A caller with a site's key.
    Authenticated,
    /// Anybody else, such as a load balancer.
    Anonymous,
}

impl Viewer {
    /// Whether the viewer may see this problem. Everybody may see that a secret is a published one: whoever deployed
    /// the gateway with it has no other key to authenticate with.
    pub fn may_see(self, problem: &ConfigProblem) -> bool {
        self == Self::Authenticated || problem.is_published_secret()
    }
}

/// `GET /readyz`. The response contains no secret, but the sites, their volume and their problems are not for
/// everybody.
pub fn ready(ports: Ports<'_>, config: &Result<Config, Vec<ConfigProblem>>, viewer: Viewer) -> Response {
    let (mut problems, mut sites) = (Vec::new(), Vec::new());
    match config {
        Err(found) => problems.clone_from(found),
        Ok(config) => {
            for site in config.sites() {
                let ledger = Ledger::new(ports.store, ports.clock, ports.random, site.name.clone(), site.ledger_keys());
                match site_view(ports, site, &ledger) {
                    Ok(view) => sites.push(view),
                    Err(error) => {
                        problems.push(ConfigProblem { at: format!("store: {}", site.name), problem: error.to_string() })
                    }
                }
            }
        }
    }
    let (code, status) = if problems.is_empty() { (200, "ready") } else { (503, "not ready") };
    let is_authenticated = viewer == Viewer::Authenticated;
    problems.retain(|problem| viewer.may_see(problem));
    let shows_problems = is_authenticated || !problems.is_empty();
    let problems = shows_problems.then_some(problems);
    Response::json(code, &ReadinessView { status, problems, sites: is_authenticated.then_some(sites) })
}

fn site_view(ports: Ports<'_>, site: &Site, ledger: &Ledger<'_>) -> Result<SiteView, tollbridge_ledger::StoreError> {
    let cursor = ledger.cursor()?;
    let first = ledger.journal_after(cursor, 1)?.into_iter().next().and_then(|slot| slot.entry);
    let now = ports.clock.now().milliseconds();
    let age = first.map_or(0, |entry| now.saturating_sub(entry.at.milliseconds()).div_euclid(1000));
    let (breaker, readings) = CircuitBreaker::of_with(ports, site, ClockReadings::key(site))?;
    Ok(SiteView {
        site: ledger.site().to_string(),
        after_cursor: ledger.last_journal_number()?.saturating_sub(cursor),
        oldest_seconds: age,
        paused: breaker.map(Into::into),
        problems: missing_documents(site, ledger)?,
        clocks: ClocksView::of(ClockReadings::read(readings)),
    })
}

/// The mapping documents that the site names and that its payments cannot be mapped by.
fn missing_documents(site: &Site, ledger: &Ledger<'_>) -> Result<Vec<ConfigProblem>, tollbridge_ledger::StoreError> {
    let MappingSettings { document, shadow } = &site.mapping;
    let (active, latest) = ledger.active_mappings(document.as_ref(), shadow.as_ref())?;
    let mut missing = Vec::new();
    for (key, name, is_there, problem) in [
        ("document", document, active.is_some(), "no version is active, so payments wait: store and activate it, PUT "),
        ("shadow", shadow, latest.is_some(), "not stored, so nothing is compared: PUT "),
    ] {
        if let Some(name) = name.as_ref().filter(|_| !is_there) {
            missing.push(ConfigProblem {
                at: ["config: sites.", site.name.as_str(), ".mapping.", key].concat(),
                problem: [problem, "/v1/mappings/", name.as_str()].concat(),
            });
        }
    }
    Ok(missing)
}
