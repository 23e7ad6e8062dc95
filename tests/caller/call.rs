//! One HTTP request to the gateway, every part of which a test can change.

use std::net::SocketAddr;

use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tollbridge_sandbox::SignedRequest;

use super::GatewayResponse;

/// Sends requests to one gateway.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    http: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        Self { address, http }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A request without headers and body.
    pub fn call(&self, method: &str, path: &str) -> Call {
        Call {
            client: self.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A signed delivery that the sandbox's MaldoPay does not send itself.
    pub fn deliver(&self, path: &str, request: SignedRequest) -> Call {
        let call = self.call("POST", path).bytes(request.body);
        request.headers.iter().fold(call, |call, (name, value)| call.with(name, value))
    }
}

/// A request that is not sent yet.
#[derive(Clone)]
pub struct Call {
    client: Client,
    method: String,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Call {
    /// Sets a header, replacing one of the same name.
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Removes a header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(present, _)| !present.eq_ignore_ascii_case(name));
        self
    }

    pub fn address(&self) -> SocketAddr {
        self.client.address
    }

    /// Sets the idempotency key.
    pub fn key(self, key: &str) -> Self {
        self.with("idempotency-key", key)
    }

    pub fn json(self, body: &Value) -> Self {
        self.with("content-type", "application/json").bytes(body.to_string())
    }

    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the request and reads the whole response.
    pub async fn send(self) -> anyhow::Result<GatewayResponse> {
        let mut request = Request::builder().method(self.method.as_str()).uri(self.client.url(&self.path));
        for (name, value) in &self.headers {
            request = request.header(name, value.as_slice());
        }
        let request = request.body(Full::new(Bytes::from(self.body)))?;
        let (parts, body) = self.client.http.request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(GatewayResponse {
            asked: format!("{} {}", self.method, self.path),
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec())?,
        })
    }
}
