//! How MaldoPay is told to answer otherwise than it would.

use std::collections::VecDeque;

use crate::chance::Chance;

/// How a call is answered. An answer that says what became of the money overrides the scenarios, but neither the checks
/// of a request nor what is already in the books: a repetition or a status query is answered with the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Carried out: code 200.
    Approve,
    /// Not decided: a code of the class 3, with a redirect where a payment begins.
    Pending,
    /// Code 500.
    Decline,
    /// Code 400.
    Fail,
    /// HTTP 500; nothing is carried out.
    Http500,
    /// Carried out as it would be, but the connection closes without an answer.
    NoAnswer,
    /// The connection closes without an answer, and nothing is carried out.
    NotArrived,
}

/// The overrides in force.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) next: VecDeque<Behaviour>,
    pub(crate) always: Option<Behaviour>,
    pub(crate) by_chance: Chance<Behaviour>,
}

impl Overrides {
    /// The override for the call that is being answered now.
    pub(crate) fn take(&mut self) -> Option<Behaviour> {
        self.next.pop_front().or(self.always).or_else(|| self.by_chance.draw())
    }
}
