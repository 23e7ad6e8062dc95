//! A payment is the fold over the set of its facts: the same in whatever order the facts arrive, and however often.

use std::collections::{BTreeMap, BTreeSet};

use crate::disputes;
use crate::facts::Facts;
use crate::movement_kind::MovementKind;
use crate::movements::{Movement, MovementStatus, Movements, Sum};
use crate::{
    Currency, Entry, Event, EventKind, Evidence, FailedStage, Intent, Invoice, Money, Operation, OperationRequest,
    Payment, PaymentReference, PaymentStatus, PendingOutcome, ReviewReason, SourceRecord,
};

impl Payment {
    /// The payment that these entries make; none if there are no entries. If no entry names a currency, it is
    /// `fallback`.
    ///
    /// ```
    /// use tollbridge_domain::*;
    ///
    /// let lira = Currency::parse("TRY")?;
    /// let captured = |sequence, event: &str| -> Result<Entry, Box<dyn std::error::Error>> {
    ///     let event = serde_json::json!({
    ///         "id": event,
    ///         "kind": "captured",
    ///         "amount": Money::parse("149.90", lira)?,
    ///         "transaction": "700001",
    ///         "digest": "",
    ///     });
    ///     Ok(Entry {
    ///         sequence,
    ///         fact: Fact::Event(serde_json::from_value(event)?),
    ///         received_at: Timestamp::EPOCH,
    ///         correlation_id: CorrelationId::parse("c1")?,
    ///     })
    /// };
    /// let reference = PaymentReference::parse("tb1")?;
    /// let once = Payment::fold(&reference, &[captured(1, "ev1")?], lira).ok_or("no entries")?;
    /// assert_eq!(once.status, PaymentStatus::Captured);
    /// assert_eq!(once.captured.to_string(), "149.90 TRY");
    /// // It did not begin in Tollbridge, so a person must look at it.
    /// assert!(once.review.contains_key(&ReviewReason::UnmatchedPayment));
    ///
    /// // A repetition of an event changes nothing.
    /// let twice = Payment::fold(&reference, &[captured(2, "ev1")?, captured(1, "ev1")?], lira);
    /// assert_eq!(twice, Some(once));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn fold(reference: &PaymentReference, entries: &[Entry], fallback: Currency) -> Option<Self> {
        let facts = Facts::of(entries)?;
        let currency = facts.currency(fallback);
        let mut review = BTreeSet::new();
        let movements = Movements::of(&facts);
        let chargebacks: Vec<&Event> =
            movements.of_kind(MovementKind::Chargeback).filter_map(Movement::success).collect();
        let won_back = disputes::won_back(&chargebacks, &facts.events);
        let mut sum = |kind: MovementKind| {
            let mut sum = Sum::new(currency);
            for movement in movements.of_kind(kind).filter(|movement| movement.counts()) {
                let Some(event) = movement.success() else { continue };
                let Some(amount) = facts.amount_of(event) else {
                    review.insert(ReviewReason::AmountMissing);
                    continue;
                };
                let won = won_back.get(&event.id).copied().unwrap_or(0);
                let left = amount.minor_units().saturating_sub(won).max(0);
                sum.add(Money::from_minor_units(left, amount.currency()).unwrap_or(amount));
            }
            note(&sum, &mut review);
            sum.total()
        };
        let authorized = sum(MovementKind::Authorization);
        let captured = sum(MovementKind::Capture);
        let refunded = sum(MovementKind::Refund);
        let charged_back = sum(MovementKind::Chargeback);
        let settled = sum(MovementKind::Settlement);
        let paid_out = sum(MovementKind::Payout);
        let mut fees = Sum::new(currency);
        let settlements = movements.of_kind(MovementKind::Settlement).filter(|movement| movement.counts());
        settlements.filter_map(|movement| movement.success()?.fee).for_each(|fee| fees.add(fee));
        note(&fees, &mut review);

        // If it is not clear whether a release was taken back, nothing may be captured.
        let released =
            movements.of_kind(MovementKind::Release).any(|release| release.standing() != MovementStatus::TakenBack);
        let releasing = facts
            .operations
            .iter()
            .any(|asked| asked.request.operation == Operation::Void && facts.under_way(asked.number));
        let mut payment = Self {
            reference: reference.clone(),
            intent: facts.opening.and_then(|request| request.operation.opens()).unwrap_or(Intent::Unmatched),
            status: PaymentStatus::Pending,
            method: facts.method(),
            amount: facts.opening.map_or(captured, |request| request.amount),
            tax: facts.opening.and_then(|request| request.tax),
            authorized,
            captured,
            refunded,
            charged_back,
            settled,
            paid_out,
            fees: fees.total(),
            capturing: Money::zero(currency),
            refunding: Money::zero(currency),
            released,
            pending_outcomes: facts.pending_outcomes(),
            pending: Vec::new(),
            source: source(&facts),
            invoice: facts.opening.and_then(invoice).or_else(|| facts.assigned()?.invoice()),
            attempt: attempt(&facts),
            superseded: false,
            transaction: facts.transaction(),
            unreadable: facts.unreadable.iter().map(|delivery| (*delivery).clone()).collect(),
            redirect_url: facts.latest(|event| event.redirect_url.clone()),
            conversion: facts.latest(Event::conversion),
            reason_code: facts.latest(reason_code).or_else(|| facts.is_not_made(None).then(|| NOT_FOUND.to_owned())),
            review: BTreeMap::new(),
            in_doubt: false,
            accepted: facts.accepted.clone(),
            correlation_id: facts.first.correlation_id.clone(),
            version: facts.version,
            reported: facts.version.saturating_sub(facts.requests()),
            created_at: facts.first.received_at,
            updated_at: facts.updated_at,
        };
        payment.status = payment.status_of(&facts);
        payment.pending = facts.pending(payment.status);
        payment.check_bounds(&facts, &mut review);
        facts.check_operations(&movements, &mut review);
        movements.check(&mut review);
        if payment.pending_outcomes.iter().any(PendingOutcome::is_out_of_schedule) {
            review.insert(ReviewReason::OutcomeUnknown);
        }
        for reason in review {
            payment.needs_review(reason, payment.evidence(reason, &facts, &movements));
        }
        // Money in doubt may be requested again only after a person has accepted that it did not move.
        let accepted = |reason| !payment.review.contains_key(&reason);
        let outstanding = |operation| facts.outstanding(operation, &movements, accepted, currency).total();
        (payment.capturing, payment.refunding) = (outstanding(Operation::Capture), outstanding(Operation::Refund));
        let unordered = || movements.iter().any(|movement| movement.standing() == MovementStatus::Unordered);
        payment.in_doubt = payment.review.contains_key(&ReviewReason::FailedAfterSuccess) && unordered();
        payment.released |= releasing;
        if payment.status != PaymentStatus::Pending {
            payment.redirect_url = None;
        }
        Some(payment)
    }

    /// The same payment after a later attempt replaced it: money that it holds, or may still take, may pay its record
    /// twice.
    #[must_use]
    pub fn superseded(mut self) -> Self {
        self.superseded = true;
        if self.may_have_paid_its_source() {
            let rests_on = [self.authorized, self.captured, self.paid_out];
            self.needs_review(ReviewReason::PaidAfterSuperseded, Evidence::of(rests_on.map(Money::minor_units)));
        }
        self
    }

    /// The same payment if these entries of its history are not as they were written: its state is not reliable.
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

    /// The evidence for a reason: the sums that it compares, or how many events support it.
    fn evidence(&self, reason: ReviewReason, facts: &Facts<'_>, movements: &Movements<'_>) -> Evidence {
        let sums = |sums: &[Money]| Evidence::of(sums.iter().map(|sum| sum.minor_units()));
        let count = |matches: fn(EventKind) -> bool| {
            let count = facts.events.iter().filter(|event| matches(event.kind)).count();
            Evidence::of([i64::try_from(count).unwrap_or(i64::MAX)])
        };
        match reason {
            ReviewReason::UnmatchedPayment => sums(&[self.captured, self.paid_out]),
            ReviewReason::CurrencyMismatch | ReviewReason::AmountMissing | ReviewReason::AmountOutOfRange => {
                count(EventKind::moves_an_amount)
            }
            ReviewReason::AuthorizedOtherThanAsked => sums(&[self.authorized]),
            ReviewReason::CapturedOtherThanAsked => sums(&[self.captured]),
            ReviewReason::RefundedOtherThanAsked => sums(&[self.refunded]),
            ReviewReason::PaidOutOtherThanAsked => {
                let paid_out = self.paid_out.minor_units();
                let others = facts.other_payouts().into_iter().filter(|amount| *amount != paid_out);
                Evidence::of(core::iter::once(paid_out).chain(others))
            }
            ReviewReason::CapturedMoreThanAuthorized => sums(&[self.captured, self.authorized]),
            ReviewReason::ReturnedMoreThanCaptured => sums(&[self.refunded, self.charged_back, self.captured]),
            ReviewReason::SettledMoreThanCaptured => sums(&[self.settled, self.captured]),
            ReviewReason::FailedAfterSuccess | ReviewReason::SucceededAfterFailure => {
                let contradicted = movements.iter().filter(|movement| movement.standing() != MovementStatus::Undoubted);
                let late = facts.late_successes();
                let events = contradicted.fold(late, |events, movement| events.saturating_add(movement.event_count()));
                Evidence::of([i64::try_from(events).unwrap_or(i64::MAX)])
            }
            ReviewReason::TransactionIdsConflict => {
                Evidence::of([i64::try_from(movements.sharing_ids()).unwrap_or(i64::MAX)])
            }
            ReviewReason::CaptureFailed => count(|kind| kind == EventKind::Failed(FailedStage::Capture)),
            ReviewReason::RefundFailed => count(|kind| kind == EventKind::Failed(FailedStage::Refund)),
            ReviewReason::SettlementFailed => count(|kind| kind == EventKind::Failed(FailedStage::Settlement)),
            ReviewReason::OutcomeUnknown => {
                let number = |pending_outcome: &PendingOutcome| {
                    i64::try_from(pending_outcome.number.unwrap_or(0)).unwrap_or(i64::MAX)
                };
                Evidence::of(
                    self.pending_outcomes
                        .iter()
                        .filter(|pending_outcome| pending_outcome.is_out_of_schedule())
                        .map(number),
                )
            }
            ReviewReason::Disputed => count(|kind| kind == EventKind::Disputed),
            ReviewReason::ChargedBack => sums(&[self.charged_back]),
            ReviewReason::UnreadableDelivery => {
                Evidence::of([i64::try_from(facts.unreadable.len()).unwrap_or(i64::MAX)])
            }
            // Only the caller that read the history knows these two. It adds the evidence itself.
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

    fn check_bounds(&self, facts: &Facts<'_>, review: &mut BTreeSet<ReviewReason>) {
        let asked = self.amount.minor_units();
        let returned = self.refunded.minor_units().saturating_add(self.charged_back.minor_units());
        let differs = |sum: Money| sum.is_positive() && sum.minor_units() != asked;
        // Nothing is known of a payment of which only unreadable deliveries arrived, not even that it is one.
        let is_reported = !facts.events.is_empty() || facts.unreadable.is_empty();
        let broken = [
            (self.intent == Intent::Unmatched && is_reported, ReviewReason::UnmatchedPayment),
            (self.intent == Intent::Authorize && differs(self.authorized), ReviewReason::AuthorizedOtherThanAsked),
            (self.intent == Intent::Charge && differs(self.captured), ReviewReason::CapturedOtherThanAsked),
            (differs(self.paid_out) || !facts.other_payouts().is_empty(), ReviewReason::PaidOutOtherThanAsked),
            (
                self.intent == Intent::Authorize && self.captured.minor_units() > self.authorized.minor_units(),
                ReviewReason::CapturedMoreThanAuthorized,
            ),
            (returned > self.captured.minor_units(), ReviewReason::ReturnedMoreThanCaptured),
            (self.settled.minor_units() > self.captured.minor_units(), ReviewReason::SettledMoreThanCaptured),
            (self.status == PaymentStatus::Disputed, ReviewReason::Disputed),
            (self.charged_back.is_positive(), ReviewReason::ChargedBack),
            (!facts.unreadable.is_empty(), ReviewReason::UnreadableDelivery),
        ];
        review.extend(broken.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, reason)| reason));
    }
}

fn source(facts: &Facts<'_>) -> Option<SourceRecord> {
    let asked = facts.opening.and_then(|request| request.source.as_ref());
    asked.or_else(|| facts.assigned().map(|assignment| &assignment.source)).cloned()
}

fn attempt(facts: &Facts<'_>) -> u32 {
    let asked = facts.opening.map(|request| request.attempt);
    asked.or_else(|| facts.assigned().map(|assignment| assignment.attempt)).unwrap_or(1)
}

/// The reason code of a payment that the provider does not know.
const NOT_FOUND: &str = "not-found";

fn invoice(request: &OperationRequest) -> Option<Invoice> {
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
