//! Asks MaldoPay once, and makes what came of it durable together with the answer to repeat.

use tollbridge_connector::types;
use tollbridge_domain::{
    Event, EventId, EventKind, Fact, FailedStage, Operation, OperationReference, PaymentReference, Timestamp,
};
use tollbridge_ledger::{AppendedEntry, Claim, History, NewEntry};

use super::stored_response;
use crate::cards;
use crate::clocks::Peer;
use crate::http::message::{DeferredWork, Reply, Response};
use crate::http::problem::Problem;
use crate::http::view::PaymentView;
use crate::log::LogLine;
use crate::ports::{CallError, Encoded, HttpRequest, HttpResponse};
use crate::site_context::SiteContext;

/// An operation whose intent is durable.
pub struct Intended<'a> {
    pub claim: &'a Claim,
    pub reference: &'a PaymentReference,
    pub operation: Operation,
    /// The intent's sequence number where it opens no payment.
    pub number: Option<u64>,
    pub command: types::Command,
    pub encoded: Encoded,
    pub clearance: Clearance,
}

/// Whether an operation may still be sent.
#[derive(Clone, Copy)]
pub enum Clearance {
    /// Somebody counts on it that it is not sent.
    None,
    /// Nobody had said so when that was looked at, which was at this time of the monotonic clock. Whoever says so later gives
    /// it so long to be sent, and the flight after that.
    Until(i64),
}

/// How long after the look an operation may be sent. A process that stood still for longer finds out by a clock that nobody
/// sets.
const SEND_WITHIN_MILLISECONDS: i64 = 10_000;

impl Clearance {
    /// That of a look at this time.
    pub fn since(looked_at: i64) -> Self {
        Self::Until(looked_at.saturating_add(SEND_WITHIN_MILLISECONDS))
    }

    /// Whether the operation may be sent at this moment.
    fn holds(self, context: &SiteContext<'_>) -> bool {
        match self {
            Self::None => false,
            Self::Until(end) => context.ports.clock.elapsed_milliseconds() < end,
        }
    }
}

/// The longest answer of MaldoPay's, in bytes. What is kept of it goes into one record of the store.
const LONGEST_ANSWER: usize = 64 * 1024;

/// How long after an unanswered request its outcome is first asked for.
pub const FIRST_QUESTION_MILLISECONDS: i64 = 60_000;

/// Sends the request and answers with the payment as it then is.
///
/// # Errors
/// The outcome could not be made durable. The intent is, so the operation is not lost.
pub fn carry_out(context: &SiteContext<'_>, intended: Intended<'_>) -> Result<Reply, Problem> {
    let (fact, raw) = if intended.clearance.holds(context) {
        // What it did with money counts, whatever the time is there.
        let said = ask_provider(context, &intended.command, &intended.encoded, intended.operation, intended.number);
        (said.fact, said.raw)
    } else {
        log(context, context.ports.clock.now(), "too_late");
        (None, None)
    };
    let fact = fact.unwrap_or_else(|| Fact::Event(not_sent(&intended)));
    let unknown = matches!(fact, Fact::TimedOut { .. });
    let not_before = unknown.then(|| context.ports.clock.now().plus_milliseconds(FIRST_QUESTION_MILLISECONDS));
    // What callbacks brought meanwhile is part of the answer.
    let mut history = context.ledger.history_reaching(intended.reference, intended.number.unwrap_or(1))?;
    // What became of the operation is kept all the same where another payment of the record cannot be read.
    let counted = context.ledger.derive_missing_summaries(&mut history).is_ok();
    let (fact, raw) = history.strip_if_erased(fact, raw.as_deref());
    let mut response = None;
    let appended = context.ledger.append_as(
        NewEntry {
            reference: intended.reference,
            after: history.last_sequence(),
            fact,
            raw,
            correlation_id: &context.trace.correlation_id,
            not_before,
            authority: None,
        },
        |entry| {
            history.entries.push(entry.clone());
            let answer = answer(context, &history, unknown, counted);
            let mut writes = context.ledger.completed(intended.claim, stored_response(&answer))?;
            writes.extend(context.ledger.summaries_with(&history, entry)?);
            response = Some(answer);
            Ok(writes)
        },
    )?;
    let response = response.unwrap_or_else(|| Response::json(500, &()));
    Ok(Reply { response, after: sync_later(context, intended.reference, &appended) })
}

pub fn sync_later(context: &SiteContext<'_>, reference: &PaymentReference, appended: &AppendedEntry) -> DeferredWork {
    DeferredWork::Sync {
        site: context.site.name.clone(),
        reference: reference.clone(),
        sequence: appended.entry.sequence,
        trace: context.trace.clone(),
    }
}

/// 201 with the payment, or 202 where MaldoPay did not answer; with what its record shows where all its payments are
/// counted.
pub fn answer(context: &SiteContext<'_>, history: &History, unknown: bool, counted: bool) -> Response {
    let Some(payment) = history.payment(context.site.main_currency) else { return Response::json(500, &()) };
    let location = format!("/v1/payments/{}", payment.reference);
    let record = if counted { history.totals(&payment, history.sync_state.refusal()).record } else { None };
    let view = PaymentView::new(context.site.name.as_str(), payment, &history.sync_state).with_record(record);
    Response::json(if unknown { 202 } else { 201 }, &view).with_header("location", location)
}

fn send(context: &SiteContext<'_>, encoded: &Encoded) -> Result<HttpResponse, CallError> {
    let mut headers: Vec<(String, String)> =
        encoded.headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect();
    headers.extend(context.trace.headers());
    context.ports.http.send(&HttpRequest {
        method: encoded.method.clone(),
        url: format!("{}{}", context.site.maldopay_url, encoded.path),
        headers,
        body: encoded.body.clone(),
        timeout_milliseconds: context.site.maldopay_timeout_milliseconds,
        longest_answer: LONGEST_ANSWER,
    })
}

/// What came of a request to MaldoPay.
pub struct Said {
    /// An event, or that there was no answer, or nothing where the request was not even sent.
    pub fact: Option<Fact>,
    /// What MaldoPay sent, without card numbers.
    pub raw: Option<Vec<u8>>,
    /// Whether its clock agrees with this host's, as far as the answer tells.
    pub in_time: Result<(), Problem>,
}

/// Sends the request once and reads what came back.
pub fn ask_provider(
    context: &SiteContext<'_>,
    command: &types::Command,
    encoded: &Encoded,
    operation: Operation,
    number: Option<u64>,
) -> Said {
    let started = context.ports.clock.now();
    let unanswered = Fact::TimedOut { operation: number };
    let sent = send(context, encoded);
    let in_time = match &sent {
        Ok(response) => context.clocks.measure(context.measuring(), Peer::MaldoPay, response, started),
        Err(_) => Ok(()),
    };
    let (result, fact, raw) = match sent {
        Err(CallError::NotSent(_)) => ("not_sent", None, None),
        Err(CallError::NoResponse(_)) => ("unanswered", Some(unanswered), None),
        Ok(response) => {
            let read = context.ports.provider.interpret(command, response.status, response.body.clone());
            match read.map(Event::try_from) {
                Ok(Ok(event)) => {
                    let event = Event { kind: event.kind.about(operation), operation: number, ..event };
                    let body = cards::masked_body(&response.body, &event).into_owned();
                    ("answered", Some(Fact::Event(cards::masked(event))), Some(body))
                }
                // An answer that says nothing readable may stand for a transaction that was made.
                Ok(Err(_)) => ("unreadable", Some(unanswered), None),
                Err(problem) => (problem.code, Some(unanswered), None),
            }
        }
    };
    log(context, started, result);
    Said { fact, raw, in_time }
}

/// Nothing left this machine, so nothing can have been carried out.
fn not_sent(intended: &Intended<'_>) -> Event {
    let reason = match intended.clearance {
        Clearance::None => "another request was made meanwhile; nothing was sent",
        Clearance::Until(_) => "MaldoPay could not be reached in time; nothing was sent",
    };
    let stage = match intended.operation {
        Operation::Charge | Operation::Authorize => FailedStage::Authorization,
        Operation::Payout => FailedStage::Payout,
        Operation::Capture => FailedStage::Capture,
        Operation::Refund => FailedStage::Refund,
        Operation::Void => FailedStage::Void,
    };
    let reference = OperationReference { payment: intended.reference.clone(), operation: intended.number }.to_string();
    Event {
        id: EventId::derive(&[&reference, "not-sent"]),
        kind: EventKind::Failed(stage),
        operation: intended.number,
        amount: None,
        fee: None,
        conversion: None,
        transaction: None,
        acts_on: None,
        method: None,
        occurred_at: None,
        code: Some("not-sent".to_owned()),
        reason: Some(reason.to_owned()),
        reason_code: None,
        redirect_url: None,
        digest: String::new(),
    }
}

/// The line of a question to MaldoPay, with how it ended.
pub fn log(context: &SiteContext<'_>, started: Timestamp, result: &'static str) {
    let now = context.ports.clock.now();
    let line = LogLine {
        site: Some(context.site.name.as_str()),
        peer: Some("maldopay"),
        method: Some("POST"),
        code: Some(result),
        milliseconds: Some(now.milliseconds().saturating_sub(started.milliseconds())),
        ..LogLine::new(now, "outbound", &context.trace.correlation_id)
    };
    line.write(context.ports.sink);
}
