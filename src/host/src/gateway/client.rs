//! Requests to one site of a gateway. A refusal becomes an error that says what to do, with the option to change.

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::web::{Web, WebResponse, WebUrl};

/// A site behind a gateway.
#[derive(Clone)]
pub struct SiteClient {
    web: Web,
    url: WebUrl,
    key: String,
    site: Option<String>,
}

/// A problem as the gateway reports it.
#[derive(Deserialize)]
struct ProblemBody {
    code: String,
    detail: String,
    #[serde(default)]
    field: Option<String>,
    #[serde(default)]
    problems: Vec<ProblemItem>,
}

/// One of several problems: of a field of the request, or of a place in a document.
#[derive(Deserialize)]
struct ProblemItem {
    field: String,
    detail: String,
}

impl SiteClient {
    /// The site with this name, or the key's only site.
    pub fn new(url: &WebUrl, key: &str, site: Option<&str>) -> Self {
        let site = site.map(ToOwned::to_owned);
        Self { web: Web::new(), url: url.clone(), key: key.to_owned(), site }
    }

    /// The body of the response to a `GET`.
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> anyhow::Result<String> {
        self.accepted(self.send("GET", path, query, None).await?)
    }

    /// The same, or nothing if there is nothing at the path.
    pub async fn get_if_there<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> anyhow::Result<Option<T>> {
        let response = self.send("GET", path, query, None).await?;
        if response.status == 404 {
            return Ok(None);
        }
        Ok(Some(read(&self.accepted(response)?)?))
    }

    /// Posts a JSON body, or none.
    pub async fn post(&self, path: &str, query: &[(&str, String)], body: Option<&Value>) -> anyhow::Result<String> {
        let body = body.map(|body| ("application/json", body.to_string()));
        self.accepted(self.send("POST", path, query, body).await?)
    }

    /// Puts a TOML text.
    pub async fn put_toml(&self, path: &str, text: String) -> anyhow::Result<String> {
        self.accepted(self.send("PUT", path, &[], Some(("application/toml", text))).await?)
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        query: &[(&str, String)],
        body: Option<(&str, String)>,
    ) -> anyhow::Result<WebResponse> {
        let url = self.address(path, query);
        let mut headers = vec![("authorization".to_owned(), format!("Bearer {}", self.key))];
        let body = body.map_or_else(String::new, |(kind, body)| {
            headers.push(("content-type".to_owned(), kind.to_owned()));
            body
        });
        let sent = self.web.send(method, &url, &headers, body).await;
        sent.with_context(|| format!("the gateway at {} did not answer; --url names another", self.url))
    }

    /// The URL of a path with its query and the site.
    fn address(&self, path: &str, query: &[(&str, String)]) -> String {
        let mut parameters = form_urlencoded::Serializer::new(String::new());
        parameters.extend_pairs(query);
        parameters.extend_pairs(self.site.iter().map(|site| ("site", site)));
        let parameters = parameters.finish();
        let mark = if parameters.is_empty() { "" } else { "?" };
        format!("{}{mark}{parameters}", self.url.with_path(path))
    }

    fn accepted(&self, response: WebResponse) -> anyhow::Result<String> {
        let status = response.status;
        if (200..300).contains(&status) {
            return Ok(response.body);
        }
        match serde_json::from_str::<ProblemBody>(&response.body) {
            Ok(problem) => bail!("{} answers {status} {}", self.url, described(&problem)),
            Err(_) => bail!("{} answers {status}, and not as a gateway does: correct --url", self.url),
        }
    }
}

/// Reads the body of a response.
///
/// # Errors
/// It is not what a gateway of this version sends.
pub fn read<T: DeserializeOwned>(body: &str) -> anyhow::Result<T> {
    serde_json::from_str(body).context("the response is not that of a gateway of this version: correct --url")
}

/// The problem with its field, the option to change, and its parts, one a line.
fn described(problem: &ProblemBody) -> String {
    let field = problem.field.as_ref().map_or(String::new(), |field| format!(" ({field})"));
    let option = match problem.code.as_str() {
        "unauthorized" => "; the key comes from --key or TOLLBRIDGE_API_KEY",
        "site_missing" => "; name it with --site",
        _ => "",
    };
    let mut text = format!("{}: {}{field}{option}", problem.code, problem.detail);
    for item in &problem.problems {
        text.push_str(&format!("\n  {}: {}", item.field, item.detail));
    }
    text
}
