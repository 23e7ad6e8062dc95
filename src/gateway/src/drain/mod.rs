//! `POST /v1/drain`: asks MaldoPay about payments that are pending and whose turn it is, and then takes up what is open in a
//! site's journal, oldest first, within a time budget: it asks MaldoPay what became of operations that were not answered,
//! and tells Salesforce what it was not told.

mod asking;
mod report;
mod take_up;
mod walk;

use tollbridge_domain::PaymentReference;

use crate::answer::{Request, Response};
use crate::inquiries::invalid_parameter;
use crate::log::Line;
use crate::problem::Problem;
use crate::salesforce::{Occasion, Pause};
use crate::sync::Telling;
use crate::tracing::Trace;
use asking::Asking;
use walk::{FAR_BEHIND, Walk};

pub use report::PauseView;

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

/// Asks about what is pending and due; what MaldoPay says is told with the rest. Then works through the journal from the
/// cursor on, and moves the cursor over what is closed. A payment that cannot be taken up is counted, and the others have
/// their turn.
///
/// # Errors
/// The store does not answer. What was done before that is done.
pub fn drain(telling: &Telling<'_>) -> Result<Response, Problem> {
    let mut asking = Asking::begin(telling)?;
    asking.go();
    let mut walk = Walk::begin(telling, asking)?;
    let walked = walk.go();
    let ended = walk.end();
    walked?;
    ended?;
    let mut report = walk.into_report();
    let before = telling.ports.clock.now().plus_milliseconds(-telling.site.idempotency_milliseconds);
    report.expired = telling.ledger.expire_idempotency(before, EXPIRED_AT_ONCE)?.records;
    telling.ledger.tidy_reviews(FAR_BEHIND)?;
    report.paused = Pause::of(telling.ports, telling.site)?.map(Into::into);
    Ok(Response::json(200, &report))
}

/// The line of a payment that could not be taken up.
fn log(telling: &Telling<'_>, reference: Option<&PaymentReference>, trace: &Trace, code: &'static str) {
    let line = Line {
        site: Some(telling.site.name.as_str()),
        payment: reference.map(PaymentReference::as_str),
        code: Some(code),
        ..Line::new(telling.ports.clock.now(), "drain", &trace.correlation_id)
    };
    line.write(telling.ports.sink);
}
