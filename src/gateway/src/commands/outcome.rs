//! Status inquiries: what became of an operation whose call timed out, or that MaldoPay reported as pending.

use tollbridge_connector::types;
use tollbridge_domain::{
    Event, EventKind, Fact, Money, Operation, OperationReference, PendingOperation, PendingOutcome, Timestamp,
};
use tollbridge_ledger::{AppendedEntry, History, NewEntry};

use super::carry_out::{FIRST_INQUIRY_MILLISECONDS, log, send};
use super::{maldopay_pause, wire_command};
use crate::config::Site;
use crate::http::problem::Problem;
use crate::site_context::SiteContext;

/// An inquiry about an operation. None is made while the operation may still be on its way to MaldoPay, which would
/// then report that it does not know of it.
pub struct StatusInquiry {
    number: Option<u64>,
    operation: Operation,
    amount: Money,
    state: KnownState,
}

/// What MaldoPay has reported about the operation.
#[derive(Clone, Copy)]
enum KnownState {
    /// Nothing. `records_not_found` says whether it is worth recording that MaldoPay does not know of the operation.
    PendingOutcome { records_not_found: bool },
    /// That it is pending.
    Pending,
}

impl StatusInquiry {
    /// The inquiry about an operation whose call timed out.
    pub fn about_pending_outcome(pending_outcome: &PendingOutcome, site: &Site, now: Timestamp) -> Option<Self> {
        let PendingOutcome { number, operation, amount, requested_at, .. } = *pending_outcome;
        let state = KnownState::PendingOutcome { records_not_found: pending_outcome.missing_is_news(now) };
        flight_is_over(requested_at, site, now).then_some(Self { number, operation, amount, state })
    }

    /// The inquiry about a pending operation.
    pub fn about_pending(pending: &PendingOperation, site: &Site, now: Timestamp) -> Option<Self> {
        let PendingOperation { number, operation, amount, requested_at } = *pending;
        let state = KnownState::Pending;
        flight_is_over(requested_at, site, now).then_some(Self { number, operation, amount, state })
    }
}

/// Whether an operation that was requested at this time can no longer be on its way to MaldoPay.
fn flight_is_over(requested_at: Timestamp, site: &Site, now: Timestamp) -> bool {
    now >= requested_at.plus_milliseconds(site.flight_milliseconds)
}

/// The problem of an inquiry that is too early for operations that were requested at these times.
pub fn too_early(requested_at: impl Iterator<Item = Timestamp>, site: &Site, now: Timestamp) -> Problem {
    let over = requested_at.map(|at| at.plus_milliseconds(site.flight_milliseconds)).min().unwrap_or(now);
    let left = over.milliseconds().saturating_sub(now.milliseconds());
    let seconds = u32::try_from(left.div_euclid(1000).saturating_add(1)).unwrap_or(1);
    let detail = "an operation on this payment is under way at this moment: ask once it can have been answered";
    Problem::new(409, "payment_busy", detail).retriable(seconds)
}

/// Whether the inquiry belongs to the schedule. An operator's extra inquiry does not use the schedule up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum InquirySchedule {
    Yes,
    No,
}

/// The result of an inquiry.
pub enum InquiryOutcome {
    /// It is appended, as a new fact or because the schedule counts it.
    Recorded(Box<AppendedEntry>),
    /// MaldoPay reported what is known already.
    Unchanged,
    /// The call timed out, and that is not recorded.
    NoResponse,
    /// None was made: MaldoPay asked to be left alone for so many more seconds.
    Paused(u32),
}

/// Inquires once, and appends the result where it is new. A timeout, or that MaldoPay does not know of the operation,
/// frees no amount at once: see [`PendingOutcome`]. The operation is fenced before the inquiry, so that a sender that
/// was suspended since it wrote the request does not send it any more.
///
/// A result holds for its time, and the age of the operation decides what follows from it. Where MaldoPay's clock and
/// this host's are apart, one of them is wrong, and the result is discarded.
///
/// # Errors
/// The clocks are apart, and nothing was recorded; or the store does not answer.
pub fn inquire(
    context: &SiteContext<'_>,
    history: &History,
    inquiry: &StatusInquiry,
    scheduled: InquirySchedule,
) -> Result<InquiryOutcome, Problem> {
    if let Some(seconds) = maldopay_pause::seconds_left(context, context.ports.clock.now())? {
        return Ok(InquiryOutcome::Paused(seconds));
    }
    let operation = inquiry.number;
    let method = history.payment(context.site.main_currency).map(|payment| payment.method).unwrap_or_default();
    let reference = OperationReference { payment: history.reference.clone(), operation };
    let command = types::Command {
        operation: types::Operation::Status,
        reference: reference.to_string(),
        ..wire_command(inquiry.operation, inquiry.amount, &method)
    };
    if matches!(inquiry.state, KnownState::PendingOutcome { .. }) {
        context.ledger.fence(&history.reference, &history.requests_of(operation))?;
    }
    let encoded = context.ports.provider.encode(&command, context.site);
    let (fact, raw) = match encoded {
        Ok(encoded) => {
            let result = send(context, &command, &encoded, inquiry.operation, operation);
            result.clocks_agree?;
            (result.fact, result.raw)
        }
        // The inquiry cannot be encoded, say because the site no longer has the method. The schedule ends with a
        // review.
        Err(problem) => {
            log(context, context.ports.clock.now(), problem.code);
            (None, None)
        }
    };
    let fact = match fact {
        // An inquiry that was not sent counts as one that timed out. The operation itself has not failed.
        None => Fact::TimedOut { operation },
        Some(Fact::Event(event)) if is_not_found(&event) => Fact::NotFound { operation },
        Some(fact) => fact,
    };
    let is_recorded = match (inquiry.state, &fact) {
        (KnownState::PendingOutcome { .. }, Fact::TimedOut { .. }) => scheduled == InquirySchedule::Yes,
        (KnownState::PendingOutcome { records_not_found }, Fact::NotFound { .. }) => {
            records_not_found || scheduled == InquirySchedule::Yes
        }
        (KnownState::Pending, Fact::TimedOut { .. }) => false,
        // MaldoPay had acknowledged the operation, so this ends nothing. It is recorded once, for readers of the
        // history.
        (KnownState::Pending, Fact::NotFound { .. }) => !history.entries.iter().any(|entry| entry.fact == fact),
        (KnownState::Pending, Fact::Event(event)) => !history.has_event(&event.id),
        (KnownState::PendingOutcome { .. }, Fact::Event(_))
        | (
            _,
            Fact::OperationRequested(_)
            | Fact::Withdrawn { .. }
            | Fact::Unreadable(_)
            | Fact::Accepted(_)
            | Fact::Assigned(_)
            | Fact::Erased(_),
        ) => true,
    };
    let is_open = matches!(fact, Fact::TimedOut { .. } | Fact::NotFound { .. });
    if !is_recorded {
        return Ok(if matches!(fact, Fact::TimedOut { .. }) {
            InquiryOutcome::NoResponse
        } else {
            InquiryOutcome::Unchanged
        });
    }
    let (fact, raw) = history.strip_if_erased(fact, raw.as_deref());
    let entry = NewEntry {
        reference: &history.reference,
        after: history.last_sequence(),
        fact,
        raw,
        correlation_id: &context.trace.correlation_id,
        not_before: is_open.then(|| context.ports.clock.now().plus_milliseconds(FIRST_INQUIRY_MILLISECONDS)),
        authority: None,
    };
    Ok(InquiryOutcome::Recorded(Box::new(context.ledger.append_to(history, entry, Vec::new())?)))
}

/// Whether a result means that there is no such transaction: a failure without a transaction id.
fn is_not_found(event: &Event) -> bool {
    event.transaction.is_none() && matches!(event.kind, EventKind::Failed(_) | EventKind::Canceled)
}
