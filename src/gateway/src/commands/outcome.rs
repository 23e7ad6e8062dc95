//! Asks MaldoPay what became of an operation that it did not answer.

use tollbridge_connector::types;
use tollbridge_domain::{Fact, OperationReference, Unresolved};
use tollbridge_ledger::{Appended, History, NewEntry};

use super::carry_out::{FIRST_QUESTION_MILLISECONDS, ask_provider, log};
use super::{Context, wire_command};
use crate::problem::Problem;

/// Asks once, and appends the answer, or that there was none. A transaction that MaldoPay does not know was not made.
///
/// # Errors
/// The store does not answer.
pub fn ask(context: &Context<'_>, history: &History, unresolved: &Unresolved) -> Result<Appended, Problem> {
    let method = history.payment(context.site.main_currency).map(|payment| payment.method).unwrap_or_default();
    let reference = OperationReference { payment: history.reference.clone(), operation: unresolved.number };
    let command = types::Command {
        operation: types::Operation::Status,
        reference: reference.to_string(),
        ..wire_command(unresolved.operation, unresolved.amount, &method)
    };
    let encoded = context.ports.provider.encode(&command, &context.site.settings, &context.site.maldopay);
    let (fact, raw) = match encoded {
        Ok(encoded) => ask_provider(context, &command, &encoded, unresolved.operation, unresolved.number),
        // It cannot be put: the site no longer has the method, say. The schedule goes on, and ends with a person.
        Err(problem) => {
            log(context, context.ports.clock.now(), problem.code);
            (None, None)
        }
    };
    let fact = match fact {
        // A question that was not sent is a question without an answer, not an operation that failed.
        None => Fact::Unanswered { operation: unresolved.number },
        Some(fact) => fact,
    };
    let unanswered = matches!(fact, Fact::Unanswered { .. });
    let not_before = unanswered.then(|| context.ports.clock.now().plus_milliseconds(FIRST_QUESTION_MILLISECONDS));
    let entry = NewEntry {
        reference: &history.reference,
        fact,
        raw: raw.as_deref(),
        correlation_id: &context.trace.correlation_id,
        not_before,
        claim: None,
    };
    Ok(context.ledger.append_to(history, entry, Vec::new())?)
}
