//! `POST /v1/drain`: takes up what is open in a site's journal, oldest first, within a time budget: it asks MaldoPay what
//! became of operations that were not answered, and tells Salesforce what it was not told.

use std::collections::BTreeMap;

use serde::Serialize;
use tollbridge_domain::{Fact, PaymentReference, Timestamp};
use tollbridge_ledger::{History, LEASE_MILLISECONDS, Numbered};

use crate::answer::{Request, Response};
use crate::commands::{self, Context};
use crate::inquiries::invalid_parameter;
use crate::problem::Problem;
use crate::salesforce::{Occasion, Pause};
use crate::sync::{Outcome, Telling};
use crate::tracing::Trace;

/// How long one drain works.
const BUDGET_MILLISECONDS: i64 = 20_000;

/// Journal entries read at once.
const PAGE: u64 = 64;

/// How many journal entries may come after an open one before it is moved to the end.
const FAR_BEHIND: u64 = 512;

/// Journal entries whose idempotency records are looked at in one drain.
const EXPIRED_AT_ONCE: u64 = 512;

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
    /// Idempotency records that have expired and were removed.
    expired: u64,
    /// Why Salesforce is left alone, and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<PauseView>,
}

/// A site's pause, as the drain and the reviews show it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PauseView {
    code: String,
    message: String,
    since: String,
    attempts: u32,
    next_attempt_at: String,
}

impl From<Pause> for PauseView {
    fn from(pause: Pause) -> Self {
        Self {
            code: pause.code,
            message: pause.message,
            since: pause.since.to_string(),
            attempts: pause.attempts,
            next_attempt_at: pause.until.to_string(),
        }
    }
}

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

/// How a payment stands after the drain looked at it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Closed,
    Open,
}

/// Whether this drain still tells Salesforce anything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Salesforce {
    Asked,
    /// The site pauses. MaldoPay is asked all the same.
    LeftAlone,
}

impl Salesforce {
    fn of(telling: &Telling<'_>) -> Result<Self, Problem> {
        if telling.occasion == Occasion::Asked {
            return Ok(Self::Asked);
        }
        let now = telling.ports.clock.now();
        let paused = Pause::of(telling.ports, telling.site)?.is_some_and(|pause| pause.until > now);
        Ok(if paused { Self::LeftAlone } else { Self::Asked })
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
                    let standing = match looked_at.get(&entry.reference) {
                        Some(standing) => *standing,
                        None => {
                            let trace = Trace::resumed(entry.correlation_id.clone());
                            let telling = Telling { trace: &trace, ..*telling };
                            let standing = take_up(&telling, &entry.reference, &mut salesforce, &mut report)?;
                            looked_at.insert(entry.reference.clone(), standing);
                            standing
                        }
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

/// Does for a payment what is due.
fn take_up(
    telling: &Telling<'_>,
    reference: &PaymentReference,
    salesforce: &mut Salesforce,
    report: &mut Report,
) -> Result<Standing, Problem> {
    let mut history = telling.ledger.history(reference)?;
    let Some(payment) = history.payment(telling.site.main_currency) else { return Ok(Standing::Closed) };
    let now = telling.ports.clock.now();
    let mut standing = Standing::Closed;
    let mut sequence = history.last_sequence();
    let mut asked = false;
    for unresolved in &payment.unresolved {
        match unresolved.next_question(LEASE_MILLISECONDS) {
            // Out of schedule: the payment is in review.
            None => {}
            Some(next) if next > now => standing = Standing::Open,
            Some(_) => {
                let context =
                    Context { ports: telling.ports, site: telling.site, ledger: telling.ledger, trace: telling.trace };
                let appended = commands::ask(&context, &history, unresolved)?;
                sequence = appended.entry.sequence.max(sequence);
                asked = true;
                if matches!(appended.entry.fact, Fact::Unanswered { .. }) {
                    standing = Standing::Open;
                }
            }
        }
    }
    if asked {
        history = telling.ledger.history_reaching(reference, sequence)?;
    }
    let told = take_up_telling(telling, &history, sequence, salesforce, report)?;
    if asked || told == Took::Up {
        report.taken = report.taken.saturating_add(1);
    }
    if told == Took::Deferred || standing == Standing::Open {
        report.deferred = report.deferred.saturating_add(1);
        return Ok(Standing::Open);
    }
    Ok(Standing::Closed)
}

/// What was done about telling Salesforce.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Took {
    /// Nothing was to be done, or a person must.
    Nothing,
    /// It was told.
    Up,
    /// It is to be told later.
    Deferred,
}

fn take_up_telling(
    telling: &Telling<'_>,
    history: &History,
    sequence: u64,
    salesforce: &mut Salesforce,
    report: &mut Report,
) -> Result<Took, Problem> {
    if history.entries.iter().all(|entry| history.told.reflects(entry.sequence)) {
        return Ok(Took::Nothing);
    }
    if history.told.failure.as_ref().is_some_and(|failure| failure.terminal) {
        report.review = report.review.saturating_add(1);
        return Ok(Took::Nothing);
    }
    // Whoever asks may have mended what a person was needed for.
    let mended = telling.occasion == Occasion::Asked
        && history.told.failure.as_ref().is_some_and(|failure| failure.needs_person);
    if !mended && history.told.next_attempt.is_some_and(|next| next > telling.ports.clock.now()) {
        return Ok(Took::Deferred);
    }
    if *salesforce == Salesforce::LeftAlone {
        return Ok(Took::Deferred);
    }
    Ok(match telling.tell(&history.reference, sequence, false)? {
        Outcome::Told => Took::Up,
        Outcome::Deferred => Took::Deferred,
        Outcome::Paused => {
            *salesforce = Salesforce::LeftAlone;
            Took::Deferred
        }
        Outcome::Review => {
            report.review = report.review.saturating_add(1);
            Took::Up
        }
    })
}
