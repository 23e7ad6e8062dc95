//! `POST /v1/payments/{ref}/captures`, `…/refunds`, `…/voids`: an operation on a payment, within the amount that is
//! left.

use tollbridge_connector::types;
use tollbridge_domain::{
    Entry, Fact, IdempotencyKey, Intent, Money, Operation, OperationReference, OperationRequest, Payment,
    PaymentReference,
};
use tollbridge_ledger::{Authority, Claim, History, NewEntry};

use super::body::operation_amount;
use super::carry_out::{Clearance, DurableOperation, carry_out};
use super::digest::digest;
use super::service::method;
use super::spelling::Spelling;
use super::take_over::{IdempotentCommand, Takeover, claim, expired, take_over};
use super::{CallerKey, idempotency_key, stored_response, wire_command};
use crate::http::body::Body;
use crate::http::message::Request;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::routes::payment_not_found;
use crate::site_context::SiteContext;

/// How often the history is read while there is a gap before the operation's own number.
const MAX_READS: usize = 20;

/// Carries out the operation of the request.
///
/// # Errors
/// The request is invalid, or the store does not answer. Then nothing was sent to MaldoPay.
pub fn operate(
    context: &SiteContext<'_>,
    request: &Request,
    reference: &PaymentReference,
    operation: Operation,
) -> Result<Reply, Problem> {
    let CallerKey { key, with_quotes } = idempotency_key(request)?;
    let body = Body::of_optional(request)?;
    let digest_of = |key: &IdempotencyKey| digest(&body, request, key, context.site, Spelling::Salesforce);
    let history = context.ledger.history(reference)?;
    let older = with_quotes.map(|key| (digest_of(&key), key));
    // An older version took the quotes for a part of the key.
    let older = older.filter(|(digest, _)| history.request_of(digest).is_some());
    let (digest, key) = older.unwrap_or_else(|| (digest_of(&key), key));
    let payment = history.payment(context.site.main_currency).ok_or_else(payment_not_found)?;
    let requested_amount = operation_amount(&body, payment.amount.currency())?;
    let command = IdempotentCommand { key: &key, digest: &digest, reference };
    let known = match context.ledger.key_state(&key, &digest)? {
        None => expired(context, &command, history.request_of(&digest).is_some())?,
        known => known,
    };
    let taken_over = match known {
        None => None,
        Some(known) => match take_over(context, &command, known)? {
            Takeover::Answered(reply) => return Ok(reply),
            Takeover::NotRequested(claim) => Some(claim),
        },
    };
    let amount = payment.allow(operation, requested_amount)?;
    let method = method(context, &history, &payment)?;
    let wire = operation_command(&payment, operation, amount, &method)?;
    // A command that MaldoPay's format cannot express is refused before its key is claimed.
    context.ports.provider.encode(&wire, context.site)?;
    let claim = match taken_over {
        Some(claim) => claim,
        None => match claim(context, &command)? {
            Takeover::Answered(reply) => return Ok(reply),
            Takeover::NotRequested(claim) => claim,
        },
    };
    let operation_request =
        OperationRequest { operation, amount, method, source: None, invoice: None, tax: None, attempt: 0, digest };
    let appended = context.ledger.append_to(
        &history,
        NewEntry {
            reference,
            after: history.last_sequence(),
            fact: Fact::OperationRequested(operation_request),
            raw: None,
            correlation_id: &context.trace.correlation_id,
            not_before: None,
            authority: Some(Authority { claim: &claim, attempts: &[] }),
        },
        context.ledger.running(&claim)?,
    )?;
    let number = appended.entry.sequence;
    if appended.fence.is_some() {
        let detail = "another operation on this payment came first: try again";
        let problem = Problem::new(409, "payment_busy", detail).retriable(1);
        return withdraw(context, reference, number, &claim, &problem);
    }
    let clearance = Clearance::since(appended.fences_read_at);
    if let Some(problem) = check_again(context, reference, &appended.entry, operation, amount)? {
        return withdraw(context, reference, number, &claim, &problem);
    }
    let command = types::Command {
        reference: OperationReference { payment: reference.clone(), operation: Some(number) }.to_string(),
        ..wire
    };
    let encoded = match context.ports.provider.encode(&command, context.site) {
        Ok(encoded) => encoded,
        Err(problem) => return withdraw(context, reference, number, &claim, &problem.into()),
    };
    let number = Some(number);
    carry_out(context, DurableOperation { claim: &claim, reference, operation, number, command, encoded, clearance })
}

fn operation_command(
    payment: &Payment,
    operation: Operation,
    amount: Money,
    method: &str,
) -> Result<types::Command, Problem> {
    let transaction = payment.transaction.as_ref().ok_or_else(|| match payment.intent {
        Intent::Unmatched => {
            let detail = "MaldoPay named no transaction of this payment that this could act on: do it at MaldoPay, \
                          whose callback is counted here";
            Problem::new(409, "transaction_unknown", detail)
        }
        Intent::Charge | Intent::Authorize | Intent::Payout => {
            let detail = "MaldoPay has not yet named the transaction that this would act on: try again after its \
                          answer";
            Problem::new(409, "payment_busy", detail).retriable(5)
        }
    })?;
    Ok(types::Command {
        reference: payment.reference.to_string(),
        original_transaction_id: Some(transaction.to_string()),
        ..wire_command(operation, amount, method)
    })
}

/// Checks the bounds again, now that the operation has its number. Of two refunds that together exceed what is left,
/// the one with the lower number is carried out. A gap before the number may yet become such a refund. Its writer gets
/// a moment; then the gap is fenced, so that an operation under it is not sent. Returns the problem for which the
/// operation must be withdrawn.
fn check_again(
    context: &SiteContext<'_>,
    reference: &PaymentReference,
    own: &Entry,
    operation: Operation,
    amount: Money,
) -> Result<Option<Problem>, Problem> {
    let mut history = context.ledger.history_reaching(reference, own.sequence)?;
    for read in 1..=MAX_READS {
        let gaps = gaps(&history, own);
        if gaps.is_empty() {
            break;
        }
        if read == MAX_READS || !history.has_recent_gap_before(own) {
            context.ledger.fence(reference, &gaps)?;
            history = context.ledger.history_reaching(reference, own.sequence)?;
            break;
        }
        history = context.ledger.history_reaching(reference, own.sequence)?;
    }
    // Later operations check this one; events count whatever their number.
    history
        .entries
        .retain(|entry| !(matches!(entry.fact, Fact::OperationRequested(_)) && entry.sequence >= own.sequence));
    let payment = history.payment(context.site.main_currency).ok_or_else(payment_not_found)?;
    Ok(payment.allow(operation, Some(amount)).err().map(Into::into))
}

/// The gaps before the operation's number.
fn gaps(history: &History, own: &Entry) -> Vec<u64> {
    let mut known = history.entries.iter().map(|entry| entry.sequence).peekable();
    (1..own.sequence).filter(|number| known.next_if_eq(number).is_none()).collect()
}

fn withdraw(
    context: &SiteContext<'_>,
    reference: &PaymentReference,
    operation: u64,
    claim: &Claim,
    problem: &Problem,
) -> Result<Reply, Problem> {
    let response = problem.response(&context.trace.correlation_id);
    // A temporary problem is not stored as the key's response: once the lease is over, a repetition may try again.
    let claim_record = match problem.retry_after {
        Some(_) => context.ledger.running(claim)?,
        None => context.ledger.completed(claim, stored_response(&response))?,
    };
    context.ledger.append(
        NewEntry {
            reference,
            after: operation,
            fact: Fact::Withdrawn { operation },
            raw: None,
            correlation_id: &context.trace.correlation_id,
            not_before: None,
            authority: None,
        },
        claim_record,
    )?;
    Ok(response.into())
}
