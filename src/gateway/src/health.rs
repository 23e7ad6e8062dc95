//! `GET /healthz`: alive. `GET /readyz`: whether the configuration and the store can be used; and to who has a key, what is
//! wrong with them, and how far behind each site is.

use serde::Serialize;
use tollbridge_ledger::Ledger;

use crate::clocks::{ClocksView, Picture};
use crate::config::{Config, ConfigProblem, Site};
use crate::http::message::Response;
use crate::outbox::PauseView;
use crate::ports::Ports;
use crate::salesforce::CircuitBreaker;

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<ConfigProblem>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sites: Option<Vec<SiteReady>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SiteReady {
    site: String,
    /// Journal entries after the drain's cursor; each was told to Salesforce already or waits for the drain.
    after_cursor: u64,
    /// The age of the first of them.
    oldest_seconds: i64,
    /// Why Salesforce is left alone, while it refuses everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<PauseView>,
    /// How far the clock of the host that drained last is from the others, as that drain or one before it measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    clocks: Option<ClocksView>,
}

/// `GET /healthz`
pub fn alive() -> Response {
    Response::json(200, &Ready { status: "alive", problems: Some(Vec::new()), sites: Some(Vec::new()) })
}

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// Somebody with a site's key.
    Known,
    /// Anybody, such as whoever balances the load.
    Anybody,
}

impl Asker {
    /// Whether this may be said to who asks. That a secret is the sandbox's is said to everybody: whoever deployed it so has
    /// no other key to ask with.
    pub fn may_know(self, problem: &ConfigProblem) -> bool {
        self == Self::Known || problem.is_published_secret()
    }
}

/// `GET /readyz`. It names no secret, but sites, their volume and what they struggle with, which is not for everybody.
pub fn ready(ports: Ports<'_>, config: &Result<Config, Vec<ConfigProblem>>, asker: Asker) -> Response {
    let (mut problems, mut sites) = (Vec::new(), Vec::new());
    match config {
        Err(found) => problems.clone_from(found),
        Ok(config) => {
            for site in config.sites() {
                let ledger = Ledger::new(ports.store, ports.clock, ports.random, site.name.clone(), site.ledger_keys());
                match site_ready(ports, site, &ledger) {
                    Ok(site) => sites.push(site),
                    Err(error) => {
                        problems.push(ConfigProblem { at: format!("store: {}", site.name), problem: error.to_string() })
                    }
                }
            }
        }
    }
    let (code, status) = if problems.is_empty() { (200, "ready") } else { (503, "not ready") };
    let is_known = asker == Asker::Known;
    problems.retain(|problem| asker.may_know(problem));
    let said = is_known || !problems.is_empty();
    let ready = Ready { status, problems: said.then_some(problems), sites: is_known.then_some(sites) };
    Response::json(code, &ready)
}

fn site_ready(ports: Ports<'_>, site: &Site, ledger: &Ledger<'_>) -> Result<SiteReady, tollbridge_ledger::StoreError> {
    let cursor = ledger.cursor()?;
    let first = ledger.journal_after(cursor, 1)?.into_iter().next().and_then(|numbered| numbered.entry);
    let now = ports.clock.now().milliseconds();
    let age = first.map_or(0, |entry| now.saturating_sub(entry.at.milliseconds()).div_euclid(1000));
    let (pause, clocks) = CircuitBreaker::with(ports, site, Picture::key(site))?;
    Ok(SiteReady {
        site: ledger.site().to_string(),
        after_cursor: ledger.last_journal_number()?.saturating_sub(cursor),
        oldest_seconds: age,
        paused: pause.map(Into::into),
        clocks: ClocksView::of(Picture::read(clocks)),
    })
}
