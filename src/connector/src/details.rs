//! What a provider said besides of the customer and the method, held to bounds whoever the provider is, and put together
//! for a payment.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use tollbridge_domain::{Event, EventId, looks_like_card};

use crate::types::{Detail, Payment, PaymentEvent};

/// The most details of one event.
const MOST: usize = 32;

/// The most characters of a name and of a value; a text field of Salesforce takes as many of the latter.
const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 255;

/// What was said besides with each event of a payment.
#[derive(Clone, Debug, Default)]
pub struct Details {
    of_events: BTreeMap<EventId, Vec<Detail>>,
    latest: Vec<Detail>,
}

impl Details {
    /// Puts together what was said with each of these events, in whatever order they come. Of one name the last holds, by
    /// the provider's own time, so that what was once known is not lost to later news that says nothing of it.
    #[must_use]
    pub fn of<'a>(said: impl IntoIterator<Item = (&'a Event, Vec<Detail>)>) -> Self {
        let mut said: Vec<_> = said.into_iter().map(|(event, details)| (event, Self::contained(details))).collect();
        // As the fold finds what was said last.
        said.sort_by(|(one, _), (other, _)| {
            (one.occurred_at, one.kind, &one.id).cmp(&(other.occurred_at, other.kind, &other.id))
        });
        let mut latest = BTreeMap::new();
        let mut of_events = BTreeMap::new();
        for (event, details) in said {
            // A repetition of an event is no news of it.
            if let Entry::Vacant(of_event) = of_events.entry(event.id.clone()) {
                latest.extend(details.iter().map(|detail| (detail.name.clone(), detail.value.clone())));
                of_event.insert(details);
            }
        }
        let latest = latest.into_iter().map(|(name, value)| Detail { name, value }).collect();
        Self { of_events, latest }
    }

    /// Those that may reach a mapper: not too many, with names that can be written out, values that a field takes, each
    /// name once, and nothing that looks like a card number.
    #[must_use]
    pub fn contained(details: Vec<Detail>) -> Vec<Detail> {
        let mut names = BTreeSet::new();
        let mut contained = Vec::new();
        for Detail { name, value } in details {
            let is_name = (1..=LONGEST_NAME).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
            let is_kept = is_name && !value.is_empty() && !looks_like_card(&name) && !looks_like_card(&value);
            if is_kept && contained.len() < MOST && names.insert(name.clone()) {
                let value = value.chars().map(|character| if character.is_control() { ' ' } else { character });
                contained.push(Detail { name, value: value.take(LONGEST_VALUE).collect() });
            }
        }
        contained
    }

    /// Gives them to the payment.
    #[must_use]
    pub fn with_payment(&self, payment: Payment) -> Payment {
        Payment { details: self.latest.clone(), ..payment }
    }

    /// Gives an event its own.
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

    fn details(said: &[(&str, &str)]) -> Vec<Detail> {
        said.iter().map(|(name, value)| Detail { name: (*name).to_owned(), value: (*value).to_owned() }).collect()
    }

    #[test]
    fn of_one_name_the_last_holds_whatever_the_order_and_later_silence_takes_nothing_away() {
        let answer = event("answer", None);
        let (first, second, silent) = (event("1", Some(1)), event("2", Some(2)), event("3", Some(3)));
        let said = [
            (&answer, details(&[("bank", "A"), ("user.status", "new")])),
            (&first, details(&[("bank", "B")])),
            (&second, details(&[("bank", "C")])),
            (&silent, Vec::new()),
        ];
        let in_order = Details::of(said.clone());
        assert_eq!(in_order.latest, details(&[("bank", "C"), ("user.status", "new")]));
        assert_eq!(Details::of(said.iter().rev().cloned()).latest, in_order.latest);
        assert_eq!(in_order.of_events[&first.id], details(&[("bank", "B")]));
        assert_eq!(in_order.of_events[&silent.id], []);
        let repeated = said.iter().cloned().chain([(&second, details(&[("bank", "forged")]))]);
        assert_eq!(Details::of(repeated).latest, in_order.latest);
    }

    #[test]
    fn what_is_hostile_is_contained() {
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
        assert_eq!(
            Details::contained(hostile),
            details(&[("bank", "A B "), ("masked", "411111******1111"), ("long", &cut)])
        );
        let many: Vec<Detail> =
            (0..1000).map(|number| Detail { name: format!("n{number}"), value: "x".to_owned() }).collect();
        assert_eq!(Details::contained(many).len(), MOST);
    }
}
