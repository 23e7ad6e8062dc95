//! `POST /v1/payments`: opens a payment by charging, authorizing or paying out.

use tollbridge_connector::types;
use tollbridge_domain::{Fact, Invoice, OperationRequest, PaymentReference, SourceRecord};
use tollbridge_ledger::{
    Attempt, AttemptError, Authority, Claim, Direction, Fence, KeyState, NewEntry, linked_invoice,
};

use super::body::OpenBody;
use super::carry_out::{Clearance, Intended, carry_out};
use super::spelling::{CommandNames, was_opened};
use super::take_over::{Repeated, TakenOver, claim, expired, take_over};
use super::{answer_known, idempotency_key, stored_response, wire_command};
use crate::config::Site;
use crate::http::authentication::Caller;
use crate::http::body::Body;
use crate::http::message::{Reply, Request};
use crate::http::problem::Problem;
use crate::site_context::SiteContext;

/// The site that the body names, with the body; before anything is looked up.
pub fn read<'a>(request: &Request, caller: &Caller<'a>) -> Result<(&'a Site, Body), Problem> {
    let body = Body::of(request)?;
    let site = caller.site(super::body::site_name(&body.value)?)?;
    Ok((site, body))
}

/// Opens the payment that the body asks for.
///
/// # Errors
/// The request cannot be taken, or the store does not answer; nothing was sent to MaldoPay then.
pub fn open(context: &SiteContext<'_>, request: &Request, body: &Body) -> Result<Reply, Problem> {
    let key = idempotency_key(request)?;
    let read = OpenBody::read(body, context.site)?;
    let CommandNames { digest, reference } = CommandNames::of(context, request, &key, body, &read)?;
    let body = read;
    let repeated = Repeated { key: &key, digest: &digest, reference: &reference };
    let taken_over = match known(context, &repeated)? {
        None => None,
        Some(known) => match take_over(context, &repeated, known)? {
            TakenOver::Answered(answered) => return Ok(answered),
            TakenOver::NothingBegun(claim) => Some(claim),
        },
    };
    let invoice = body.invoice.clone().or_else(|| Invoice::of_source(&body.source));
    let command = types::Command {
        reference: reference.to_string(),
        customer: Some(body.customer),
        description: body.description,
        invoice: invoice.map(|invoice| invoice.number().to_owned()),
        method_values: body.method_values,
        ..wire_command(body.operation, body.amount, &body.method)
    };
    // Whatever MaldoPay's format cannot carry is refused before anything is claimed.
    let encoded = context.ports.provider.encode(&command, &context.site.settings, &context.site.maldopay)?;
    let direction = Direction::from(body.operation);
    // An older version kept the payments of a record under the spelling that it was sent in.
    let sources = [&body.source, &body.source_as_written];
    let distinct = if body.source.is_same_record(&body.source_as_written) { 1 } else { 2 };
    for source in sources.into_iter().take(distinct).filter(|_| !body.another) {
        if let Some(answered) = check_source(context, &repeated, source, direction)? {
            return Ok(answered);
        }
    }
    let claim = match taken_over {
        Some(claim) => claim,
        None => match claim(context, &repeated)? {
            TakenOver::Answered(answered) => return Ok(answered),
            TakenOver::NothingBegun(claim) => claim,
        },
    };
    let main_currency = context.site.main_currency;
    let attempt = match context.ledger.allocate_attempt(&body.source, direction, body.another, main_currency)? {
        Ok(attempt) => attempt,
        Err((drawn, refusal)) => return refuse(context, &claim, &drawn, &reference, refusal),
    };
    // An invoice that is named beside the record counts the payment too.
    let named = linked_invoice(&body.source, body.invoice.as_ref())
        .map(|invoice| context.ledger.allocate_linked_attempt(&invoice, direction))
        .transpose()?;
    let attempts: Vec<&Attempt> = core::iter::once(&attempt).chain(&named).collect();
    let mut with = context.ledger.running(&claim)?;
    for attempt in &attempts {
        with.extend(context.ledger.accepted_attempt(attempt, &reference)?);
    }
    let intent = OperationRequest {
        operation: body.operation,
        amount: body.amount,
        method: body.method,
        source: Some(body.source),
        invoice: body.invoice,
        tax: body.tax,
        attempt: u32::try_from(attempt.number).unwrap_or(u32::MAX),
        digest,
    };
    let appended = context.ledger.append_as(
        NewEntry {
            reference: &reference,
            after: 0,
            fact: Fact::OperationRequested(intent),
            raw: None,
            correlation_id: &context.trace.correlation_id,
            not_before: None,
            authority: Some(Authority { claim: &claim, attempts: &attempts }),
        },
        |entry| {
            with.extend(context.ledger.first_summaries(&reference, &attempts, entry)?);
            Ok(with)
        },
    )?;
    let clearance = match appended.fence {
        // Whoever took the command over carries it out, or finds out what became of it.
        Some(Fence::TakenOver) => return answer_known(KeyState::Running { milliseconds: 1_000 }),
        Some(Fence::Passed) => Clearance::None,
        None => Clearance::since(appended.fences_read_at),
    };
    let operation = body.operation;
    let intended =
        Intended { claim: &claim, reference: &reference, operation, number: None, command, encoded, clearance };
    carry_out(context, intended)
}

/// What is known of the key; where its record has expired and its payment is there, it is refused: it must never be made
/// a second time.
fn known(context: &SiteContext<'_>, repeated: &Repeated<'_>) -> Result<Option<KeyState>, Problem> {
    if let Some(known) = context.ledger.key_state(repeated.key, repeated.digest)? {
        return Ok(Some(known));
    }
    expired(context, repeated, was_opened(context, repeated.reference)?)
}

/// Whether a payment may be made for the record, or the answer where one is being made under this very key.
fn check_source(
    context: &SiteContext<'_>,
    repeated: &Repeated<'_>,
    source: &SourceRecord,
    direction: Direction,
) -> Result<Option<Reply>, Problem> {
    match context.ledger.check_source(source, direction, context.site.main_currency) {
        Ok(()) => Ok(None),
        // The payment in the way is the one that this request asks for: a repetition of it is at work.
        Err(AttemptError::HasPayment(open)) if open == *repeated.reference => {
            let known = context.ledger.key_state(repeated.key, repeated.digest)?;
            answer_known(known.unwrap_or(KeyState::Running { milliseconds: 1_000 })).map(Some)
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Gives up the number that was drawn. What is busy passes; any other refusal is the answer to this key.
fn refuse(
    context: &SiteContext<'_>,
    claim: &Claim,
    drawn: &Attempt,
    reference: &PaymentReference,
    refusal: AttemptError,
) -> Result<Reply, Problem> {
    let passes = matches!(refusal, AttemptError::Busy);
    let response = Problem::from(refusal).response(&context.trace.correlation_id);
    let answer = (!passes).then(|| stored_response(&response));
    context.ledger.refuse(claim, drawn, reference, &context.trace.correlation_id, answer)?;
    Ok(response.into())
}
