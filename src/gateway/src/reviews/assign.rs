//! A person says which record a payment is for that nobody here asked for. It then counts among the payments of that
//! record, and is refunded like any other.

use tollbridge_domain::{
    Assignment, Fact, Intent, Invoice, Operation, Payment, PaymentStatus, ReviewReason, SourceRecord,
};
use tollbridge_ledger::{Direction, History, NewEntry, Writes, linked_invoice};

use super::resolve::sync_decision;
use crate::http::problem::Problem;
use crate::http::routes::payment_not_found;
use crate::site_context::SiteContext;

/// A decision to assign.
pub struct Decision {
    /// The record.
    pub source: SourceRecord,
    /// The invoice, where the caller names one besides the record.
    pub invoice: Option<Invoice>,
    /// Why.
    pub note: String,
    /// Who.
    pub by: Option<String>,
}

/// Writes the assignment down beside the record's other payments, and tells Salesforce of it. The same again changes
/// nothing.
///
/// # Errors
/// The payment was asked for here, is assigned to another record, or the store does not answer.
pub fn assign(
    context: &SiteContext<'_>,
    history: &History,
    payment: &Payment,
    decision: Decision,
) -> Result<(), Problem> {
    if payment.intent != Intent::Unmatched {
        let detail = "this payment was asked for here, for the record that its source names: only a payment that nobody \
                      asked for can be assigned";
        return Err(Problem::new(409, "not_unmatched", detail));
    }
    let Decision { source, invoice, note, by } = decision;
    let evidence = payment.review.get(&ReviewReason::UnmatchedPayment).cloned();
    let (attempt, with) = match &payment.source {
        Some(_) if !payment.is_for(&source) => return Err(already_assigned()),
        Some(_) if evidence.is_none() && (invoice.is_none() || invoice == payment.invoice) => return Ok(()),
        Some(_) => (payment.attempt, Writes::new()),
        None => place(context, history, payment, &source, invoice.as_ref())?,
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
    // Of two people who assign it at once to two records, the later one in the ledger is right.
    if !now.payment(context.site.main_currency).ok_or_else(payment_not_found)?.is_for(&source) {
        return Err(already_assigned());
    }
    sync_decision(context, &now, sequence)
}

/// A place among the payments of the record, beside whatever others there are.
fn place(
    context: &SiteContext<'_>,
    history: &History,
    payment: &Payment,
    source: &SourceRecord,
    invoice: Option<&Invoice>,
) -> Result<(u32, Writes), Problem> {
    // What went out to the customer does not stand in the way of a charge.
    let opening = if payment.status == PaymentStatus::PaidOut { Operation::Payout } else { Operation::Charge };
    let direction = Direction::from(opening);
    let attempt = match context.ledger.allocate_attempt(source, direction, true, context.site.main_currency)? {
        Ok(attempt) => attempt,
        Err((_, refusal)) => return Err(refusal.into()),
    };
    let mut with = context.ledger.accepted_attempt(&attempt, &history.reference)?;
    if let Some(named) = linked_invoice(source, invoice) {
        let named = context.ledger.allocate_linked_attempt(&named, direction)?;
        with.extend(context.ledger.accepted_attempt(&named, &history.reference)?);
    }
    Ok((u32::try_from(attempt.number).unwrap_or(u32::MAX), with))
}

fn already_assigned() -> Problem {
    let detail = "this payment is assigned to another record already, which its source names: refund it, and charge the \
                  record that it should have been for";
    Problem::new(409, "already_assigned", detail)
}
