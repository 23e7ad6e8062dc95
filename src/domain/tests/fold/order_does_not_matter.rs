//! For any history: every permutation and repetition of it folds to the same payment, more facts never lower the
//! version, and every sum outside its bounds is a reason for review.

use proptest::prelude::*;
use tollbridge_domain::{Entry, Event, EventKind, Fact, FailedStage, Intent, Operation, Payment, ReviewReason};

use crate::acceptance::acceptance_of;
use crate::histories::*;

fn kind() -> impl Strategy<Value = EventKind> {
    use EventKind::*;
    prop::sample::select(vec![
        Pending,
        Authorized,
        Captured,
        Captured,
        Settled,
        Canceled,
        Refunded,
        Refunded,
        Disputed,
        DisputeWon,
        ChargedBack,
        PaidOut,
        Failed(FailedStage::Authorization),
        Failed(FailedStage::Capture),
        Failed(FailedStage::Refund),
        Failed(FailedStage::Settlement),
        Failed(FailedStage::Void),
        Failed(FailedStage::Payout),
    ])
}

fn any_event() -> impl Strategy<Value = Fact> {
    (
        kind(),
        "[ABC]",
        prop::option::of("[ABC]"),
        0..12_000_i64,
        prop::option::of(0..8_i64),
        prop::option::of(2..6_u64),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(kind, transaction, acts_on, units, second, operation, named, foreign)| {
            let mut event = event(kind, &transaction, units, second);
            event.acts_on = acts_on.map(|on| tollbridge_domain::TransactionId::parse(on).unwrap());
            event.operation = operation;
            if !named {
                event.transaction = None;
            }
            if foreign && units % 7 == 0 {
                event.amount = Some(tollbridge_domain::Money::zero(tollbridge_domain::Currency::parse("EUR").unwrap()));
            }
            event.id = tollbridge_domain::EventId::derive(&[&format!("{event:?}")]);
            Fact::Event(event)
        })
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let operation = prop::sample::select(vec![Operation::Capture, Operation::Refund, Operation::Void]);
    prop_oneof![
        6 => any_event(),
        2 => (operation, 1..12_000_i64).prop_map(|(operation, units)| request(operation, units)),
        1 => (2..6_u64).prop_map(|operation| Fact::Withdrawn { operation }),
        1 => prop::option::of(2..6_u64).prop_map(|operation| Fact::TimedOut { operation }),
        2 => prop::option::of(2..6_u64).prop_map(|operation| Fact::NotFound { operation }),
    ]
}

pub fn history() -> impl Strategy<Value = Vec<Entry>> {
    let opening = prop::sample::select(vec![Operation::Charge, Operation::Authorize, Operation::Payout]);
    (prop::option::of(opening), prop::collection::vec(any_fact(), 1..14)).prop_map(|(opening, facts)| {
        let mut entries =
            entries(opening.map(|operation| request(operation, 10_000)).into_iter().chain(facts).collect());
        // Entries are minutes apart, so that some histories give up an operation that is not found.
        entries.iter_mut().for_each(|entry| entry.received_at = at(entry.sequence as i64 * 200));
        entries
    })
}

/// A history, and the same entries in another order, some of them repeated under the same or a new number.
fn shuffled() -> impl Strategy<Value = (Vec<Entry>, Vec<Entry>)> {
    history().prop_flat_map(|entries| {
        let repeats = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..10);
        (Just(entries.clone()), repeats).prop_flat_map(|(entries, repeats)| {
            let mut all = entries.clone();
            for (index, renumbered) in repeats {
                let mut again = index.get(&entries).clone();
                // Only events come again under another number. A request is written once.
                if renumbered && matches!(again.fact, Fact::Event(_)) {
                    again.sequence = 100 + all.len() as u64;
                    again.received_at = at(9_000);
                }
                all.push(again);
            }
            (Just(entries), Just(all).prop_shuffle())
        })
    })
}

/// A history whose reasons for review are accepted somewhere in it, and again at its end.
fn accepted() -> impl Strategy<Value = (Vec<Entry>, Vec<Entry>)> {
    (history(), any::<prop::sample::Index>()).prop_flat_map(|(mut entries, place)| {
        let before = fold(&entries[..=place.index(entries.len())]);
        for payment in [before, fold(&entries)] {
            let acceptance =
                Entry { sequence: 200 + entries.len() as u64, fact: acceptance_of(&payment), ..entries[0].clone() };
            entries.push(acceptance);
        }
        (Just(entries.clone()), Just(entries).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_order_and_repetition_folds_to_the_same_payment((entries, shuffled) in shuffled()) {
        prop_assert_eq!(fold(&entries), fold(&shuffled));
    }

    #[test]
    fn an_accepted_reason_is_no_reason_in_whatever_order_the_entries_arrive((entries, shuffled) in accepted()) {
        let payment = fold(&entries);
        prop_assert_eq!(payment.reasons().into_iter().collect::<Vec<_>>(), Vec::<ReviewReason>::new());
        prop_assert_eq!(payment, fold(&shuffled));
    }

    #[test]
    fn an_acceptance_s_stored_form_reads_back(entries in history()) {
        let fact = acceptance_of(&fold(&entries));
        let stored = serde_json::to_string(&fact).unwrap();
        prop_assert_eq!(serde_json::from_str::<Fact>(&stored).unwrap(), fact);
    }

    #[test]
    fn more_facts_never_lower_the_version(entries in history(), keep in 1..14_usize) {
        let some = &entries[..keep.min(entries.len())];
        prop_assert!(fold(some).version <= fold(&entries).version);
    }

    #[test]
    fn every_sum_outside_its_bounds_is_a_reason_for_review(entries in history()) {
        let payment = fold(&entries);
        let asked = payment.amount.minor_units();
        let returned = payment.refunded.minor_units() + payment.charged_back.minor_units();
        let captured = payment.captured.minor_units();
        let must = |broken: bool, reason| !broken || payment.review.contains_key(&reason);
        prop_assert!(must(returned > captured, ReviewReason::ReturnedMoreThanCaptured));
        prop_assert!(must(payment.settled.minor_units() > captured, ReviewReason::SettledMoreThanCaptured));
        prop_assert!(must(payment.intent == Intent::Charge && captured > asked, ReviewReason::CapturedOtherThanAsked));
        prop_assert!(must(
            payment.intent == Intent::Authorize && captured > payment.authorized.minor_units(),
            ReviewReason::CapturedMoreThanAuthorized,
        ));
        prop_assert!(must(
            payment.intent == Intent::Authorize && payment.authorized.minor_units() > asked,
            ReviewReason::AuthorizedOtherThanAsked,
        ));
        prop_assert!(must(payment.paid_out.minor_units() > asked, ReviewReason::PaidOutOtherThanAsked));
    }

    #[test]
    fn allowed_operations_stay_within_bounds(entries in history()) {
        let payment = fold(&entries);
        let left = |payment: &Payment| [Operation::Refund, Operation::Capture].map(|o| payment.allow(o, None).map_or(0, |m| m.minor_units()));
        let [refundable, capturable] = left(&payment);
        let returned = payment.refunded.minor_units() + payment.charged_back.minor_units() + payment.refunding.minor_units();
        prop_assert!(refundable == 0 || refundable + returned <= payment.captured.minor_units());
        let taken = payment.captured.minor_units() + payment.capturing.minor_units();
        // A void may cancel a payment that the payer has not decided on; a capture may not take it.
        prop_assert!(capturable == 0 || capturable + taken <= payment.authorized.minor_units());
    }

    #[test]
    fn the_stored_form_reads_back(fact in any_fact()) {
        let stored = serde_json::to_string(&fact).unwrap();
        prop_assert_eq!(serde_json::from_str::<Fact>(&stored).unwrap(), fact);
    }
}

#[test]
fn events_serialise_without_the_fields_that_they_lack() {
    let bare = Event { amount: None, transaction: None, ..event(EventKind::Pending, "T", 0, None) };
    let stored = serde_json::to_string(&Fact::Event(bare)).unwrap();
    assert!(!stored.contains("null"), "{stored}");
}
