//! Sign-in with client credentials, and the tokens that it issues.

use std::collections::HashSet;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::{SalesforceCall, SalesforceSandbox};
use crate::journal::noted_headers;

/// The organisation's id, the same in every sandbox.
const ORG_ID: &str = "00DSb0000000001MAA";
const USER_ID: &str = "005Sb0000000001IAA";

/// The valid access tokens.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    good: HashSet<String>,
    issued: u64,
}

impl Tokens {
    fn issue(&mut self) -> String {
        self.issued = self.issued.saturating_add(1);
        let token = format!("{ORG_ID}!sandbox.{}", self.issued);
        self.good.insert(token.clone());
        token
    }

    /// Invalidates every token.
    pub(crate) fn expire(&mut self) {
        self.good.clear();
    }

    /// Whether the request carries a valid token.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("OAuth ")))
            .is_some_and(|token| self.good.contains(token))
    }
}

/// `POST /services/oauth2/token`
pub(crate) async fn token(State(salesforce): State<SalesforceSandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let (status, response) = salesforce.sign_in(&body);
    salesforce.note(SalesforceCall {
        method: "POST".to_owned(),
        path: "/services/oauth2/token".to_owned(),
        status: Some(status.as_u16()),
        // Never noted: it holds the secret.
        body: Value::Null,
        headers: noted_headers(&headers),
    });
    (status, Json(response)).into_response()
}

impl SalesforceSandbox {
    fn sign_in(&self, body: &[u8]) -> (StatusCode, Value) {
        let form: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let field = |name: &str| form.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str());
        let org = &self.inner.org;
        if field("grant_type") != "client_credentials" {
            return refused("unsupported_grant_type", "grant type not supported");
        }
        if field("client_id") != org.client_id {
            return refused("invalid_client_id", "client identifier invalid");
        }
        let given = field("client_secret").as_bytes();
        if !bool::from(given.ct_eq(org.client_secret.as_bytes())) {
            return refused("invalid_client", "invalid client credentials");
        }
        let url = self.url();
        let response = json!({
            "access_token": self.tokens().issue(),
            "instance_url": url,
            "id": format!("{url}/id/{ORG_ID}/{USER_ID}"),
            "token_type": "Bearer",
            "issued_at": Timestamp::now().as_millisecond().to_string(),
            "scope": "api",
        });
        (StatusCode::OK, response)
    }
}

fn refused(error: &str, description: &str) -> (StatusCode, Value) {
    let response = json!({ "error": error, "error_description": description });
    (StatusCode::BAD_REQUEST, response)
}
