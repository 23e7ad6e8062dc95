//! `POST /v1/payments`: opens a payment by charging, authorizing or paying out.

use serde_json::Value;
use tollbridge_connector::types;
use tollbridge_domain::{Fact, PaymentReference, Request as Intent};
use tollbridge_ledger::{AttemptError, Direction, NewEntry};

use super::body::OpenBody;
use super::carry_out::{Intended, carry_out};
use super::{Context, answer_known, digest, idempotency_key, json, kept, wire_command};
use crate::answer::{Answered, Request};
use crate::auth::Caller;
use crate::problem::Problem;

/// The site that the body names, with the body; before anything is looked up.
pub fn read<'a>(request: &Request, caller: &Caller<'a>) -> Result<(&'a crate::config::Site, String, Value), Problem> {
    let (text, value) = json(request)?;
    let site = caller.site(super::body::site_name(&value)?)?;
    Ok((site, text, value))
}

/// Opens the payment that the body asks for.
///
/// # Errors
/// The request cannot be taken, or the store does not answer; nothing was sent to MaldoPay then.
pub fn open(context: &Context<'_>, request: &Request, text: &str, value: &Value) -> Result<Answered, Problem> {
    let key = idempotency_key(request)?;
    let body = OpenBody::read(text, value, context.site)?;
    let digest = digest(request, value);
    if let Some(known) = context.ledger.known(&key, &digest)? {
        return answer_known(known);
    }
    let reference = PaymentReference::derive(&context.site.name, &body.source, &key);
    let command = types::Command {
        reference: reference.to_string(),
        customer: Some(body.customer),
        description: body.description,
        method_values: body.method_values,
        ..wire_command(body.operation, body.amount, &body.method)
    };
    // Whatever MaldoPay's format cannot carry is refused before anything is claimed.
    let encoded = context.ports.provider.encode(&command, &context.site.settings, &context.site.maldopay)?;
    let direction = Direction::from(body.operation);
    if !body.another {
        context.ledger.check_source(&body.source, direction, context.site.main_currency)?;
    }
    let claim = match context.ledger.claim(&key, &digest)? {
        Ok(claim) => claim,
        Err(known) => return answer_known(known),
    };
    let main_currency = context.site.main_currency;
    let attempt = match context.ledger.draw_attempt(&body.source, direction, body.another, main_currency)? {
        Ok(attempt) => attempt,
        Err((drawn, refusal)) => {
            let problem = match refusal {
                AttemptError::Busy => Problem { retry_after: None, ..refusal.into() },
                refusal @ (AttemptError::HasPayment(_) | AttemptError::Store(_)) => refusal.into(),
            };
            let response = problem.response(&context.trace.correlation_id);
            context.ledger.refuse(&claim, &drawn, kept(&response))?;
            return Ok(response.into());
        }
    };
    let mut with = context.ledger.running(&claim)?;
    with.extend(context.ledger.accepted_attempt(&attempt, &reference)?);
    let intent = Intent {
        operation: body.operation,
        amount: body.amount,
        method: body.method,
        source: Some(body.source),
        attempt: u32::try_from(attempt.number).unwrap_or(u32::MAX),
        digest,
    };
    context.ledger.append(
        NewEntry {
            reference: &reference,
            fact: Fact::Requested(intent),
            raw: None,
            correlation_id: &context.trace.correlation_id,
            not_before: None,
        },
        with,
    )?;
    let intended =
        Intended { claim: &claim, reference: &reference, operation: body.operation, number: None, command, encoded };
    carry_out(context, intended)
}
