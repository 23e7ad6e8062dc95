//! A payment is the fold over the set of its facts: the same whatever order they came in, and however often.

use std::collections::{BTreeMap, BTreeSet};

use crate::disputes;
use crate::facts::Facts;
use crate::movements::{Movement, Movements, Sum};
use crate::{
    Currency, Entry, Event, EventKind, Evidence, FailedStage, Intent, Invoice, Money, Operation, Payment,
    PaymentReference, PaymentStatus, Request, ReviewReason, Unresolved,
};

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
            tax: facts.opening.and_then(|request| request.tax),
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
            pending: Vec::new(),
            source: facts.opening.and_then(|request| request.source.clone()),
            invoice: facts.opening.and_then(invoice),
            attempt: facts.opening.map_or(1, |request| request.attempt),
            superseded: false,
            transaction: facts.transaction(),
            redirect_url: facts.latest(|event| event.redirect_url.clone()),
            conversion: facts.latest(Event::conversion),
            reason_code: facts.latest(reason_code).or_else(|| facts.is_not_made(None).then(|| NOT_FOUND.to_owned())),
            review: BTreeMap::new(),
            accepted: facts.accepted.clone(),
            correlation_id: facts.first.correlation_id.clone(),
            version: facts.version,
            reported: facts.version.saturating_sub(facts.requests()),
            created_at: facts.first.received_at,
            updated_at: facts.updated_at,
        };
        payment.status = payment.status_of(&facts);
        payment.pending = facts.pending(payment.status);
        payment.check_bounds(&mut review);
        facts.check_operations(&movements, &mut review);
        facts.check_outcomes(&mut review);
        if payment.unresolved.iter().any(Unresolved::is_out_of_schedule) {
            review.insert(ReviewReason::OutcomeUnknown);
        }
        for reason in review {
            payment.needs_review(reason, payment.evidence(reason, &facts));
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
            let rests_on = [self.authorized, self.captured, self.paid_out];
            self.needs_review(ReviewReason::PaidAfterSuperseded, Evidence::of(rests_on.map(Money::minor_units)));
        }
        self
    }

    /// The same payment where these entries of its history are not as they were written: nothing it says can be relied
    /// on.
    #[must_use]
    pub fn tampered_with(mut self, changed: &[u64]) -> Self {
        if !changed.is_empty() {
            let changed = changed.iter().map(|sequence| i64::try_from(*sequence).unwrap_or(i64::MAX));
            self.needs_review(ReviewReason::HistoryChanged, Evidence::of(changed));
        }
        self
    }

    fn needs_review(&mut self, reason: ReviewReason, evidence: Evidence) {
        let reason = (reason, evidence);
        if !self.accepted.contains(&reason) {
            self.review.extend([reason]);
        }
    }

    /// What a reason rests on: the sums it compares, or how many events say it.
    fn evidence(&self, reason: ReviewReason, facts: &Facts<'_>) -> Evidence {
        let sums = |sums: &[Money]| Evidence::of(sums.iter().map(|sum| sum.minor_units()));
        let count = |matches: fn(EventKind) -> bool| {
            let count = facts.events.iter().filter(|event| matches(event.kind)).count();
            Evidence::of([i64::try_from(count).unwrap_or(i64::MAX)])
        };
        match reason {
            ReviewReason::UnmatchedPayment => sums(&[self.captured, self.paid_out]),
            ReviewReason::CurrencyMismatch | ReviewReason::AmountMissing | ReviewReason::AmountOutOfRange => {
                count(|kind| Movement::of(kind).is_some())
            }
            ReviewReason::AuthorizedOtherThanAsked => sums(&[self.authorized]),
            ReviewReason::CapturedOtherThanAsked => sums(&[self.captured]),
            ReviewReason::RefundedOtherThanAsked => sums(&[self.refunded]),
            ReviewReason::PaidOutOtherThanAsked => sums(&[self.paid_out]),
            ReviewReason::CapturedMoreThanAuthorized => sums(&[self.captured, self.authorized]),
            ReviewReason::ReturnedMoreThanCaptured => sums(&[self.refunded, self.charged_back, self.captured]),
            ReviewReason::SettledMoreThanCaptured => sums(&[self.settled, self.captured]),
            ReviewReason::FailedAfterSuccess | ReviewReason::SucceededAfterFailure => {
                count(|kind| kind != EventKind::Pending)
            }
            ReviewReason::CaptureFailed => count(|kind| kind == EventKind::Failed(FailedStage::Capture)),
            ReviewReason::RefundFailed => count(|kind| kind == EventKind::Failed(FailedStage::Refund)),
            ReviewReason::SettlementFailed => count(|kind| kind == EventKind::Failed(FailedStage::Settlement)),
            ReviewReason::OutcomeUnknown => {
                let number =
                    |unresolved: &Unresolved| i64::try_from(unresolved.number.unwrap_or(0)).unwrap_or(i64::MAX);
                Evidence::of(self.unresolved.iter().filter(|unresolved| unresolved.is_out_of_schedule()).map(number))
            }
            ReviewReason::Disputed => count(|kind| kind == EventKind::Disputed),
            ReviewReason::ChargedBack => sums(&[self.charged_back]),
            // These two are known only to whoever read the history; what they rest on is said there.
            ReviewReason::HistoryChanged | ReviewReason::PaidAfterSuperseded => Evidence::of([]),
        }
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
        } else if failed(FailedStage::Authorization) || failed(FailedStage::Payout) || facts.is_not_made(None) {
            PaymentStatus::Failed
        } else {
            PaymentStatus::Pending
        }
    }

    fn check_bounds(&self, review: &mut BTreeSet<ReviewReason>) {
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
        review.extend(broken.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, reason)| reason));
    }
}

/// The reason code of a payment that the provider does not know of.
const NOT_FOUND: &str = "not-found";

fn invoice(request: &Request) -> Option<Invoice> {
    request.invoice.clone().or_else(|| request.source.as_ref().and_then(Invoice::of_source))
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
