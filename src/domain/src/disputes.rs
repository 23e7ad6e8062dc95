//! Disputes and chargebacks: which disputes are open, and which chargebacks were won back.

use std::collections::BTreeMap;

use crate::event_kind::DisputeStep;
use crate::{Event, EventId, EventKind, Money, TransactionId};

/// The transaction that an event is ultimately about.
fn target(event: &Event) -> Option<&TransactionId> {
    event.acts_on.as_ref().or(event.transaction.as_ref())
}

/// Whether the later event names the earlier one's own transaction.
fn names(later: &Event, earlier: &Event) -> bool {
    earlier.transaction.is_some() && (later.transaction == earlier.transaction || later.acts_on == earlier.transaction)
}

/// Whether two events are about the same dispute: they have one transaction, one acts on the other, or both act on a
/// third.
fn related(one: &Event, other: &Event) -> bool {
    names(one, other) || (target(one).is_some() && target(one) == target(other))
}

/// Whether the end came before the beginning, by the provider's times. Without times, or within one second, the end
/// counts as the later of the two: it cannot come first.
fn came_before(end: &Event, beginning: &Event) -> bool {
    end.occurred_at.zip(beginning.occurred_at).is_some_and(|(end, beginning)| end < beginning)
}

/// Whether a dispute was opened and has not ended since.
pub(crate) fn any_open(events: &[&Event]) -> bool {
    events.iter().filter(|event| event.kind.dispute() == Some(DisputeStep::Opened)).any(|dispute| {
        !events.iter().any(|end| {
            end.kind.dispute() == Some(DisputeStep::Ended) && !came_before(end, dispute) && related(end, dispute)
        })
    })
}

/// How much of each chargeback was taken back, in minor units: by a dispute that was won, or by a cancellation.
///
/// A win takes back the chargeback whose transaction it names: all of it, or the win's amount. If several chargebacks
/// have that id, it takes back one of the win's amount, or all of them if it names no amount or their sum. A win that
/// names none of them takes back the only chargeback of its amount that acts on the same transaction: two chargebacks
/// of one capture are two losses.
pub(crate) fn won_back<'a>(chargebacks: &[&'a Event], events: &[&'a Event]) -> BTreeMap<&'a EventId, i64> {
    let mut won_back = BTreeMap::new();
    let mut wins: Vec<&Event> = Vec::new();
    for win in events.iter().copied().filter(|event| event.kind == EventKind::DisputeWon) {
        let place = wins.partition_point(|before| (before.occurred_at, &before.id) < (win.occurred_at, &win.id));
        wins.insert(place, win);
    }
    for win in wins {
        let open = |chargeback: &&&'a Event| !came_before(win, chargeback);
        let named: Vec<&Event> = chargebacks.iter().filter(open).filter(|lost| names(win, lost)).copied().collect();
        let units = |chargeback: &Event| chargeback.amount.map_or(i64::MAX, Money::minor_units);
        match named.as_slice() {
            [] => {
                let alike = chargebacks
                    .iter()
                    .filter(open)
                    .filter(|lost| lost.amount == win.amount && target(win).is_some() && target(lost) == target(win));
                if let [only] = alike.collect::<Vec<_>>().as_slice() {
                    won_back.insert(&only.id, units(only));
                }
            }
            [only] => {
                let won = win.amount.map_or(i64::MAX, Money::minor_units).min(units(only));
                let before = won_back.entry(&only.id).or_insert(0);
                *before = won.max(*before);
            }
            several => {
                let sum = several.iter().fold(0_i64, |sum, lost| sum.saturating_add(units(lost)));
                if win.amount.is_none_or(|amount| amount.minor_units() == sum) {
                    won_back.extend(several.iter().map(|lost| (&lost.id, units(lost))));
                    continue;
                }
                let of_its_amount = several.iter().filter(|lost| lost.amount == win.amount);
                let not_yet = of_its_amount.filter(|lost| !won_back.contains_key(&lost.id));
                if let Some(first) = not_yet.min_by_key(|lost| (lost.occurred_at, &lost.id)) {
                    won_back.insert(&first.id, units(first));
                }
            }
        }
    }
    won_back
}
