//! The provider's additional data about the customer and the method: kept within bounds for every provider, and merged
//! for a payment.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use tollbridge_domain::{Event, EventId, TEXT_FIELD_UNITS, looks_like_card, within_units};

use crate::types::{Detail, Payment, PaymentEvent};

/// The most details of one event.
const MOST: usize = 32;

/// The most characters of a name.
const LONGEST_NAME: usize = 64;

/// The additional data of each event of a payment.
#[derive(Clone, Debug, Default)]
pub struct Details {
    of_events: BTreeMap<EventId, Vec<Detail>>,
    latest: Vec<Detail>,
}

impl Details {
    /// Merges the additional data of these events, in whatever order they come. Of several values with one name, the
    /// last one by the provider's time prevails. A later event without that name changes nothing.
    #[must_use]
    pub fn of<'a>(events: impl IntoIterator<Item = (&'a Event, Vec<Detail>)>) -> Self {
        // The fold orders events in the same way.
        let place_of = |event: &'a Event| (event.occurred_at, event.kind, &event.id);
        let mut in_order: Vec<(&Event, Vec<Detail>)> = Vec::new();
        for (event, details) in events {
            let place = in_order.partition_point(|(before, _)| place_of(before) <= place_of(event));
            in_order.insert(place, (event, Self::contained(details)));
        }
        let mut latest = BTreeMap::new();
        let mut of_events = BTreeMap::new();
        for (event, details) in in_order {
            // A repetition of an event adds nothing.
            if let Entry::Vacant(of_event) = of_events.entry(event.id.clone()) {
                latest.extend(details.iter().map(|detail| (detail.name.clone(), detail.value.clone())));
                of_event.insert(details);
            }
        }
        let latest = latest.into_iter().map(|(name, value)| Detail { name, value }).collect();
        Self { of_events, latest }
    }

    /// The details that may reach a mapper: not too many, with valid names, values that fit into a field, each name
    /// once, and nothing that looks like a card number.
    #[must_use]
    pub fn contained(details: Vec<Detail>) -> Vec<Detail> {
        let mut names = BTreeSet::new();
        let mut contained = Vec::new();
        for Detail { name, value } in details {
            let is_name = (1..=LONGEST_NAME).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
            let is_kept = is_name && !value.is_empty() && !looks_like_card(&name) && !looks_like_card(&value);
            if is_kept && contained.len() < MOST && names.insert(name.clone()) {
                let value = within_units(&value, TEXT_FIELD_UNITS).chars();
                let value = value.map(|character| if character.is_control() { ' ' } else { character }).collect();
                contained.push(Detail { name, value });
            }
        }
        contained
    }

    /// Adds the merged details to the payment.
    #[must_use]
    pub fn with_payment(&self, payment: Payment) -> Payment {
        Payment { details: self.latest.clone(), ..payment }
    }

    /// Adds an event's own details to it.
    #[must_use]
    pub fn with_event(&self, id: &EventId, event: PaymentEvent) -> PaymentEvent {
        PaymentEvent { details: self.of_events.get(id).cloned().unwrap_or_default(), ..event }
    }
}

#[cfg(test)]
mod tests {
    use tollbridge_domain::{EventKind, Timestamp};

    use super::*;

    fn event(name: &str, second: Option<i64>) -> Event {
        Event {
            id: EventId::derive(&[name]),
            kind: EventKind::Captured,
            operation: None,
            amount: None,
            fee: None,
            conversion: None,
            transaction: None,
            acts_on: None,
            method: None,
            occurred_at: second.map(|second| Timestamp::from_milliseconds(second * 1000).unwrap()),
            code: None,
            reason: None,
            reason_code: None,
            redirect_url: None,
            digest: String::new(),
        }
    }

    fn details(pairs: &[(&str, &str)]) -> Vec<Detail> {
        pairs.iter().map(|(name, value)| Detail { name: (*name).to_owned(), value: (*value).to_owned() }).collect()
    }

    #[test]
    fn the_last_value_of_a_name_prevails_in_any_order_and_a_later_event_without_it_changes_nothing() {
        let answer = event("answer", None);
        let (first, second, silent) = (event("1", Some(1)), event("2", Some(2)), event("3", Some(3)));
        let events = [
            (&answer, details(&[("bank", "A"), ("user.status", "new")])),
            (&first, details(&[("bank", "B")])),
            (&second, details(&[("bank", "C")])),
            (&silent, Vec::new()),
        ];
        let in_order = Details::of(events.clone());
        assert_eq!(in_order.latest, details(&[("bank", "C"), ("user.status", "new")]));
        assert_eq!(Details::of(events.iter().rev().cloned()).latest, in_order.latest);
        assert_eq!(in_order.of_events[&first.id], details(&[("bank", "B")]));
        assert_eq!(in_order.of_events[&silent.id], []);
        let repeated = events.iter().cloned().chain([(&second, details(&[("bank", "forged")]))]);
        assert_eq!(Details::of(repeated).latest, in_order.latest);
    }

    #[test]
    fn hostile_details_are_contained() {
        let long = "x".repeat(10_000);
        let hostile = details(&[
            ("bank", "A\u{0}B\n"),
            ("bank", "again"),
            ("", "x"),
            ("a b", "x"),
            ("n\"ame", "x"),
            (&long, "x"),
            ("card", "4111 1111 1111 1111"),
            ("4111111111111111", "x"),
            ("empty", ""),
            ("masked", "411111******1111"),
            ("long", &long),
        ]);
        let cut = "x".repeat(255);
        let emoji = Details::contained(details(&[("bank", &"😀".repeat(200))]));
        assert_eq!(emoji, details(&[("bank", &"😀".repeat(127))]), "255 UTF-16 units");
        assert_eq!(
            Details::contained(hostile),
            details(&[("bank", "A B "), ("masked", "411111******1111"), ("long", &cut)])
        );
        let many: Vec<Detail> =
            (0..1000).map(|number| Detail { name: format!("n{number}"), value: "x".to_owned() }).collect();
        assert_eq!(Details::contained(many).len(), MOST);
    }
}
