//! What a person decides about a payment in review: that it is tried again, that it is well as it is, or which record it is
//! for. The decision is an entry of the journal, and all but the first are entries of the payment, which cannot be changed
//! afterwards.

use tollbridge_domain::{Payment, PaymentReference, Timestamp};
use tollbridge_ledger::{History, JournalEntry, JournalKind};

use super::accept::{self, Accepted};
use super::assign;
use crate::clocks::Watch;
use crate::commands::{self, InquiryOutcome, Scheduled, StatusInquiry, invoice, source, too_early};
use crate::http::body::Body;
use crate::http::fields::{Fields, invalid};
use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::http::routes::payment_not_found;
use crate::outbox::SalesforceSync;
use crate::queries;
use crate::site_context::SiteContext;

/// A decision, as it is asked for.
enum Decision {
    /// Ask MaldoPay and tell Salesforce once more.
    Retry,
    /// It is well as it is.
    Accept(accept::Decision),
    /// It is for this record.
    Assign(assign::Decision),
}

impl Decision {
    fn read(request: &Request) -> Result<Self, Problem> {
        const RETRY: [&str; 3] = ["action", "note", "by"];
        const ACCEPT: [&str; 5] = ["action", "note", "by", "reasons", "reviewToken"];
        const ASSIGN: [&str; 5] = ["action", "note", "by", "source", "invoice"];
        let body = Body::of(request)?;
        let all: Vec<&str> = ACCEPT.iter().chain(&ASSIGN).copied().collect();
        let fields = Fields::root(&body.value, &all)?;
        let action = fields.required("action", fields.text("action", 16)?)?;
        let note = fields.text("note", 500)?.map(ToOwned::to_owned);
        let by = fields.text_or_null("by", 80)?.map(ToOwned::to_owned);
        match action {
            "retry" => {
                Fields::root(&body.value, &RETRY)?;
                Ok(Self::Retry)
            }
            // Whoever reads the history later must find out why.
            "accept" => {
                let fields = Fields::root(&body.value, &ACCEPT)?;
                let note = fields.required("note", note)?;
                Ok(Self::Accept(accept::Decision { accepted: accepted(&fields)?, note, by }))
            }
            "assign" => {
                let fields = Fields::root(&body.value, &ASSIGN)?;
                let note = fields.required("note", note)?;
                Ok(Self::Assign(assign::Decision { source: source(&fields)?.0, invoice: invoice(&fields)?, note, by }))
            }
            _ => Err(invalid("action", "one of retry, accept, assign")),
        }
    }
}

fn accepted(fields: &Fields<'_>) -> Result<Accepted, Problem> {
    match (fields.list("reasons", 100)?, fields.text("reviewToken", 64)?) {
        (Some(_), Some(_)) => Err(invalid("reviewToken", "give either this or reasons")),
        (Some(names), None) => Ok(Accepted::Named(names.into_iter().map(ToOwned::to_owned).collect())),
        (None, Some(token)) => Ok(Accepted::Shown(token.to_owned())),
        (None, None) => Ok(Accepted::Unsaid),
    }
}

/// `POST /v1/reviews/{ref}/resolve`: answers the payment as it then is.
///
/// # Errors
/// There is no such payment, it is not in review for that, there is nothing to try again, it cannot be assigned, the clocks
/// that a retry rests on are apart, or the store does not answer.
pub fn resolve(
    context: &SiteContext<'_>,
    request: &Request,
    reference: &PaymentReference,
) -> Result<Response, Problem> {
    let decision = Decision::read(request)?;
    let mut history = context.ledger.history(reference)?;
    let payment = history.payment(context.site.main_currency).ok_or_else(payment_not_found)?;
    match decision {
        Decision::Retry => retry(context, &history, &payment)?,
        Decision::Accept(decision) => {
            // What Salesforce is shown of it is mapped of this history.
            context.ledger.open(&mut history)?;
            accept::accept(context, &history, &payment, decision)?;
        }
        Decision::Assign(decision) => assign::assign(context, &history, &payment, decision)?,
    }
    queries::payment(context.site, context.ledger, reference)
}

/// Tells Salesforce of a decision, as of any news. Where it could not be told before and the next attempt has its time, the
/// decision waits for that too.
///
/// # Errors
/// The store does not answer.
pub fn sync_decision(context: &SiteContext<'_>, history: &History, sequence: u64) -> Result<(), Problem> {
    let waits = history.sync_state.retry.next_attempt.is_some_and(|next| next > context.ports.clock.now());
    if !waits {
        SalesforceSync::new(context).sync(&history.reference, sequence, false)?;
    }
    Ok(())
}

fn retry(context: &SiteContext<'_>, history: &History, payment: &Payment) -> Result<(), Problem> {
    let is_refused =
        history.sync_state.retry.failure.as_ref().is_some_and(|failure| failure.terminal || failure.needs_person);
    if payment.review.is_empty() && !is_refused {
        return Err(Problem::new(409, "not_in_review", "this payment does not wait for anybody"));
    }
    let now = context.ports.clock.now();
    let pending_outcome = payment.pending_outcomes.iter();
    let questions: Vec<StatusInquiry> = pending_outcome
        .clone()
        .filter_map(|open| StatusInquiry::about_pending_outcome(open, context.site, now))
        .collect();
    let is_synced = history.entries.iter().all(|entry| history.sync_state.reflects(entry.sequence));
    if questions.is_empty() && is_synced && history.sync_state.retry.failure.is_none() {
        if !payment.pending_outcomes.is_empty() {
            return Err(too_early(pending_outcome.map(|open| open.requested_at), context.site, now));
        }
        let detail = "nothing of this payment can be tried again: accept it with a note, once it is clear";
        return Err(Problem::new(409, "nothing_to_retry", detail));
    }
    let (watch, _) = Watch::begin(context)?;
    let retried = ask_and_sync(context, history, &questions, now);
    watch.end();
    retried
}

fn ask_and_sync(
    context: &SiteContext<'_>,
    history: &History,
    questions: &[StatusInquiry],
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
    for question in questions {
        if let InquiryOutcome::Recorded(appended) = commands::ask(context, history, question, Scheduled::No)? {
            sequence = appended.entry.sequence.max(sequence);
        }
    }
    SalesforceSync::new(context).sync(&history.reference, sequence, true)?;
    Ok(())
}
