//! One payment in the drain: inquires about its pending outcomes, and syncs it.

use tollbridge_domain::{PaymentReference, PendingOperation, Timestamp};
use tollbridge_ledger::History;

use super::drain_report::DrainReport;
use super::salesforce_sync::{SalesforceSync, SyncOutcome};
use crate::commands::{self, InquiryOutcome, InquirySchedule, StatusInquiry};
use crate::http::problem::Problem;
use crate::salesforce::CircuitBreaker;
use crate::site_context::SiteContext;
use crate::trigger::Trigger;

/// A payment after the drain processed it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum DrainStatus {
    Closed,
    Open,
    /// It could not be processed.
    Failed,
}

/// What became of a payment, with the operations that MaldoPay has reported as pending.
pub struct ProcessedPayment {
    pub status: DrainStatus,
    pub pending: Vec<PendingOperation>,
    /// When its sync state was last written.
    pub written_at: Option<Timestamp>,
}

/// Whether this drain still syncs payments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SyncMode {
    Enabled,
    /// The circuit breaker is open. Status inquiries go on.
    Suspended,
}

impl SyncMode {
    pub fn of(context: &SiteContext<'_>, breaker: Option<&CircuitBreaker>) -> Self {
        if context.trigger == Trigger::Manual {
            return Self::Enabled;
        }
        let now = context.ports.clock.now();
        let is_open = breaker.is_some_and(|breaker| breaker.until > now);
        if is_open { Self::Suspended } else { Self::Enabled }
    }
}

/// Does whatever is due for a payment.
pub fn process_payment(
    context: &SiteContext<'_>,
    reference: &PaymentReference,
    sync_mode: &mut SyncMode,
    report: &mut DrainReport,
) -> Result<ProcessedPayment, Problem> {
    let mut history = context.ledger.history(reference)?;
    let main_currency = context.site.main_currency;
    let nothing = ProcessedPayment { status: DrainStatus::Closed, pending: Vec::new(), written_at: None };
    let Some(mut payment) = history.payment(main_currency) else { return Ok(nothing) };
    let now = context.ports.clock.now();
    let mut sequence = history.last_sequence();
    let mut is_inquired = false;
    for pending_outcome in &payment.pending_outcomes {
        let is_due = pending_outcome.next_question().is_some_and(|next| next <= now);
        let Some(inquiry) = StatusInquiry::about_pending_outcome(pending_outcome, context.site, now).filter(|_| is_due)
        else {
            continue;
        };
        match commands::inquire(context, &history, &inquiry, InquirySchedule::Yes)? {
            InquiryOutcome::Recorded(appended) => sequence = appended.entry.sequence.max(sequence),
            InquiryOutcome::Unchanged | InquiryOutcome::NoResponse => {}
            InquiryOutcome::Paused(_) => continue,
        }
        is_inquired = true;
    }
    if is_inquired {
        history = context.ledger.history_reaching(reference, sequence)?;
        let Some(updated) = history.payment(main_currency) else { return Ok(nothing) };
        payment = updated;
    }
    // An outcome without further scheduled inquiries is in review.
    let is_open = payment.pending_outcomes.iter().any(|pending_outcome| !pending_outcome.is_out_of_schedule());
    let step = sync_if_due(context, &history, sequence, sync_mode, report)?;
    let written_at =
        if step == SyncStep::Synced { Some(context.ports.clock.now()) } else { history.sync_state.written_at };
    if is_inquired || step == SyncStep::Synced {
        report.processed = report.processed.saturating_add(1);
    }
    let status = if step == SyncStep::Deferred || is_open { DrainStatus::Open } else { DrainStatus::Closed };
    report.deferred = report.deferred.saturating_add(u64::from(status == DrainStatus::Open));
    Ok(ProcessedPayment { status, pending: payment.pending, written_at })
}

/// What the drain did about syncing a payment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SyncStep {
    /// No sync is due, or a person must act first.
    NotDue,
    Synced,
    /// A sync is due later.
    Deferred,
}

fn sync_if_due(
    context: &SiteContext<'_>,
    history: &History,
    sequence: u64,
    sync_mode: &mut SyncMode,
    report: &mut DrainReport,
) -> Result<SyncStep, Problem> {
    let is_synced = history.entries.iter().all(|entry| history.sync_state.reflects(entry.sequence));
    let needs_resync = SalesforceSync::new(context).needs_resync(history);
    // One drain may have recorded a refusal while another synced the payment. Only another sync clears the refusal.
    let is_refused = history.sync_state.retry.failure.is_some();
    if is_synced && !needs_resync && !is_refused && history.has_current_summaries() {
        return Ok(SyncStep::NotDue);
    }
    if history.sync_state.retry.failure.as_ref().is_some_and(|failure| failure.terminal) {
        report.review = report.review.saturating_add(1);
        return Ok(SyncStep::NotDue);
    }
    // An operator who triggers the drain may have fixed what needed a person.
    let may_be_fixed = context.trigger == Trigger::Manual
        && history.sync_state.retry.failure.as_ref().is_some_and(|failure| failure.needs_person);
    if !may_be_fixed && history.sync_state.retry.next_attempt.is_some_and(|next| next > context.ports.clock.now()) {
        return Ok(SyncStep::Deferred);
    }
    if *sync_mode == SyncMode::Suspended {
        return Ok(SyncStep::Deferred);
    }
    let outcome = match SalesforceSync::new(context).begin(history)? {
        Some(outcome) => outcome,
        None => match SalesforceSync::new(context).sync(&history.reference, sequence, needs_resync || is_refused) {
            Ok(outcome) => outcome,
            Err(problem) => {
                // If this fails too, the attempt counts as a crash, of which a few are allowed.
                let _ = SalesforceSync::new(context).clear_crash(&history.reference);
                return Err(problem);
            }
        },
    };
    Ok(match outcome {
        SyncOutcome::Synced => SyncStep::Synced,
        SyncOutcome::Deferred => SyncStep::Deferred,
        SyncOutcome::CircuitOpen => {
            *sync_mode = SyncMode::Suspended;
            SyncStep::Deferred
        }
        SyncOutcome::Review => {
            report.review = report.review.saturating_add(1);
            SyncStep::Synced
        }
    })
}
