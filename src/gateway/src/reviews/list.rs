//! The payments that wait for a person, oldest first, and whether the whole site does.

use serde::Serialize;
use tollbridge_domain::Timestamp;
use tollbridge_ledger::{Failure, Ledger, OpenReview};

use crate::config::Site;
use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::http::view::PaymentView;
use crate::outbox::PauseView;
use crate::ports::Ports;
use crate::queries::whole_number;
use crate::salesforce::CircuitBreaker;

/// The most payments of one answer.
const MOST_REVIEWS: u64 = 100;

/// Numbers of the line read at once.
const PAGE: u64 = 128;

/// How many journal entries after the drain's cursor are looked at: as many as the drain leaves behind it.
const LATEST: u64 = 512;

/// How many pages are read for one answer, so that a line with few open places costs no more than another.
const PAGES: usize = 8;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReviewsView {
    /// Why Salesforce is not told of anything on this site; absent in the ordinary course.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<PauseView>,
    reviews: Vec<ReviewView>,
    /// Where to go on: the `after` of the next request; none where the line ends.
    next: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReviewView {
    reference: String,
    reasons: Vec<String>,
    /// Stands for exactly these reasons, where they are to be accepted.
    review_token: Option<String>,
    /// What went wrong last when Salesforce was to be told.
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
    let limit = whole_number(request, "limit", 50)?.clamp(1, MOST_REVIEWS);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if after == 0 {
        number_the_latest(ledger)?;
    }
    let now = ports.clock.now();
    let mut reviews = Vec::new();
    let mut next = None;
    'pages: for _ in 0..PAGES {
        let page = ledger.reviews_after(after, PAGE)?;
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

/// What came since the last drain has no number yet.
fn number_the_latest(ledger: &Ledger<'_>) -> Result<(), Problem> {
    let latest = ledger.journal_after(ledger.cursor()?, LATEST)?;
    let named = latest.into_iter().filter_map(|numbered| numbered.entry?.reference);
    Ok(ledger.assign_review_positions(named.collect())?)
}

/// None where the payment has left the line since.
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
