//! The facts of a payment, sorted: requests, events, status inquiries and decisions of people.

use std::collections::BTreeSet;

use crate::movement_kind::MovementKind;
use crate::pending_outcome::MissedInquiries;
use crate::{
    Assignment, Currency, Entry, Event, EventKind, Evidence, Fact, Money, Operation, OperationRequest, PaymentStatus,
    PendingOperation, PendingOutcome, ReviewReason, Timestamp, TransactionId, UnreadableDelivery,
};

/// The facts of a payment, sorted. Repetitions of an event count as one event, received when the first one was.
pub(crate) struct Facts<'a> {
    pub(crate) opening: Option<&'a OperationRequest>,
    pub(crate) opened_at: Timestamp,
    /// The requested operations, by their sequence numbers.
    pub(crate) operations: Vec<RequestedOperation<'a>>,
    withdrawn: Vec<u64>,
    /// The status inquiries about each operation; `None` is the opening one.
    inquiries: Vec<(Option<u64>, Inquiries)>,
    pub(crate) events: Vec<&'a Event>,
    pub(crate) unreadable: Vec<&'a UnreadableDelivery>,
    /// The reasons that people accepted, each with its evidence.
    pub(crate) accepted: BTreeSet<(ReviewReason, Evidence)>,
    /// The record that a person assigned it to. Of several assignments, the last one in the ledger.
    assigned: Option<&'a Assignment>,
    pub(crate) first: &'a Entry,
    pub(crate) version: u64,
    pub(crate) updated_at: Timestamp,
}

#[derive(Clone, Copy)]
pub(crate) struct RequestedOperation<'a> {
    /// The sequence number of its request.
    pub(crate) number: u64,
    pub(crate) request: &'a OperationRequest,
    at: Timestamp,
}

/// The status inquiries about an operation whose outcome is not known.
struct Inquiries {
    /// How many inquiries did not find out the outcome.
    unanswered: u32,
    last: Timestamp,
    /// When the provider did not find the operation and had reported nothing about it.
    missing: MissedInquiries,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(entries: &'a [Entry]) -> Option<Self> {
        // Entries mostly arrive in order, each once.
        let mut by_sequence: Vec<&Entry> = Vec::with_capacity(entries.len());
        for entry in entries {
            if let Err(place) = by_sequence.binary_search_by_key(&entry.sequence, |entry| entry.sequence) {
                by_sequence.insert(place, entry);
            }
        }
        let mut facts = Self {
            opening: None,
            opened_at: by_sequence.first()?.received_at,
            operations: Vec::new(),
            withdrawn: Vec::new(),
            inquiries: Vec::new(),
            events: Vec::new(),
            unreadable: Vec::new(),
            accepted: BTreeSet::new(),
            assigned: None,
            first: by_sequence.first()?,
            version: 0,
            updated_at: by_sequence.first()?.received_at,
        };
        let mut seen = BTreeSet::new();
        for entry in by_sequence {
            let new = match &entry.fact {
                Fact::OperationRequested(request) if request.operation.opens().is_some() => {
                    let first = facts.opening.is_none();
                    if first {
                        facts.opening = Some(request);
                        facts.opened_at = entry.received_at;
                    }
                    first
                }
                Fact::OperationRequested(request) => {
                    facts.operations.push(RequestedOperation {
                        number: entry.sequence,
                        request,
                        at: entry.received_at,
                    });
                    true
                }
                Fact::Withdrawn { operation } => {
                    let new = !facts.withdrawn.contains(operation);
                    facts.withdrawn.push(*operation);
                    new
                }
                Fact::TimedOut { operation } => facts.note_inquiry(*operation, entry.received_at, false),
                Fact::NotFound { operation } => facts.note_inquiry(*operation, entry.received_at, true),
                Fact::Event(event) => {
                    let new = seen.insert(&event.id);
                    if new {
                        facts.events.push(event);
                    }
                    new
                }
                Fact::Unreadable(delivery) => {
                    let new = seen.insert(&delivery.id);
                    if new {
                        facts.unreadable.push(delivery);
                    }
                    new
                }
                Fact::Accepted(acceptance) => {
                    facts.accepted.extend(acceptance.reasons.clone());
                    true
                }
                Fact::Assigned(assignment) => {
                    let accepted = assignment.evidence.clone();
                    facts.accepted.extend(accepted.map(|evidence| (ReviewReason::UnmatchedPayment, evidence)));
                    facts.assigned = Some(assignment);
                    true
                }
                Fact::Erased(_) => true,
            };
            if new {
                facts.version = facts.version.saturating_add(1);
                facts.updated_at = facts.updated_at.max(entry.received_at);
            }
        }
        Some(facts)
    }

    /// The record that a person assigned it to. A payment that began in Tollbridge has its record from the request.
    pub(crate) fn assigned(&self) -> Option<&'a Assignment> {
        self.assigned.filter(|_| self.opening.is_none())
    }

    /// The requested method; else the method that the provider named first; else that of the first operation.
    pub(crate) fn method(&self) -> String {
        if let Some(opening) = self.opening {
            return opening.method.clone();
        }
        let named = self.events.iter().filter_map(|event| Some((event.method.as_ref()?, *event)));
        let first = named.min_by_key(|(_, event)| {
            (event.operation.is_some() || event.acts_on.is_some(), event.occurred_at, event.id.clone())
        });
        let asked = || self.operations.first().map(|asked| &asked.request.method);
        first.map(|(method, _)| method).or_else(asked).cloned().unwrap_or_default()
    }

    /// The operation whose request has this sequence number.
    pub(crate) fn operation(&self, number: u64) -> Option<&RequestedOperation<'a>> {
        self.operations.iter().find(|asked| asked.number == number)
    }

    fn inquiries_about(&self, operation: Option<u64>) -> Option<&Inquiries> {
        self.inquiries.iter().find(|(about, _)| *about == operation).map(|(_, inquiries)| inquiries)
    }

    /// Notes an inquiry that did not find out the outcome of an operation. An operation that the provider `missed`
    /// counts as missing only if the provider has not reported anything about it before: otherwise the provider knows
    /// it.
    fn note_inquiry(&mut self, operation: Option<u64>, at: Timestamp, missed: bool) -> bool {
        let requested_at = match operation {
            None => self.opening.map(|_| self.opened_at),
            Some(number) => self.operation(number).map(|asked| asked.at),
        };
        let missed = requested_at.filter(|_| missed && self.events_about(operation).next().is_none());
        let place = self.inquiries.iter().position(|(about, _)| *about == operation).unwrap_or(self.inquiries.len());
        if place == self.inquiries.len() {
            self.inquiries
                .push((operation, Inquiries { unanswered: 0, last: at, missing: MissedInquiries::default() }));
        }
        if let Some((_, inquiries)) = self.inquiries.get_mut(place) {
            inquiries.unanswered = inquiries.unanswered.saturating_add(1);
            inquiries.last = at.max(inquiries.last);
            if let Some(requested_at) = missed {
                inquiries.missing.note(at, requested_at);
            }
        }
        true
    }

    /// Whether inquiries have missed an operation for so long that it counts as not carried out. An event about it
    /// after that is too late for callers that relied on this.
    pub(crate) fn was_given_up(&self, operation: Option<u64>) -> bool {
        self.inquiries_about(operation).is_some_and(|inquiries| inquiries.missing.is_believed())
    }

    /// Whether an operation counts as not carried out: inquiries missed it, and no event is about it.
    pub(crate) fn is_not_made(&self, operation: Option<u64>) -> bool {
        self.was_given_up(operation) && self.events_about(operation).next().is_none()
    }

    pub(crate) fn currency(&self, fallback: Currency) -> Currency {
        let named = || {
            let amounts = self.events.iter().filter_map(|event| Some((event.amount?, *event)));
            amounts.min_by_key(|(_, event)| (event.occurred_at, event.id.clone())).map(|(amount, _)| amount.currency())
        };
        self.opening.map(|request| request.amount.currency()).or_else(named).unwrap_or(fallback)
    }

    /// The event's amount; if it names none, the requested amount.
    pub(crate) fn amount_of(&self, event: &Event) -> Option<Money> {
        event.amount.or_else(|| match event.operation {
            Some(operation) => self.operation(operation).map(|asked| asked.request.amount),
            None if event.acts_on.is_none() => self.opening.map(|request| request.amount),
            None => None,
        })
    }

    /// The amounts, in minor units, that the provider named for a payout and that are not the requested one, whatever
    /// it said of the payout. In order, each once.
    pub(crate) fn other_payouts(&self) -> Vec<i64> {
        let opening = self.opening.filter(|request| request.operation == Operation::Payout);
        let Some(asked) = opening.map(|request| request.amount) else { return Vec::new() };
        let named = self.events_about(None).filter(|event| event.acts_on.is_none()).filter_map(|event| event.amount);
        let other = named.filter(|amount| amount.currency() == asked.currency() && *amount != asked);
        let mut amounts = Vec::new();
        for amount in other.map(Money::minor_units) {
            if let Err(place) = amounts.binary_search(&amount) {
                amounts.insert(place, amount);
            }
        }
        amounts
    }

    /// Whether an operation is not withdrawn, not ended by an event, and not known to be not carried out.
    pub(crate) fn under_way(&self, number: u64) -> bool {
        !self.withdrawn.contains(&number)
            && !self.is_not_made(Some(number))
            && !self.events_about(Some(number)).any(|event| event.kind != EventKind::Pending)
    }

    /// The events about an operation itself. An action outside Tollbridge may carry the reference of one of the
    /// payment's operations: a refund made at MaldoPay has that of the capture whose money it gives back.
    fn events_about(&self, number: Option<u64>) -> impl Iterator<Item = &'a Event> {
        let asked_for = number.and_then(|number| self.asked_for(number));
        let events = self.events.iter().copied();
        events.filter(move |event| {
            event.operation == number
                && event.kind.answers_for_its_operation()
                && asked_for.is_none_or(|kind| event.kind.decides(kind))
        })
    }

    /// The movement that an operation makes when it succeeds, if there is an operation with this number.
    pub(crate) fn asked_for(&self, number: u64) -> Option<MovementKind> {
        MovementKind::asked_for(self.operation(number)?.request.operation)
    }

    pub(crate) fn requests(&self) -> u64 {
        let operations = u64::try_from(self.operations.len()).unwrap_or(u64::MAX);
        operations.saturating_add(u64::from(self.opening.is_some()))
    }

    /// The operations without any event about them, the opening one first.
    pub(crate) fn pending_outcomes(&self) -> Vec<PendingOutcome> {
        let operations = self
            .operations
            .iter()
            .filter(|asked| !self.withdrawn.contains(&asked.number))
            .map(|asked| (Some(asked.number), asked.request, asked.at));
        let opening = self.opening.map(|request| (None, request, self.opened_at));
        opening
            .into_iter()
            .chain(operations)
            .filter(|(number, ..)| self.events_about(*number).next().is_none() && !self.was_given_up(*number))
            .map(|(number, request, requested_at)| {
                let inquiries = self.inquiries_about(number);
                PendingOutcome {
                    number,
                    operation: request.operation,
                    amount: request.amount,
                    digest: request.digest.clone(),
                    requested_at,
                    unanswered: inquiries.map_or(0, |inquiries| inquiries.unanswered),
                    since: inquiries.map_or(requested_at, |inquiries| inquiries.last),
                    missing_since: inquiries.and_then(|inquiries| inquiries.missing.since()),
                }
            })
            .collect()
    }

    /// The operations that the provider last reported as pending, the opening one first, for a payment with this
    /// status.
    pub(crate) fn pending(&self, status: PaymentStatus) -> Vec<PendingOperation> {
        let opening = self.opening.map(|request| (None, request, self.opened_at));
        let waits = |number: Option<u64>| {
            let mut events = self.events_about(number).peekable();
            events.peek().is_some() && events.all(|event| event.kind == EventKind::Pending)
        };
        let operations = self.operations.iter().filter(|asked| self.under_way(asked.number));
        let operations = operations.map(|asked| (Some(asked.number), asked.request, asked.at));
        opening
            .into_iter()
            // A void ends a pending payment.
            .filter(|_| status == PaymentStatus::Pending)
            .chain(operations)
            .filter(|(number, ..)| waits(*number))
            .map(|(number, request, requested_at)| PendingOperation {
                number,
                operation: request.operation,
                amount: request.amount,
                requested_at,
            })
            .collect()
    }

    /// The last value of this kind that the provider reported.
    pub(crate) fn latest<T>(&self, find: impl Fn(&Event) -> Option<T>) -> Option<T> {
        let found = self.events.iter().filter_map(|event| Some((find(event)?, *event)));
        found.max_by_key(|(_, event)| (event.occurred_at, event.kind, event.id.clone())).map(|(value, _)| value)
    }

    /// The transaction that opened the payment: the one that succeeded, else the first.
    pub(crate) fn transaction(&self) -> Option<TransactionId> {
        let opening = self.events.iter().filter(|event| event.operation.is_none() && event.acts_on.is_none());
        opening
            .filter_map(|event| Some((event.transaction.as_ref()?, *event)))
            .min_by_key(|(transaction, event)| (!event.kind.moves_an_amount(), event.occurred_at, transaction.as_str()))
            .map(|(transaction, _)| transaction.clone())
    }
}
