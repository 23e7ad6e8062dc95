//! Makes MaldoPay answer differently from its normal behaviour.

use std::collections::VecDeque;

use crate::chance::WeightedChoice;

/// How a call is answered. A response that states an outcome overrides the scenarios, but not the checks of a request
/// and not the books: a repetition or a status query still gets the true state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Carried out: code 200.
    Approve,
    /// Pending: a code of class 3, with a redirect for the first transaction of a payment.
    Pending,
    /// Code 500.
    Decline,
    /// Code 400.
    Fail,
    /// HTTP 500; nothing is carried out.
    Http500,
    /// Carried out as usual, but the connection closes without a response.
    NoAnswer,
    /// Not carried out, and the connection closes without a response.
    NotArrived,
}

/// The overrides in force.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) next: VecDeque<Behaviour>,
    pub(crate) always: Option<Behaviour>,
    pub(crate) by_chance: WeightedChoice<Behaviour>,
}

impl Overrides {
    /// Takes the override for the current call.
    pub(crate) fn take(&mut self) -> Option<Behaviour> {
        self.next.pop_front().or(self.always).or_else(|| self.by_chance.draw())
    }
}
