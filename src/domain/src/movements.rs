//! The sums of a payment: each provider transaction counts once in each way that money moves.

use std::collections::BTreeMap;

use crate::{Currency, Event, EventKind, Money};

/// A way that money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Movement {
    Authorization,
    Capture,
    Refund,
    Chargeback,
    Settlement,
    Payout,
}

impl Movement {
    pub(crate) fn of(kind: EventKind) -> Option<Self> {
        match kind {
            EventKind::Authorized => Some(Self::Authorization),
            EventKind::Captured => Some(Self::Capture),
            EventKind::Refunded => Some(Self::Refund),
            EventKind::ChargedBack => Some(Self::Chargeback),
            EventKind::Settled => Some(Self::Settlement),
            EventKind::PaidOut => Some(Self::Payout),
            EventKind::Pending
            | EventKind::Failed(_)
            | EventKind::Canceled
            | EventKind::Disputed
            | EventKind::DisputeWon
            | EventKind::Reported(_) => None,
        }
    }
}

/// What tells one movement from another: the provider's transaction; where the provider named none, the operation that
/// asked for it; where there was none, the event itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MovementKey<'a> {
    Transaction(&'a str),
    Operation(Option<u64>),
    Event(&'a str),
}

/// The movements of a payment, each with the one event that holds for it.
pub(crate) struct Movements<'a> {
    holding: BTreeMap<(Movement, MovementKey<'a>), &'a Event>,
}

/// The order in which two events about one movement prevail: the later provider time, and between events of one time
/// the same one whatever order they are seen in. A direct answer has no time and yields to every callback.
fn precedence(event: &Event) -> (Option<crate::Timestamp>, Option<i64>, &str) {
    (event.occurred_at, event.amount.map(Money::minor_units), event.id.as_str())
}

impl<'a> Movements<'a> {
    pub(crate) fn of(events: &[&'a Event]) -> Self {
        let mut holding: BTreeMap<(Movement, MovementKey<'a>), &'a Event> = BTreeMap::new();
        for event in events {
            let Some(movement) = Movement::of(event.kind) else {
                continue;
            };
            let held = holding.entry((movement, key(event, movement, events))).or_insert(event);
            if precedence(event) > precedence(held) {
                *held = event;
            }
        }
        Self { holding }
    }

    pub(crate) fn of_kind(&self, movement: Movement) -> impl Iterator<Item = &'a Event> {
        self.holding.iter().filter(move |((kind, _), _)| *kind == movement).map(|(_, event)| *event)
    }
}

fn key<'a>(event: &'a Event, movement: Movement, events: &[&'a Event]) -> MovementKey<'a> {
    if let Some(transaction) = &event.transaction {
        return MovementKey::Transaction(transaction.as_str());
    }
    if !matches!(movement, Movement::Authorization | Movement::Capture | Movement::Refund | Movement::Payout) {
        return MovementKey::Event(event.id.as_str());
    }
    // Another event may name the transaction that this one's operation made.
    events
        .iter()
        .filter(|other| Movement::of(other.kind) == Some(movement) && other.operation == event.operation)
        .filter_map(|other| other.transaction.as_ref())
        .min()
        .map_or(MovementKey::Operation(event.operation), |transaction| MovementKey::Transaction(transaction.as_str()))
}

/// A sum of amounts in one currency, and what was odd about them.
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
