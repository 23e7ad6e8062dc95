//! `POST /v1/drain`: sends the status inquiries that are due, then processes the site's journal from the cursor on,
//! oldest entry first, within a time budget. For each payment it inquires about pending outcomes and syncs Salesforce.

use super::drain_run::{DrainRun, MAX_OPEN_DISTANCE};
use super::inquiry_run::InquiryRun;
use crate::clocks::ClockCheck;
use crate::http::message::{Request, Response};
use crate::http::parameters::invalid_parameter;
use crate::http::problem::Problem;
use crate::salesforce::CircuitBreaker;
use crate::site_context::SiteContext;
use crate::trigger::Trigger;

/// Journal entries whose idempotency records one drain checks for expiry.
const EXPIRY_BATCH: u64 = 512;

/// The trigger of a drain: automatic for a cron, manual for an operator who has fixed the organisation (`resume=true`).
///
/// # Errors
/// The parameter is neither true nor false.
pub fn trigger(request: &Request) -> Result<Trigger, Problem> {
    match request.parameter("resume").as_deref() {
        None | Some("false") => Ok(Trigger::Automatic),
        Some("true") => Ok(Trigger::Manual),
        Some(_) => Err(invalid_parameter("resume", "write true or false")),
    }
}

/// Sends the due status inquiries first, so that their results are synced by the same drain. Then processes the journal
/// and moves the cursor over closed entries. A payment that cannot be processed is counted, and the drain continues.
///
/// # Errors
/// The clocks around the site are apart, or the store does not answer. Completed work is kept.
pub fn drain(context: &SiteContext<'_>) -> Result<Response, Problem> {
    let (clock_check, breaker) = ClockCheck::begin(context)?;
    let drained = run(context, breaker.as_ref());
    clock_check.end();
    // A wrong clock outranks any other problem, since it may have caused it.
    context.clocks.agree().and(drained)
}

fn run(context: &SiteContext<'_>, breaker: Option<&CircuitBreaker>) -> Result<Response, Problem> {
    let mut inquiry_run = InquiryRun::begin(context)?;
    inquiry_run.run();
    context.clocks.agree()?;
    let mut drain_run = DrainRun::begin(context, inquiry_run, breaker)?;
    let result = drain_run.run();
    let ended = drain_run.end();
    result?;
    ended?;
    context.clocks.agree()?;
    let mut report = drain_run.into_report();
    let before = context.ports.clock.now().plus_milliseconds(-context.site.idempotency_milliseconds);
    report.expired = context.ledger.expire_idempotency(before, EXPIRY_BATCH)?.records;
    context.ledger.compact_review_queue(MAX_OPEN_DISTANCE)?;
    report.paused = CircuitBreaker::of(context.ports, context.site)?.map(Into::into);
    Ok(Response::json(200, &report))
}
