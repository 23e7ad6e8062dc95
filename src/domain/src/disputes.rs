//! Disputes and chargebacks: which are open, and which were won back.

use crate::{Event, EventKind};

/// Whether two events are about the same dispute: one transaction, or one acting on the other, or both on a third.
fn related(one: &Event, other: &Event) -> bool {
    let target = |event: &'_ Event| event.acts_on.clone().or_else(|| event.transaction.clone());
    same_case(one, other) || (target(one).is_some() && target(one) == target(other))
}

/// Whether the later event names the earlier one's own transaction.
fn same_case(later: &Event, earlier: &Event) -> bool {
    earlier.transaction.is_some() && (later.transaction == earlier.transaction || later.acts_on == earlier.transaction)
}

/// Whether a dispute was opened and neither won nor lost since.
pub(crate) fn any_open(events: &[&Event]) -> bool {
    events.iter().filter(|event| event.kind == EventKind::Disputed).any(|dispute| {
        !events.iter().any(|end| {
            matches!(end.kind, EventKind::DisputeWon | EventKind::ChargedBack)
                && end.occurred_at >= dispute.occurred_at
                && related(end, dispute)
        })
    })
}

/// Whether this chargeback was reversed by a dispute won later. Only a win that names the chargeback reverses it: two
/// chargebacks of one capture are two losses.
pub(crate) fn won_back(chargeback: &Event, events: &[&Event]) -> bool {
    events.iter().any(|win| {
        win.kind == EventKind::DisputeWon && win.occurred_at > chargeback.occurred_at && same_case(win, chargeback)
    })
}
