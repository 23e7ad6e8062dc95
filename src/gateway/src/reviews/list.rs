//! Lists the payments in review, oldest first, and whether the site's circuit breaker is open.

use serde::Serialize;
use tollbridge_domain::Timestamp;
use tollbridge_ledger::{Failure, Ledger, OpenReview};

use crate::config::Site;
use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::http::view::PaymentView;
use crate::outbox::{CircuitBreakerView, MAX_OPEN_DISTANCE};
use crate::ports::Ports;
use crate::queries::whole_number;
use crate::salesforce::CircuitBreaker;

/// The most payments in one response.
const MAX_REVIEWS: u64 = 100;

/// Positions of the review queue read in one store call.
const REVIEW_PAGE: u64 = 128;

/// How many pages are read for one response, so that a queue with few open positions costs no more than another.
const MAX_PAGES: usize = 8;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReviewsView {
    /// Why the site's circuit breaker is open; absent while it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<CircuitBreakerView>,
    reviews: Vec<ReviewView>,
    /// The `after` of the next request; none at the end of the queue.
    next: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReviewView {
    reference: String,
    reasons: Vec<String>,
    /// Names exactly these reasons, to accept them.
    review_token: Option<String>,
    /// Why the last sync failed.
    error: Option<ErrorView>,
    since: String,
    age_seconds: i64,
    payment: PaymentView,
}

#[derive(Serialize)]
struct ErrorView {
    code: String,
    message: String,
    at: String,
}

impl From<&Failure> for ErrorView {
    fn from(failure: &Failure) -> Self {
        Self { code: failure.code.clone(), message: failure.message.clone(), at: failure.at.to_string() }
    }
}

/// `GET /v1/reviews?after=N&limit=M`
///
/// # Errors
/// A parameter is no number, or the store does not answer.
pub fn list(ports: Ports<'_>, site: &Site, ledger: &Ledger<'_>, request: &Request) -> Result<Response, Problem> {
    let mut after = whole_number(request, "after", 0)?;
    let limit = whole_number(request, "limit", 50)?.clamp(1, MAX_REVIEWS);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if after == 0 {
        assign_latest(ledger)?;
    }
    let now = ports.clock.now();
    let mut reviews = Vec::new();
    let mut next = None;
    'pages: for _ in 0..MAX_PAGES {
        let page = ledger.reviews_after(after, REVIEW_PAGE)?;
        for open in page.open {
            if reviews.len() >= limit {
                next = Some(after);
                break 'pages;
            }
            after = open.number;
            reviews.extend(view(site, ledger, open, now)?);
        }
        after = page.reached;
        next = (!page.is_last).then_some(after);
        if page.is_last {
            break;
        }
    }
    let paused = CircuitBreaker::of(ports, site)?.map(Into::into);
    Ok(Response::json(200, &ReviewsView { paused, reviews, next }))
}

/// Assigns positions to payments that were appended since the last drain. They are among the journal entries that the
/// drain leaves after its cursor.
fn assign_latest(ledger: &Ledger<'_>) -> Result<(), Problem> {
    let latest = ledger.journal_after(ledger.cursor()?, MAX_OPEN_DISTANCE)?;
    let references = latest.into_iter().filter_map(|slot| slot.entry?.reference);
    Ok(ledger.assign_review_positions(references.collect())?)
}

/// None where the payment is no longer in review.
fn view(site: &Site, ledger: &Ledger<'_>, open: OpenReview, now: Timestamp) -> Result<Option<ReviewView>, Problem> {
    let mut history = ledger.history_reaching(&open.review.reference, 0)?;
    ledger.derive_missing_summaries(&mut history)?;
    let Some(payment) = history.payment(site.main_currency) else { return Ok(None) };
    let totals = history.totals(&payment, history.sync_state.refusal());
    let payment = PaymentView::new(site.name.as_str(), payment, &history.sync_state).with_record(totals.record);
    if payment.review_reasons.is_empty() {
        return Ok(None);
    }
    Ok(Some(ReviewView {
        reference: open.review.reference.to_string(),
        reasons: payment.review_reasons.clone(),
        review_token: payment.review_token.clone(),
        error: history.sync_state.retry.failure.as_ref().map(Into::into),
        since: open.review.since.to_string(),
        age_seconds: now.milliseconds().saturating_sub(open.review.since.milliseconds()).div_euclid(1000),
        payment,
    }))
}
