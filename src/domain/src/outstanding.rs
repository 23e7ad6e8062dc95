//! What a payment's operations were requested to move, and have not moved yet.

use crate::facts::{Facts, RequestedOperation};
use crate::movements::{MovementStatus, Movements, Sum};
use crate::{Currency, Money, Operation, ReviewReason};

impl Facts<'_> {
    /// The amount that these operations were requested to move beyond what they have moved: all that is not known to
    /// have failed, and any amount with contradicting events until a person has `accepted` it.
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
        for RequestedOperation { number, request, .. } in &self.operations {
            if request.operation != operation {
                continue;
            }
            let Some(movement) = movements.of_operation(*number) else {
                if self.under_way(*number) {
                    sum.add(request.amount);
                }
                continue;
            };
            let moved = movement.success().and_then(|event| self.amount_of(event)).unwrap_or(request.amount);
            match movement.standing() {
                MovementStatus::Undoubted | MovementStatus::Confirmed => {
                    let rest = request.amount.minor_units().saturating_sub(moved.minor_units());
                    let rest = Money::from_minor_units(rest, request.amount.currency());
                    if let Some(rest) = rest.ok().filter(|_| !accepted(moved_otherwise)) {
                        sum.add(rest);
                    }
                }
                MovementStatus::Unordered if !accepted(ReviewReason::FailedAfterSuccess) => {
                    sum.add(if moved.minor_units() > request.amount.minor_units() { moved } else { request.amount });
                }
                MovementStatus::TakenBack | MovementStatus::Unordered => {}
            }
        }
        sum
    }
}
