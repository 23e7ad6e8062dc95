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
use crate::salesforce::{CircuitBreaker, remedy};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
    at: String,
}

impl From<&Failure> for ErrorView {
    fn from(failure: &Failure) -> Self {
        let Failure { at, code, message, object, record, fields, .. } = failure.clone();
        Self { remedy: remedy(&code), code, message, object, record, fields, at: at.to_string() }
    }
}

/// `GET /v1/reviews?after=N&limit=M`
///
/// # Errors
/// A parameter is no number, or the store does not answer.
pub fn list(ports: Ports<'_>, site: &Site, ledger: &Ledger<'_>, request: &Request) -> Result<Response, Problem> {
    let mut after = request.whole_number("after", 0, 0..=u64::MAX)?;
    let limit = request.whole_number("limit", 50, 1..=MAX_REVIEWS)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if after == 0 {
        assign_latest(ledger)?;
    }
    let now = ports.clock.now();
    let mut reviews: Vec<(Timestamp, ReviewView)> = Vec::new();
    let mut next = None;
    'pages: for _ in 0..MAX_PAGES {
        let page = ledger.reviews_after(after, REVIEW_PAGE)?;
        for open in page.open {
            if reviews.len() >= limit {
                next = Some(after);
                break 'pages;
            }
            after = open.number;
            if let Some((since, review)) = view(site, ledger, open, now)? {
                // A payment's position is older than its oldest reason if an earlier reason was accepted.
                reviews.insert(reviews.partition_point(|(before, _)| *before <= since), (since, review));
            }
        }
        after = page.reached;
        next = (!page.is_last).then_some(after);
        if page.is_last {
            break;
        }
    }
    let paused = CircuitBreaker::of(ports, site)?.map(Into::into);
    let reviews = reviews.into_iter().map(|(_, review)| review).collect();
    Ok(Response::json(200, &ReviewsView { paused, reviews, next }))
}

/// Assigns positions to payments that were appended since the last drain. They are among the journal entries that the
/// drain leaves after its cursor.
fn assign_latest(ledger: &Ledger<'_>) -> Result<(), Problem> {
    let latest = ledger.journal_after(ledger.cursor()?, MAX_OPEN_DISTANCE)?;
    let references = latest.into_iter().filter_map(|slot| slot.entry?.reference);
    Ok(ledger.assign_review_positions(references.collect())?)
}

/// A payment in review, and when its oldest open reason arose. None where the payment is no longer in review.
fn view(
    site: &Site,
    ledger: &Ledger<'_>,
    open: OpenReview,
    now: Timestamp,
) -> Result<Option<(Timestamp, ReviewView)>, Problem> {
    let mut history = ledger.history_reaching(&open.review.reference, 0)?;
    ledger.derive_missing_summaries(&mut history)?;
    let Some(payment) = history.payment(site.main_currency) else { return Ok(None) };
    // A refusal has the time of the last attempt, and the payment may have waited since the first.
    let is_only_refused = payment.review.is_empty();
    let since = history.in_review_since().unwrap_or(open.review.since);
    let since = if is_only_refused { since.min(open.review.since) } else { since };
    let totals = history.totals(&payment, history.sync_state.refusal());
    let payment = PaymentView::new(site.name.as_str(), payment, &history.sync_state).with_record(totals.record);
    if payment.review_reasons.is_empty() {
        return Ok(None);
    }
    let review = ReviewView {
        reference: open.review.reference.to_string(),
        reasons: payment.review_reasons.clone(),
        review_token: payment.review_token.clone(),
        error: history.sync_state.retry.failure.as_ref().map(Into::into),
        since: since.to_string(),
        age_seconds: now.milliseconds().saturating_sub(since.milliseconds()).div_euclid(1000),
        payment,
    };
    Ok(Some((since, review)))
}
