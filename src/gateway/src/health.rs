//! `GET /healthz`: alive. `GET /readyz`: the configuration and the store can be used, and how far behind each site is.

use serde::Serialize;
use tollbridge_ledger::Ledger;

use crate::answer::Response;
use crate::config::{Config, ConfigProblem, Site};
use crate::drain::PauseView;
use crate::ports::Ports;
use crate::salesforce::Pause;

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    problems: Vec<ConfigProblem>,
    sites: Vec<SiteReady>,
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
}

/// `GET /healthz`
pub fn alive() -> Response {
    Response::json(200, &Ready { status: "alive", problems: Vec::new(), sites: Vec::new() })
}

/// `GET /readyz`. It names no secret, so anybody who deploys may read it.
pub fn ready(ports: Ports<'_>, config: &Result<Config, Vec<ConfigProblem>>) -> Response {
    let mut ready = Ready { status: "ready", problems: Vec::new(), sites: Vec::new() };
    match config {
        Err(problems) => ready.problems.clone_from(problems),
        Ok(config) => {
            for site in config.sites() {
                let ledger = Ledger::new(ports.store, ports.clock, ports.random, site.name.clone(), site.ledger_keys());
                match site_ready(ports, site, &ledger) {
                    Ok(site) => ready.sites.push(site),
                    Err(error) => ready
                        .problems
                        .push(ConfigProblem { at: format!("store: {}", site.name), problem: error.to_string() }),
                }
            }
        }
    }
    if ready.problems.is_empty() {
        Response::json(200, &ready)
    } else {
        ready.status = "not ready";
        Response::json(503, &ready)
    }
}

fn site_ready(ports: Ports<'_>, site: &Site, ledger: &Ledger<'_>) -> Result<SiteReady, tollbridge_ledger::StoreError> {
    let cursor = ledger.cursor()?;
    let first = ledger.journal_after(cursor, 1)?.into_iter().next().and_then(|numbered| numbered.entry);
    let now = ports.clock.now().milliseconds();
    let age = first.map_or(0, |entry| now.saturating_sub(entry.at.milliseconds()).div_euclid(1000));
    Ok(SiteReady {
        site: ledger.site().to_string(),
        after_cursor: ledger.last_journal_number()?.saturating_sub(cursor),
        oldest_seconds: age,
        paused: Pause::of(ports, site)?.map(Into::into),
    })
}
