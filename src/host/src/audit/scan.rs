//! Reads the journal from its first entry to its last, and each payment that it names once.

use std::collections::BTreeSet;

use indicatif::ProgressBar;
use tokio::task::JoinSet;

use super::findings::Findings;
use super::site::{HistoryView, history, journal};
use crate::gateway::SiteClient;

/// The number of histories that are requested at once.
const AT_ONCE: usize = 8;

/// Reads the whole journal.
///
/// # Errors
/// The gateway does not answer, or refuses.
pub async fn scan(site: &SiteClient, bar: &ProgressBar) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut after = 0;
    loop {
        let page = journal(site, after).await?;
        if page.entries.is_empty() {
            break;
        }
        bar.set_length(page.last);
        let mut new = Vec::new();
        for entry in page.entries {
            match entry.reference {
                None => findings.unwritten_journal_number(entry.number),
                Some(reference) => {
                    findings.journal_names(&reference, entry.sequence);
                    // A refused command has no entry.
                    if entry.sequence > 0 && seen.insert(reference.clone()) {
                        new.push(reference);
                    }
                }
            }
        }
        for (reference, history) in histories(site, new).await? {
            findings.history(&reference, history);
        }
        after = page.next;
        bar.set_position(after);
        bar.set_message(format!("{} payments", seen.len()));
    }
    for (reference, history) in histories(site, findings.to_recheck()).await? {
        findings.history(&reference, history);
    }
    Ok(findings)
}

async fn histories(site: &SiteClient, references: Vec<String>) -> anyhow::Result<Vec<(String, Option<HistoryView>)>> {
    let mut asked = JoinSet::new();
    let mut waiting = references.into_iter();
    let mut histories = Vec::new();
    loop {
        while asked.len() < AT_ONCE
            && let Some(reference) = waiting.next()
        {
            let site = site.clone();
            asked.spawn(async move { history(&site, &reference).await.map(|history| (reference, history)) });
        }
        match asked.join_next().await {
            Some(history) => histories.push(history??),
            None => return Ok(histories),
        }
    }
}
