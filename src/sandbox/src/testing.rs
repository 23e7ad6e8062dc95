//! Test support for both services: a sandbox on free ports, an HTTP client, and a merchant that receives callbacks.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::clock::SandboxClock;
use crate::server::{self, Server};
use crate::{Merchant, Org, Sandbox, SandboxOptions, Signature};

pub(crate) const KEY: &str = "encrypting-key";

/// A sandbox that repeats callbacks after a millisecond.
pub(crate) async fn sandbox(signature: Signature) -> Sandbox {
    let anywhere = ([127, 0, 0, 1], 0).into();
    Sandbox::start(SandboxOptions {
        maldopay: anywhere,
        salesforce: anywhere,
        merchant: Merchant {
            client_id: 81_433,
            api_key: "api-key".to_owned(),
            encrypting_key: KEY.to_owned(),
            signature,
            callback_url: None,
        },
        org: Org { client_id: "client".to_owned(), client_secret: "secret".to_owned(), multi_currency: true },
        callback_retry: Duration::from_millis(1),
    })
    .await
    .unwrap()
}

/// An HTTP response.
#[derive(Debug)]
pub(crate) struct TestResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl TestResponse {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Sends a request; `None` if the connection closes without a response.
pub(crate) async fn send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Option<TestResponse> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let response = client.request(request.body(Full::new(body.into())).unwrap()).await.ok()?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Some(TestResponse {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    })
}

/// A callback as the merchant received it.
#[derive(Clone, Debug)]
pub(crate) struct CallbackReceipt {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl CallbackReceipt {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn text(&self, field: &str) -> String {
        match self.json().get(field) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => panic!("no {field} in {}", self.body),
        }
    }
}

/// A merchant's callback endpoint.
pub(crate) struct Shop {
    pub(crate) url: String,
    desk: Desk,
    _server: Server,
}

#[derive(Clone, Default)]
struct Desk {
    received: Arc<Mutex<Vec<CallbackReceipt>>>,
    answers: Arc<Mutex<VecDeque<(StatusCode, &'static str)>>>,
}

impl Shop {
    /// A shop that gives these answers to the first callbacks, and `OK` to all others.
    pub(crate) async fn open(answers: &[(u16, &'static str)]) -> Self {
        let desk = Desk::default();
        let answers = answers.iter().map(|(status, body)| (StatusCode::from_u16(*status).unwrap(), *body));
        desk.answers.lock().unwrap().extend(answers);
        let listener = server::listen(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = format!("http://{}/", listener.address);
        let server = listener.serve(Router::new().fallback(take).with_state(desk.clone()), SandboxClock::default());
        Self { url, desk, _server: server }
    }

    pub(crate) fn received(&self) -> Vec<CallbackReceipt> {
        self.desk.received.lock().unwrap().clone()
    }
}

async fn take(State(desk): State<Desk>, uri: Uri, headers: HeaderMap, body: Bytes) -> (StatusCode, &'static str) {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let body = String::from_utf8(body.to_vec()).unwrap();
    desk.received.lock().unwrap().push(CallbackReceipt { path: uri.path().to_owned(), headers, body });
    desk.answers.lock().unwrap().pop_front().unwrap_or((StatusCode::OK, "OK"))
}
