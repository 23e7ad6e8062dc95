//! The gateway's two endpoints that an audit reads.

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::web::Web;

/// A site behind a gateway.
#[derive(Clone)]
pub struct SiteClient {
    web: Web,
    url: String,
    key: String,
    site: Option<String>,
}

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

#[derive(Deserialize)]
struct ProblemBody {
    code: String,
    detail: String,
}

impl SiteClient {
    /// The site with this name, or the key's only site.
    pub fn new(url: &str, key: &str, site: Option<&str>) -> Self {
        Self {
            web: Web::new(),
            url: url.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
            site: site.map(ToOwned::to_owned),
        }
    }

    /// The journal page after this number.
    pub async fn journal(&self, after: u64) -> anyhow::Result<JournalPage> {
        let path = format!("/v1/journal?after={after}&limit=500");
        self.get(&path).await?.context("the gateway has no journal: is this the URL of a gateway?")
    }

    /// A payment's history; `None` if it has no entry.
    pub async fn history(&self, reference: &str) -> anyhow::Result<Option<HistoryView>> {
        self.get(&format!("/v1/payments/{reference}/events")).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Option<T>> {
        let site = self.site.iter().map(|site| format!("{}site={site}", if path.contains('?') { '&' } else { '?' }));
        let url = format!("{}{path}{}", self.url, site.collect::<String>());
        let headers = [("authorization".to_owned(), format!("Bearer {}", self.key))];
        let answer = self.web.send("GET", &url, &headers, "").await?;
        match answer.status {
            200 => Ok(Some(
                serde_json::from_str(&answer.body).with_context(|| format!("{url} sent an unexpected answer"))?,
            )),
            404 => Ok(None),
            status => match serde_json::from_str::<ProblemBody>(&answer.body) {
                Ok(refusal) => bail!("{url} answers {status} {}: {}", refusal.code, refusal.detail),
                Err(_) => bail!("{url} answers {status}"),
            },
        }
    }
}
