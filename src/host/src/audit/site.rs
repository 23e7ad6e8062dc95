//! The two questions that an audit asks of a gateway.

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::web::Web;

/// A site behind a gateway.
#[derive(Clone)]
pub struct Site {
    web: Web,
    url: String,
    key: String,
    site: Option<String>,
}

/// A page of the journal.
#[derive(Debug, Deserialize)]
pub struct JournalPage {
    /// The entries.
    pub entries: Vec<JournalEntry>,
    /// Where to go on.
    pub next: u64,
    /// The last number of the journal.
    pub last: u64,
}

/// A journal entry, as far as an audit looks at it.
#[derive(Debug, Deserialize)]
pub struct JournalEntry {
    /// Its number.
    pub number: u64,
    /// The payment; none where nothing is written under the number.
    pub reference: Option<String>,
    /// The payment's entry that was written with it; 0 or none where none was.
    #[serde(default)]
    pub sequence: u64,
}

/// A payment's history, as far as an audit looks at it.
#[derive(Debug, Deserialize)]
pub struct History {
    /// The entries that are there.
    pub events: Vec<Entry>,
    /// What the gateway says of them.
    pub audit: Verdict,
}

/// An entry of a history.
#[derive(Debug, Deserialize)]
pub struct Entry {
    /// Its number.
    pub sequence: u64,
    /// Whether what MaldoPay sent was erased.
    #[serde(default)]
    pub erased: bool,
}

/// The gateway's verdict.
#[derive(Debug, Default, Deserialize)]
pub struct Verdict {
    /// Entries that are not as they were written.
    pub changed: Vec<u64>,
    /// Numbers without an entry.
    pub missing: Vec<u64>,
    /// Entries beyond the counter.
    pub beyond: Vec<u64>,
}

#[derive(Deserialize)]
struct Refusal {
    code: String,
    detail: String,
}

impl Site {
    /// The site of this name, or the key's only one.
    pub fn new(url: &str, key: &str, site: Option<&str>) -> Self {
        Self {
            web: Web::new(),
            url: url.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
            site: site.map(ToOwned::to_owned),
        }
    }

    /// The journal after this number.
    pub async fn journal(&self, after: u64) -> anyhow::Result<JournalPage> {
        let path = format!("/v1/journal?after={after}&limit=500");
        self.get(&path).await?.context("the gateway has no journal: is the URL that of a gateway?")
    }

    /// A payment's history; none where there is no entry of it at all.
    pub async fn history(&self, reference: &str) -> anyhow::Result<Option<History>> {
        self.get(&format!("/v1/payments/{reference}/events")).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Option<T>> {
        let site = self.site.iter().map(|site| format!("{}site={site}", if path.contains('?') { '&' } else { '?' }));
        let url = format!("{}{path}{}", self.url, site.collect::<String>());
        let headers = [("authorization".to_owned(), format!("Bearer {}", self.key))];
        let answer = self.web.send("GET", &url, &headers, "").await?;
        match answer.status {
            200 => {
                Ok(Some(serde_json::from_str(&answer.body).with_context(|| format!("{url} answers something else"))?))
            }
            404 => Ok(None),
            status => match serde_json::from_str::<Refusal>(&answer.body) {
                Ok(refusal) => bail!("{url} answers {status} {}: {}", refusal.code, refusal.detail),
                Err(_) => bail!("{url} answers {status}"),
            },
        }
    }
}
