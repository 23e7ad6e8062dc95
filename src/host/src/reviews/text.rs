//! The list of reviews as text.

use serde::Deserialize;

use crate::drain::PauseView;
use crate::output::{cleaned, named};
use crate::payments::{PaymentView, amount, record_name, unreadable};

/// What the text shows of `GET /v1/reviews`.
#[derive(Debug, Deserialize)]
pub struct ReviewsView {
    #[serde(default)]
    paused: Option<PauseView>,
    reviews: Vec<ReviewView>,
    next: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewView {
    reference: String,
    reasons: Vec<String>,
    review_token: Option<String>,
    error: Option<ErrorView>,
    since: String,
    payment: PaymentView,
}

#[derive(Debug, Deserialize)]
struct ErrorView {
    code: String,
    message: String,
    #[serde(default)]
    remedy: Option<String>,
}

/// A block for each payment.
pub fn reviews(view: &ReviewsView) -> String {
    let mut text: String = view.reviews.iter().map(review).collect();
    if view.reviews.is_empty() {
        text.push_str("no payments in review\n");
    }
    if let Some(paused) = &view.paused {
        text.push_str(&format!("the site pauses: {}\n", paused.text()));
    }
    if let Some(next) = view.next {
        text.push_str(&format!("There are more: --after {next}\n"));
    }
    text
}

fn review(review: &ReviewView) -> String {
    let payment = &review.payment;
    let error = review.error.as_ref().map(|error| {
        let remedy = error.remedy.as_ref().map_or(String::new(), |remedy| format!(" -> {remedy}"));
        format!("{}: {}{remedy}", error.code, error.message)
    });
    let lines = named([
        ("  payment", Some(format!("{} {}", payment.status, amount(payment)))),
        ("  record", record_name(payment)),
        ("  since", Some(review.since.clone())),
        ("  reasons", Some(review.reasons.join(", "))),
        ("  not readable", unreadable(payment)),
        ("  error", error),
        ("  token", review.review_token.clone()),
    ]);
    format!("{}\n{lines}\n", cleaned(&review.reference))
}
