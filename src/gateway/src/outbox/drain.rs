//! `POST /v1/drain`: asks MaldoPay about payments that are pending and whose turn it is, and then takes up what is open in a
//! site's journal, oldest first, within a time budget: it asks MaldoPay what became of operations that were not answered,
//! and tells Salesforce what it was not told.

use tollbridge_domain::PaymentReference;

use super::drain_run::{DrainRun, FAR_BEHIND};
use super::inquiry_run::InquiryRun;
use crate::clocks::Watch;
use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::log::LogLine;
use crate::queries::invalid_parameter;
use crate::salesforce::{CircuitBreaker, Trigger};
use crate::site_context::SiteContext;
use crate::tracing::Trace;

/// Journal entries whose idempotency records are looked at in one drain.
const EXPIRED_AT_ONCE: u64 = 512;

/// The trigger of a drain: a cron's, or a person's who says `resume=true` after mending what the site pauses for.
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

/// Asks about what is pending and due; what MaldoPay says is told with the rest. Then works through the journal from the
/// cursor on, and moves the cursor over what is closed. A payment that cannot be taken up is counted, and the others have
/// their turn.
///
/// # Errors
/// The clocks around the site are apart, or the store does not answer. What was done before that is done.
pub fn drain(context: &SiteContext<'_>) -> Result<Response, Problem> {
    let (watch, pause) = Watch::begin(context)?;
    let drained = watched(context, pause.as_ref());
    watch.end();
    // Whatever else happened, it happened by a clock that is wrong.
    context.clocks.agree().and(drained)
}

fn watched(context: &SiteContext<'_>, pause: Option<&CircuitBreaker>) -> Result<Response, Problem> {
    let mut asking = InquiryRun::begin(context)?;
    asking.run();
    context.clocks.agree()?;
    let mut walk = DrainRun::begin(context, asking, pause)?;
    let walked = walk.run();
    let ended = walk.end();
    walked?;
    ended?;
    context.clocks.agree()?;
    let mut report = walk.into_report();
    let before = context.ports.clock.now().plus_milliseconds(-context.site.idempotency_milliseconds);
    report.expired = context.ledger.expire_idempotency(before, EXPIRED_AT_ONCE)?.records;
    context.ledger.compact_review_queue(FAR_BEHIND)?;
    report.paused = CircuitBreaker::of(context.ports, context.site)?.map(Into::into);
    Ok(Response::json(200, &report))
}

/// The line of a payment that could not be taken up.
pub(super) fn log(context: &SiteContext<'_>, reference: Option<&PaymentReference>, trace: &Trace, code: &'static str) {
    let line = LogLine {
        site: Some(context.site.name.as_str()),
        payment: reference.map(PaymentReference::as_str),
        code: Some(code),
        ..LogLine::new(context.ports.clock.now(), "drain", &trace.correlation_id)
    };
    line.write(context.ports.sink);
}
