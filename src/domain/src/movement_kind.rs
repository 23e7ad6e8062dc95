//! The ways that money moves.

use crate::Operation;

/// A way that money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MovementKind {
    Authorization,
    Capture,
    Refund,
    Chargeback,
    Settlement,
    Payout,
    /// The reserved amount is released. It has no sum of its own.
    Release,
}

impl MovementKind {
    /// The movement that an operation on a payment makes when it succeeds; none for operations that open a payment,
    /// which are told apart by their transactions.
    pub(crate) fn asked_for(operation: Operation) -> Option<Self> {
        match operation {
            Operation::Capture => Some(Self::Capture),
            Operation::Refund => Some(Self::Refund),
            Operation::Void => Some(Self::Release),
            Operation::Charge | Operation::Authorize | Operation::Payout => None,
        }
    }

    /// Whether one transaction may settle or charge back several amounts.
    pub(crate) fn may_come_in_parts(self) -> bool {
        matches!(self, Self::Chargeback | Self::Settlement)
    }
}
