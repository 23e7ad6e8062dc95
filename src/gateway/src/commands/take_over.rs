//! Takes over a command whose request died: between its claim and its intent, before or after MaldoPay was called, or
//! before its answer was kept. What became of it is asked for; it is never simply done again.

use tollbridge_domain::{IdempotencyKey, PaymentReference};
use tollbridge_ledger::{Claim, History, KeyState};

use super::carry_out::answer;
use super::outcome::{InquiryOutcome, Scheduled, StatusInquiry, ask};
use super::{answer_known, stored_response};
use crate::clocks::Watch;
use crate::http::message::{DeferredWork, Reply};
use crate::http::problem::Problem;
use crate::site_context::SiteContext;

/// A command that may have been sent before.
pub struct Repeated<'a> {
    pub key: &'a IdempotencyKey,
    pub digest: &'a str,
    pub reference: &'a PaymentReference,
}

/// What there was to take over.
pub enum TakenOver {
    /// The command is done, or being done: this is the answer.
    Answered(Reply),
    /// Nothing of it was crash_count: it may be carried out under this claim.
    NothingBegun(Claim),
}

/// How many dead attempts in a row are passed over.
const ATTEMPTS: u32 = 5;

/// Claims a command that nothing was known of.
///
/// # Errors
/// Another request is working on it, or the store does not answer.
pub fn claim(context: &SiteContext<'_>, repeated: &Repeated<'_>) -> Result<TakenOver, Problem> {
    match context.ledger.claim(repeated.key, repeated.digest, 1)? {
        Ok(claim) => Ok(TakenOver::NothingBegun(claim)),
        Err(known) => take_over(context, repeated, known),
    }
}

/// Looks at a key of which nothing was known once more, where its command is in the ledger: another request has crash_count it
/// meanwhile, or the key's record has expired.
///
/// # Errors
/// It has expired, or the store does not answer.
pub fn expired(
    context: &SiteContext<'_>,
    repeated: &Repeated<'_>,
    is_in_ledger: bool,
) -> Result<Option<KeyState>, Problem> {
    if !is_in_ledger {
        return Ok(None);
    }
    if let Some(known) = context.ledger.key_state(repeated.key, repeated.digest)? {
        return Ok(Some(known));
    }
    let detail = "this Idempotency-Key was used long ago and its answer is no longer kept: look at the payment, and use a \
                  new key for a new command";
    Err(Problem {
        payment: Some(repeated.reference.to_string().into()),
        ..Problem::new(409, "idempotency_key_expired", detail)
    })
}

/// Answers what is known, and takes over what was abandoned.
///
/// # Errors
/// Another request is working on it, the key is another's, the clocks are apart, or the store does not answer.
pub fn take_over(context: &SiteContext<'_>, repeated: &Repeated<'_>, known: KeyState) -> Result<TakenOver, Problem> {
    let mut known = known;
    for _ in 0..ATTEMPTS {
        let KeyState::Abandoned { attempt } = known else { break };
        if let Some(milliseconds) = lease_left(context, repeated)? {
            known = KeyState::Running { milliseconds };
            break;
        }
        // By a clock that is ahead, a claim that was made just now looks abandoned.
        let watch = Watch::begin_measured(context)?;
        match context.ledger.claim(repeated.key, repeated.digest, attempt.saturating_add(1))? {
            Ok(claim) => {
                let concluded = conclude(context, repeated, claim);
                watch.end();
                return concluded;
            }
            Err(later) => known = later,
        }
    }
    answer_known(known).map(TakenOver::Answered)
}

/// How long whoever began the command may still be at it, where the request in the ledger is younger than the claim: until
/// then nobody may ask what became of it.
fn lease_left(context: &SiteContext<'_>, repeated: &Repeated<'_>) -> Result<Option<i64>, Problem> {
    let history = context.ledger.history_reaching(repeated.reference, 0)?;
    let Some((entry, _)) = history.request_of(repeated.digest) else { return Ok(None) };
    let age = context.ports.clock.now().milliseconds().saturating_sub(entry.received_at.milliseconds());
    let left = context.site.flight_milliseconds.saturating_sub(age);
    Ok((left > 0).then_some(left))
}

/// The question what became of the command; none where that is known.
fn question(context: &SiteContext<'_>, history: &History, number: Option<u64>) -> Option<StatusInquiry> {
    let payment = history.payment(context.site.main_currency)?;
    let pending_outcome = payment.pending_outcomes.iter().find(|pending_outcome| pending_outcome.number == number)?;
    StatusInquiry::about_pending_outcome(pending_outcome, context.site, context.ports.clock.now())
}

/// Finds out what became of the command, and answers that.
fn conclude(context: &SiteContext<'_>, repeated: &Repeated<'_>, claim: Claim) -> Result<TakenOver, Problem> {
    let mut history = context.ledger.history(repeated.reference)?;
    let crash_count = history
        .request_of(repeated.digest)
        .map(|(entry, request)| request.operation.opens().is_none().then_some(entry.sequence));
    let Some(number) = crash_count else { return Ok(TakenOver::NothingBegun(claim)) };
    for request in history.requests_of(number) {
        context.ledger.ensure_pending(&history, request, &context.trace.correlation_id)?;
    }
    let mut after = DeferredWork::None;
    if let Some(question) = question(context, &history, number)
        && let InquiryOutcome::Recorded(appended) = ask(context, &history, &question, Scheduled::Yes)?
    {
        after = super::carry_out::sync_later(context, repeated.reference, &appended);
        history = context.ledger.history_reaching(repeated.reference, appended.entry.sequence)?;
    }
    let counted = context.ledger.derive_missing_summaries(&mut history).is_ok();
    let unknown = history
        .payment(context.site.main_currency)
        .is_some_and(|payment| payment.pending_outcomes.iter().any(|pending_outcome| pending_outcome.number == number));
    let response = answer(context, &history, unknown, counted);
    context.ledger.store_response(&claim, stored_response(&response))?;
    Ok(TakenOver::Answered(Reply { response, after }))
}
