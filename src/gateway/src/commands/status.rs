//! `POST /v1/payments/{ref}/status`: an operator's status inquiry, which does not wait for the drain.

use tollbridge_domain::PaymentReference;

use super::carry_out::sync_later;
use super::maldopay_pause::busy;
use super::outcome::{InquiryOutcome, InquirySchedule, StatusInquiry, inquire, too_early};
use crate::http::message::Response;
use crate::http::problem::Problem;
use crate::http::reply::{DeferredWork, Reply};
use crate::http::routes::payment_not_found;
use crate::http::view::PaymentView;
use crate::site_context::SiteContext;

/// Inquires about every pending operation and pending outcome, and responds with the payment as it then is: 202 where
/// an outcome is still unknown.
///
/// # Errors
/// There is no such payment, nothing is pending, an inquiry is too early, or the store does not answer.
pub fn status(context: &SiteContext<'_>, reference: &PaymentReference) -> Result<Reply, Problem> {
    let mut history = context.ledger.history(reference)?;
    let payment = history.payment(context.site.main_currency).ok_or_else(payment_not_found)?;
    let now = context.ports.clock.now();
    let pending_outcome = payment.pending_outcomes.iter();
    let pending = payment.pending.iter();
    let requested =
        pending_outcome.clone().map(|open| open.requested_at).chain(pending.clone().map(|open| open.requested_at));
    if requested.clone().next().is_none() {
        let detail = "MaldoPay has reported the final result of every operation on this payment";
        return Err(Problem::new(409, "nothing_to_ask", detail));
    }
    let inquiries: Vec<StatusInquiry> = pending_outcome
        .filter_map(|open| StatusInquiry::about_pending_outcome(open, context.site, now))
        .chain(pending.filter_map(|open| StatusInquiry::about_pending(open, context.site, now)))
        .collect();
    if inquiries.is_empty() {
        return Err(too_early(requested, context.site, now));
    }
    let mut deferred = DeferredWork::None;
    let mut sequence = history.last_sequence();
    let mut is_answered = true;
    for inquiry in &inquiries {
        match inquire(context, &history, inquiry, InquirySchedule::No)? {
            InquiryOutcome::Recorded(appended) => {
                sequence = sequence.max(appended.entry.sequence);
                deferred = sync_later(context, reference, &appended);
            }
            InquiryOutcome::Unchanged => {}
            InquiryOutcome::NoResponse => is_answered = false,
            InquiryOutcome::Paused(seconds) if sequence == history.last_sequence() => return Err(busy(seconds)),
            InquiryOutcome::Paused(_) => is_answered = false,
        }
    }
    history = context.ledger.history_reaching(reference, sequence)?;
    context.ledger.derive_missing_summaries(&mut history)?;
    let payment = history.payment(context.site.main_currency).ok_or_else(payment_not_found)?;
    let is_known = is_answered && !payment.outcome_unknown();
    let totals = history.totals(&payment, history.sync_state.refusal());
    let view = PaymentView::new(context.site.name.as_str(), payment, &history.sync_state).with_record(totals.record);
    let (status, view) = if is_known { (200, view) } else { (202, view.unknown()) };
    Ok(Reply { response: Response::json(status, &view), deferred })
}
