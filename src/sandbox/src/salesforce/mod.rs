//! Salesforce: an organisation with Tollbridge's objects, OAuth sign-in, and the part of the REST interface that a
//! connector uses.

mod actions;
mod books;
mod composite;
mod describe;
mod errors;
mod faults;
mod ids;
mod oauth;
mod page;
mod paths;
mod rest;
mod schema;
mod sobjects;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use anyhow::bail;
use axum::Router;
use axum::routing::{any, get, post};
use http::Method;
use serde_json::Value;
use tokio::sync::watch;

pub use actions::{GatewayAccess, payment_request};
pub use books::{RecordBooks, SalesforceRecord};
pub use faults::SalesforceFault;

use crate::Org;
use crate::journal::Journal;
use crate::lock::lock;
use describe::Descriptions;
use faults::FaultQueue;
use oauth::Tokens;

/// How long [`SalesforceSandbox::wait_until`] waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running organisation. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct SalesforceSandbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    org: Org,
    address: SocketAddr,
    tokens: Mutex<Tokens>,
    books: Mutex<RecordBooks>,
    /// Counts the changes, and wakes the tasks that wait for one.
    changes: watch::Sender<u64>,
    calls: Journal<SalesforceCall>,
    /// The number of calls received, without sign-ins.
    arrivals: watch::Sender<u64>,
    write_calls: AtomicUsize,
    faults: Mutex<FaultQueue>,
    gateway: Mutex<Option<GatewayAccess>>,
    descriptions: Mutex<Descriptions>,
    removed_fields: Mutex<Vec<RemovedField>>,
}

/// A field that an administrator removed from an object, or hid from the run-as user.
#[derive(Debug)]
pub(crate) struct RemovedField {
    pub(crate) object: String,
    pub(crate) field: String,
}

/// A call and its response's status.
#[derive(Clone, Debug, PartialEq)]
pub struct SalesforceCall {
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The HTTP status; `None` if the connection was closed without a response.
    pub status: Option<u16>,
    /// The body; null if there was none, and for sign-in.
    pub body: Value,
    /// The headers by lower-case name, without `Authorization`.
    pub headers: BTreeMap<String, String>,
}

impl SalesforceSandbox {
    pub(crate) fn new(org: Org, address: SocketAddr) -> Self {
        Self {
            inner: Arc::new(Inner {
                org,
                address,
                tokens: Mutex::new(Tokens::default()),
                books: Mutex::new(RecordBooks::default()),
                changes: watch::Sender::new(0),
                calls: Journal::new(),
                arrivals: watch::Sender::new(0),
                write_calls: AtomicUsize::new(0),
                faults: Mutex::new(FaultQueue::default()),
                gateway: Mutex::new(None),
                descriptions: Mutex::default(),
                removed_fields: Mutex::default(),
            }),
        }
    }

    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/services/oauth2/token", post(oauth::token))
            .route("/services/data/{*path}", any(rest::data))
            .route("/", get(page::html))
            .route("/sandbox/page.css", get(page::css))
            .route("/sandbox/page.js", get(page::javascript))
            .route("/sandbox/records", get(page::records))
            .route("/sandbox/scenarios", get(page::scenarios))
            .route("/sandbox/orders", post(page::create_order))
            .route("/sandbox/orders/{id}/actions", post(actions::act))
            .with_state(self.clone())
    }

    /// The organisation's URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.inner.address)
    }

    /// Sets the Tollbridge that the page's buttons call. Without one the page has no buttons.
    pub fn set_gateway(&self, gateway: GatewayAccess) {
        *lock(&self.inner.gateway) = Some(gateway);
    }

    fn gateway(&self) -> Option<GatewayAccess> {
        lock(&self.inner.gateway).clone()
    }

    /// Every record of an object.
    #[must_use]
    pub fn records(&self, object: &str) -> Vec<SalesforceRecord> {
        self.books().records(object)
    }

    /// The record with this id, of 15 or 18 characters.
    #[must_use]
    pub fn record(&self, object: &str, id: &str) -> Option<SalesforceRecord> {
        self.books().record(object, id).cloned()
    }

    /// The first record whose field has this value.
    #[must_use]
    pub fn find(&self, object: &str, field: &str, value: impl Into<Value>) -> Option<SalesforceRecord> {
        self.books().find(object, field, value).cloned()
    }

    /// Stores a record in advance, under an id of the test's choice and without any check.
    pub fn seed(&self, object: &str, id: &str, fields: SalesforceRecord) {
        self.write(|books| books.put(object, id, fields));
    }

    /// The last ten thousand calls, oldest first, including sign-ins.
    #[must_use]
    pub fn calls(&self) -> Vec<SalesforceCall> {
        self.inner.calls.entries()
    }

    /// The number of write calls received, whether they succeeded or not. A composite counts once.
    #[must_use]
    pub fn write_calls(&self) -> usize {
        self.inner.write_calls.load(Ordering::Relaxed)
    }

    /// Makes the next call fail this way. Several of these queue up, one per call.
    pub fn fail_next(&self, fault: SalesforceFault) {
        self.faults().next.push_back(fault);
    }

    /// Makes every call fail this way; `None` ends that and clears the queued faults.
    pub fn fail_all(&self, fault: Option<SalesforceFault>) {
        let mut faults = self.faults();
        faults.next.clear();
        faults.always = fault;
        faults.by_chance.end();
    }

    /// From now on, `percent` of a hundred calls fail in one of these ways, picked at random from this seed.
    pub fn fail_randomly(&self, seed: u64, percent: u8, faults: &[SalesforceFault]) {
        self.faults().by_chance.begin(seed, percent, faults);
    }

    /// How often each fault was picked at random.
    #[must_use]
    pub fn failed_randomly(&self) -> Vec<(SalesforceFault, u64)> {
        self.faults().by_chance.drawn()
    }

    /// Describes an object, or a field of it, with these members instead of its own; null takes it away. The object
    /// `ValidationRule` is the only validation rule. What may be written stays as it is.
    pub fn describe_differently(&self, object: &str, field: Option<&str>, members: Value) {
        lock(&self.inner.descriptions).change(object, field, members);
    }

    /// Removes a field from an object. A write of it is then refused.
    pub fn remove_field(&self, object: &str, field: &str) {
        lock(&self.inner.removed_fields).push(RemovedField { object: object.to_owned(), field: field.to_owned() });
    }

    /// Restores every field that was removed.
    pub fn restore_fields(&self) {
        lock(&self.inner.removed_fields).clear();
    }

    /// The number of calls received so far, without sign-ins; the receiver wakes at each new call.
    #[must_use]
    pub fn arrivals(&self) -> watch::Receiver<u64> {
        self.inner.arrivals.subscribe()
    }

    /// Invalidates every access token.
    pub fn expire_tokens(&self) {
        self.tokens().expire();
    }

    /// Waits until the predicate accepts the records. It runs again after every change. The predicate must not use this
    /// handle: the records are locked while it runs.
    ///
    /// # Errors
    /// The predicate still fails after 20 seconds. The error shows every record.
    pub async fn wait_until(&self, predicate: impl Fn(&RecordBooks) -> bool) -> anyhow::Result<()> {
        let mut changes = self.inner.changes.subscribe();
        let come_true = async {
            loop {
                changes.borrow_and_update();
                if predicate(&self.books()) {
                    return;
                }
                if changes.changed().await.is_err() {
                    // Cannot happen: this handle keeps the sender.
                    return;
                }
            }
        };
        if tokio::time::timeout(PATIENCE, come_true).await.is_err() {
            let records = page::snapshot(&self.books());
            bail!("Salesforce's records are not as expected after {PATIENCE:?}: {records:#}");
        }
        Ok(())
    }

    fn books(&self) -> MutexGuard<'_, RecordBooks> {
        lock(&self.inner.books)
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        lock(&self.inner.tokens)
    }

    fn faults(&self) -> MutexGuard<'_, FaultQueue> {
        lock(&self.inner.faults)
    }

    fn note(&self, call: SalesforceCall) {
        self.inner.calls.add(call);
    }

    /// Counts a call and returns the new count.
    fn count(&self, method: &Method) -> u64 {
        if *method != Method::GET {
            self.inner.write_calls.fetch_add(1, Ordering::Relaxed);
        }
        let mut arrived = 0;
        self.inner.arrivals.send_modify(|arrivals| {
            *arrivals = arrivals.saturating_add(1);
            arrived = *arrivals;
        });
        arrived
    }

    /// Runs a function that may change records, and wakes the waiting tasks if it did.
    fn write<T>(&self, change: impl FnOnce(&mut RecordBooks) -> T) -> T {
        let mut books = self.books();
        let result = change(&mut books);
        let changed = books.commit();
        drop(books);
        if changed {
            self.inner.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
        result
    }
}
