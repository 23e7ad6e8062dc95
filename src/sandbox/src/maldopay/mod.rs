//! MaldoPay: accepts payments, moves no money, and calls the merchant back as the real service would.

mod api;
mod books;
mod bounds;
mod callbacks;
mod code;
mod delivery;
mod overrides;
mod pages;
mod provider_event;
mod response_body;
mod scenarios;
mod services;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use http::HeaderMap;
use serde_json::Value;
use tokio::sync::watch;

pub use crate::client::DeliveryResponse;
pub use books::{Transaction, TransactionState, TransactionType};
pub use callbacks::Callback;
pub use overrides::Behaviour;
pub use provider_event::ProviderEvent;
pub use scenarios::{SCENARIOS, Scenario};

use crate::Merchant;
use crate::client::HttpClient;
use crate::journal::{Journal, noted_headers};
use crate::lock::lock;
use crate::signature::SignedRequest;
use books::TransactionBooks;
use delivery::Background;
use overrides::Overrides;

/// A running MaldoPay. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct MaldoPaySandbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    merchant: Merchant,
    address: SocketAddr,
    callback_retry: Duration,
    callback_url: Mutex<Option<String>>,
    books: Mutex<TransactionBooks>,
    calls: Journal<MaldoPayCall>,
    /// The number of calls received.
    arrivals: watch::Sender<u64>,
    overrides: Mutex<Overrides>,
    client: HttpClient,
    background: Background,
}

/// A call to `transactions/` as it was received, accepted or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaldoPayCall {
    /// `DEPOSIT`, `REFUND` …; empty if the request names no type.
    pub kind: String,
    /// The `referenceOrderId`.
    pub reference: String,
    /// The amount exactly as the request had it.
    pub amount: String,
    /// The headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The form's fields in the order received.
    pub form: Vec<(String, String)>,
}

impl MaldoPayCall {
    fn noted(headers: &HeaderMap, form: &[(String, String)]) -> Self {
        let json = form
            .iter()
            .find(|(name, _)| name == "json")
            .and_then(|(_, json)| serde_json::from_str::<Value>(json).ok())
            .unwrap_or_default();
        let text = |name: &str| match json.pointer(&format!("/transaction/request/{name}")) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        Self {
            kind: text("type"),
            reference: text("referenceOrderId"),
            amount: text("amount"),
            headers: noted_headers(headers),
            form: form.to_vec(),
        }
    }
}

impl MaldoPaySandbox {
    pub(crate) fn new(merchant: Merchant, address: SocketAddr, callback_retry: Duration) -> Self {
        Self {
            inner: Arc::new(Inner {
                callback_url: Mutex::new(merchant.callback_url.clone()),
                merchant,
                address,
                callback_retry,
                books: Mutex::new(TransactionBooks::default()),
                calls: Journal::new(),
                arrivals: watch::Sender::new(0),
                overrides: Mutex::new(Overrides::default()),
                client: HttpClient::new(),
                background: Background::new(),
            }),
        }
    }

    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/json/transactions/", post(api::transactions))
            .route("/json/sandbox/transactions/", post(api::transactions))
            .route("/", get(pages::transactions))
            .route("/transactions/{id}/{event}", post(pages::happens))
            .route("/pay/{id}", get(pages::payer))
            .route("/pay/{id}/{choice}", post(pages::payer_chooses))
            .with_state(self.clone())
    }

    pub(crate) fn stop(&self) {
        self.inner.background.abort();
    }

    /// The base URL, such as `http://127.0.0.1:4010/json/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/json/", self.inner.address)
    }

    /// Sets where callbacks go from now on.
    pub fn set_callback_url(&self, url: impl Into<String>) {
        *lock(&self.inner.callback_url) = Some(url.into());
    }

    /// The last ten thousand calls, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<MaldoPayCall> {
        self.inner.calls.entries()
    }

    /// Every transaction, oldest first.
    #[must_use]
    pub fn transactions(&self) -> Vec<Transaction> {
        self.books().transactions().cloned().collect()
    }

    /// The transaction with this id.
    #[must_use]
    pub fn transaction(&self, id: u64) -> Option<Transaction> {
        self.books().get(id).cloned()
    }

    /// The first transaction with this reference.
    #[must_use]
    pub fn find(&self, reference: &str) -> Option<Transaction> {
        self.books().with_reference(reference).next().cloned()
    }

    /// Every transaction of one payment: the first one with this reference, and all that act on it.
    #[must_use]
    pub fn family(&self, reference: &str) -> Vec<Transaction> {
        let books = self.books();
        let Some(first) = books.with_reference(reference).next() else { return Vec::new() };
        books.family(first.id).cloned().collect()
    }

    /// The references of captures, refunds and voids that were refused because they exceeded the remaining amount.
    #[must_use]
    pub fn beyond_bounds(&self) -> Vec<String> {
        self.books().beyond_bounds().to_vec()
    }

    /// Sets whether later transactions of each new payment share the id of its first transaction in answers and
    /// callbacks. The books keep separate transactions.
    pub fn repeat_transaction_ids(&self, repeats: bool) {
        self.books().repeat_ids(repeats);
    }

    /// Answers every call this way until [`MaldoPaySandbox::answer_as_usual`].
    pub fn answer(&self, behaviour: Behaviour) {
        self.overrides().always = Some(behaviour);
    }

    /// Answers the next call this way. Several of these queue up, one per call.
    pub fn answer_next(&self, behaviour: Behaviour) {
        self.overrides().next.push_back(behaviour);
    }

    /// From now on, `percent` of a hundred calls are answered in one of these ways, picked at random from this seed.
    pub fn answer_randomly(&self, seed: u64, percent: u8, behaviours: &[Behaviour]) {
        self.overrides().by_chance.begin(seed, percent, behaviours);
    }

    /// How often each response was picked at random.
    #[must_use]
    pub fn answered_randomly(&self) -> Vec<(Behaviour, u64)> {
        self.overrides().by_chance.drawn()
    }

    /// Ends every override.
    pub fn answer_as_usual(&self) {
        let mut overrides = self.overrides();
        overrides.next.clear();
        overrides.always = None;
        overrides.by_chance.end();
    }

    /// The number of calls received so far; the receiver wakes at each new call.
    #[must_use]
    pub fn arrivals(&self) -> watch::Receiver<u64> {
        self.inner.arrivals.subscribe()
    }

    /// The signed request for a callback, for tests that deliver it themselves.
    #[must_use]
    pub fn signed(&self, callback: &Callback) -> SignedRequest {
        let merchant = &self.inner.merchant;
        callback.request(merchant.signature, &merchant.encrypting_key, jiff::Timestamp::now())
    }

    fn callback_url(&self) -> Option<String> {
        lock(&self.inner.callback_url).clone()
    }

    fn books(&self) -> MutexGuard<'_, TransactionBooks> {
        lock(&self.inner.books)
    }

    fn overrides(&self) -> MutexGuard<'_, Overrides> {
        lock(&self.inner.overrides)
    }
}
