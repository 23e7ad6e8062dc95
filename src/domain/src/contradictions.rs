//! Contradictions between the provider's events and the requests, or between the events themselves.

use std::collections::BTreeSet;

use crate::event_kind::FailureReview;
use crate::facts::Facts;
use crate::movement_kind::MovementKind;
use crate::movements::{MovementKey, MovementStatus, Movements};
use crate::{Event, EventKind, ReviewReason};

impl Facts<'_> {
    /// Checks whether operations moved the requested amounts, and whether one failed after it was pending.
    pub(crate) fn check_operations(&self, movements: &Movements<'_>, review: &mut BTreeSet<ReviewReason>) {
        for (kind, reason) in [
            (MovementKind::Capture, ReviewReason::CapturedOtherThanAsked),
            (MovementKind::Refund, ReviewReason::RefundedOtherThanAsked),
        ] {
            let differs = movements.of_kind(kind).filter(|movement| movement.counts()).any(|movement| {
                let MovementKey::Operation(number) = movement.key else { return false };
                let moved = movement.success().and_then(|event| event.amount);
                let asked = self.operation(number).map(|asked| asked.request.amount);
                moved.is_some() && moved != asked
            });
            if differs {
                review.insert(reason);
            }
        }
        let was_pending = |failure: &Event| {
            self.events.iter().any(|event| event.kind == EventKind::Pending && event.operation == failure.operation)
        };
        for event in &self.events {
            let reason = match event.kind.review() {
                Some(FailureReview::Always(reason)) => reason,
                Some(FailureReview::OncePending(reason)) if was_pending(event) => reason,
                Some(FailureReview::OncePending(_)) | None => continue,
            };
            review.insert(reason);
        }
        if self.late_successes() > 0 {
            review.insert(ReviewReason::SucceededAfterFailure);
        }
    }

    /// How many events report the success of an operation that was given up because the provider had not found it.
    pub(crate) fn late_successes(&self) -> usize {
        let succeeded = |event: &&&Event| event.kind.moves().is_some() && event.kind.answers_for_its_operation();
        self.events.iter().filter(succeeded).filter(|event| self.was_given_up(event.operation)).count()
    }
}

impl Movements<'_> {
    /// Checks whether the provider reported both that a movement succeeded and that it failed, and whether transaction
    /// ids tell the movements apart.
    pub(crate) fn check(&self, review: &mut BTreeSet<ReviewReason>) {
        for movement in self.iter() {
            review.extend(match movement.standing() {
                MovementStatus::Undoubted => None,
                MovementStatus::Confirmed => Some(ReviewReason::SucceededAfterFailure),
                MovementStatus::TakenBack | MovementStatus::Unordered => Some(ReviewReason::FailedAfterSuccess),
            });
        }
        if self.sharing_ids() > 0 {
            review.insert(ReviewReason::TransactionIdsConflict);
        }
    }
}
