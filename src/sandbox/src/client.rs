//! Sends one HTTP POST: MaldoPay's side of a callback.

use std::time::Duration;

use anyhow::Context;
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::signature::SignedRequest;

/// How long the receiver may take. A real service gives up eventually; the sandbox does so before a person loses
/// patience.
const PATIENCE: Duration = Duration::from_secs(10);

/// The expected answer is two letters, so a longer body is an error page at best.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The receiver's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl DeliveryResponse {
    /// Whether the receiver accepted the callback: status 200 and the body `OK`. MaldoPay sends the callback again
    /// otherwise.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.status == 200 && self.body == "OK"
    }
}

/// A client for plain `http` URLs.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient(Client<HttpConnector, Full<Bytes>>);

impl HttpClient {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    pub(crate) async fn post(&self, url: &str, request: SignedRequest) -> anyhow::Result<DeliveryResponse> {
        let mut builder = Request::post(url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let request =
            builder.body(Full::new(Bytes::from(request.body))).with_context(|| format!("cannot call {url}"))?;
        tokio::time::timeout(PATIENCE, self.exchange(request))
            .await
            .with_context(|| format!("no answer from {url} in {PATIENCE:?}"))?
            .with_context(|| format!("no answer from {url}"))
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> anyhow::Result<DeliveryResponse> {
        let response = self.0.request(request).await?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LONGEST_ANSWER)
            .collect()
            .await
            .map_err(|error| anyhow::anyhow!(error))?
            .to_bytes();
        Ok(DeliveryResponse { status, body: String::from_utf8_lossy(&body).into_owned() })
    }
}
