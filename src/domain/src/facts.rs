//! The facts of a payment, sorted out: what was asked for, what was said, and what was not said.

use std::collections::{BTreeMap, BTreeSet};

use crate::movements::{MovementKind, Movements, Standing, Sum};
use crate::unresolved::Missing;
use crate::{
    Assignment, Currency, Entry, Event, EventKind, Evidence, Fact, Money, Operation, PaymentStatus, Pending, Request,
    ReviewReason, Timestamp, TransactionId, Unresolved,
};

/// The facts of a payment, sorted out. Repetitions of an event are one event, seen when the first of them was.
pub(crate) struct Facts<'a> {
    pub(crate) opening: Option<&'a Request>,
    pub(crate) opened_at: Timestamp,
    pub(crate) operations: BTreeMap<u64, &'a Request>,
    pub(crate) requested_at: BTreeMap<u64, Timestamp>,
    pub(crate) withdrawn: BTreeSet<u64>,
    /// How often each operation was asked about without learning its outcome, and when last.
    pub(crate) unanswered: BTreeMap<Option<u64>, (u32, Timestamp)>,
    /// The operations that the provider did not find, and had answered nothing about.
    missing: BTreeMap<Option<u64>, Missing>,
    pub(crate) events: Vec<&'a Event>,
    /// What people accepted, each reason with what it rested on.
    pub(crate) accepted: BTreeSet<(ReviewReason, Evidence)>,
    /// The record that a person said it is for; of several assignments the last one in the ledger.
    assigned: Option<&'a Assignment>,
    pub(crate) first: &'a Entry,
    pub(crate) version: u64,
    pub(crate) updated_at: Timestamp,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(entries: &'a [Entry]) -> Option<Self> {
        let mut by_sequence: Vec<&Entry> = entries.iter().collect();
        by_sequence.sort_by_key(|entry| entry.sequence);
        by_sequence.dedup_by_key(|entry| entry.sequence);
        let mut facts = Self {
            opening: None,
            opened_at: by_sequence.first()?.received_at,
            operations: BTreeMap::new(),
            requested_at: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
            unanswered: BTreeMap::new(),
            missing: BTreeMap::new(),
            events: Vec::new(),
            accepted: BTreeSet::new(),
            assigned: None,
            first: by_sequence.first()?,
            version: 0,
            updated_at: by_sequence.first()?.received_at,
        };
        let mut seen = BTreeSet::new();
        for entry in by_sequence {
            let new = match &entry.fact {
                Fact::Requested(request) if request.operation.opens().is_some() => {
                    let first = facts.opening.is_none();
                    if first {
                        facts.opening = Some(request);
                        facts.opened_at = entry.received_at;
                    }
                    first
                }
                Fact::Requested(request) => {
                    facts.requested_at.insert(entry.sequence, entry.received_at);
                    facts.operations.insert(entry.sequence, request).is_none()
                }
                Fact::Withdrawn { operation } => facts.withdrawn.insert(*operation),
                Fact::Unanswered { operation } => facts.note_question(*operation, entry.received_at),
                Fact::NotFound { operation } => {
                    facts.note_missing(*operation, entry.received_at);
                    facts.note_question(*operation, entry.received_at)
                }
                Fact::Event(event) => {
                    let new = seen.insert(&event.id);
                    if new {
                        facts.events.push(event);
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
            };
            if new {
                facts.version = facts.version.saturating_add(1);
                facts.updated_at = facts.updated_at.max(entry.received_at);
            }
        }
        Some(facts)
    }

    /// The record that a person said it is for. What was asked for here has its record from the request.
    pub(crate) fn assigned(&self) -> Option<&'a Assignment> {
        self.assigned.filter(|_| self.opening.is_none())
    }

    /// The method: the one that was asked for, or the one that the provider named first, or the one that an operation was
    /// asked for by.
    pub(crate) fn method(&self) -> String {
        if let Some(opening) = self.opening {
            return opening.method.clone();
        }
        let named = self.events.iter().filter_map(|event| Some((event.method.as_ref()?, *event)));
        let first = named.min_by_key(|(_, event)| {
            (event.operation.is_some() || event.acts_on.is_some(), event.occurred_at, event.id.clone())
        });
        let asked = || self.operations.values().next().map(|request| &request.method);
        first.map(|(method, _)| method).or_else(asked).cloned().unwrap_or_default()
    }

    fn note_question(&mut self, operation: Option<u64>, at: Timestamp) -> bool {
        let (times, last) = self.unanswered.entry(operation).or_insert((0, at));
        *times = times.saturating_add(1);
        *last = at.max(*last);
        true
    }

    /// Notes that the provider did not find an operation. Where it had answered something before, it knew of it then.
    fn note_missing(&mut self, operation: Option<u64>, at: Timestamp) {
        let requested_at = match operation {
            None => self.opening.map(|_| self.opened_at),
            Some(number) => self.requested_at.get(&number).copied(),
        };
        if let Some(requested_at) = requested_at
            && self.answers(operation).next().is_none()
        {
            self.missing.entry(operation).or_default().note(at, requested_at);
        }
    }

    /// Whether the provider was asked about an operation for long enough to believe it that it does not know of it. What it
    /// says of the operation afterwards comes too late for whoever relied on that.
    pub(crate) fn was_given_up(&self, operation: Option<u64>) -> bool {
        self.missing.get(&operation).is_some_and(Missing::is_believed)
    }

    /// Whether an operation counts as not made: nothing was ever said of it but that it was not found.
    pub(crate) fn is_not_made(&self, operation: Option<u64>) -> bool {
        self.was_given_up(operation) && self.answers(operation).next().is_none()
    }

    pub(crate) fn currency(&self, fallback: Currency) -> Currency {
        let named = || {
            let amounts = self.events.iter().filter_map(|event| Some((event.amount?, *event)));
            amounts.min_by_key(|(_, event)| (event.occurred_at, event.id.clone())).map(|(amount, _)| amount.currency())
        };
        self.opening.map(|request| request.amount.currency()).or_else(named).unwrap_or(fallback)
    }

    /// What an event is about, where it does not say: the amount that was asked for.
    pub(crate) fn amount_of(&self, event: &Event) -> Option<Money> {
        event.amount.or_else(|| match event.operation {
            Some(operation) => self.operations.get(&operation).map(|request| request.amount),
            None if event.acts_on.is_none() => self.opening.map(|request| request.amount),
            None => None,
        })
    }

    /// Whether an operation is neither withdrawn nor ended by an event, nor known not to have been made.
    pub(crate) fn under_way(&self, number: u64) -> bool {
        !self.withdrawn.contains(&number)
            && !self.is_not_made(Some(number))
            && !self.answers(Some(number)).any(|event| event.kind != EventKind::Pending)
    }

    /// What was said of an operation itself. What others did to a payment may bear the reference of one of its operations:
    /// a refund that nobody here asked for, that of the capture whose money it gives back.
    fn answers(&self, number: Option<u64>) -> impl Iterator<Item = &'a Event> {
        let asked_for = number.and_then(|number| self.asked_for(number));
        let events = self.events.iter().copied();
        events.filter(move |event| {
            event.operation == number
                && event.kind.answers_for_its_operation()
                && asked_for.is_none_or(|kind| kind.is_decided_by(event.kind))
        })
    }

    /// What an operation moves when it succeeds, where there is an operation of this number.
    pub(crate) fn asked_for(&self, number: u64) -> Option<MovementKind> {
        MovementKind::asked_for(self.operations.get(&number)?.operation)
    }

    /// What the operations of this kind were asked to move, beyond what they have moved: all that is not known to have
    /// failed, and whatever the provider says in two ways until a person has `accepted` it.
    pub(crate) fn outstanding(
        &self,
        operation: Operation,
        movements: &Movements<'_>,
        accepted: impl Fn(ReviewReason) -> bool,
        currency: Currency,
    ) -> Sum {
        let moved_otherwise = match operation {
            Operation::Refund => ReviewReason::RefundedOtherThanAsked,
            Operation::Charge | Operation::Authorize | Operation::Payout | Operation::Capture | Operation::Void => {
                ReviewReason::CapturedOtherThanAsked
            }
        };
        let mut sum = Sum::new(currency);
        for (number, request) in self.operations.iter().filter(|(_, request)| request.operation == operation) {
            let Some(movement) = movements.of_operation(*number) else {
                if self.under_way(*number) {
                    sum.add(request.amount);
                }
                continue;
            };
            let moved = movement.success().and_then(|event| self.amount_of(event)).unwrap_or(request.amount);
            match movement.standing() {
                Standing::Undoubted | Standing::Confirmed => {
                    let rest = request.amount.minor_units().saturating_sub(moved.minor_units());
                    let rest = Money::from_minor_units(rest, request.amount.currency());
                    if let Some(rest) = rest.ok().filter(|_| !accepted(moved_otherwise)) {
                        sum.add(rest);
                    }
                }
                Standing::Unordered if !accepted(ReviewReason::FailedAfterSuccess) => {
                    sum.add(if moved.minor_units() > request.amount.minor_units() { moved } else { request.amount });
                }
                Standing::TakenBack | Standing::Unordered => {}
            }
        }
        sum
    }

    pub(crate) fn requests(&self) -> u64 {
        let operations = u64::try_from(self.operations.len()).unwrap_or(u64::MAX);
        operations.saturating_add(u64::from(self.opening.is_some()))
    }

    /// The operations of which nothing was heard, the opening one first.
    pub(crate) fn unresolved(&self) -> Vec<Unresolved> {
        let operations = self
            .operations
            .iter()
            .filter(|(number, _)| !self.withdrawn.contains(number))
            .filter_map(|(number, request)| Some((Some(*number), *request, *self.requested_at.get(number)?)));
        let opening = self.opening.map(|request| (None, request, self.opened_at));
        opening
            .into_iter()
            .chain(operations)
            .filter(|(number, ..)| self.answers(*number).next().is_none() && !self.was_given_up(*number))
            .map(|(number, request, requested_at)| {
                let (unanswered, since) = self.unanswered.get(&number).copied().unwrap_or((0, requested_at));
                Unresolved {
                    number,
                    operation: request.operation,
                    amount: request.amount,
                    digest: request.digest.clone(),
                    requested_at,
                    unanswered,
                    since,
                    missing_since: self.missing.get(&number).and_then(Missing::since),
                }
            })
            .collect()
    }

    /// The operations that the provider said are under way and nothing since, the opening one first, for a payment that
    /// stands so.
    pub(crate) fn pending(&self, status: PaymentStatus) -> Vec<Pending> {
        let opening = self.opening.map(|request| (None, request, self.opened_at));
        let waits = |number: Option<u64>| {
            let mut answers = self.answers(number).peekable();
            answers.peek().is_some() && answers.all(|event| event.kind == EventKind::Pending)
        };
        let operations = self.operations.iter().filter(|(number, _)| self.under_way(**number));
        let operations =
            operations.filter_map(|(number, request)| Some((Some(*number), *request, *self.requested_at.get(number)?)));
        opening
            .into_iter()
            // A void ends what the provider said is pending.
            .filter(|_| status == PaymentStatus::Pending)
            .chain(operations)
            .filter(|(number, ..)| waits(*number))
            .map(|(number, request, requested_at)| Pending {
                number,
                operation: request.operation,
                amount: request.amount,
                requested_at,
            })
            .collect()
    }

    /// The last thing that the provider said of this kind.
    pub(crate) fn latest<T>(&self, find: impl Fn(&Event) -> Option<T>) -> Option<T> {
        let found = self.events.iter().filter_map(|event| Some((find(event)?, *event)));
        found.max_by_key(|(_, event)| (event.occurred_at, event.kind, event.id.clone())).map(|(value, _)| value)
    }

    /// The transaction that opened the payment: the one that succeeded if one did, the first otherwise.
    pub(crate) fn transaction(&self) -> Option<TransactionId> {
        let opening = self.events.iter().filter(|event| event.operation.is_none() && event.acts_on.is_none());
        opening
            .filter_map(|event| Some((event.transaction.as_ref()?, *event)))
            .min_by_key(|(transaction, event)| {
                (!MovementKind::moves_an_amount(event.kind), event.occurred_at, transaction.as_str())
            })
            .map(|(transaction, _)| transaction.clone())
    }
}
