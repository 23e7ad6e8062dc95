//! A success may fail later: its money no longer counts as moved, the payment goes to review, and no money is freed
//! while it is in doubt.

use std::collections::BTreeSet;

use tollbridge_domain::{Event, EventKind::*, Fact, FailedStage, Operation, Payment, PaymentStatus, ReviewReason};

use crate::acceptance::acceptance_of;
use crate::histories::*;

fn charge_captured() -> Vec<Fact> {
    vec![request(Operation::Charge, 10_000), Fact::Event(event(Captured, "T1", 10_000, Some(10)))]
}

/// The payment that these facts make, in whatever order they are read.
fn folded(facts: &[Fact]) -> Payment {
    let mut entries = entries(facts.to_vec());
    let payment = fold(&entries);
    entries.reverse();
    assert_eq!(fold(&entries), payment);
    payment
}

fn reasons(payment: &Payment) -> Vec<ReviewReason> {
    payment.reasons().into_iter().collect()
}

#[test]
fn a_refund_that_is_declined_after_its_success_gives_its_amount_back() {
    let mut facts = charge_captured();
    facts.push(request(Operation::Refund, 4_000));
    facts.push(Fact::Event(of_operation(3, event(Refunded, "R1", 4_000, None))));
    assert_eq!(folded(&facts).refunded, lira(4_000));
    facts.push(Fact::Event(of_operation(3, event(Failed(FailedStage::Refund), "R1", 4_000, Some(86_400)))));
    let declined = folded(&facts);
    assert_eq!((declined.refunded, declined.status), (lira(0), PaymentStatus::Captured));
    assert_eq!(reasons(&declined), [ReviewReason::FailedAfterSuccess]);
    assert_eq!(declined.allow(Operation::Refund, None).unwrap(), lira(10_000), "it may be asked for again");
    assert!(declined.holds_its_source(), "the order may not be charged again");
    facts.push(acceptance_of(&declined));
    assert_eq!(reasons(&folded(&facts)), [], "the flag stays until a person has accepted it");
}

#[test]
fn a_refund_that_is_confirmed_after_it_was_declined_counts() {
    let mut facts = charge_captured();
    facts.push(request(Operation::Refund, 4_000));
    facts.push(Fact::Event(of_operation(3, event(Failed(FailedStage::Refund), "R1", 4_000, None))));
    facts.push(Fact::Event(of_operation(3, event(Refunded, "R1", 4_000, Some(30)))));
    let confirmed = folded(&facts);
    assert_eq!(confirmed.refunded, lira(4_000));
    assert_eq!(reasons(&confirmed), [ReviewReason::SucceededAfterFailure]);
}

#[test]
fn money_with_contradicting_events_of_one_time_is_neither_counted_nor_freed_until_accepted() {
    for second in [None, Some(30)] {
        let mut facts = charge_captured();
        facts.push(request(Operation::Refund, 4_000));
        facts.push(Fact::Event(of_operation(3, event(Refunded, "R1", 4_000, second))));
        facts.push(Fact::Event(of_operation(3, event(Failed(FailedStage::Refund), "R1", 4_000, second))));
        let doubtful = folded(&facts);
        assert_eq!(doubtful.refunded, lira(0), "{second:?}");
        assert_eq!(reasons(&doubtful), [ReviewReason::FailedAfterSuccess]);
        assert_eq!(doubtful.allow(Operation::Refund, None).unwrap(), lira(6_000), "{second:?}");
        facts.push(acceptance_of(&doubtful));
        assert_eq!(folded(&facts).allow(Operation::Refund, None).unwrap(), lira(10_000), "{second:?}");
    }
}

#[test]
fn a_bounced_deposit_has_failed_and_holds_its_order_until_a_person_has_accepted_it() {
    for taken_back in [Failed(FailedStage::Authorization), Canceled] {
        let mut facts = charge_captured();
        facts.push(Fact::Event(event(taken_back, "T1", 10_000, Some(86_400))));
        let bounced = folded(&facts);
        let expected = if taken_back == Canceled { PaymentStatus::Canceled } else { PaymentStatus::Failed };
        assert_eq!((bounced.captured, bounced.status), (lira(0), expected));
        assert_eq!(reasons(&bounced), [ReviewReason::FailedAfterSuccess]);
        assert!(bounced.allow(Operation::Refund, None).is_err(), "there is nothing to refund");
        assert!(bounced.holds_its_source(), "nobody has looked yet");
        facts.push(acceptance_of(&bounced));
        assert!(!folded(&facts).holds_its_source());
    }
}

#[test]
fn a_deposit_that_was_declined_before_it_was_confirmed_counts() {
    let declined = event(Failed(FailedStage::Authorization), "T1", 10_000, None);
    let mut facts = charge_captured();
    facts.push(Fact::Event(declined));
    let payment = folded(&facts);
    assert_eq!((payment.captured, payment.status), (lira(10_000), PaymentStatus::Captured));
    assert_eq!(reasons(&payment), [ReviewReason::SucceededAfterFailure]);
}

#[test]
fn a_capture_a_payout_a_settlement_and_a_release_can_be_taken_back() {
    let authorized =
        || vec![request(Operation::Authorize, 10_000), Fact::Event(event(Authorized, "A1", 10_000, Some(10)))];
    let capture = |kind, second| Fact::Event(of_operation(3, event(kind, "C1", 6_000, second)));
    let mut facts = authorized();
    facts.extend([request(Operation::Capture, 6_000), capture(Captured, None)]);
    facts.push(capture(Failed(FailedStage::Capture), Some(30)));
    let payment = folded(&facts);
    assert_eq!((payment.captured, payment.status), (lira(0), PaymentStatus::Authorized));
    assert_eq!(payment.allow(Operation::Capture, None).unwrap(), lira(10_000));

    let mut facts = authorized();
    facts.extend([request(Operation::Void, 10_000), Fact::Event(of_operation(3, event(Canceled, "V1", 10_000, None)))]);
    assert_eq!(folded(&facts).status, PaymentStatus::Canceled);
    facts.push(Fact::Event(of_operation(3, event(Failed(FailedStage::Void), "V1", 10_000, Some(30)))));
    let payment = folded(&facts);
    assert_eq!(
        (payment.status, reasons(&payment)),
        (PaymentStatus::Authorized, vec![ReviewReason::FailedAfterSuccess])
    );
    assert!(payment.allow(Operation::Capture, None).is_ok());

    let payout = |kind, second| Fact::Event(event(kind, "P1", 10_000, Some(second)));
    let facts = [request(Operation::Payout, 10_000), payout(PaidOut, 10), payout(Failed(FailedStage::Payout), 20)];
    let payment = folded(&facts);
    assert_eq!((payment.paid_out, payment.status), (lira(0), PaymentStatus::Failed));
    assert!(payment.holds_its_source());

    let mut facts = charge_captured();
    facts.push(Fact::Event(event(Settled, "S1", 10_000, Some(20))));
    facts.push(Fact::Event(event(Failed(FailedStage::Settlement), "S1", 10_000, Some(30))));
    let payment = folded(&facts);
    assert_eq!((payment.settled, payment.status), (lira(0), PaymentStatus::Captured));
}

#[test]
fn a_failure_that_only_reports_not_found_takes_nothing_back() {
    let nothing_found = Event { transaction: None, ..event(Failed(FailedStage::Refund), "none", 4_000, None) };
    let mut facts = charge_captured();
    facts.push(request(Operation::Refund, 4_000));
    facts.push(Fact::Event(of_operation(3, event(Refunded, "R1", 4_000, None))));
    facts.push(Fact::Event(of_operation(3, nothing_found)));
    let payment = folded(&facts);
    assert_eq!((payment.refunded, reasons(&payment)), (lira(4_000), vec![ReviewReason::SucceededAfterFailure]));
}

#[test]
fn a_won_dispute_or_a_cancelled_chargeback_restores_the_money_at_any_time() {
    let lost = |second| Fact::Event(acting_on("T1", event(ChargedBack, "C1", 10_000, second)));
    let of_the_chargeback = |second| Fact::Event(acting_on("T1", event(DisputeWon, "C1", 10_000, second)));
    let acting_on_it = |second| Fact::Event(acting_on("C1", event(DisputeWon, "W1", 10_000, second)));
    let of_the_dispute = |second| Fact::Event(acting_on("T1", event(DisputeWon, "D1", 10_000, second)));
    let times = [(Some(30), Some(40)), (Some(30), Some(30)), (None, None), (Some(30), None), (None, Some(40))];
    for (lost_at, won_at) in times {
        for won in [of_the_chargeback(won_at), acting_on_it(won_at), of_the_dispute(won_at)] {
            let mut facts = charge_captured();
            facts.push(Fact::Event(acting_on("T1", event(Disputed, "D1", 10_000, Some(20)))));
            facts.extend([won, lost(lost_at)]);
            let payment = folded(&facts);
            let expected = (PaymentStatus::Captured, lira(0), BTreeSet::new());
            assert_eq!((payment.status, payment.charged_back, payment.reasons()), expected, "{lost_at:?} {won_at:?}");
            assert_eq!(payment.allow(Operation::Refund, None).unwrap(), lira(10_000));
        }
    }
    let mut facts = charge_captured();
    facts.extend([of_the_chargeback(Some(20)), lost(Some(30))]);
    assert_eq!(folded(&facts).charged_back, lira(10_000), "what was lost after it was won is lost");
}

#[test]
fn of_two_chargebacks_a_win_restores_the_one_that_it_is_about() {
    let mut facts = charge_captured();
    facts.push(Fact::Event(acting_on("T1", event(ChargedBack, "C1", 3_000, Some(20)))));
    facts.push(Fact::Event(acting_on("T1", event(ChargedBack, "C1", 2_000, Some(21)))));
    let both = folded(&facts);
    assert_eq!((both.charged_back, both.status), (lira(5_000), PaymentStatus::ChargedBack));
    assert!(reasons(&both).contains(&ReviewReason::TransactionIdsConflict));
    let won = |units| Fact::Event(acting_on("T1", event(DisputeWon, "C1", units, Some(30))));
    for (units, left) in [(2_000, 3_000), (3_000, 2_000), (5_000, 0), (1_000, 5_000)] {
        let mut facts = facts.clone();
        facts.push(won(units));
        assert_eq!(folded(&facts).charged_back, lira(left), "won {units}");
    }
    let mut facts = charge_captured();
    facts.push(Fact::Event(acting_on("T1", event(ChargedBack, "C1", 3_000, Some(20)))));
    facts.push(won(1_000));
    assert_eq!(folded(&facts).charged_back, lira(2_000), "a dispute may be won in part");
}

#[test]
fn a_partial_return_does_not_open_the_order_for_a_second_charge() {
    let mut facts = vec![request(Operation::Charge, 14_990), Fact::Event(event(Captured, "T1", 14_990, Some(10)))];
    facts.push(request(Operation::Refund, 4_990));
    facts.push(Fact::Event(of_operation(3, event(Refunded, "R1", 4_990, None))));
    facts.push(Fact::Event(acting_on("T1", event(ChargedBack, "C1", 2_000, Some(20)))));
    let kept = folded(&facts);
    assert_eq!((kept.status, kept.holds_its_source()), (PaymentStatus::ChargedBack, true), "80.00 of it is kept");
    facts.push(Fact::Event(acting_on("T1", event(ChargedBack, "C2", 8_000, Some(30)))));
    assert!(!folded(&facts).holds_its_source(), "nothing of it is kept");
}
