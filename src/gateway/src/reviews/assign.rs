//! Assigns an unmatched payment to a record. From then on it counts among the payments of the record, and can be
//! refunded like any other.

use tollbridge_domain::{
    Assignment, Fact, Intent, Invoice, Operation, Payment, PaymentStatus, ReviewReason, SourceRecord,
};
use tollbridge_ledger::{AttemptOutcome, Direction, History, NewEntry, Writes, linked_invoice};

use super::decision_sync::sync_decision;
use crate::http::problem::Problem;
use crate::http::routes::payment_not_found;
use crate::site_context::SiteContext;

/// A request to assign a payment.
pub struct AssignRequest {
    pub source: SourceRecord,
    /// The invoice, where the caller names one in addition to the record.
    pub invoice: Option<Invoice>,
    /// Why it is assigned.
    pub note: String,
    /// Who assigns it, in the caller's words.
    pub by: Option<String>,
}

/// Records the assignment among the record's other payments, and syncs it. Repeating the same assignment changes
/// nothing.
///
/// # Errors
/// The payment was requested here or is assigned to another record, or the store does not answer.
pub fn assign(
    context: &SiteContext<'_>,
    history: &History,
    payment: &Payment,
    request: AssignRequest,
) -> Result<(), Problem> {
    if payment.intent != Intent::Unmatched {
        let detail = "this payment was asked for here, for the record that its source names: only a payment that \
                      nobody asked for can be assigned";
        return Err(Problem::new(409, "not_unmatched", detail));
    }
    let AssignRequest { source, invoice, note, by } = request;
    let evidence = payment.review.get(&ReviewReason::UnmatchedPayment).cloned();
    let (attempt, with) = match &payment.source {
        Some(_) if !payment.is_for(&source) => return Err(already_assigned()),
        Some(_) if evidence.is_none() && (invoice.is_none() || invoice == payment.invoice) => return Ok(()),
        Some(_) => (payment.attempt, Writes::new()),
        None => allocate_attempt(context, history, payment, &source, invoice.as_ref())?,
    };
    let invoice = invoice.or_else(|| payment.invoice.clone());
    let assignment = Assignment { source: source.clone(), invoice, attempt, evidence, note, by };
    let appended = context.ledger.append_to(
        history,
        NewEntry {
            reference: &history.reference,
            after: history.last_sequence(),
            fact: Fact::Assigned(assignment),
            raw: None,
            correlation_id: &context.trace.correlation_id,
            not_before: None,
            authority: None,
        },
        with,
    )?;
    let sequence = appended.entry.sequence;
    let now = context.ledger.history_reaching(&history.reference, sequence)?;
    // Where two people assign it to two records at once, the later entry in the ledger decides.
    if !now.payment(context.site.main_currency).ok_or_else(payment_not_found)?.is_for(&source) {
        return Err(already_assigned());
    }
    sync_decision(context, &now, sequence)
}

/// An attempt among the payments of the record, which may have others.
fn allocate_attempt(
    context: &SiteContext<'_>,
    history: &History,
    payment: &Payment,
    source: &SourceRecord,
    invoice: Option<&Invoice>,
) -> Result<(u32, Writes), Problem> {
    // A payout to the customer does not prevent a charge.
    let opening = if payment.status == PaymentStatus::PaidOut { Operation::Payout } else { Operation::Charge };
    let direction = Direction::from(opening);
    let attempt = match context.ledger.allocate_attempt(source, direction, true, context.site.main_currency)? {
        AttemptOutcome::Allocated(attempt) => attempt,
        AttemptOutcome::Refused { refusal, .. } => return Err(refusal.into()),
    };
    let mut with = context.ledger.accepted_attempt(&attempt, &history.reference)?;
    with.extend(context.ledger.number_records(source, invoice, &history.reference)?);
    if let Some(invoice) = linked_invoice(source, invoice) {
        let invoice_attempt = context.ledger.allocate_linked_attempt(&invoice, direction)?;
        with.extend(context.ledger.accepted_attempt(&invoice_attempt, &history.reference)?);
    }
    Ok((u32::try_from(attempt.number).unwrap_or(u32::MAX), with))
}

fn already_assigned() -> Problem {
    let detail = "this payment is assigned to another record already, which its source names: refund it, and charge \
                  the record that it should have been for";
    Problem::new(409, "already_assigned", detail)
}
