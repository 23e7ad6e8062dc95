//! Salesforce's calls of the gateway, and the payer's browser.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::settings::API_KEY;
use crate::web::{Web, WebResponse};

/// A client of the gateway.
pub struct GatewayClient {
    web: Web,
    address: SocketAddr,
}

/// The gateway's response.
#[derive(Clone, Debug)]
pub struct GatewayResponse {
    /// The HTTP status.
    pub status: u16,
    /// Whether this is the stored response to an earlier, equal request.
    pub replayed: bool,
    /// The body; null if it is not JSON.
    pub body: Value,
    /// The body's text.
    pub text: String,
}

impl GatewayResponse {
    /// A field of the body as text, including numbers and booleans; empty if it is missing.
    pub fn text_of(&self, field: &str) -> String {
        match self.body.get(field) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        }
    }

    /// A summary for the narrator.
    pub fn summary(&self) -> String {
        if self.body.get("detail").is_some() {
            return format!("{}: {}", self.text_of("code"), self.text_of("detail"));
        }
        let fields = ["reference", "status", "captured", "refunded", "attempt", "redirectUrl"];
        let mut parts: Vec<String> = fields
            .iter()
            .map(|field| (field, self.text_of(field)))
            .filter(|(_, text)| !text.is_empty())
            .map(|(field, text)| format!("{field} {text}"))
            .collect();
        if self.replayed {
            parts.push("(Idempotency-Replayed: true)".to_owned());
        }
        if parts.is_empty() { self.text.clone() } else { parts.join(", ") }
    }
}

impl From<WebResponse> for GatewayResponse {
    fn from(answer: WebResponse) -> Self {
        let body = serde_json::from_str(&answer.body).unwrap_or_default();
        let replayed = answer.headers.get("idempotency-replayed").is_some_and(|value| value == "true");
        Self { status: answer.status, replayed, body, text: answer.body }
    }
}

impl GatewayClient {
    /// The gateway at this address.
    pub fn new(address: SocketAddr) -> Self {
        Self { web: Web::new(), address }
    }

    /// Sends `GET` as Salesforce.
    pub async fn get(&self, path: &str) -> anyhow::Result<GatewayResponse> {
        self.ask("GET", path, None, "").await
    }

    /// Sends `POST` as Salesforce. Requests that are safe to repeat have no idempotency key.
    pub async fn post(&self, path: &str, idempotency_key: Option<&str>, body: &str) -> anyhow::Result<GatewayResponse> {
        self.ask("POST", path, idempotency_key, body).await
    }

    async fn ask(&self, method: &str, path: &str, key: Option<&str>, body: &str) -> anyhow::Result<GatewayResponse> {
        let mut headers = vec![
            ("authorization".to_owned(), format!("Bearer {API_KEY}")),
            ("content-type".to_owned(), "application/json".to_owned()),
        ];
        headers.extend(key.map(|key| ("idempotency-key".to_owned(), key.to_owned())));
        let url = format!("http://{}{path}", self.address);
        Ok(self.web.send(method, &url, &headers, body.to_owned()).await?.into())
    }

    /// The payer opens a page of MaldoPay and presses a button; returns the button's URL and the answer.
    pub async fn payer_presses(&self, page: &str, button: &str) -> anyhow::Result<(String, WebResponse)> {
        let opened = self.web.send("GET", page, &[], "").await?;
        let path = http::Uri::try_from(page).context("the redirect is no URL")?.path().to_owned();
        // As in a browser, only a button on the page can be pressed.
        let offered = opened.body.contains(&format!("formaction=\"{path}/{button}\""));
        ensure!(offered, "MaldoPay's page {page} ({}) has no button to {button}", opened.status);
        let url = format!("{page}/{button}");
        let answer = self.web.send("POST", &url, &[], "").await?;
        Ok((format!("{path}/{button}"), answer))
    }
}
