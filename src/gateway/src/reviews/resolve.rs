//! What a person decides about a payment in review: that it is tried again, or that it is well as it is. The decision is
//! an entry of the journal, and an acceptance one of the payment, which cannot be changed afterwards.

use tollbridge_domain::{Acceptance, Fact, Payment, PaymentReference};
use tollbridge_ledger::{History, JournalEntry, JournalKind, NewEntry, Told};

use crate::answer::{Request, Response};
use crate::commands::{self, Body, Context, Fields, Heard, Question, Scheduled, invalid, too_early};
use crate::inquiries;
use crate::problem::Problem;
use crate::routes::payment_not_found;
use crate::sync::Telling;

/// A decision, as it is asked for.
enum Decision {
    /// Ask MaldoPay and tell Salesforce once more.
    Retry,
    /// Nothing is left to do.
    Accept { note: String, by: Option<String> },
}

impl Decision {
    fn read(request: &Request) -> Result<Self, Problem> {
        let body = Body::of(request)?;
        let fields = Fields::root(&body.value, &["action", "note", "by"])?;
        let note = fields.text("note", 500)?.map(ToOwned::to_owned);
        let by = fields.text("by", 80)?.map(ToOwned::to_owned);
        match fields.required("action", fields.text("action", 16)?)? {
            "retry" => Ok(Self::Retry),
            // Whoever reads the history later must find out why.
            "accept" => Ok(Self::Accept { note: fields.required("note", note)?, by }),
            _ => Err(invalid("action", "one of retry, accept")),
        }
    }
}

/// `POST /v1/reviews/{ref}/resolve`: answers the payment as it then is.
///
/// # Errors
/// There is no such payment, it is not in review, there is nothing to try again, or the store does not answer.
pub fn resolve(telling: &Telling<'_>, request: &Request, reference: &PaymentReference) -> Result<Response, Problem> {
    let decision = Decision::read(request)?;
    let history = telling.ledger.history(reference)?;
    let payment = history.payment(telling.site.main_currency).ok_or_else(payment_not_found)?;
    match decision {
        Decision::Retry => retry(telling, &history, &payment)?,
        Decision::Accept { note, by } => accept(telling, &history, &payment, note, by)?,
    }
    inquiries::payment(telling.site, telling.ledger, reference)
}

fn retry(telling: &Telling<'_>, history: &History, payment: &Payment) -> Result<(), Problem> {
    let is_refused = history.told.failure.as_ref().is_some_and(|failure| failure.terminal || failure.needs_person);
    if payment.review.is_empty() && !is_refused {
        return Err(Problem::new(409, "not_in_review", "this payment does not wait for anybody"));
    }
    let now = telling.ports.clock.now();
    let unresolved = payment.unresolved.iter();
    let questions: Vec<Question> =
        unresolved.clone().filter_map(|open| Question::about_unresolved(open, now)).collect();
    let is_told = history.entries.iter().all(|entry| history.told.reflects(entry.sequence));
    if questions.is_empty() && is_told && history.told.failure.is_none() {
        if !payment.unresolved.is_empty() {
            return Err(too_early(unresolved.map(|open| open.requested_at), now));
        }
        let detail = "nothing of this payment can be tried again: accept it with a note, once it is clear";
        return Err(Problem::new(409, "nothing_to_retry", detail));
    }
    telling.ledger.note(JournalEntry {
        at: now,
        kind: JournalKind::Retried,
        reference: Some(history.reference.clone()),
        sequence: 0,
        correlation_id: telling.trace.correlation_id.clone(),
        not_before: None,
        idempotency: None,
    })?;
    let mut sequence = history.last_sequence();
    for question in &questions {
        let context =
            Context { ports: telling.ports, site: telling.site, ledger: telling.ledger, trace: telling.trace };
        if let Heard::Appended(appended) = commands::ask(&context, history, question, Scheduled::No)? {
            sequence = appended.entry.sequence.max(sequence);
        }
    }
    telling.tell(&history.reference, sequence, true)?;
    Ok(())
}

fn accept(
    telling: &Telling<'_>,
    history: &History,
    payment: &Payment,
    note: String,
    by: Option<String>,
) -> Result<(), Problem> {
    let refused = history.told.failure.as_ref().filter(|failure| failure.terminal || failure.needs_person);
    if payment.review.is_empty() && refused.is_none() {
        return Err(Problem::new(409, "not_in_review", "this payment does not wait for anybody"));
    }
    let acceptance = Acceptance {
        reasons: payment.review.clone(),
        salesforce: refused.map(|failure| failure.code.clone()),
        note,
        by,
    };
    let appended = telling.ledger.append(
        NewEntry {
            reference: &history.reference,
            fact: Fact::Accepted(acceptance),
            raw: None,
            correlation_id: &telling.trace.correlation_id,
            not_before: None,
            claim: None,
        },
        Vec::new(),
    )?;
    let sequence = appended.entry.sequence;
    if refused.is_some() {
        leave_untold(telling, &history.reference, sequence)?;
    } else {
        telling.tell(&history.reference, sequence, false)?;
    }
    Ok(())
}

/// What Salesforce refused, and a person accepted that it refuses, is not told any more; news that comes later is. The
/// flag goes where Salesforce takes it.
fn leave_untold(telling: &Telling<'_>, reference: &PaymentReference, sequence: u64) -> Result<(), Problem> {
    let history = telling.ledger.history_reaching(reference, sequence)?;
    let payment = history.payment(telling.site.main_currency).ok_or_else(payment_not_found)?;
    let told = Told {
        sequences: history.entries.iter().map(|entry| entry.sequence).collect(),
        attempts: 0,
        next_attempt: None,
        failure: None,
        review: None,
        // What it was told is no base for a difference: this was not.
        reported: 0,
        ..history.told.clone()
    };
    telling.ledger.write_told(&history, &told, Vec::new())?;
    telling.show(&history, &payment, None)
}
