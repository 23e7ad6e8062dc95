//! Where what the provider said does not fit what it was asked, or what it said before.

use std::collections::BTreeSet;

use crate::facts::Facts;
use crate::movements::{Movement, Movements};
use crate::{Event, EventKind, FailedStage, ReviewReason};

impl Facts<'_> {
    /// Whether what operations moved is what they were asked to, and whether one failed while it was under way.
    pub(crate) fn check_operations(&self, movements: &Movements<'_>, review: &mut BTreeSet<ReviewReason>) {
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
    pub(crate) fn check_outcomes(&self, review: &mut BTreeSet<ReviewReason>) {
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
        let succeeded_late =
            |event: &&Event| Movement::of(event.kind).is_some() && event.kind.answers_for_its_operation();
        if self.events.iter().copied().filter(succeeded_late).any(|event| self.was_given_up(event.operation)) {
            review.insert(ReviewReason::SucceededAfterFailure);
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
