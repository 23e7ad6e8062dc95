//! The movements of a payment's money: how they are told apart, and whether one was taken back.
//!
//! An operation of Tollbridge is identified by its own reference. A transaction id identifies only movements without a
//! reference: a provider may give one id to several operations, or several ids to one.

use crate::facts::Facts;
use crate::movement_kind::MovementKind;
use crate::{Currency, Event, EventKind, Money, Timestamp, TransactionId};

/// What tells a movement from others of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MovementKey<'a> {
    /// The operation that requested it, by the sequence number of its request.
    Operation(u64),
    /// The provider's transaction, if no operation requested it.
    Transaction(&'a str),
    /// The provider's transaction, and the part's amount in minor units.
    Part(&'a str, Option<i64>),
    /// The opening of the payment, if no transaction is named.
    Opening,
    /// The event itself.
    Event(&'a str),
}

/// Whether a movement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MovementStatus {
    /// No event reports that it failed.
    Undoubted,
    /// The provider reported that it failed, and later that it succeeded.
    Confirmed,
    /// The provider reported that it succeeded, and later that it failed.
    TakenBack,
    /// The provider reported both, and nothing tells which came later.
    Unordered,
}

/// One movement of money, with all events about it.
pub(crate) struct Movement<'a> {
    pub(crate) kind: MovementKind,
    pub(crate) key: MovementKey<'a>,
    successes: Vec<&'a Event>,
    failures: Vec<&'a Event>,
}

/// Which of two events about one movement prevails: the later one by the provider's clock. Of events with the same
/// time, it is always the same one, in whatever order they arrive. A direct response has no time and yields to every
/// callback.
fn precedence(event: &Event) -> (Option<Timestamp>, Option<i64>, &str) {
    (event.occurred_at, event.amount.map(Money::minor_units), event.id.as_str())
}

impl<'a> Movement<'a> {
    /// The success that prevails. It names the amount that was moved. There is always one.
    pub(crate) fn success(&self) -> Option<&'a Event> {
        self.successes.iter().copied().max_by_key(|event| precedence(event))
    }

    /// Whether the movement counts, by the provider's own times. A response has no time and yields to a callback. A
    /// failure with neither a time nor a transaction means only that nothing was found, which takes nothing back.
    pub(crate) fn standing(&self) -> MovementStatus {
        if self.failures.is_empty() {
            return MovementStatus::Undoubted;
        }
        let named = |failure: &&&Event| failure.occurred_at.is_some() || failure.transaction.is_some();
        let Some(failed_at) = self.failures.iter().filter(named).map(|failure| failure.occurred_at).max() else {
            return MovementStatus::Confirmed;
        };
        let succeeded_at = self.successes.iter().map(|event| event.occurred_at).max().flatten();
        match failed_at.cmp(&succeeded_at) {
            core::cmp::Ordering::Less => MovementStatus::Confirmed,
            core::cmp::Ordering::Equal => MovementStatus::Unordered,
            core::cmp::Ordering::Greater => MovementStatus::TakenBack,
        }
    }

    /// Whether its amount counts in the payment's sums.
    pub(crate) fn counts(&self) -> bool {
        match self.standing() {
            MovementStatus::Undoubted | MovementStatus::Confirmed => true,
            MovementStatus::TakenBack | MovementStatus::Unordered => false,
        }
    }

    /// How many events report whether it succeeded.
    pub(crate) fn event_count(&self) -> usize {
        self.successes.len().saturating_add(self.failures.len())
    }

    /// Whether one of its transaction ids is this one.
    fn has_id(&self, transaction: &TransactionId) -> bool {
        self.successes.iter().any(|event| event.transaction.as_ref() == Some(transaction))
    }

    /// Whether the provider gave it several transaction ids.
    fn has_several_ids(&self) -> bool {
        let mut ids = self.successes.iter().filter_map(|event| event.transaction.as_ref());
        ids.next().is_some_and(|first| ids.any(|other| other != first))
    }

    /// Whether it shares a transaction id with another movement. Settlements and chargebacks may have the id of the
    /// transaction that they act on.
    fn shares_an_id_with(&self, other: &Self) -> bool {
        let is_comparable =
            self.kind == other.kind || !(self.kind.may_come_in_parts() || other.kind.may_come_in_parts());
        let is_another = self.kind != other.kind || self.key != other.key;
        let mut ids = self.successes.iter().filter_map(|event| event.transaction.as_ref());
        is_another && is_comparable && ids.any(|id| other.has_id(id))
    }
}

/// The movements of a payment.
pub(crate) struct Movements<'a> {
    movements: Vec<Movement<'a>>,
}

impl<'a> Movements<'a> {
    pub(crate) fn of(facts: &Facts<'a>) -> Self {
        // A payment has few movements, and a list of them is less code than a tree.
        let mut movements: Vec<Movement<'a>> = Vec::new();
        for event in &facts.events {
            let Some(kind) = event.kind.moves() else { continue };
            let key = key(event, kind, facts);
            match movements.iter_mut().find(|movement| movement.kind == kind && movement.key == key) {
                Some(movement) => movement.successes.push(event),
                None => movements.push(Movement { kind, key, successes: vec![event], failures: Vec::new() }),
            }
        }
        let mut movements = Self { movements };
        for failure in &facts.events {
            for kind in failure.kind.takes_back() {
                movements.fail(failure, *kind, facts);
            }
        }
        movements
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Movement<'a>> {
        self.movements.iter()
    }

    pub(crate) fn of_kind(&self, kind: MovementKind) -> impl Iterator<Item = &Movement<'a>> {
        self.iter().filter(move |movement| movement.kind == kind)
    }

    /// The movement that an operation requested, once the provider reported that it succeeded.
    pub(crate) fn of_operation(&self, number: u64) -> Option<&Movement<'a>> {
        self.iter().find(|movement| movement.key == MovementKey::Operation(number))
    }

    /// Adds a failure to the movement that it is about.
    fn fail(&mut self, failure: &'a Event, kind: MovementKind, facts: &Facts<'a>) {
        let asked_for = failure.operation.filter(|number| facts.asked_for(*number) == Some(kind));
        let of_this_name = |movement: &Movement<'a>| match (asked_for, movement.key, &failure.transaction) {
            (Some(number), key, _) => key == MovementKey::Operation(number),
            // The cancellation of a payment does not concern an operation on it.
            (None, MovementKey::Operation(_), _) if failure.kind == EventKind::Canceled => false,
            (None, _, Some(transaction)) => movement.has_id(transaction),
            (None, MovementKey::Operation(_), None) => false,
            (None, _, None) => {
                failure.operation.is_none()
                    && failure.acts_on.is_none()
                    && movement.successes.iter().any(|event| event.operation.is_none())
            }
        };
        let mut named: Vec<&mut Movement<'a>> =
            self.movements.iter_mut().filter(|movement| movement.kind == kind && of_this_name(movement)).collect();
        if named.len() > 1 && failure.transaction.is_some() {
            // Several movements share the id, so only the amount can tell which of them failed. If it cannot, none is
            // taken back, since that would free money.
            named.retain(|movement| movement.successes.iter().any(|event| facts.amount_of(event) == failure.amount));
            if named.len() > 1 {
                named.clear();
            }
        }
        for movement in named {
            movement.failures.push(failure);
        }
    }

    /// How many movements share a transaction id with another, or have several: the provider's ids do not tell this
    /// payment's movements apart.
    pub(crate) fn sharing_ids(&self) -> usize {
        let with_ids = || self.iter().filter(|movement| movement.kind != MovementKind::Release);
        with_ids()
            .filter(|movement| movement.has_several_ids() || with_ids().any(|other| movement.shares_an_id_with(other)))
            .count()
    }
}

fn key<'a>(event: &'a Event, kind: MovementKind, facts: &Facts<'a>) -> MovementKey<'a> {
    if let Some(number) = event.operation.filter(|number| facts.asked_for(*number) == Some(kind)) {
        return MovementKey::Operation(number);
    }
    let of_kind = || facts.events.iter().filter(|other| other.kind.moves() == Some(kind));
    let Some(transaction) = &event.transaction else {
        // Counting a refund twice leaves less to refund; counting a capture twice would leave more. So a refund without
        // a transaction counts by itself, and another movement without one is the opening, which another event may
        // name.
        if kind == MovementKind::Refund || kind.may_come_in_parts() {
            return MovementKey::Event(event.id.as_str());
        }
        let named = of_kind().filter(|other| other.operation == event.operation);
        return named
            .filter_map(|other| other.transaction.as_ref())
            .min()
            .map_or(MovementKey::Opening, |transaction| MovementKey::Transaction(transaction.as_str()));
    };
    if kind.may_come_in_parts() {
        let is_of_another = |other: &Event| {
            other.transaction.as_ref() == Some(transaction) && other.kind.moves().is_some_and(|other| other != kind)
        };
        // An id that another kind of movement has too cannot tell two parts of one amount from a repetition.
        return if facts.events.iter().any(|other| is_of_another(other)) {
            MovementKey::Event(event.id.as_str())
        } else {
            MovementKey::Part(transaction.as_str(), event.amount.map(Money::minor_units))
        };
    }
    let same_id = of_kind().filter(|other| other.transaction.as_ref() == Some(transaction));
    let operations = same_id.filter_map(|other| {
        let number = other.operation.filter(|number| facts.asked_for(*number) == Some(kind))?;
        Some((facts.amount_of(other) != facts.amount_of(event), number))
    });
    operations
        .min()
        .map_or(MovementKey::Transaction(transaction.as_str()), |(_, number)| MovementKey::Operation(number))
}

/// A sum of amounts in one currency, and what did not fit into it.
pub(crate) struct Sum {
    currency: Currency,
    minor_units: i64,
    pub(crate) other_currency: bool,
    pub(crate) out_of_range: bool,
}

impl Sum {
    pub(crate) fn new(currency: Currency) -> Self {
        Self { currency, minor_units: 0, other_currency: false, out_of_range: false }
    }

    pub(crate) fn add(&mut self, amount: Money) {
        if amount.currency() != self.currency {
            self.other_currency = true;
            return;
        }
        match self.minor_units.checked_add(amount.minor_units()) {
            Some(sum) => self.minor_units = sum,
            None => {
                self.minor_units = i64::MAX;
                self.out_of_range = true;
            }
        }
    }

    pub(crate) fn total(&self) -> Money {
        Money::from_minor_units(self.minor_units, self.currency).unwrap_or(Money::zero(self.currency))
    }
}
