//! `POST /webhooks/maldopay/{site}`: makes a callback durable before it is acknowledged. The signature is verified over
//! the body as it was received, and card numbers are masked before it is stored. A verified callback that cannot be
//! decoded is kept too ([`unreadable`]).

mod unreadable;

use secrecy::ExposeSecret as _;
use tollbridge_connector::types;
use tollbridge_domain::{
    DeliveryProblem, Entry, Event, EventId, Fact, Operation, OperationReference, Payment, PaymentReference,
    TransactionId, looks_like_card,
};
use tollbridge_ledger::{History, Ledger, NewEntry};

use crate::cards;
use crate::config::Site;
use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::http::reply::{DeferredWork, Reply};
use crate::log::LogLine;
use crate::ports::{Ports, Provider, Undecodable};
use crate::tracing::Trace;

/// A delivery whose signature is not verified. Nothing can be decoded from it.
pub struct UnverifiedCallback(types::Delivery);

/// A delivery that one of the site's keys signed.
pub struct VerifiedCallback(types::Delivery);

impl UnverifiedCallback {
    /// The request as a delivery.
    ///
    /// # Errors
    /// The body was not received as a whole.
    pub fn of(request: Request) -> Result<Self, Problem> {
        let body = request.body.map_err(crate::http::body::body_problem)?;
        let headers = request.headers.into_iter().map(|(name, value)| types::Header { name, value }).collect();
        Ok(Self(types::Delivery { headers, body }))
    }

    /// The delivery, if the site's provider signed it.
    ///
    /// # Errors
    /// The delivery is not authentic, for this reason.
    pub fn verify(self, provider: &dyn Provider, site: &Site, now: i64) -> Result<VerifiedCallback, Problem> {
        let keys: Vec<String> =
            site.maldopay.encrypting_keys.iter().map(|key| key.expose_secret().to_owned()).collect();
        match provider.verify(&self.0, site, &keys, now) {
            Ok(()) => Ok(VerifiedCallback(self.0)),
            Err(problem) => Err(Problem::new(401, problem.code, problem.detail)),
        }
    }
}

impl VerifiedCallback {
    /// The delivery's event, with the reference as it is written there.
    fn decode(&self, provider: &dyn Provider, site: &Site, now: i64) -> Result<(Event, String), Undecodable> {
        let event = provider.decode(&self.0, site, now)?;
        let reference = event.reference.clone();
        let event = Event::try_from(event).map_err(|error| Undecodable {
            field: None,
            problem: DeliveryProblem::Malformed,
            detail: error.to_string(),
        })?;
        Ok((event, reference))
    }

    fn body(&self) -> &[u8] {
        &self.0.body
    }
}

/// Receives a delivery: responds with `OK` once it is durable. Salesforce is synced afterwards.
///
/// # Errors
/// It is not authentic, which leaves a line in the log, or could not be made durable. MaldoPay then sends it again.
pub fn receive(
    ports: Ports<'_>,
    site: &Site,
    ledger: &Ledger<'_>,
    trace: &Trace,
    request: Request,
) -> Result<Reply, Problem> {
    let received = receive_authentic(ports, site, ledger, trace, request);
    if let Err(problem) = &received
        && problem.status == 401
    {
        log(ports, site, trace, "refused_delivery", None, problem.code, &problem.detail);
    }
    received
}

/// Logs a delivery that was refused or could not be read.
fn log(
    ports: Ports<'_>,
    site: &Site,
    trace: &Trace,
    event: &'static str,
    payment: Option<&PaymentReference>,
    code: &str,
    detail: &str,
) {
    let line = LogLine {
        site: Some(site.name.as_str()),
        payment: payment.map(PaymentReference::as_str),
        code: Some(code),
        detail: Some(detail),
        ..LogLine::new(ports.clock.now(), event, &trace.correlation_id)
    };
    line.write(ports.sink);
}

fn receive_authentic(
    ports: Ports<'_>,
    site: &Site,
    ledger: &Ledger<'_>,
    trace: &Trace,
    request: Request,
) -> Result<Reply, Problem> {
    if site.callback_senders.as_ref().is_some_and(|senders| !senders.allow(&request)) {
        let detail = "the sender's address is not one of this site's callback_addresses";
        return Err(Problem::new(401, "address_not_allowed", detail));
    }
    let now = ports.clock.now().milliseconds();
    let delivery = UnverifiedCallback::of(request)?.verify(ports.provider, site, now)?;
    let (event, written) = match delivery.decode(ports.provider, site, now) {
        Ok(decoded) => decoded,
        Err(undecodable) => return unreadable::keep(ports, site, ledger, trace, &delivery, undecodable),
    };
    let transactions: Vec<_> = event.transaction.iter().chain(event.acts_on.iter()).collect();
    let other = unreadable_reference(&written, &event);
    let (named, mut history) = find(ledger, &written, &transactions, &other)?;
    if let Some(history) = history.as_ref().filter(|history| history.has_event(&event.id)) {
        return acknowledge_repetition(site, ledger, trace, history, &event.id);
    }
    if let Some(history) = &mut history
        && was_decoded_differently(ledger, history, &event.digest, site)?
    {
        return Err(signature_reused());
    }
    let reference = history.as_ref().map_or(&named.payment, |history| &history.reference).clone();
    let body = cards::masked_body(delivery.body(), &transactions);
    let event = attributed(event, &named, history.as_ref(), site);
    append(site, ledger, trace, history.as_ref(), reference, Fact::Event(cards::masked(event)), &body)
}

/// Makes the fact and what MaldoPay sent durable, and acknowledges it.
fn append(
    site: &Site,
    ledger: &Ledger<'_>,
    trace: &Trace,
    history: Option<&History>,
    reference: PaymentReference,
    fact: Fact,
    body: &[u8],
) -> Result<Reply, Problem> {
    let (fact, raw) = match history {
        Some(history) => history.strip_if_erased(fact, Some(body)),
        None => (fact, Some(body)),
    };
    let entry = NewEntry {
        reference: &reference,
        after: history.map_or(0, History::last_sequence),
        fact,
        raw,
        correlation_id: &trace.correlation_id,
        not_before: None,
        authority: None,
    };
    let appended = match history {
        Some(history) => ledger.append_to(history, entry, Vec::new())?,
        None => ledger.append(entry, Vec::new())?,
    };
    let deferred = DeferredWork::Sync {
        site: site.name.clone(),
        reference,
        sequence: appended.entry.sequence,
        trace: trace.clone(),
    };
    Ok(Reply { response: Response::text(200, "OK"), deferred })
}

/// Acknowledges a repetition. Where Salesforce has not confirmed the event, the journal must still lead a drain to it:
/// the process that wrote it may have died before it responded.
fn acknowledge_repetition(
    site: &Site,
    ledger: &Ledger<'_>,
    trace: &Trace,
    history: &History,
    event: &EventId,
) -> Result<Reply, Problem> {
    let response = Response::text(200, "OK");
    let Some(sequence) = history.unsynced_entry(event) else { return Ok(response.into()) };
    if !ledger.ensure_pending(history, sequence, &trace.correlation_id)? {
        return Ok(response.into());
    }
    let reference = history.reference.clone();
    Ok(Reply {
        response,
        deferred: DeferredWork::Sync { site: site.name.clone(), reference, sequence, trace: trace.clone() },
    })
}

fn signature_reused() -> Problem {
    let detail = "what was signed here came before under other names, and counts as it was read then";
    Problem::new(401, "signature_reused", detail)
}

/// Whether the same signed text was decoded to another event before. The names are not signed, so they were changed
/// then or now.
fn was_decoded_differently(
    ledger: &Ledger<'_>,
    history: &mut History,
    digest: &str,
    site: &Site,
) -> Result<bool, Problem> {
    match site.settings.provider.signature {
        types::SignatureScheme::ValuesPipe => {}
        types::SignatureScheme::Body | types::SignatureScheme::StandardWebhooks => return Ok(false),
    }
    // The digest of the signed text is sealed with the event.
    ledger.open(history)?;
    let mut known = history.entries.iter().filter_map(|entry| entry.fact.event());
    Ok(known.any(|known| known.digest == digest))
}

/// The reference that a delivery names, or this one if it names none that can be a payment's, and the history of the
/// payment that it belongs to.
///
/// The references of other systems may end in a number too, and two of them must not become one payment. Such an ending
/// counts as an operation's number only where this gateway issued the reference.
fn find(
    ledger: &Ledger<'_>,
    written: &str,
    transactions: &[&TransactionId],
    other: &PaymentReference,
) -> Result<(OperationReference, Option<History>), Problem> {
    let named = OperationReference::parse(written)
        .ok()
        .filter(|_| !looks_like_card(written))
        .unwrap_or_else(|| OperationReference { payment: other.clone(), operation: None });
    let history = ledger.find(Some(&named), transactions)?;
    let is_foreign = |number: u64| {
        !history.as_ref().is_some_and(|history| {
            history.reference != named.payment || history.entries.iter().any(|entry| is_requested(entry, number))
        })
    };
    let unsplit =
        named.operation.filter(|number| is_foreign(*number)).and_then(|_| PaymentReference::parse(written).ok());
    let Some(payment) = unsplit else { return Ok((named, history)) };
    let unsplit = OperationReference { payment, operation: None };
    let history = ledger.find(Some(&unsplit), transactions)?;
    Ok((unsplit, history))
}

/// Whether this entry shows that the gateway issued a reference that ends in this number: it requests the operation, or
/// opens the payment.
fn is_requested(entry: &Entry, number: u64) -> bool {
    entry.fact.request().is_some_and(|request| entry.sequence == number || request.operation.opens().is_some())
}

/// The reference of an event whose own is not a valid reference, or is a card number.
fn unreadable_reference(written: &str, event: &Event) -> PaymentReference {
    let transaction = event.transaction.as_ref().map(|id| id.as_str());
    PaymentReference::for_unreadable(transaction.unwrap_or(written))
}

/// The event with the operation that it is about, and with the kind that follows from the operation.
///
/// The operation's own reference decides first. A transaction id identifies an operation only where no other operation,
/// and not the payment itself, has the same id: a provider may use one id for several.
fn attributed(event: Event, named: &OperationReference, history: Option<&History>, site: &Site) -> Event {
    let payment: Option<Payment> = history.and_then(|history| history.payment(site.main_currency));
    let (Some(history), Some(payment)) = (history, payment) else {
        let kind = event.kind.about(Operation::Charge);
        return Event { kind, ..event };
    };
    let operations = operations(history);
    let operation_of = |wanted: u64| operations.iter().find(|(number, _)| *number == wanted).map(|(_, of)| *of);
    let named = named.operation.filter(|_| named.payment == history.reference);
    if let Some((number, operation)) = named.and_then(|number| Some((number, operation_of(number)?))) {
        return Event { kind: event.kind.about(operation), operation: Some(number), ..event };
    }
    let sharing = sharing(history, event.transaction.as_ref());
    let mut kinds = sharing.iter().map(|number| number.and_then(operation_of));
    let kind = kinds.next().flatten().filter(|first| kinds.all(|other| other == Some(*first)));
    let kind = event.kind.about(kind.unwrap_or(payment.opening()));
    // Where several operations share the id, the fold tells them apart by their amounts.
    let only = if sharing.len() == 1 { sharing.into_iter().next().flatten() } else { None };
    Event { kind, operation: only, ..event }
}

/// The operations that were requested on a payment, by the sequence numbers of their requests.
fn operations(history: &History) -> Vec<(u64, Operation)> {
    let entries = history.entries.iter();
    let requested = entries.filter_map(|entry| Some((entry.sequence, entry.fact.request()?.operation)));
    requested.filter(|(_, operation)| operation.opens().is_none()).collect()
}

/// The operations of earlier events with this transaction id. None in the list means the operation that opened the
/// payment.
fn sharing(history: &History, transaction: Option<&TransactionId>) -> Vec<Option<u64>> {
    let Some(transaction) = transaction else { return Vec::new() };
    let mut sharing = Vec::new();
    for event in history.entries.iter().filter_map(|entry| entry.fact.event()) {
        if event.transaction.as_ref() == Some(transaction) && !sharing.contains(&event.operation) {
            sharing.push(event.operation);
        }
    }
    sharing
}
