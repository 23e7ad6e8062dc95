//! Typical histories of payments, each with the state that it must end in.

use std::collections::BTreeSet;

use tollbridge_domain::{BoundError, Event, EventKind::*, Fact, FailedStage, Operation, PaymentStatus, ReviewReason};

use crate::histories::*;

fn reasons(list: &[ReviewReason]) -> BTreeSet<ReviewReason> {
    list.iter().copied().collect()
}

fn charged(events: Vec<Event>) -> tollbridge_domain::Payment {
    let facts = core::iter::once(request(Operation::Charge, 10_000)).chain(events.into_iter().map(Fact::Event));
    fold_facts(facts.collect())
}

#[test]
fn a_charge_is_pending_then_captured_then_settled() {
    let pending = event(Pending, "T1", 10_000, None);
    let captured = event(Captured, "T1", 10_000, Some(10));
    let settled = event(Settled, "T1", 10_000, Some(20));
    assert_eq!(charged(vec![]).status, PaymentStatus::Pending);
    assert_eq!(charged(vec![pending.clone()]).status, PaymentStatus::Pending);
    assert_eq!(charged(vec![pending.clone(), captured.clone()]).status, PaymentStatus::Captured);
    let payment = charged(vec![pending, captured, Event { fee: Some(lira(150)), ..settled }]);
    assert_eq!((payment.status, payment.fees, payment.reasons()), (PaymentStatus::Settled, lira(150), reasons(&[])));
}

#[test]
fn a_response_and_the_callback_about_it_count_once() {
    let answer = of_operation(3, event(Refunded, "R1", 4_000, None));
    let callback = of_operation(3, event(Refunded, "R1", 4_000, Some(30)));
    let unnamed = Event { transaction: None, id: tollbridge_domain::EventId::derive(&["unnamed"]), ..callback.clone() };
    let captured = Fact::Event(event(Captured, "T1", 10_000, Some(10)));
    let facts = vec![
        request(Operation::Charge, 10_000),
        captured,
        request(Operation::Refund, 4_000),
        Fact::Event(answer),
        Fact::Event(callback),
        Fact::Event(unnamed),
    ];
    let payment = fold_facts(facts);
    assert_eq!((payment.status, payment.refunded), (PaymentStatus::PartiallyRefunded, lira(4_000)));
    assert_eq!(payment.reasons(), reasons(&[]));
}

#[test]
fn the_amount_with_the_later_provider_time_prevails() {
    let payment = charged(vec![event(Captured, "T1", 9_000, Some(20)), event(Captured, "T1", 10_000, Some(10))]);
    assert_eq!(payment.captured, lira(9_000));
    assert_eq!(payment.reasons(), reasons(&[ReviewReason::CapturedOtherThanAsked]));
}

#[test]
fn an_earlier_event_that_arrives_late_reverts_nothing() {
    let payment = charged(vec![event(Captured, "T1", 10_000, Some(20)), event(Pending, "T1", 10_000, Some(10))]);
    assert_eq!(payment.status, PaymentStatus::Captured);
}

#[test]
fn refunds_under_way_leave_less_to_refund() {
    let mut facts = vec![
        request(Operation::Charge, 10_000),
        Fact::Event(event(Captured, "T1", 10_000, Some(10))),
        request(Operation::Refund, 7_000),
    ];
    let under_way = fold_facts(facts.clone());
    assert_eq!(under_way.allow(Operation::Refund, None).unwrap(), lira(3_000));
    assert!(matches!(
        under_way.allow(Operation::Refund, Some(lira(3_001))),
        Err(BoundError::MoreThanLeft { left, .. }) if left == lira(3_000)
    ));
    facts.push(Fact::Withdrawn { operation: 3 });
    assert_eq!(fold_facts(facts.clone()).allow(Operation::Refund, None).unwrap(), lira(10_000));
    facts.pop();
    facts.push(Fact::Event(of_operation(3, event(Failed(FailedStage::Refund), "R1", 7_000, None))));
    let refused = fold_facts(facts);
    assert_eq!(refused.allow(Operation::Refund, None).unwrap(), lira(10_000));
    assert_eq!(refused.reasons(), reasons(&[]), "a refund refused at once was answered to whoever asked");
}

#[test]
fn a_refund_that_failed_under_way_needs_a_person() {
    let payment = fold_facts(vec![
        request(Operation::Charge, 10_000),
        Fact::Event(event(Captured, "T1", 10_000, Some(10))),
        request(Operation::Refund, 7_000),
        Fact::Event(of_operation(3, event(Pending, "R1", 7_000, None))),
        Fact::Event(of_operation(3, event(Failed(FailedStage::Refund), "R1", 7_000, Some(40)))),
    ]);
    assert_eq!(payment.reasons(), reasons(&[ReviewReason::RefundFailed]));
    assert_eq!(payment.status, PaymentStatus::Captured);
}

#[test]
fn an_authorization_is_captured_in_parts_and_the_rest_released() {
    let mut facts = vec![
        request(Operation::Authorize, 10_000),
        Fact::Event(event(Authorized, "A1", 10_000, Some(10))),
        request(Operation::Capture, 4_000),
        Fact::Event(of_operation(3, event(Captured, "C1", 4_000, None))),
    ];
    let part = fold_facts(facts.clone());
    assert_eq!(part.status, PaymentStatus::PartiallyCaptured);
    assert_eq!(part.transaction.as_ref().unwrap().as_str(), "A1");
    assert_eq!(part.allow(Operation::Capture, None).unwrap(), lira(6_000));
    facts.push(request(Operation::Void, 6_000));
    assert!(fold_facts(facts.clone()).allow(Operation::Capture, None).is_err(), "a void is under way");
    facts.push(Fact::Event(of_operation(5, event(Canceled, "V1", 6_000, None))));
    let released = fold_facts(facts);
    assert_eq!((released.status, released.captured), (PaymentStatus::Captured, lira(4_000)));
    assert!(released.allow(Operation::Capture, None).is_err());
    assert_eq!(released.allow(Operation::Refund, None).unwrap(), lira(4_000));
}

#[test]
fn an_event_that_breaks_a_bound_is_stored_and_needs_a_person() {
    let captured = event(Captured, "T1", 10_000, Some(10));
    let payment = charged(vec![captured.clone(), acting_on("T1", event(Refunded, "R1", 12_000, Some(20)))]);
    assert_eq!((payment.refunded, payment.status), (lira(12_000), PaymentStatus::Refunded));
    assert_eq!(payment.reasons(), reasons(&[ReviewReason::ReturnedMoreThanCaptured]));

    let euro = tollbridge_domain::Currency::parse("EUR").unwrap();
    let in_euro = Event { amount: Some(tollbridge_domain::Money::zero(euro)), ..event(Refunded, "R2", 1, Some(30)) };
    let payment = charged(vec![captured, in_euro]);
    assert_eq!((payment.refunded, payment.status), (lira(0), PaymentStatus::Captured));
    assert_eq!(payment.reasons(), reasons(&[ReviewReason::CurrencyMismatch]));
}

#[test]
fn a_dispute_is_lost_or_won() {
    let captured = event(Captured, "T1", 10_000, Some(10));
    let disputed = acting_on("T1", event(Disputed, "D1", 10_000, Some(20)));
    let lost = acting_on("T1", event(ChargedBack, "C1", 10_000, Some(30)));
    let won = acting_on("C1", event(DisputeWon, "W1", 10_000, Some(40)));
    let open = charged(vec![captured.clone(), disputed.clone()]);
    assert_eq!((open.status, open.reasons()), (PaymentStatus::Disputed, reasons(&[ReviewReason::Disputed])));
    let charged_back = charged(vec![captured.clone(), disputed.clone(), lost.clone()]);
    assert_eq!((charged_back.status, charged_back.charged_back), (PaymentStatus::ChargedBack, lira(10_000)));
    assert_eq!(charged_back.reasons(), reasons(&[ReviewReason::ChargedBack]));
    assert!(charged_back.allow(Operation::Refund, None).is_err(), "nothing is left to refund");
    let won_back = charged(vec![captured, disputed, lost, won]);
    assert_eq!((won_back.status, won_back.charged_back), (PaymentStatus::Captured, lira(0)));
    assert_eq!(won_back.reasons(), reasons(&[]));
}

#[test]
fn a_request_that_timed_out_is_pending_until_an_event_arrives() {
    let facts = vec![request(Operation::Charge, 10_000), Fact::TimedOut { operation: None }];
    let unknown = fold_facts(facts.clone());
    assert_eq!((unknown.status, unknown.outcome_unknown()), (PaymentStatus::Pending, true));
    let mut facts = facts;
    facts.push(Fact::Event(event(Captured, "T1", 10_000, Some(10))));
    assert_eq!(fold_facts(facts).pending_outcomes, []);
}

#[test]
fn a_request_that_timed_out_is_inquired_about_on_schedule_and_then_by_a_person() {
    let asked = |times: usize| {
        let questions = core::iter::repeat_n(Fact::TimedOut { operation: None }, times);
        fold_facts(core::iter::once(request(Operation::Charge, 10_000)).chain(questions).collect())
    };
    let seconds_to_next = |payment: &tollbridge_domain::Payment| {
        let pending_outcome = &payment.pending_outcomes[0];
        let next = pending_outcome.next_question()?;
        Some((next.milliseconds() - pending_outcome.since.milliseconds()) / 1000)
    };
    let day = 24 * 3600;
    let schedule: Vec<Option<i64>> = (0..=11).map(|times| seconds_to_next(&asked(times))).collect();
    let expected = [60, 60, 300, 3600, day, day, day, day, day, day, day].map(Some);
    assert_eq!(schedule[..11], expected);
    assert_eq!(schedule[11], None);
    assert_eq!(asked(10).reasons(), reasons(&[]));
    assert_eq!(asked(11).reasons(), reasons(&[ReviewReason::OutcomeUnknown]));
}

#[test]
fn an_operation_without_an_event_has_a_pending_outcome_under_its_number() {
    let mut facts = vec![
        request(Operation::Charge, 10_000),
        Fact::Event(event(Captured, "T1", 10_000, Some(10))),
        request(Operation::Refund, 4_000),
    ];
    let pending_outcome = fold_facts(facts.clone()).pending_outcomes;
    assert_eq!((pending_outcome.len(), pending_outcome[0].number, pending_outcome[0].unanswered), (1, Some(3), 0));
    facts.push(Fact::Withdrawn { operation: 3 });
    assert_eq!(fold_facts(facts).pending_outcomes, []);
}

#[test]
fn a_settlement_is_not_the_outcome_of_the_capture_that_it_settles() {
    let mut facts = vec![
        request(Operation::Authorize, 10_000),
        Fact::Event(event(Authorized, "T1", 10_000, Some(10))),
        request(Operation::Capture, 6_000),
        Fact::TimedOut { operation: Some(3) },
        Fact::Event(of_operation(3, acting_on("T2", event(Settled, "T3", 6_000, Some(20))))),
    ];
    let overtaken = fold_facts(facts.clone());
    assert_eq!(overtaken.pending_outcomes.iter().map(|open| open.number).collect::<Vec<_>>(), [Some(3)]);
    assert!(overtaken.allow(Operation::Capture, Some(lira(4_001))).is_err(), "what may have been captured already");
    facts.push(Fact::Event(of_operation(3, acting_on("T1", event(Captured, "T2", 6_000, None)))));
    let answered = fold_facts(facts);
    assert_eq!(
        (answered.pending_outcomes.clone(), answered.captured, answered.settled),
        (vec![], lira(6_000), lira(6_000))
    );
    assert_eq!(answered.reasons(), reasons(&[]));
}

#[test]
fn a_chargeback_is_not_the_outcome_of_the_charge_that_it_takes_back() {
    let charged_back = acting_on("T1", event(ChargedBack, "T2", 10_000, Some(20)));
    let payment = charged(vec![charged_back]);
    assert!(payment.outcome_unknown());
}

#[test]
fn a_success_after_a_not_found_needs_a_person() {
    let nothing_found = Event { transaction: None, ..event(Failed(FailedStage::Authorization), "none", 10_000, None) };
    let payment = charged(vec![nothing_found, event(Captured, "T1", 10_000, Some(10))]);
    assert_eq!(payment.reasons(), reasons(&[ReviewReason::SucceededAfterFailure]));
}

#[test]
fn events_of_an_unmatched_payment_are_stored_for_review() {
    let payment = fold_facts(vec![Fact::Event(event(Captured, "T9", 500, Some(10)))]);
    assert_eq!((payment.captured, payment.amount), (lira(500), lira(500)));
    assert_eq!(payment.reasons(), reasons(&[ReviewReason::UnmatchedPayment]));
}

#[test]
fn money_for_a_superseded_attempt_needs_a_person() {
    let failed = charged(vec![event(Failed(FailedStage::Authorization), "T1", 10_000, None)]).superseded();
    assert_eq!(failed.reasons(), reasons(&[]));
    let paid = charged(vec![event(Captured, "T1", 10_000, Some(10))]).superseded();
    assert_eq!(paid.reasons(), reasons(&[ReviewReason::PaidAfterSuperseded]));
}

#[test]
fn a_payout_goes_out_or_fails() {
    let facts = |end| {
        vec![request(Operation::Payout, 10_000), Fact::Event(event(Pending, "P1", 10_000, None)), Fact::Event(end)]
    };
    assert_eq!(fold_facts(facts(event(PaidOut, "P1", 10_000, Some(9)))).status, PaymentStatus::PaidOut);
    assert_eq!(
        fold_facts(facts(event(Failed(FailedStage::Payout), "P1", 10_000, Some(9)))).status,
        PaymentStatus::Failed
    );
}
