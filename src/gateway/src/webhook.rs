//! `POST /webhooks/maldopay/{site}`: makes a callback durable before it is acknowledged. The signature is verified over
//! the body as it was received, and card numbers are masked before it is stored.

use secrecy::ExposeSecret as _;
use tollbridge_connector::types;
use tollbridge_domain::{
    Entry, Event, EventId, Fact, Operation, OperationReference, Payment, PaymentReference, TransactionId,
    looks_like_card,
};
use tollbridge_ledger::{History, Ledger, NewEntry};

use crate::cards;
use crate::config::Site;
use crate::http::message::{Request, Response};
use crate::http::problem::Problem;
use crate::http::reply::{DeferredWork, Reply};
use crate::ports::{Ports, Provider};
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
    fn decode(&self, provider: &dyn Provider, site: &Site) -> Result<(Event, String), Problem> {
        let event = provider.decode(&self.0, site).map_err(|problem| Problem {
            field: problem.field,
            ..Problem::new(422, "unreadable_delivery", problem.detail)
        })?;
        let reference = event.reference.clone();
        let event =
            Event::try_from(event).map_err(|error| Problem::new(422, "unreadable_delivery", error.to_string()))?;
        Ok((event, reference))
    }

    fn body(&self) -> &[u8] {
        &self.0.body
    }
}

/// Receives a delivery: responds with `OK` once it is durable. Salesforce is synced afterwards.
///
/// # Errors
/// It is not authentic, cannot be decoded, or could not be made durable. MaldoPay then sends it again.
pub fn receive(
    ports: Ports<'_>,
    site: &Site,
    ledger: &Ledger<'_>,
    trace: &Trace,
    request: Request,
) -> Result<Reply, Problem> {
    let now = ports.clock.now().milliseconds();
    let delivery = UnverifiedCallback::of(request)?.verify(ports.provider, site, now)?;
    let (event, written) = delivery.decode(ports.provider, site)?;
    let (named, mut history) = find(ledger, &written, &event)?;
    if let Some(history) = history.as_ref().filter(|history| history.has_event(&event.id)) {
        return acknowledge_repetition(site, ledger, trace, history, &event.id);
    }
    if let Some(history) = &mut history
        && was_decoded_differently(ledger, history, &event, site)?
    {
        let detail = "what was signed here came before under other names, and counts as it was read then";
        return Err(Problem::new(401, "signature_reused", detail));
    }
    let reference = history.as_ref().map_or(&named.payment, |history| &history.reference).clone();
    let event = attributed(event, &named, history.as_ref(), site);
    let body = cards::masked_body(delivery.body(), &event);
    let (fact, raw) = (Fact::Event(cards::masked(event)), Some(body.as_ref()));
    let (fact, raw) = match &history {
        Some(history) => history.strip_if_erased(fact, raw),
        None => (fact, raw),
    };
    let entry = NewEntry {
        reference: &reference,
        after: history.as_ref().map_or(0, History::last_sequence),
        fact,
        raw,
        correlation_id: &trace.correlation_id,
        not_before: None,
        authority: None,
    };
    let appended = match &history {
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

/// Whether the same signed text was decoded to another event before. The names are not signed, so they were changed
/// then or now.
fn was_decoded_differently(
    ledger: &Ledger<'_>,
    history: &mut History,
    event: &Event,
    site: &Site,
) -> Result<bool, Problem> {
    match site.settings.provider.signature {
        types::SignatureScheme::ValuesPipe => {}
        types::SignatureScheme::Body | types::SignatureScheme::StandardWebhooks => return Ok(false),
    }
    // The digest of the signed text is sealed with the event.
    ledger.open(history)?;
    let mut known = history.entries.iter().filter_map(|entry| entry.fact.event());
    Ok(known.any(|known| known.digest == event.digest))
}

/// The reference that the event names, and the history of the payment that it belongs to.
///
/// The references of other systems may end in a number too, and two of them must not become one payment. Such an ending
/// counts as an operation's number only where this gateway issued the reference.
fn find(ledger: &Ledger<'_>, written: &str, event: &Event) -> Result<(OperationReference, Option<History>), Problem> {
    let transactions: Vec<_> = event.transaction.iter().chain(event.acts_on.iter()).collect();
    let named = OperationReference::parse(written)
        .ok()
        .filter(|_| !looks_like_card(written))
        .unwrap_or_else(|| OperationReference { payment: unreadable_reference(written, event), operation: None });
    let history = ledger.find(Some(&named), &transactions)?;
    let is_foreign = |number: u64| {
        !history.as_ref().is_some_and(|history| {
            history.reference != named.payment || history.entries.iter().any(|entry| is_requested(entry, number))
        })
    };
    let unsplit =
        named.operation.filter(|number| is_foreign(*number)).and_then(|_| PaymentReference::parse(written).ok());
    let Some(payment) = unsplit else { return Ok((named, history)) };
    let unsplit = OperationReference { payment, operation: None };
    let history = ledger.find(Some(&unsplit), &transactions)?;
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
