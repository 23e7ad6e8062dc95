//! Sends an operation to MaldoPay once, and makes the result durable together with the response to repeat.

use tollbridge_connector::types;
use tollbridge_domain::durations::MINUTE;
use tollbridge_domain::{
    Event, EventId, EventKind, Fact, FailedStage, Operation, OperationReference, PaymentReference, Timestamp,
};
use tollbridge_ledger::{AppendedEntry, Claim, History, NewEntry};

use super::{maldopay_pause, stored_response};
use crate::cards;
use crate::clocks::Peer;
use crate::http::message::Response;
use crate::http::problem::Problem;
use crate::http::reply::{DeferredWork, Reply};
use crate::http::view::PaymentView;
use crate::log::LogLine;
use crate::ports::{CallError, HttpRequest, HttpResponse, ProviderRequest};
use crate::site_context::SiteContext;

/// An operation whose request is durable in the ledger.
pub struct DurableOperation<'a> {
    pub claim: &'a Claim,
    pub reference: &'a PaymentReference,
    pub operation: Operation,
    /// The sequence number of the operation's request; none where the operation opens the payment.
    pub number: Option<u64>,
    pub command: types::Command,
    pub encoded: ProviderRequest,
    pub clearance: Clearance,
}

/// Whether an operation may still be sent.
#[derive(Clone, Copy)]
pub enum Clearance {
    /// A fence forbids it: another process relies on the operation not being sent.
    Fenced,
    /// No fence was set, so it may be sent until this time of the monotonic clock. A process that sets a fence later
    /// allows for that, and for the flight after it.
    Until(i64),
}

/// How long after the check of its fences an operation may be sent. It is measured by the monotonic clock, so that a
/// process that was suspended for longer notices.
const SEND_WITHIN_MILLISECONDS: i64 = 10_000;

impl Clearance {
    /// The clearance after the fences were checked at this time and none was set.
    pub fn since(checked_at: i64) -> Self {
        Self::Until(checked_at.saturating_add(SEND_WITHIN_MILLISECONDS))
    }

    /// Whether the operation may be sent at this moment.
    fn holds(self, context: &SiteContext<'_>) -> bool {
        match self {
            Self::Fenced => false,
            Self::Until(end) => context.ports.clock.elapsed_milliseconds() < end,
        }
    }
}

/// The maximum size of MaldoPay's response body, in bytes. What is stored of it must fit into one record of the store.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// The response where this host denied the call. MaldoPay declined nothing.
const DENIED: &str = "nothing was sent: maldopay_origin does not allow MaldoPay's host, or too many calls are in \
                      progress; mend that, then send the command with a new Idempotency-Key";

/// How long after a timed-out call the first status inquiry is due.
pub const FIRST_INQUIRY_MILLISECONDS: i64 = MINUTE;

/// Sends the operation, and responds with the payment as it then is.
///
/// # Errors
/// The outcome could not be made durable. The operation's request is durable, so the operation is not lost.
pub fn carry_out(context: &SiteContext<'_>, requested: DurableOperation<'_>) -> Result<Reply, Problem> {
    let (fact, raw, denied) = if requested.clearance.holds(context) {
        // A result about money counts even where MaldoPay's clock is apart.
        let result = send(context, &requested.command, &requested.encoded, requested.operation, requested.number);
        (result.fact, result.raw, result.denied)
    } else {
        log(context, context.ports.clock.now(), "too_late");
        (None, None, false)
    };
    let fact = fact.unwrap_or_else(|| Fact::Event(not_sent(&requested)));
    let unknown = matches!(fact, Fact::TimedOut { .. });
    let not_before = unknown.then(|| context.ports.clock.now().plus_milliseconds(FIRST_INQUIRY_MILLISECONDS));
    // The response includes callbacks that arrived meanwhile.
    let mut history = context.ledger.history_reaching(requested.reference, requested.number.unwrap_or(1))?;
    // The outcome is stored even where another payment of the record cannot be read.
    let counted = context.ledger.derive_missing_summaries(&mut history).is_ok();
    let (fact, raw) = history.strip_if_erased(fact, raw.as_deref());
    let prepared = context.ledger.prepare(NewEntry {
        reference: requested.reference,
        after: history.last_sequence(),
        fact,
        raw,
        correlation_id: &context.trace.correlation_id,
        not_before,
        authority: None,
    })?;
    history.entries.push(prepared.entry.clone());
    let response = if denied {
        let problem = Problem::new(503, "not_sent", DENIED);
        let payment = Some(requested.reference.as_str().into());
        Problem { payment, ..problem }.response(&context.trace.correlation_id)
    } else {
        payment_response(context, &history, unknown, counted)
    };
    let mut writes = context.ledger.completed(requested.claim, stored_response(&response))?;
    writes.extend(context.ledger.summaries_with(&history, &prepared.entry)?);
    let appended = context.ledger.commit(prepared, writes)?;
    Ok(Reply { response, deferred: sync_later(context, requested.reference, &appended) })
}

pub fn sync_later(context: &SiteContext<'_>, reference: &PaymentReference, appended: &AppendedEntry) -> DeferredWork {
    DeferredWork::Sync {
        site: context.site.name.clone(),
        reference: reference.clone(),
        sequence: appended.entry.sequence,
        trace: context.trace.clone(),
    }
}

/// 201 with the payment, or 202 while its outcome is unknown. `counted` says whether all payments of its record were
/// read, so that the record's totals can be part of the response.
pub fn payment_response(context: &SiteContext<'_>, history: &History, unknown: bool, counted: bool) -> Response {
    let Some(payment) = history.payment(context.site.main_currency) else { return Response::json(500, &()) };
    let location = format!("/v1/payments/{}", payment.reference);
    let record = if counted { history.totals(&payment, history.sync_state.refusal()).record } else { None };
    let view = PaymentView::new(context.site.name.as_str(), payment, &history.sync_state).with_record(record);
    Response::json(if unknown { 202 } else { 201 }, &view).with_header("location", location)
}

fn call(context: &SiteContext<'_>, encoded: &ProviderRequest) -> Result<HttpResponse, CallError> {
    let mut headers: Vec<(String, String)> =
        encoded.headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect();
    headers.extend(context.trace.headers());
    context.ports.http.send(&HttpRequest {
        method: encoded.method.clone(),
        url: format!("{}{}", context.site.maldopay_url, encoded.path),
        headers,
        body: encoded.body.clone(),
        timeout_milliseconds: context.site.maldopay_timeout_milliseconds,
        max_response_bytes: MAX_RESPONSE_BYTES,
    })
}

/// The result of a call to MaldoPay.
pub struct CallResult {
    /// An event, a timed-out call, or none where the request was not sent.
    pub fact: Option<Fact>,
    /// The response body, with card numbers masked.
    pub raw: Option<Vec<u8>>,
    /// Whether this host denied the call.
    pub denied: bool,
    /// Whether MaldoPay's clock agrees with this host's, as far as the response shows.
    pub clocks_agree: Result<(), Problem>,
}

/// Sends the request once and interprets the response.
pub fn send(
    context: &SiteContext<'_>,
    command: &types::Command,
    encoded: &ProviderRequest,
    operation: Operation,
    number: Option<u64>,
) -> CallResult {
    let started = context.ports.clock.now();
    let timed_out = Fact::TimedOut { operation: number };
    let called = call(context, encoded);
    let denied = matches!(called, Err(CallError::Denied(_)));
    let clocks_agree = match &called {
        Ok(response) => context.clocks.measure(context.call_context(), Peer::MaldoPay, response, started),
        Err(_) => Ok(()),
    };
    let (code, fact, raw) = match called {
        Err(error @ (CallError::NotSent(_) | CallError::Denied(_))) => (error.code(), None, None),
        Err(error @ CallError::NoResponse(_)) => (error.code(), Some(timed_out), None),
        Ok(response) => {
            maldopay_pause::note(context, &response);
            let interpreted = context.ports.provider.interpret(command, response.status, response.body.clone());
            let event = interpreted
                .map_err(|problem| problem.code)
                .and_then(|event| Event::try_from(event).map_err(|_| "unreadable"));
            match event {
                Ok(event) => {
                    let event = Event { kind: event.kind.about(operation), operation: number, ..event };
                    let ids: Vec<_> = event.transaction.iter().chain(event.acts_on.iter()).collect();
                    let body = cards::masked_body(&response.body, &ids).into_owned();
                    ("answered", Some(Fact::Event(cards::masked(event))), Some(body))
                }
                // MaldoPay may have created a transaction and answered with something unreadable.
                Err(code) => (code, Some(timed_out), None),
            }
        }
    };
    log(context, started, code);
    CallResult { fact, raw, denied, clocks_agree }
}

/// The failure of an operation that never left this host, so that MaldoPay cannot have carried it out.
fn not_sent(requested: &DurableOperation<'_>) -> Event {
    let reason = match requested.clearance {
        Clearance::Fenced => "another request was made meanwhile; nothing was sent",
        Clearance::Until(_) => "MaldoPay could not be reached in time; nothing was sent",
    };
    let stage = match requested.operation {
        Operation::Charge | Operation::Authorize => FailedStage::Authorization,
        Operation::Payout => FailedStage::Payout,
        Operation::Capture => FailedStage::Capture,
        Operation::Refund => FailedStage::Refund,
        Operation::Void => FailedStage::Void,
    };
    let reference =
        OperationReference { payment: requested.reference.clone(), operation: requested.number }.to_string();
    Event {
        id: EventId::derive(&[&reference, "not-sent"]),
        kind: EventKind::Failed(stage),
        operation: requested.number,
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

/// Logs a call to MaldoPay with its result.
pub fn log(context: &SiteContext<'_>, started: Timestamp, code: &'static str) {
    let now = context.ports.clock.now();
    let line = LogLine {
        site: Some(context.site.name.as_str()),
        peer: Some("maldopay"),
        method: Some("POST"),
        code: Some(code),
        milliseconds: Some(now.milliseconds().saturating_sub(started.milliseconds())),
        ..LogLine::new(now, "outbound", &context.trace.correlation_id)
    };
    line.write(context.ports.sink);
}
