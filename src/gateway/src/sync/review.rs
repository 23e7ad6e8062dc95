//! Whether the payment waits for a person, written with what was told.

use tollbridge_ledger::{Place, Told};

/// Gives the payment a place in the line when it begins to need a person, and takes it away when it no longer does.
pub fn stand_in_line(told: &mut Told, needs_person: bool) {
    told.review = needs_person.then(|| told.review.unwrap_or(Place::Awaited));
}
