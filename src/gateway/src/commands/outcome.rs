//! Asks MaldoPay what became of an operation that it did not answer, or said is under way.

use tollbridge_connector::types;
use tollbridge_domain::{
    Event, EventKind, Fact, Money, Operation, OperationReference, PendingOperation, PendingOutcome, Timestamp,
};
use tollbridge_ledger::{AppendedEntry, History, NewEntry};

use super::carry_out::{FIRST_QUESTION_MILLISECONDS, ask_provider, log};
use super::wire_command;
use crate::config::Site;
use crate::http::problem::Problem;
use crate::site_context::SiteContext;

/// A question about an operation. There is none while whoever asked for the operation may still be at it: MaldoPay may
/// have it yet to come, and would say that it does not know of it.
pub struct StatusInquiry {
    number: Option<u64>,
    operation: Operation,
    amount: Money,
    about: About,
}

/// What is known of the operation.
#[derive(Clone, Copy)]
enum About {
    /// Nothing was heard of it; whether it would be news that MaldoPay does not know of it.
    PendingOutcome { missing_is_news: bool },
    /// MaldoPay said that it is under way.
    Pending,
}

impl StatusInquiry {
    /// The question what became of an operation that was not answered.
    pub fn about_pending_outcome(pending_outcome: &PendingOutcome, site: &Site, now: Timestamp) -> Option<Self> {
        let PendingOutcome { number, operation, amount, requested_at, .. } = *pending_outcome;
        let about = About::PendingOutcome { missing_is_news: pending_outcome.missing_is_news(now) };
        is_over(requested_at, site, now).then_some(Self { number, operation, amount, about })
    }

    /// The question what became of an operation that is under way.
    pub fn about_pending(pending: &PendingOperation, site: &Site, now: Timestamp) -> Option<Self> {
        let PendingOperation { number, operation, amount, requested_at } = *pending;
        is_over(requested_at, site, now).then_some(Self { number, operation, amount, about: About::Pending })
    }
}

/// Whether an operation that was asked for at this time is on its way no more.
fn is_over(requested_at: Timestamp, site: &Site, now: Timestamp) -> bool {
    now >= requested_at.plus_milliseconds(site.flight_milliseconds)
}

/// The problem of a question that may not be asked yet, about operations that were asked for at these times.
pub fn too_early(requested_at: impl Iterator<Item = Timestamp>, site: &Site, now: Timestamp) -> Problem {
    let over = requested_at.map(|at| at.plus_milliseconds(site.flight_milliseconds)).min().unwrap_or(now);
    let left = over.milliseconds().saturating_sub(now.milliseconds());
    let seconds = u32::try_from(left.div_euclid(1000).saturating_add(1)).unwrap_or(1);
    let detail = "an operation on this payment is under way at this moment: ask once it can have been answered";
    Problem::new(409, "payment_busy", detail).retriable(seconds)
}

/// Whether a question is one of the schedule. What a person asks beside it does not use the schedule up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scheduled {
    Yes,
    No,
}

/// What came of a question.
pub enum InquiryOutcome {
    /// It was news, or is kept because the schedule counts it.
    Recorded(Box<AppendedEntry>),
    /// MaldoPay said what it had said before.
    Unchanged,
    /// MaldoPay did not answer, and that is not kept.
    NoResponse,
}

/// Asks once, and appends the answer where it is news. That there was no answer, or that MaldoPay does not know of the
/// operation, frees nothing at once: see [`PendingOutcome`]. Before it is asked, the operation is fenced: should its sender have
/// stood still since it wrote its request, it does not send it any more.
///
/// An answer says what is so at its time, and how long ago the operation was asked for decides what follows from that. Where
/// MaldoPay's clock and this host's are apart, one of them is wrong, and the answer is not used.
///
/// # Errors
/// The clocks are apart, and nothing was recorded; or the store does not answer.
pub fn ask(
    context: &SiteContext<'_>,
    history: &History,
    question: &StatusInquiry,
    scheduled: Scheduled,
) -> Result<InquiryOutcome, Problem> {
    let operation = question.number;
    let method = history.payment(context.site.main_currency).map(|payment| payment.method).unwrap_or_default();
    let reference = OperationReference { payment: history.reference.clone(), operation };
    let command = types::Command {
        operation: types::Operation::Status,
        reference: reference.to_string(),
        ..wire_command(question.operation, question.amount, &method)
    };
    if matches!(question.about, About::PendingOutcome { .. }) {
        context.ledger.fence(&history.reference, &history.requests_of(operation))?;
    }
    let encoded = context.ports.provider.encode(&command, &context.site.settings, &context.site.maldopay);
    let (fact, raw) = match encoded {
        Ok(encoded) => {
            let said = ask_provider(context, &command, &encoded, question.operation, operation);
            said.in_time?;
            (said.fact, said.raw)
        }
        // It cannot be put: the site no longer has the method, say. The schedule goes on, and ends with a person.
        Err(problem) => {
            log(context, context.ports.clock.now(), problem.code);
            (None, None)
        }
    };
    let fact = match fact {
        // A question that was not sent is a question without an answer, not an operation that failed.
        None => Fact::TimedOut { operation },
        Some(Fact::Event(event)) if names_nothing(&event) => Fact::NotFound { operation },
        Some(fact) => fact,
    };
    let is_kept = match (question.about, &fact) {
        (About::PendingOutcome { .. }, Fact::TimedOut { .. }) => scheduled == Scheduled::Yes,
        (About::PendingOutcome { missing_is_news }, Fact::NotFound { .. }) => {
            missing_is_news || scheduled == Scheduled::Yes
        }
        (About::Pending, Fact::TimedOut { .. }) => false,
        // MaldoPay acknowledged it before, so this ends nothing. Once it is kept for whoever reads the history.
        (About::Pending, Fact::NotFound { .. }) => !history.entries.iter().any(|entry| entry.fact == fact),
        (About::Pending, Fact::Event(event)) => !history.has_event(&event.id),
        (About::PendingOutcome { .. }, Fact::Event(_))
        | (
            _,
            Fact::OperationRequested(_)
            | Fact::Withdrawn { .. }
            | Fact::Accepted(_)
            | Fact::Assigned(_)
            | Fact::Erased(_),
        ) => true,
    };
    let is_open = matches!(fact, Fact::TimedOut { .. } | Fact::NotFound { .. });
    if !is_kept {
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
        not_before: is_open.then(|| context.ports.clock.now().plus_milliseconds(FIRST_QUESTION_MILLISECONDS)),
        authority: None,
    };
    Ok(InquiryOutcome::Recorded(Box::new(context.ledger.append_to(history, entry, Vec::new())?)))
}

/// Whether an answer says that there is no such transaction: a failure that names none.
fn names_nothing(event: &Event) -> bool {
    event.transaction.is_none() && matches!(event.kind, EventKind::Failed(_) | EventKind::Canceled)
}
