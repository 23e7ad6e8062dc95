//! `POST /v1/payments`: opens a payment by charging, authorizing or paying out.

use tollbridge_connector::types;
use tollbridge_domain::{Fact, Invoice, OperationRequest, PaymentReference, SourceRecord};
use tollbridge_ledger::{
    Attempt, AttemptError, AttemptOutcome, Authority, Claim, Direction, Fence, KeyState, NewEntry, linked_invoice,
};

use super::body::OpenBody;
use super::carry_out::{Clearance, DurableOperation, carry_out};
use super::command_names::{CommandNames, was_opened};
use super::take_over::{IdempotentCommand, Takeover, claim, expired, take_over};
use super::{idempotency_key, respond_known, stored_response, wire_command};
use crate::config::Site;
use crate::http::authentication::Caller;
use crate::http::body::Body;
use crate::http::message::Request;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::site_context::SiteContext;

/// The body, and the site that it names, before anything is looked up.
pub fn read<'a>(request: &Request, caller: &Caller<'a>) -> Result<(&'a Site, Body), Problem> {
    let body = Body::of(request)?;
    let site = caller.site(super::body::site_name(&body.value)?)?;
    Ok((site, body))
}

/// Opens the payment that the body describes.
///
/// # Errors
/// The request is invalid, or the store does not answer. Then nothing was sent to MaldoPay.
pub fn open(context: &SiteContext<'_>, request: &Request, body: &Body) -> Result<Reply, Problem> {
    let key = idempotency_key(request)?;
    let parsed = OpenBody::read(body, context.site)?;
    let CommandNames { key, digest, reference } = CommandNames::of(context, request, &key, body, &parsed)?;
    let body = parsed;
    let command = IdempotentCommand { key: &key, digest: &digest, reference: &reference };
    let taken_over = match known(context, &command)? {
        None => None,
        Some(known) => match take_over(context, &command, known)? {
            Takeover::Answered(reply) => return Ok(reply),
            Takeover::NotRequested(claim) => Some(claim),
        },
    };
    let invoice = body.invoice.clone().or_else(|| Invoice::of_source(&body.source));
    let wire = types::Command {
        reference: reference.to_string(),
        customer: Some(body.customer),
        description: body.description,
        invoice: invoice.map(|invoice| invoice.number().to_owned()),
        method_values: body.method_values,
        ..wire_command(body.operation, body.amount, &body.method)
    };
    // A command that MaldoPay's format cannot express is refused before its key is claimed.
    let encoded = context.ports.provider.encode(&wire, context.site)?;
    let direction = Direction::from(body.operation);
    // An older version stored the payments of a record under the spelling of the request.
    let sources = [&body.source, &body.source_as_written];
    let distinct = if body.source.is_same_record(&body.source_as_written) { 1 } else { 2 };
    for source in sources.into_iter().take(distinct).filter(|_| !body.another) {
        if let Some(reply) = check_source(context, &command, source, direction)? {
            return Ok(reply);
        }
    }
    let claim = match taken_over {
        Some(claim) => claim,
        None => match claim(context, &command)? {
            Takeover::Answered(reply) => return Ok(reply),
            Takeover::NotRequested(claim) => claim,
        },
    };
    let main_currency = context.site.main_currency;
    let attempt = match context.ledger.allocate_attempt(&body.source, direction, body.another, main_currency)? {
        AttemptOutcome::Allocated(attempt) => attempt,
        AttemptOutcome::Refused { attempt, refusal } => return refuse(context, &claim, &attempt, &reference, refusal),
    };
    // Where the body also names an invoice, the payment counts among the invoice's payments too.
    let invoice_attempt = linked_invoice(&body.source, body.invoice.as_ref())
        .map(|invoice| context.ledger.allocate_linked_attempt(&invoice, direction))
        .transpose()?;
    let attempts: Vec<&Attempt> = core::iter::once(&attempt).chain(&invoice_attempt).collect();
    let mut writes = context.ledger.running(&claim)?;
    for attempt in &attempts {
        writes.extend(context.ledger.accepted_attempt(attempt, &reference)?);
    }
    writes.extend(context.ledger.number_records(&body.source, body.invoice.as_ref(), &reference)?);
    let operation_request = OperationRequest {
        operation: body.operation,
        amount: body.amount,
        method: body.method,
        source: Some(body.source),
        invoice: body.invoice,
        tax: body.tax,
        attempt: u32::try_from(attempt.number).unwrap_or(u32::MAX),
        digest,
    };
    let prepared = context.ledger.prepare(NewEntry {
        reference: &reference,
        after: 0,
        fact: Fact::OperationRequested(operation_request),
        raw: None,
        correlation_id: &context.trace.correlation_id,
        not_before: None,
        authority: Some(Authority { claim: &claim, attempts: &attempts }),
    })?;
    writes.extend(context.ledger.first_summaries(&reference, &attempts, &prepared.entry)?);
    let appended = context.ledger.commit(prepared, writes)?;
    let clearance = match appended.fence {
        // The process that took the command over carries it out, or finds out what became of it.
        Some(Fence::TakenOver) => return respond_known(KeyState::Running { milliseconds: 1_000 }),
        Some(Fence::Passed) => Clearance::Fenced,
        None => Clearance::since(appended.fences_read_at),
    };
    let operation = body.operation;
    let requested = DurableOperation {
        claim: &claim,
        reference: &reference,
        operation,
        number: None,
        command: wire,
        encoded,
        clearance,
    };
    carry_out(context, requested)
}

/// What is known of the key. Where its record has expired but its payment exists, the command is refused, because it
/// must never be carried out twice.
fn known(context: &SiteContext<'_>, command: &IdempotentCommand<'_>) -> Result<Option<KeyState>, Problem> {
    if let Some(known) = context.ledger.key_state(command.key, command.digest)? {
        return Ok(Some(known));
    }
    expired(context, command, was_opened(context, command.reference)?)
}

/// Checks that the record may have one more payment. Gives a response where the same command is at work on it already.
fn check_source(
    context: &SiteContext<'_>,
    command: &IdempotentCommand<'_>,
    source: &SourceRecord,
    direction: Direction,
) -> Result<Option<Reply>, Problem> {
    match context.ledger.check_source(source, direction, context.site.main_currency) {
        Ok(()) => Ok(None),
        // The payment that holds the record is this command's own: a repetition of it is running.
        Err(AttemptError::HasPayment(open)) if open == *command.reference => {
            let known = context.ledger.key_state(command.key, command.digest)?;
            respond_known(known.unwrap_or(KeyState::Running { milliseconds: 1_000 })).map(Some)
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Gives up the allocated attempt. A busy record may be free later; any other refusal is stored as the key's response.
fn refuse(
    context: &SiteContext<'_>,
    claim: &Claim,
    attempt: &Attempt,
    reference: &PaymentReference,
    refusal: AttemptError,
) -> Result<Reply, Problem> {
    let is_temporary = matches!(refusal, AttemptError::Busy);
    let response = Problem::from(refusal).response(&context.trace.correlation_id);
    let stored = (!is_temporary).then(|| stored_response(&response));
    context.ledger.refuse(claim, attempt, reference, &context.trace.correlation_id, stored)?;
    Ok(response.into())
}
