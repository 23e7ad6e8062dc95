//! `POST /v1/drain`: takes up what is open in a site's journal, oldest first, within a time budget.

use std::collections::BTreeMap;

use serde::Serialize;
use tollbridge_domain::{PaymentReference, Timestamp};
use tollbridge_ledger::{LEASE_MILLISECONDS, Numbered};

use crate::answer::Response;
use crate::problem::Problem;
use crate::sync::{Outcome, Telling};
use crate::tracing::Trace;

/// How long one drain works.
const BUDGET_MILLISECONDS: i64 = 20_000;

/// Journal entries read at once.
const PAGE: u64 = 64;

/// What a drain did.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// Payments that were taken up.
    taken: u64,
    /// Journal entries that are closed by now.
    closed: u64,
    /// Payments whose next attempt is later, or failed now.
    deferred: u64,
    /// Payments that wait for a person.
    review: u64,
    /// The age of the oldest entry that is still open.
    oldest_open_seconds: i64,
    /// Whether the end of the journal was reached.
    complete: bool,
}

/// How a payment stands after the drain looked at it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Closed,
    Open,
}

/// Works through the journal from the cursor on, and moves the cursor over what is closed.
///
/// # Errors
/// The store does not answer.
pub fn drain(telling: &Telling<'_>) -> Result<Response, Problem> {
    let clock = telling.ports.clock;
    let started = clock.now();
    let first = telling.ledger.cursor()?;
    let mut cursor = first;
    let mut closed_so_far = true;
    let mut after = first;
    let mut report = Report::default();
    let mut looked_at: BTreeMap<PaymentReference, Standing> = BTreeMap::new();
    'pages: loop {
        let page = telling.ledger.journal_after(after, PAGE)?;
        if page.is_empty() {
            report.complete = true;
            break;
        }
        let holes_are_old = hole_ages(&page, clock.now());
        for (Numbered { number, entry }, hole_is_old) in page.into_iter().zip(holes_are_old) {
            if clock.now().milliseconds().saturating_sub(started.milliseconds()) > BUDGET_MILLISECONDS {
                break 'pages;
            }
            after = number;
            let closed = match entry {
                // A number without an entry is being written, or its writer died.
                None => hole_is_old,
                Some(entry) => {
                    let standing = match looked_at.get(&entry.reference) {
                        Some(standing) => *standing,
                        None => {
                            let trace = Trace::resumed(entry.correlation_id.clone());
                            let telling = Telling { trace: &trace, ..*telling };
                            let standing = take_up(&telling, &entry.reference, &mut report)?;
                            looked_at.insert(entry.reference.clone(), standing);
                            standing
                        }
                    };
                    if standing == Standing::Open && report.oldest_open_seconds == 0 {
                        let age = clock.now().milliseconds().saturating_sub(entry.at.milliseconds());
                        report.oldest_open_seconds = age.div_euclid(1000).max(1);
                    }
                    standing == Standing::Closed
                }
            };
            report.closed = report.closed.saturating_add(u64::from(closed));
            closed_so_far &= closed;
            if closed_so_far {
                cursor = number;
            }
        }
    }
    if cursor > first {
        telling.ledger.move_cursor(cursor)?;
    }
    Ok(Response::json(200, &report))
}

/// For each entry of a page, whether a hole in its place would be older than the lease: what follows it is.
fn hole_ages(page: &[Numbered], now: Timestamp) -> Vec<bool> {
    let oldest = now.plus_milliseconds(-LEASE_MILLISECONDS);
    let mut later_at: Option<Timestamp> = None;
    let mut ages: Vec<bool> = page
        .iter()
        .rev()
        .map(|numbered| {
            let old = later_at.is_some_and(|at| at < oldest);
            later_at = numbered.entry.as_ref().map(|entry| entry.at).or(later_at);
            old
        })
        .collect();
    ages.reverse();
    ages
}

/// Tells Salesforce of a payment if it is due.
fn take_up(telling: &Telling<'_>, reference: &PaymentReference, report: &mut Report) -> Result<Standing, Problem> {
    let history = telling.ledger.history(reference, 0)?;
    if history.entries.iter().all(|entry| history.told.reflects(entry.sequence)) {
        return Ok(Standing::Closed);
    }
    if history.told.failure.as_ref().is_some_and(|failure| failure.terminal) {
        report.review = report.review.saturating_add(1);
        return Ok(Standing::Closed);
    }
    if history.told.next_attempt.is_some_and(|next| next > telling.ports.clock.now()) {
        report.deferred = report.deferred.saturating_add(1);
        return Ok(Standing::Open);
    }
    report.taken = report.taken.saturating_add(1);
    Ok(match telling.tell(reference, 0, false)? {
        Outcome::Told => Standing::Closed,
        Outcome::Deferred => {
            report.deferred = report.deferred.saturating_add(1);
            Standing::Open
        }
        Outcome::Review => {
            report.review = report.review.saturating_add(1);
            Standing::Closed
        }
    })
}
