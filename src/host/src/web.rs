//! An HTTP client for short exchanges, and the URLs that options give it.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context as _;
use http::{HeaderMap, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Longer than the gateway needs for a command, which waits for MaldoPay and for Salesforce.
const PATIENCE: Duration = Duration::from_secs(30);

/// More than any response that the program reads.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;

/// An `http` or `https` URL with a host, as an option gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebUrl(String);

impl WebUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL of this path, which begins with a slash.
    pub fn with_path(&self, path: &str) -> Self {
        Self(format!("{}{path}", self.0.trim_end_matches('/')))
    }
}

impl From<SocketAddr> for WebUrl {
    fn from(address: SocketAddr) -> Self {
        Self(format!("http://{address}"))
    }
}

impl FromStr for WebUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "write the whole URL, such as https://pay.example.com or http://127.0.0.1:3000";
        let url: Uri = text.parse().map_err(|_| FORM)?;
        let has_host = url.host().is_some_and(|host| !host.is_empty());
        match url.scheme_str() {
            Some("http" | "https") if has_host => Ok(Self(text.to_owned())),
            _ => Err(FORM),
        }
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A client for `http` and `https` URLs.
#[derive(Clone, Debug)]
pub struct Web(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// A response.
#[derive(Clone, Debug)]
pub struct WebResponse {
    /// The HTTP status.
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Web {
    /// A client without open connections.
    pub fn new() -> Self {
        let connector = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    /// Sends a request and reads the response. Redirects are not followed.
    pub async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(String, String)],
        body: impl Into<Bytes>,
    ) -> anyhow::Result<WebResponse> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body.into())).with_context(|| format!("cannot ask {url}"))?;
        tokio::time::timeout(PATIENCE, self.exchange(request))
            .await
            .with_context(|| format!("no answer from {url} in {PATIENCE:?}"))?
            .with_context(|| format!("no answer from {url}"))
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> anyhow::Result<WebResponse> {
        let (parts, body) = self.0.request(request).await?.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await.map_err(|error| anyhow::anyhow!(error))?;
        let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        Ok(WebResponse { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_scheme_of_the_web_and_a_host() {
        for url in ["http://127.0.0.1:3000", "https://pay.example.com/", "http://[::1]:1/path"] {
            assert_eq!(url.parse::<WebUrl>().unwrap().as_str(), url);
        }
        for wrong in ["", "pay.example.com", "localhost:3000", "/v1", "ftp://a", "https://", "http://a b", "http://:80"]
        {
            assert!(wrong.parse::<WebUrl>().is_err(), "{wrong}");
        }
        let joined = "https://a/base/".parse::<WebUrl>().unwrap().with_path("/v1");
        assert_eq!(joined.as_str(), "https://a/base/v1");
    }
}
