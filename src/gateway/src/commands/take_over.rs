//! Takes over a command whose request died, whether before or after its operation was requested or MaldoPay was called.
//! A status inquiry finds out what became of the operation; it is never simply sent again.

use tollbridge_domain::{IdempotencyKey, PaymentReference};
use tollbridge_ledger::{Claim, ClaimOutcome, History, KeyState};

use super::carry_out::{payment_response, sync_later};
use super::outcome::{InquiryOutcome, InquirySchedule, StatusInquiry, inquire};
use super::{respond_known, stored_response};
use crate::clocks::ClockCheck;
use crate::http::problem::Problem;
use crate::http::reply::{DeferredWork, Reply};
use crate::site_context::SiteContext;

/// A command, which may be a repetition.
pub struct IdempotentCommand<'a> {
    pub key: &'a IdempotencyKey,
    pub digest: &'a str,
    pub reference: &'a PaymentReference,
}

/// The result of taking over a command.
pub enum Takeover {
    /// The command is done, or another request is working on it: this is the response.
    Answered(Reply),
    /// Its operation was never requested: it may be carried out under this claim.
    NotRequested(Claim),
}

/// How many dead attempts in a row one request takes over.
const MAX_ATTEMPTS: u32 = 5;

/// Claims a command whose key is not known.
///
/// # Errors
/// Another request is working on it, or the store does not answer.
pub fn claim(context: &SiteContext<'_>, command: &IdempotentCommand<'_>) -> Result<Takeover, Problem> {
    match context.ledger.claim(command.key, command.digest, 1)? {
        ClaimOutcome::Claimed(claim) => Ok(Takeover::NotRequested(claim)),
        ClaimOutcome::Known(known) => take_over(context, command, known),
    }
}

/// Looks an unknown key up again where its command is in the ledger: another request may have begun it meanwhile.
/// Otherwise the key's record has expired.
///
/// # Errors
/// The key has expired, or the store does not answer.
pub fn expired(
    context: &SiteContext<'_>,
    command: &IdempotentCommand<'_>,
    is_in_ledger: bool,
) -> Result<Option<KeyState>, Problem> {
    if !is_in_ledger {
        return Ok(None);
    }
    if let Some(known) = context.ledger.key_state(command.key, command.digest)? {
        return Ok(Some(known));
    }
    let detail = "this Idempotency-Key was used long ago and its response is no longer stored: look at the payment, \
                  and use a new key for a new command";
    Err(Problem {
        payment: Some(command.reference.to_string().into()),
        ..Problem::new(409, "idempotency_key_expired", detail)
    })
}

/// Responds with what is known, and takes over an abandoned command.
///
/// # Errors
/// Another request is working on it, the key belongs to another command, the clocks are apart, or the store
/// does not answer.
pub fn take_over(
    context: &SiteContext<'_>,
    command: &IdempotentCommand<'_>,
    known: KeyState,
) -> Result<Takeover, Problem> {
    let mut known = known;
    let mut clock_check = None;
    for _ in 0..MAX_ATTEMPTS {
        let KeyState::Abandoned { attempt } = known else { break };
        if let Some(milliseconds) = flight_left(context, command)? {
            known = KeyState::Running { milliseconds };
            break;
        }
        // By a clock that is ahead, a claim that was made just now looks abandoned. One check holds for all attempts.
        if clock_check.is_none() {
            clock_check = Some(ClockCheck::begin_with_all(context)?);
        }
        match context.ledger.claim(command.key, command.digest, attempt.saturating_add(1))? {
            ClaimOutcome::Claimed(claim) => {
                let concluded = conclude(context, command, claim);
                if let Some(clock_check) = clock_check {
                    clock_check.end();
                }
                return concluded;
            }
            ClaimOutcome::Known(later) => known = later,
        }
    }
    respond_known(known).map(Takeover::Answered)
}

/// How long the operation may still be on its way to MaldoPay, where its request in the ledger is younger than the
/// claim. Until then a status inquiry would prove nothing.
fn flight_left(context: &SiteContext<'_>, command: &IdempotentCommand<'_>) -> Result<Option<i64>, Problem> {
    let history = context.ledger.history_reaching(command.reference, 0)?;
    let Some((entry, _)) = history.request_of(command.digest) else { return Ok(None) };
    let age = context.ports.clock.now().milliseconds().saturating_sub(entry.received_at.milliseconds());
    let left = context.site.flight_milliseconds.saturating_sub(age);
    Ok((left > 0).then_some(left))
}

/// The inquiry about the command's operation; none where its outcome is known.
fn inquiry_about(context: &SiteContext<'_>, history: &History, number: Option<u64>) -> Option<StatusInquiry> {
    let payment = history.payment(context.site.main_currency)?;
    let pending_outcome = payment.pending_outcomes.iter().find(|pending_outcome| pending_outcome.number == number)?;
    StatusInquiry::about_pending_outcome(pending_outcome, context.site, context.ports.clock.now())
}

/// Finds out what became of the command, and responds with that.
fn conclude(context: &SiteContext<'_>, command: &IdempotentCommand<'_>, claim: Claim) -> Result<Takeover, Problem> {
    let mut history = context.ledger.history(command.reference)?;
    let requested = history
        .request_of(command.digest)
        .map(|(entry, request)| request.operation.opens().is_none().then_some(entry.sequence));
    let Some(number) = requested else { return Ok(Takeover::NotRequested(claim)) };
    for request in history.requests_of(number) {
        context.ledger.ensure_pending(&history, request, &context.trace.correlation_id)?;
    }
    let mut deferred = DeferredWork::None;
    if let Some(inquiry) = inquiry_about(context, &history, number)
        && let InquiryOutcome::Recorded(appended) = inquire(context, &history, &inquiry, InquirySchedule::Yes)?
    {
        deferred = sync_later(context, command.reference, &appended);
        history = context.ledger.history_reaching(command.reference, appended.entry.sequence)?;
    }
    let counted = context.ledger.derive_missing_summaries(&mut history).is_ok();
    let unknown = history
        .payment(context.site.main_currency)
        .is_some_and(|payment| payment.pending_outcomes.iter().any(|pending_outcome| pending_outcome.number == number));
    let response = payment_response(context, &history, unknown, counted);
    context.ledger.store_response(&claim, stored_response(&response))?;
    Ok(Takeover::Answered(Reply { response, deferred }))
}
