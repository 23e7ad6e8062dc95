//! The page that shows the organisation's records as they change. Its script inserts every value as text, never as
//! markup, since a record may hold any bytes that a stranger sent.

use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderName, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::SalesforceSandbox;
use super::books::{RecordBooks, SalesforceRecord};
use super::schema::object;
use crate::{SCENARIOS, Scenario};

/// How long the page's poll stays open while nothing changes.
const LONG_POLL: Duration = Duration::from_secs(20);

const CONTENT_SECURITY: (HeaderName, &str) = (
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'",
);

/// `GET /`
pub(crate) async fn html() -> Response {
    ([CONTENT_SECURITY], Html(include_str!("page/page.html"))).into_response()
}

/// `GET /sandbox/page.css`
pub(crate) async fn css() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("page/page.css")).into_response()
}

/// `GET /sandbox/page.js`
pub(crate) async fn javascript() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, include_str!("page/page.js")).into_response()
}

/// The last change that the page has seen.
#[derive(Deserialize)]
pub(crate) struct PagePosition {
    after: Option<u64>,
}

/// `GET /sandbox/records?after=N`: every record, as soon as a change is newer than the page.
pub(crate) async fn records(
    State(salesforce): State<SalesforceSandbox>,
    Query(seen): Query<PagePosition>,
) -> Json<Value> {
    let mut changes = salesforce.inner.changes.subscribe();
    let change = changes.wait_for(|changes| seen.after != Some(*changes));
    // A poll without a change gets a response too.
    let _ = tokio::time::timeout(LONG_POLL, change).await;
    let changes = *salesforce.inner.changes.borrow();
    let records = snapshot(&salesforce.books());
    let buttons = salesforce.gateway().is_some();
    Json(json!({ "changes": changes, "records": records, "buttons": buttons }))
}

/// `GET /sandbox/scenarios`: what the last two digits of an amount choose.
pub(crate) async fn scenarios() -> Json<Value> {
    let scenario = |scenario: &Scenario| json!({ "ending": scenario.ending, "description": scenario.description });
    Json(SCENARIOS.iter().map(scenario).collect())
}

/// `POST /sandbox/orders`: creates an order to try a payment with.
pub(crate) async fn create_order(State(salesforce): State<SalesforceSandbox>) -> Response {
    salesforce.create_demo_order();
    Redirect::to("/").into_response()
}

impl SalesforceSandbox {
    /// Creates an unpaid order and returns its id.
    fn create_demo_order(&self) -> Option<String> {
        let object = object("Order").ok()?;
        let multi_currency = self.inner.org.multi_currency;
        Some(self.write(|books| {
            let number = books.records(object.name).len().saturating_add(1);
            let mut fields = SalesforceRecord::new();
            let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
            set("OrderNumber", json!(format!("{number:08}")));
            set("Name", json!(format!("Demo order {number}")));
            set("Status", json!("Draft"));
            set("TotalAmount", json!(149.90));
            if multi_currency {
                set("CurrencyIsoCode", json!("TRY"));
            }
            books.create(object, fields)
        }))
    }
}

/// Every record of every object.
pub(crate) fn snapshot(books: &RecordBooks) -> Value {
    books.objects().map(|object| (object.to_owned(), json!(books.records(object)))).collect()
}
