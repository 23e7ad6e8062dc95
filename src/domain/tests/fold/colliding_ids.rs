//! An operation is identified by Tollbridge's own reference, whatever transaction ids the provider gives. No operation
//! is allowed for more money than there is.

use proptest::prelude::*;
use tollbridge_domain::{Event, EventId, EventKind::*, Fact, FailedStage, Operation, Payment, ReviewReason};

use crate::acceptance::acceptance_of;
use crate::histories::*;

fn has(payment: &Payment, reason: ReviewReason) -> bool {
    payment.review.contains_key(&reason)
}

#[test]
fn refunds_with_the_payments_own_transaction_id_count_each() {
    let mut facts = vec![request(Operation::Charge, 10_000), Fact::Event(event(Captured, "T1", 10_000, None))];
    for (number, units) in [(3, 1_000), (5, 1_500)] {
        facts.push(request(Operation::Refund, units));
        facts.push(Fact::Event(of_operation(number, event(Refunded, "T1", units, None))));
    }
    let payment = fold_facts(facts.clone());
    assert_eq!(payment.refunded, lira(2_500));
    assert_eq!(payment.allow(Operation::Refund, None).unwrap(), lira(7_500), "the rest");
    assert!(has(&payment, ReviewReason::TransactionIdsConflict));
    // A callback with the payment's own reference belongs to the operation with its amount.
    for units in [1_000, 1_500] {
        facts.push(Fact::Event(event(Refunded, "T1", units, Some(30))));
    }
    assert_eq!(fold_facts(facts).refunded, lira(2_500));
}

#[test]
fn captures_with_the_authorizations_transaction_id_count_each() {
    let mut facts = vec![request(Operation::Authorize, 10_000), Fact::Event(event(Authorized, "T1", 10_000, None))];
    for (number, units) in [(3, 4_000), (5, 4_000)] {
        facts.push(request(Operation::Capture, units));
        facts.push(Fact::Event(of_operation(number, event(Captured, "T1", units, None))));
    }
    let payment = fold_facts(facts);
    assert_eq!(payment.captured, lira(8_000));
    assert_eq!(payment.allow(Operation::Capture, None).unwrap(), lira(2_000));
    assert!(has(&payment, ReviewReason::TransactionIdsConflict));
}

#[test]
fn an_operation_with_two_ids_is_one_operation() {
    let payment = fold_facts(vec![
        request(Operation::Charge, 10_000),
        Fact::Event(event(Captured, "T1", 10_000, None)),
        request(Operation::Refund, 4_000),
        Fact::Event(of_operation(3, event(Refunded, "R1", 4_000, None))),
        Fact::Event(of_operation(3, event(Refunded, "R2", 4_000, Some(30)))),
    ]);
    assert_eq!(payment.refunded, lira(4_000));
    assert!(has(&payment, ReviewReason::TransactionIdsConflict));
}

#[test]
fn settlements_and_chargebacks_under_one_id_count_each() {
    let captured = || vec![request(Operation::Charge, 10_000), Fact::Event(event(Captured, "T1", 10_000, Some(10)))];
    for transaction in ["T1", "S1"] {
        let mut facts = captured();
        for (units, second) in [(6_000, 20), (4_000, 21)] {
            facts.push(Fact::Event(acting_on("T1", event(Settled, transaction, units, Some(second)))));
            facts.push(Fact::Event(acting_on("T1", event(ChargedBack, transaction, units / 4, Some(second + 10)))));
        }
        let payment = fold_facts(facts);
        assert_eq!((payment.settled, payment.charged_back), (lira(10_000), lira(2_500)), "{transaction}");
        assert!(has(&payment, ReviewReason::TransactionIdsConflict), "{transaction}");
    }
    let mut facts = captured();
    for second in [20, 25] {
        facts.push(Fact::Event(acting_on("T1", event(Settled, "S1", 10_000, Some(second)))));
    }
    let repeated = fold_facts(facts);
    assert_eq!((repeated.settled, repeated.reasons().len()), (lira(10_000), 0), "one settlement, told twice");
}

#[test]
fn a_refund_made_at_the_provider_does_not_decide_the_capture_that_it_acts_on() {
    let mut facts = vec![
        request(Operation::Authorize, 10_000),
        Fact::Event(event(Authorized, "A1", 10_000, None)),
        request(Operation::Capture, 6_000),
        Fact::Event(of_operation(3, acting_on("C1", event(Refunded, "R1", 1_000, Some(30))))),
    ];
    let overtaken = fold_facts(facts.clone());
    assert_eq!(overtaken.pending_outcomes.len(), 1, "the capture itself is not answered");
    facts.push(Fact::Event(of_operation(3, event(Captured, "C1", 6_000, None))));
    let payment = fold_facts(facts);
    assert_eq!((payment.captured, payment.refunded), (lira(6_000), lira(1_000)));
    assert_eq!(payment.allow(Operation::Refund, None).unwrap(), lira(5_000));
}

#[test]
fn money_beyond_the_requested_amount_is_refunded_only_after_acceptance() {
    let mut facts = vec![request(Operation::Charge, 10_000)];
    facts.push(Fact::Event(event(Captured, "T1", 10_000, None)));
    facts.push(Fact::Event(event(Captured, "T2", 10_000, Some(10))));
    let twice = fold_facts(facts.clone());
    assert!(has(&twice, ReviewReason::CapturedOtherThanAsked));
    assert_eq!(twice.allow(Operation::Refund, None).unwrap(), lira(10_000), "it may be one capture with two ids");
    facts.push(acceptance_of(&twice));
    assert_eq!(fold_facts(facts).allow(Operation::Refund, None).unwrap(), lira(20_000));
}

#[test]
fn a_refund_of_less_than_requested_frees_the_rest_after_acceptance() {
    let mut facts = vec![request(Operation::Charge, 10_000), Fact::Event(event(Captured, "T1", 10_000, None))];
    facts.push(request(Operation::Refund, 4_000));
    facts.push(Fact::Event(of_operation(3, event(Refunded, "R1", 3_000, None))));
    let less = fold_facts(facts.clone());
    assert_eq!(less.allow(Operation::Refund, None).unwrap(), lira(6_000));
    facts.push(acceptance_of(&less));
    assert_eq!(fold_facts(facts).allow(Operation::Refund, None).unwrap(), lira(7_000));
}

/// What a provider does with an operation, and what it reports about it.
#[derive(Clone, Copy, Debug)]
enum ProviderReport {
    Response,
    Callback,
    CallbackWithoutOperation,
    Nothing,
    Declined,
    SuccessThenDeclined,
}

fn step() -> impl Strategy<Value = (Operation, Option<i64>, ProviderReport, &'static str)> {
    let report = prop::sample::select(vec![
        ProviderReport::Response,
        ProviderReport::Response,
        ProviderReport::Callback,
        ProviderReport::CallbackWithoutOperation,
        ProviderReport::Nothing,
        ProviderReport::Declined,
        ProviderReport::SuccessThenDeclined,
    ]);
    let operation = prop::sample::select(vec![Operation::Refund, Operation::Refund, Operation::Capture]);
    (operation, prop::option::of(1..6_000_i64), report, prop::sample::select(vec!["T1", "T1", "X", "Y"]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_more_is_moved_than_there_is_whatever_ids_the_provider_gives(
        charges in any::<bool>(),
        steps in prop::collection::vec(step(), 1..12),
    ) {
        let (opening, success) = if charges { (Operation::Charge, Captured) } else { (Operation::Authorize, Authorized) };
        let mut facts = vec![request(opening, 10_000), Fact::Event(event(success, "T1", 10_000, None))];
        let (mut captured, mut refunded) = (if charges { 10_000 } else { 0 }, 0);
        for (step, (operation, asked, report, id)) in steps.into_iter().enumerate() {
            let Ok(amount) = fold_facts(facts.clone()).allow(operation, asked.map(lira)) else { continue };
            let units = amount.minor_units();
            facts.push(request(operation, units));
            let number = facts.len() as u64;
            let (done, failed) = match operation {
                Operation::Refund => (Refunded, Failed(FailedStage::Refund)),
                Operation::Charge | Operation::Authorize | Operation::Payout | Operation::Capture | Operation::Void => {
                    (Captured, Failed(FailedStage::Capture))
                }
            };
            let unique = |event: Event| Event { id: EventId::derive(&[&step.to_string(), &format!("{event:?}")]), ..event };
            let time = Some(100 + step as i64);
            let success = |second| unique(event(done, id, units, second));
            let moved = match report {
                ProviderReport::Response => {
                    facts.push(Fact::Event(of_operation(number, success(None))));
                    true
                }
                ProviderReport::Callback => {
                    facts.push(Fact::Event(of_operation(number, success(time))));
                    true
                }
                ProviderReport::CallbackWithoutOperation => {
                    facts.push(Fact::Event(success(time)));
                    true
                }
                ProviderReport::Nothing => {
                    facts.push(Fact::TimedOut { operation: Some(number) });
                    true
                }
                ProviderReport::Declined => {
                    facts.push(Fact::Event(of_operation(number, unique(event(failed, id, units, None)))));
                    false
                }
                ProviderReport::SuccessThenDeclined => {
                    facts.push(Fact::Event(of_operation(number, success(None))));
                    facts.push(Fact::Event(of_operation(number, unique(event(failed, id, units, time)))));
                    false
                }
            };
            if moved && operation == Operation::Refund {
                refunded += units;
            } else if moved {
                captured += units;
            }
            prop_assert!(captured <= 10_000, "captured {captured} of what was reserved");
            prop_assert!(refunded <= captured, "refunded {refunded} of {captured}");
        }
    }
}
