//! The gateway's two endpoints that an audit reads.

use anyhow::Context as _;
use serde::Deserialize;

use crate::gateway::SiteClient;

/// A page of the journal.
#[derive(Debug, Deserialize)]
pub struct JournalPage {
    pub entries: Vec<JournalEntryView>,
    /// The start of the next page.
    pub next: u64,
    /// The last number of the journal.
    pub last: u64,
}

/// The fields of a journal entry that an audit uses.
#[derive(Debug, Deserialize)]
pub struct JournalEntryView {
    pub number: u64,
    /// The payment; `None` for a slot without an entry.
    pub reference: Option<String>,
    /// The sequence number of the payment's entry that was written with it; 0 if there is none.
    #[serde(default)]
    pub sequence: u64,
}

/// The fields of a payment's history that an audit uses.
#[derive(Debug, Deserialize)]
pub struct HistoryView {
    pub events: Vec<EntryView>,
    /// The gateway's verdict on the entries.
    pub audit: VerdictView,
}

/// An entry of a history.
#[derive(Debug, Deserialize)]
pub struct EntryView {
    pub sequence: u64,
    /// Whether the raw callback or answer was erased.
    #[serde(default)]
    pub erased: bool,
}

/// The gateway's verdict.
#[derive(Debug, Default, Deserialize)]
pub struct VerdictView {
    /// Entries that were changed after they were written.
    pub changed: Vec<u64>,
    /// Numbers without an entry.
    pub missing: Vec<u64>,
    /// Entries beyond the counter.
    pub beyond: Vec<u64>,
}

/// The journal page after this number.
pub async fn journal(site: &SiteClient, after: u64) -> anyhow::Result<JournalPage> {
    let query = [("after", after.to_string()), ("limit", "500".to_owned())];
    let page = site.get_if_there("/v1/journal", &query).await?;
    page.context("the gateway has no journal: is --url the URL of a gateway?")
}

/// A payment's history; `None` if it has no entry.
pub async fn history(site: &SiteClient, reference: &str) -> anyhow::Result<Option<HistoryView>> {
    site.get_if_there(&format!("/v1/payments/{reference}/events"), &[]).await
}
