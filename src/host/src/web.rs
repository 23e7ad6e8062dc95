//! An HTTP client for short exchanges.

use std::time::Duration;

use anyhow::Context as _;
use http::{HeaderMap, Request};
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
