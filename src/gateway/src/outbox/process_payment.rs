//! One payment in the drain: MaldoPay is asked what became of it, and Salesforce is told.

use tollbridge_domain::{PaymentReference, PendingOperation, Timestamp};
use tollbridge_ledger::History;

use super::drain_report::Report;
use super::sync::{SalesforceSync, SyncOutcome};
use crate::commands::{self, InquiryOutcome, Scheduled, StatusInquiry};
use crate::http::problem::Problem;
use crate::salesforce::{CircuitBreaker, Trigger};
use crate::site_context::SiteContext;

/// How a payment stands after the drain looked at it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum DrainStatus {
    Closed,
    Open,
    /// It could not be taken up.
    Failed,
}

/// How a payment stands, and what of it is under way at MaldoPay.
pub struct ProcessedPayment {
    pub standing: DrainStatus,
    pub pending: Vec<PendingOperation>,
    /// When the note of what Salesforce was told of it was last replaced.
    pub noted_at: Option<Timestamp>,
}

/// Whether this drain still tells Salesforce anything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SyncMode {
    Enabled,
    /// The site pauses. MaldoPay is asked all the same.
    Suspended,
}

impl SyncMode {
    pub fn of(context: &SiteContext<'_>, pause: Option<&CircuitBreaker>) -> Self {
        if context.trigger == Trigger::Manual {
            return Self::Enabled;
        }
        let now = context.ports.clock.now();
        let paused = pause.is_some_and(|pause| pause.until > now);
        if paused { Self::Suspended } else { Self::Enabled }
    }
}

/// Does for a payment what is due.
pub fn process_payment(
    context: &SiteContext<'_>,
    reference: &PaymentReference,
    sync_mode: &mut SyncMode,
    report: &mut Report,
) -> Result<ProcessedPayment, Problem> {
    let mut history = context.ledger.history(reference)?;
    let main_currency = context.site.main_currency;
    let nothing = ProcessedPayment { standing: DrainStatus::Closed, pending: Vec::new(), noted_at: None };
    let Some(mut payment) = history.payment(main_currency) else { return Ok(nothing) };
    let now = context.ports.clock.now();
    let mut sequence = history.last_sequence();
    let mut asked = false;
    for pending_outcome in &payment.pending_outcomes {
        let is_due = pending_outcome.next_question().is_some_and(|next| next <= now);
        let Some(question) =
            StatusInquiry::about_pending_outcome(pending_outcome, context.site, now).filter(|_| is_due)
        else {
            continue;
        };
        if let InquiryOutcome::Recorded(appended) = commands::ask(context, &history, &question, Scheduled::Yes)? {
            sequence = appended.entry.sequence.max(sequence);
        }
        asked = true;
    }
    if asked {
        history = context.ledger.history_reaching(reference, sequence)?;
        let Some(then) = history.payment(main_currency) else { return Ok(nothing) };
        payment = then;
    }
    // What is out of schedule is in review.
    let is_open = payment.pending_outcomes.iter().any(|pending_outcome| !pending_outcome.is_out_of_schedule());
    let sync_state = sync_if_due(context, &history, sequence, sync_mode, report)?;
    let noted_at =
        if sync_state == SyncStep::Synced { Some(context.ports.clock.now()) } else { history.sync_state.written_at };
    if asked || sync_state == SyncStep::Synced {
        report.taken = report.taken.saturating_add(1);
    }
    let standing = if sync_state == SyncStep::Deferred || is_open { DrainStatus::Open } else { DrainStatus::Closed };
    report.deferred = report.deferred.saturating_add(u64::from(standing == DrainStatus::Open));
    Ok(ProcessedPayment { standing, pending: payment.pending, noted_at })
}

/// What was done about telling Salesforce.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SyncStep {
    /// Nothing was to be done, or a person must.
    NotDue,
    /// It was told.
    Synced,
    /// It is to be told later.
    Deferred,
}

fn sync_if_due(
    context: &SiteContext<'_>,
    history: &History,
    sequence: u64,
    sync_mode: &mut SyncMode,
    report: &mut Report,
) -> Result<SyncStep, Problem> {
    let is_synced = history.entries.iter().all(|entry| history.sync_state.reflects(entry.sequence));
    let unsettled = SalesforceSync::new(context).is_unsettled(history);
    // Salesforce may have refused one drain what another told meanwhile. Only who tells again takes the refusal back.
    let is_refused = history.sync_state.retry.failure.is_some();
    if is_synced && !unsettled && !is_refused && history.has_current_summaries() {
        return Ok(SyncStep::NotDue);
    }
    if history.sync_state.retry.failure.as_ref().is_some_and(|failure| failure.terminal) {
        report.review = report.review.saturating_add(1);
        return Ok(SyncStep::NotDue);
    }
    // Whoever asks may have mended what a person was needed for.
    let mended = context.trigger == Trigger::Manual
        && history.sync_state.retry.failure.as_ref().is_some_and(|failure| failure.needs_person);
    if !mended && history.sync_state.retry.next_attempt.is_some_and(|next| next > context.ports.clock.now()) {
        return Ok(SyncStep::Deferred);
    }
    if *sync_mode == SyncMode::Suspended {
        return Ok(SyncStep::Deferred);
    }
    let outcome = match SalesforceSync::new(context).begin(history)? {
        Some(outcome) => outcome,
        None => match SalesforceSync::new(context).sync(&history.reference, sequence, unsettled || is_refused) {
            Ok(outcome) => outcome,
            Err(problem) => {
                // Where even this fails, it counts as one that never came back, of which there may be a few.
                let _ = SalesforceSync::new(context).clear_crash(&history.reference);
                return Err(problem);
            }
        },
    };
    Ok(match outcome {
        SyncOutcome::Synced => SyncStep::Synced,
        SyncOutcome::Deferred => SyncStep::Deferred,
        SyncOutcome::Paused => {
            *sync_mode = SyncMode::Suspended;
            SyncStep::Deferred
        }
        SyncOutcome::Review => {
            report.review = report.review.saturating_add(1);
            SyncStep::Synced
        }
    })
}
