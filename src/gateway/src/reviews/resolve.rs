//! A person's decision about a payment in review: retry it, accept it as it is, or assign it to a record. The decision
//! is a journal entry. All but a retry are also entries of the payment, which nobody can change afterwards.

use tollbridge_domain::{Payment, PaymentReference, Timestamp};
use tollbridge_ledger::{History, JournalEntry, JournalKind};

use super::accept::{self, AcceptRequest, Selection, not_in_review};
use super::assign::{self, AssignRequest};
use crate::clocks::ClockCheck;
use crate::commands::{self, InquiryOutcome, InquirySchedule, StatusInquiry, invoice, source, too_early};
use crate::http::body::Body;
use crate::http::fields::{BodyObject, FieldProblems, invalid};
use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::http::routes::payment_not_found;
use crate::outbox::SalesforceSync;
use crate::queries;
use crate::site_context::SiteContext;

/// How a review is to be resolved.
enum Resolution {
    /// By inquiring and syncing again.
    Retry,
    /// By accepting the payment as it is.
    Accept(AcceptRequest),
    /// By assigning the payment to a record.
    Assign(AssignRequest),
}

impl Resolution {
    fn read(request: &Request) -> Result<Self, Problem> {
        const RETRY: [&str; 3] = ["action", "note", "by"];
        const ACCEPT: [&str; 5] = ["action", "note", "by", "reasons", "reviewToken"];
        const ASSIGN: [&str; 5] = ["action", "note", "by", "source", "invoice"];
        let body = Body::of(request)?;
        let all: Vec<&str> = ACCEPT.iter().chain(&ASSIGN).copied().collect();
        let fields = BodyObject::root(&body.value, &all)?;
        let action = fields.required("action", fields.text("action", 16)?)?;
        let note = fields.text("note", 500)?.map(ToOwned::to_owned);
        let by = fields.text_or_null("by", 80)?.map(ToOwned::to_owned);
        match action {
            "retry" => {
                BodyObject::root(&body.value, &RETRY)?;
                Ok(Self::Retry)
            }
            // The history must say why, for later readers.
            "accept" => {
                let fields = BodyObject::root(&body.value, &ACCEPT)?;
                let note = fields.required("note", note)?;
                Ok(Self::Accept(AcceptRequest { selection: selection(&fields)?, note, by }))
            }
            "assign" => {
                let fields = BodyObject::root(&body.value, &ASSIGN)?;
                let mut problems = FieldProblems::default();
                let note = problems.value(fields.required("note", note));
                let source = source(&fields, &mut problems);
                let invoice = invoice(&fields, &mut problems);
                match (source, note) {
                    (Some((source, _)), Some(note)) if !problems.found_any() => {
                        Ok(Self::Assign(AssignRequest { source, invoice, note, by }))
                    }
                    _ => Err(problems.into_problem()),
                }
            }
            _ => Err(invalid("action", "one of retry, accept, assign")),
        }
    }
}

fn selection(fields: &BodyObject<'_>) -> Result<Selection, Problem> {
    match (fields.list("reasons", 100)?, fields.text("reviewToken", 64)?) {
        (Some(_), Some(_)) => Err(invalid("reviewToken", "give either this or reasons")),
        (Some(names), None) => Ok(Selection::Named(names.into_iter().map(ToOwned::to_owned).collect())),
        (None, Some(token)) => Ok(Selection::Token(token.to_owned())),
        (None, None) => Ok(Selection::Missing),
    }
}

/// `POST /v1/reviews/{ref}/resolve`: responds with the payment as it then is.
///
/// # Errors
/// There is no such payment, it is not in review for that, nothing can be retried, it cannot be assigned, the clocks
/// that a retry depends on are apart, or the store does not answer.
pub fn resolve(
    context: &SiteContext<'_>,
    request: &Request,
    reference: &PaymentReference,
) -> Result<Response, Problem> {
    let resolution = Resolution::read(request)?;
    let mut history = context.ledger.history(reference)?;
    let payment = history.payment(context.site.main_currency).ok_or_else(payment_not_found)?;
    match resolution {
        Resolution::Retry => retry(context, &history, &payment)?,
        Resolution::Accept(request) => {
            // What Salesforce shows of the accepted payment is mapped from this history.
            context.ledger.open(&mut history)?;
            accept::accept(context, &history, &payment, request)?;
        }
        Resolution::Assign(request) => assign::assign(context, &history, &payment, request)?,
    }
    queries::payment(context.site, context.ledger, reference)
}

fn retry(context: &SiteContext<'_>, history: &History, payment: &Payment) -> Result<(), Problem> {
    let is_refused =
        history.sync_state.retry.failure.as_ref().is_some_and(|failure| failure.terminal || failure.needs_person);
    if payment.review.is_empty() && !is_refused {
        return Err(not_in_review());
    }
    let now = context.ports.clock.now();
    let pending_outcomes = payment.pending_outcomes.iter();
    let inquiries: Vec<StatusInquiry> = pending_outcomes
        .clone()
        .filter_map(|open| StatusInquiry::about_pending_outcome(open, context.site, now))
        .collect();
    let is_synced = history.entries.iter().all(|entry| history.sync_state.reflects(entry.sequence));
    if inquiries.is_empty() && is_synced && history.sync_state.retry.failure.is_none() {
        if !payment.pending_outcomes.is_empty() {
            return Err(too_early(pending_outcomes.map(|open| open.requested_at), context.site, now));
        }
        let detail = "nothing of this payment can be retried: accept it with a note, once it is clear";
        return Err(Problem::new(409, "nothing_to_retry", detail));
    }
    let (clock_check, _) = ClockCheck::begin(context)?;
    let retried = inquire_and_sync(context, history, &inquiries, now);
    clock_check.end();
    retried
}

fn inquire_and_sync(
    context: &SiteContext<'_>,
    history: &History,
    inquiries: &[StatusInquiry],
    now: Timestamp,
) -> Result<(), Problem> {
    context.ledger.append_journal_entry(JournalEntry {
        at: now,
        kind: JournalKind::Retried,
        reference: Some(history.reference.clone()),
        sequence: 0,
        correlation_id: context.trace.correlation_id.clone(),
        not_before: None,
        idempotency: None,
    })?;
    let mut sequence = history.last_sequence();
    for inquiry in inquiries {
        if let InquiryOutcome::Recorded(appended) = commands::inquire(context, history, inquiry, InquirySchedule::No)? {
            sequence = appended.entry.sequence.max(sequence);
        }
    }
    SalesforceSync::new(context).sync(&history.reference, sequence, true)?;
    Ok(())
}
