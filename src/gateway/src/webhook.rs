//! `POST /webhooks/maldopay/{site}`: what MaldoPay says, made durable before it is acknowledged.

use tollbridge_connector::types;
use tollbridge_domain::{Event, Fact, OperationReference, Payment, PaymentReference};
use tollbridge_ledger::{History, Ledger, NewEntry};

use crate::answer::{After, Answered, Request, Response};
use crate::config::Site;
use crate::ports::{Ports, Provider};
use crate::problem::Problem;
use crate::tracing::Trace;

/// A delivery that nobody has checked. Nothing can be read from it.
pub struct Unverified(types::Delivery);

/// A delivery that is signed with one of the site's keys.
pub struct Verified(types::Delivery);

impl Unverified {
    /// The request as a delivery.
    ///
    /// # Errors
    /// The body is too long, or broke off.
    pub fn of(request: Request) -> Result<Self, Problem> {
        let body = request.body.map_err(crate::commands::body_problem)?;
        let headers = request.headers.into_iter().map(|(name, value)| types::Header { name, value }).collect();
        Ok(Self(types::Delivery { headers, body }))
    }

    /// The delivery, if the site's provider signed it.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn verify(self, provider: &dyn Provider, site: &Site, now: i64) -> Result<Verified, Problem> {
        let keys: Vec<String> = site.maldopay.encrypting_keys.iter().map(|key| key.reveal().to_owned()).collect();
        match provider.verify(&self.0, &site.settings, &keys, now) {
            Ok(()) => Ok(Verified(self.0)),
            Err(problem) => Err(Problem::new(401, problem.code, problem.detail)),
        }
    }
}

impl Verified {
    /// The event that it tells of, with the reference as it was written.
    fn decode(&self, provider: &dyn Provider, site: &Site) -> Result<(Event, String), Problem> {
        let event = provider.decode(&self.0, &site.settings).map_err(|problem| Problem {
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

/// Takes a delivery: `OK` once it is durable, and Salesforce is told afterwards.
///
/// # Errors
/// It is not believed, cannot be read, or could not be made durable: MaldoPay sends it again then.
pub fn receive(
    ports: Ports<'_>,
    site: &Site,
    ledger: &Ledger<'_>,
    trace: &Trace,
    request: Request,
) -> Result<Answered, Problem> {
    let now = ports.clock.now().milliseconds();
    let delivery = Unverified::of(request)?.verify(ports.provider, site, now)?;
    let (event, written) = delivery.decode(ports.provider, site)?;
    let named = OperationReference::parse(&written)
        .unwrap_or_else(|_| OperationReference { payment: unreadable_reference(&written, &event), operation: None });
    let transactions: Vec<_> = event.transaction.iter().chain(event.acts_on.iter()).collect();
    let history = ledger.find(Some(&named), &transactions)?;
    if history.as_ref().is_some_and(|history| history.knows(&event.id)) {
        return Ok(Response::text(200, "OK").into());
    }
    let reference = history.as_ref().map_or(&named.payment, |history| &history.reference).clone();
    let event = about(event, &named, history.as_ref(), site);
    let appended = ledger.append(
        NewEntry {
            reference: &reference,
            fact: Fact::Event(event),
            raw: Some(delivery.body()),
            correlation_id: &trace.correlation_id,
            not_before: None,
            claim: None,
        },
        Vec::new(),
    )?;
    let after =
        After::Tell { site: site.name.clone(), reference, sequence: appended.entry.sequence, trace: trace.clone() };
    Ok(Answered { response: Response::text(200, "OK"), after })
}

/// Where an event is kept whose reference can name no payment.
fn unreadable_reference(written: &str, event: &Event) -> PaymentReference {
    let transaction = event.transaction.as_ref().map(|id| id.as_str());
    PaymentReference::for_unreadable(transaction.unwrap_or(written))
}

/// The event with the operation that it is about, and with the kind that follows from it: by the reference it names, or
/// by the transaction that an earlier event named for that operation.
fn about(event: Event, named: &OperationReference, history: Option<&History>, site: &Site) -> Event {
    let payment: Option<Payment> = history.and_then(|history| history.payment(site.main_currency));
    let (Some(history), Some(payment)) = (history, payment) else {
        let kind = event.kind.about(tollbridge_domain::Operation::Charge);
        return Event { kind, ..event };
    };
    let requested = |number: u64| {
        history.entries.iter().find_map(|entry| match &entry.fact {
            Fact::Requested(request) if entry.sequence == number => Some(request.operation),
            Fact::Requested(_)
            | Fact::Withdrawn { .. }
            | Fact::Unanswered { .. }
            | Fact::NotFound { .. }
            | Fact::Event(_)
            | Fact::Accepted(_) => None,
        })
    };
    let by_reference = named.operation.filter(|_| named.payment == history.reference);
    let by_transaction = || {
        history.entries.iter().find_map(|entry| match &entry.fact {
            Fact::Event(earlier) if earlier.transaction == event.transaction && event.transaction.is_some() => {
                earlier.operation
            }
            Fact::Requested(_)
            | Fact::Withdrawn { .. }
            | Fact::Unanswered { .. }
            | Fact::NotFound { .. }
            | Fact::Event(_)
            | Fact::Accepted(_) => None,
        })
    };
    let number = by_reference.or_else(by_transaction).filter(|number| requested(*number).is_some());
    let operation = number.and_then(requested).unwrap_or(payment.opening());
    Event { kind: event.kind.about(operation), operation: number, ..event }
}
