//! `POST /v1/drain`: takes up what is open in a site's journal, oldest first, within a time budget: it asks MaldoPay what
//! became of operations that were not answered, and tells Salesforce what it was not told.

mod report;
mod take_up;

use std::collections::BTreeMap;

use tollbridge_domain::{PaymentReference, Timestamp};
use tollbridge_ledger::{LEASE_MILLISECONDS, Numbered};

use crate::answer::{Request, Response};
use crate::inquiries::invalid_parameter;
use crate::problem::Problem;
use crate::salesforce::{Occasion, Pause};
use crate::sync::Telling;
use crate::tracing::Trace;
use report::Report;
use take_up::{Salesforce, Standing, take_up};

pub use report::PauseView;

/// How long one drain works.
const BUDGET_MILLISECONDS: i64 = 20_000;

/// Journal entries read at once.
const PAGE: u64 = 64;

/// How many journal entries may come after an open one before it is moved to the end.
const FAR_BEHIND: u64 = 512;

/// Journal entries whose idempotency records are looked at in one drain.
const EXPIRED_AT_ONCE: u64 = 512;

/// The occasion of a drain: a cron's, or a person's who says `resume=true` after mending what the site pauses for.
///
/// # Errors
/// The parameter is neither true nor false.
pub fn occasion(request: &Request) -> Result<Occasion, Problem> {
    match request.parameter("resume").as_deref() {
        None | Some("false") => Ok(Occasion::News),
        Some("true") => Ok(Occasion::Asked),
        Some(_) => Err(invalid_parameter("resume", "write true or false")),
    }
}

/// Works through the journal from the cursor on, and moves the cursor over what is closed.
///
/// # Errors
/// The store does not answer.
pub fn drain(telling: &Telling<'_>) -> Result<Response, Problem> {
    let clock = telling.ports.clock;
    let started = clock.now();
    let first = telling.ledger.cursor()?;
    let last = telling.ledger.last_journal_number()?;
    let mut cursor = first;
    let mut closed_so_far = true;
    let mut after = first;
    let mut report = Report::default();
    let mut looked_at: BTreeMap<PaymentReference, Standing> = BTreeMap::new();
    let mut salesforce = Salesforce::of(telling)?;
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
                    let standing = match &entry.reference {
                        // It is about no payment.
                        None => Standing::Closed,
                        Some(reference) => match looked_at.get(reference) {
                            Some(standing) => *standing,
                            None => {
                                let trace = Trace::resumed(entry.correlation_id.clone());
                                let telling = Telling { trace: &trace, ..*telling };
                                let standing = take_up(&telling, reference, &mut salesforce, &mut report)?;
                                looked_at.insert(reference.clone(), standing);
                                standing
                            }
                        },
                    };
                    if standing == Standing::Open && report.oldest_open_seconds == 0 {
                        let age = clock.now().milliseconds().saturating_sub(entry.at.milliseconds());
                        report.oldest_open_seconds = age.div_euclid(1000).max(1);
                    }
                    match standing {
                        Standing::Closed => true,
                        // What stays open long moves to the end, so that the cursor, and the work of every later drain,
                        // does not stand still behind it.
                        Standing::Open if last.saturating_sub(number) > FAR_BEHIND => {
                            telling.ledger.defer(entry)?;
                            true
                        }
                        Standing::Open => false,
                    }
                }
            };
            report.closed = report.closed.saturating_add(u64::from(closed));
            closed_so_far &= closed;
            if closed_so_far {
                cursor = number;
            }
        }
    }
    // Before the cursor passes them: nobody looks at them after that.
    telling.ledger.number_reviews(looked_at.into_keys().collect())?;
    if cursor > first {
        telling.ledger.move_cursor(cursor)?;
    }
    let before = clock.now().plus_milliseconds(-telling.site.idempotency_milliseconds);
    report.expired = telling.ledger.expire_idempotency(before, EXPIRED_AT_ONCE)?.records;
    telling.ledger.tidy_reviews(FAR_BEHIND)?;
    report.paused = Pause::of(telling.ports, telling.site)?.map(Into::into);
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
