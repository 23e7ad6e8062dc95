//! A payment is the fold over the set of its facts: the same whatever order they came in, and however often.

use std::collections::{BTreeMap, BTreeSet};

use crate::disputes;
use crate::movements::{Movement, Movements, Sum};
use crate::{
    Currency, Entry, Event, EventKind, Fact, FailedStage, Intent, Money, Operation, Payment, PaymentReference,
    PaymentStatus, Request, ReviewReason, Timestamp, Unresolved,
};

/// The facts of a payment, sorted out. Repetitions of an event are one event, seen when the first of them was.
struct Facts<'a> {
    opening: Option<&'a Request>,
    opened_at: Timestamp,
    operations: BTreeMap<u64, &'a Request>,
    requested_at: BTreeMap<u64, Timestamp>,
    withdrawn: BTreeSet<u64>,
    /// How often each operation was asked about without an answer, and when last.
    unanswered: BTreeMap<Option<u64>, (u32, Timestamp)>,
    events: Vec<&'a Event>,
    first: &'a Entry,
    version: u64,
    updated_at: Timestamp,
}

impl<'a> Facts<'a> {
    fn of(entries: &'a [Entry]) -> Option<Self> {
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
            events: Vec::new(),
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
                Fact::Unanswered { operation } => {
                    let (times, last) = facts.unanswered.entry(*operation).or_insert((0, entry.received_at));
                    *times = times.saturating_add(1);
                    *last = entry.received_at.max(*last);
                    true
                }
                Fact::Event(event) => {
                    let new = seen.insert(&event.id);
                    if new {
                        facts.events.push(event);
                    }
                    new
                }
            };
            if new {
                facts.version = facts.version.saturating_add(1);
                facts.updated_at = facts.updated_at.max(entry.received_at);
            }
        }
        Some(facts)
    }

    fn currency(&self, fallback: Currency) -> Currency {
        let named = || {
            let amounts = self.events.iter().filter_map(|event| Some((event.amount?, *event)));
            amounts.min_by_key(|(_, event)| (event.occurred_at, event.id.clone())).map(|(amount, _)| amount.currency())
        };
        self.opening.map(|request| request.amount.currency()).or_else(named).unwrap_or(fallback)
    }

    /// What an event is about, where it does not say: the amount that was asked for.
    fn amount_of(&self, event: &Event) -> Option<Money> {
        event.amount.or_else(|| match event.operation {
            Some(operation) => self.operations.get(&operation).map(|request| request.amount),
            None if event.acts_on.is_none() => self.opening.map(|request| request.amount),
            None => None,
        })
    }

    /// Whether an operation is neither withdrawn nor ended by an event.
    fn under_way(&self, number: u64) -> bool {
        !self.withdrawn.contains(&number)
            && !self.events.iter().any(|event| event.operation == Some(number) && event.kind != EventKind::Pending)
    }

    /// What the operations of this kind that are under way may yet move.
    fn reserved(&self, operation: Operation, currency: Currency) -> Sum {
        let mut sum = Sum::new(currency);
        for (number, request) in &self.operations {
            if request.operation == operation && self.under_way(*number) {
                sum.add(request.amount);
            }
        }
        sum
    }
}

impl Payment {
    /// The payment that these entries make, or none when there are no entries. Where nothing among them names a
    /// currency, `fallback` is it.
    #[must_use]
    pub fn fold(reference: &PaymentReference, entries: &[Entry], fallback: Currency) -> Option<Self> {
        let facts = Facts::of(entries)?;
        let currency = facts.currency(fallback);
        let mut review = BTreeSet::new();
        let movements = Movements::of(&facts.events);
        let mut sum = |movement: Movement| {
            let mut sum = Sum::new(currency);
            for event in movements.of_kind(movement) {
                if movement == Movement::Chargeback && disputes::won_back(event, &facts.events) {
                    continue;
                }
                match facts.amount_of(event) {
                    Some(amount) => sum.add(amount),
                    None => {
                        review.insert(ReviewReason::AmountMissing);
                    }
                }
            }
            note(&sum, &mut review);
            sum.total()
        };
        let authorized = sum(Movement::Authorization);
        let captured = sum(Movement::Capture);
        let refunded = sum(Movement::Refund);
        let charged_back = sum(Movement::Chargeback);
        let settled = sum(Movement::Settlement);
        let paid_out = sum(Movement::Payout);
        let mut fees = Sum::new(currency);
        movements.of_kind(Movement::Settlement).filter_map(|event| event.fee).for_each(|fee| fees.add(fee));
        note(&fees, &mut review);

        let released = facts.events.iter().any(|event| event.kind == EventKind::Canceled);
        let releasing = facts
            .operations
            .iter()
            .any(|(number, request)| request.operation == Operation::Void && facts.under_way(*number));
        let mut payment = Self {
            reference: reference.clone(),
            intent: facts.opening.and_then(|request| request.operation.opens()).unwrap_or(Intent::Unmatched),
            status: PaymentStatus::Pending,
            method: facts.opening.map_or_else(String::new, |request| request.method.clone()),
            amount: facts.opening.map_or(captured, |request| request.amount),
            authorized,
            captured,
            refunded,
            charged_back,
            settled,
            paid_out,
            fees: fees.total(),
            capturing: facts.reserved(Operation::Capture, currency).total(),
            refunding: facts.reserved(Operation::Refund, currency).total(),
            released,
            unresolved: facts.unresolved(),
            source: facts.opening.and_then(|request| request.source.clone()),
            attempt: facts.opening.map_or(1, |request| request.attempt),
            superseded: false,
            transaction: facts.transaction(),
            redirect_url: facts.latest(|event| event.redirect_url.clone()),
            conversion: facts.latest(|event| event.conversion.clone()),
            reason_code: facts.latest(reason_code),
            review,
            correlation_id: facts.first.correlation_id.clone(),
            version: facts.version,
            reported: facts.version.saturating_sub(facts.requests()),
            created_at: facts.first.received_at,
            updated_at: facts.updated_at,
        };
        payment.status = payment.status_of(&facts);
        payment.check_bounds();
        facts.check_operations(&movements, &mut payment.review);
        facts.check_outcomes(&mut payment.review);
        if payment.unresolved.iter().any(Unresolved::is_out_of_schedule) {
            payment.review.insert(ReviewReason::OutcomeUnknown);
        }
        payment.released |= releasing;
        if payment.status != PaymentStatus::Pending {
            payment.redirect_url = None;
        }
        Some(payment)
    }

    /// The same payment where a later attempt has taken its place: money that it holds, or may yet take, may pay its
    /// record twice.
    #[must_use]
    pub fn superseded(mut self) -> Self {
        self.superseded = true;
        if self.status.holds_its_source() && self.status != PaymentStatus::Pending {
            self.review.insert(ReviewReason::PaidAfterSuperseded);
        }
        self
    }

    /// The same payment where an entry of its history is not as it was written: nothing it says can be relied on.
    #[must_use]
    pub fn tampered_with(mut self) -> Self {
        self.review.insert(ReviewReason::HistoryChanged);
        self
    }

    fn status_of(&self, facts: &Facts<'_>) -> PaymentStatus {
        let failed = |stage| facts.events.iter().any(|event| event.kind == EventKind::Failed(stage));
        let returned = self.refunded.minor_units().saturating_add(self.charged_back.minor_units());
        if disputes::any_open(&facts.events) {
            PaymentStatus::Disputed
        } else if self.charged_back.is_positive() {
            PaymentStatus::ChargedBack
        } else if self.refunded.is_positive() {
            if returned >= self.captured.minor_units() {
                PaymentStatus::Refunded
            } else {
                PaymentStatus::PartiallyRefunded
            }
        } else if self.captured.is_positive() {
            if self.settled.minor_units() >= self.captured.minor_units() {
                PaymentStatus::Settled
            } else if self.captured.minor_units() < self.authorized.minor_units() && !self.released {
                PaymentStatus::PartiallyCaptured
            } else {
                PaymentStatus::Captured
            }
        } else if self.paid_out.is_positive() {
            PaymentStatus::PaidOut
        } else if self.released {
            PaymentStatus::Canceled
        } else if self.authorized.is_positive() {
            PaymentStatus::Authorized
        } else if failed(FailedStage::Authorization) || failed(FailedStage::Payout) {
            PaymentStatus::Failed
        } else {
            PaymentStatus::Pending
        }
    }

    fn check_bounds(&mut self) {
        let asked = self.amount.minor_units();
        let returned = self.refunded.minor_units().saturating_add(self.charged_back.minor_units());
        let differs = |sum: Money| sum.is_positive() && sum.minor_units() != asked;
        let broken = [
            (self.intent == Intent::Unmatched, ReviewReason::UnmatchedPayment),
            (self.intent == Intent::Authorize && differs(self.authorized), ReviewReason::AuthorizedOtherThanAsked),
            (self.intent == Intent::Charge && differs(self.captured), ReviewReason::CapturedOtherThanAsked),
            (differs(self.paid_out), ReviewReason::PaidOutOtherThanAsked),
            (
                self.intent == Intent::Authorize && self.captured.minor_units() > self.authorized.minor_units(),
                ReviewReason::CapturedMoreThanAuthorized,
            ),
            (returned > self.captured.minor_units(), ReviewReason::ReturnedMoreThanCaptured),
            (self.settled.minor_units() > self.captured.minor_units(), ReviewReason::SettledMoreThanCaptured),
            (self.status == PaymentStatus::Disputed, ReviewReason::Disputed),
            (self.charged_back.is_positive(), ReviewReason::ChargedBack),
        ];
        self.review.extend(broken.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, reason)| reason));
    }
}

impl Facts<'_> {
    fn requests(&self) -> u64 {
        let operations = u64::try_from(self.operations.len()).unwrap_or(u64::MAX);
        operations.saturating_add(u64::from(self.opening.is_some()))
    }

    /// The operations of which nothing was heard, the opening one first.
    fn unresolved(&self) -> Vec<Unresolved> {
        let operations = self
            .operations
            .iter()
            .filter(|(number, _)| !self.withdrawn.contains(number))
            .filter_map(|(number, request)| Some((Some(*number), *request, *self.requested_at.get(number)?)));
        let opening = self.opening.map(|request| (None, request, self.opened_at));
        opening
            .into_iter()
            .chain(operations)
            .filter(|(number, ..)| !self.events.iter().any(|event| event.operation == *number))
            .map(|(number, request, requested_at)| {
                let (unanswered, since) = self.unanswered.get(&number).copied().unwrap_or((0, requested_at));
                Unresolved {
                    number,
                    operation: request.operation,
                    amount: request.amount,
                    digest: request.digest.clone(),
                    unanswered,
                    since,
                }
            })
            .collect()
    }

    /// The last thing that the provider said of this kind.
    fn latest<T>(&self, find: impl Fn(&Event) -> Option<T>) -> Option<T> {
        let found = self.events.iter().filter_map(|event| Some((find(event)?, *event)));
        found.max_by_key(|(_, event)| (event.occurred_at, event.kind, event.id.clone())).map(|(value, _)| value)
    }

    /// The transaction that opened the payment: the one that succeeded if one did, the first otherwise.
    fn transaction(&self) -> Option<crate::TransactionId> {
        let opening = self.events.iter().filter(|event| event.operation.is_none() && event.acts_on.is_none());
        opening
            .filter_map(|event| Some((event.transaction.as_ref()?, *event)))
            .min_by_key(|(transaction, event)| {
                (Movement::of(event.kind).is_none(), event.occurred_at, transaction.as_str())
            })
            .map(|(transaction, _)| transaction.clone())
    }

    /// Whether what operations moved is what they were asked to, and whether one failed while it was under way.
    fn check_operations(&self, movements: &Movements<'_>, review: &mut BTreeSet<ReviewReason>) {
        for (movement, reason) in [
            (Movement::Capture, ReviewReason::CapturedOtherThanAsked),
            (Movement::Refund, ReviewReason::RefundedOtherThanAsked),
        ] {
            let differs = movements.of_kind(movement).any(|event| {
                let request = event.operation.and_then(|operation| self.operations.get(&operation));
                request.is_some_and(|request| event.amount.is_some_and(|amount| amount != request.amount))
            });
            if differs {
                review.insert(reason);
            }
        }
        let under_way = |failure: &Event| {
            self.events.iter().any(|event| event.kind == EventKind::Pending && event.operation == failure.operation)
        };
        for event in &self.events {
            let reason = match event.kind {
                EventKind::Failed(FailedStage::Settlement) => ReviewReason::SettlementFailed,
                EventKind::Failed(FailedStage::Refund) if under_way(event) => ReviewReason::RefundFailed,
                EventKind::Failed(FailedStage::Capture) if under_way(event) => ReviewReason::CaptureFailed,
                EventKind::Pending
                | EventKind::Authorized
                | EventKind::Captured
                | EventKind::Settled
                | EventKind::Failed(_)
                | EventKind::Canceled
                | EventKind::Refunded
                | EventKind::Disputed
                | EventKind::DisputeWon
                | EventKind::ChargedBack
                | EventKind::PaidOut
                | EventKind::Reported(_) => continue,
            };
            review.insert(reason);
        }
    }

    /// Whether the provider said both that a transaction succeeded and that it did not.
    fn check_outcomes(&self, review: &mut BTreeSet<ReviewReason>) {
        for failure in &self.events {
            let undone = match failure.kind {
                EventKind::Failed(FailedStage::Authorization) => &[EventKind::Authorized, EventKind::Captured][..],
                EventKind::Failed(FailedStage::Capture) => &[EventKind::Captured],
                EventKind::Failed(FailedStage::Refund) => &[EventKind::Refunded],
                EventKind::Failed(FailedStage::Payout) => &[EventKind::PaidOut],
                EventKind::Canceled => &[EventKind::Captured, EventKind::PaidOut],
                EventKind::Failed(FailedStage::Settlement | FailedStage::Void)
                | EventKind::Pending
                | EventKind::Authorized
                | EventKind::Captured
                | EventKind::Settled
                | EventKind::Refunded
                | EventKind::Disputed
                | EventKind::DisputeWon
                | EventKind::ChargedBack
                | EventKind::PaidOut
                | EventKind::Reported(_) => continue,
            };
            for success in self.events.iter().filter(|event| undone.contains(&event.kind)) {
                if !same_transaction(success, failure) {
                    continue;
                }
                review.insert(if failure.occurred_at > success.occurred_at {
                    ReviewReason::FailedAfterSuccess
                } else {
                    ReviewReason::SucceededAfterFailure
                });
            }
        }
    }
}

/// Whether a success and a failure are about one transaction. A failure that names none was said of its operation
/// because no transaction was found, so any transaction of that operation contradicts it.
fn same_transaction(success: &Event, failure: &Event) -> bool {
    match &failure.transaction {
        Some(_) => success.transaction == failure.transaction,
        None => success.operation == failure.operation,
    }
}

fn reason_code(event: &Event) -> Option<String> {
    event.reason_code.clone().or_else(|| event.code.clone())
}

fn note(sum: &Sum, review: &mut BTreeSet<ReviewReason>) {
    if sum.other_currency {
        review.insert(ReviewReason::CurrencyMismatch);
    }
    if sum.out_of_range {
        review.insert(ReviewReason::AmountOutOfRange);
    }
}
