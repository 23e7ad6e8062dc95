//! The amount of an operation that the provider does not find stays reserved until inquiries have missed it for long
//! enough.

use tollbridge_domain::EventKind::*;
use tollbridge_domain::{BoundError, Entry, Fact, FailedStage, Operation, Payment, PaymentStatus, ReviewReason};

use crate::histories::*;

const MISSING: Fact = Fact::NotFound { operation: Some(3) };

/// 100.00 captured, and its refund requested at second 0; then each of these facts at its second.
fn refunding(then: &[(i64, Fact)]) -> Payment {
    let captured = Fact::Event(event(Captured, "T1", 10_000, Some(10)));
    let mut entries = entries(vec![request(Operation::Charge, 10_000), captured, request(Operation::Refund, 10_000)]);
    entries[2].received_at = at(0);
    entries.extend(later(4, then));
    fold(&entries)
}

/// A charge requested at second 0; then each of these facts at its second.
fn charging(then: &[(i64, Fact)]) -> Payment {
    let mut entries = entries(vec![request(Operation::Charge, 10_000)]);
    entries[0].received_at = at(0);
    entries.extend(later(2, then));
    fold(&entries)
}

fn later(first: u64, then: &[(i64, Fact)]) -> Vec<Entry> {
    let mut later = entries(then.iter().map(|(_, fact)| fact.clone()).collect());
    for (entry, (second, _)) in later.iter_mut().zip(then) {
        entry.sequence += first - 1;
        entry.received_at = at(*second);
    }
    later
}

fn is_reserved(payment: &Payment) -> bool {
    let refused = payment.allow(Operation::Refund, Some(lira(10_000)));
    let is_refused = matches!(refused, Err(BoundError::NothingLeft { .. }));
    assert_eq!(payment.outcome_unknown(), is_refused, "what is reserved is unknown, and the other way round");
    is_refused
}

#[test]
fn the_first_not_found_frees_nothing() {
    assert!(is_reserved(&refunding(&[(60, MISSING)])));
    assert!(is_reserved(&refunding(&[(86_400, MISSING)])));
}

#[test]
fn two_not_found_within_five_minutes_free_nothing() {
    assert!(is_reserved(&refunding(&[(60, MISSING), (61, MISSING), (359, MISSING)])));
}

#[test]
fn a_not_found_within_the_lease_does_not_count() {
    assert!(is_reserved(&refunding(&[(1, MISSING), (59, MISSING), (301, MISSING)])));
    assert!(is_reserved(&refunding(&[(59, MISSING), (60, MISSING), (359, MISSING)])));
}

#[test]
fn an_operation_missed_for_five_minutes_after_the_lease_was_not_carried_out() {
    let payment = refunding(&[(60, MISSING), (360, MISSING)]);
    assert!(!is_reserved(&payment));
    assert_eq!((payment.refunding, payment.status), (lira(0), PaymentStatus::Captured));
    assert_eq!(payment.reasons(), [].into());
    assert!(
        is_reserved(&refunding(&[(60, Fact::NotFound { operation: None }), (360, MISSING)])),
        "of another operation"
    );
}

#[test]
fn a_charge_that_was_not_carried_out_has_failed() {
    let missing = Fact::NotFound { operation: None };
    let payment = charging(&[(60, missing.clone())]);
    assert_eq!((payment.status, payment.outcome_unknown()), (PaymentStatus::Pending, true));
    let payment = charging(&[(60, missing.clone()), (360, missing)]);
    assert_eq!((payment.status, payment.outcome_unknown()), (PaymentStatus::Failed, false));
    assert_eq!(payment.reason_code.as_deref(), Some("not-found"));
}

#[test]
fn a_success_after_the_operation_was_given_up_needs_a_person() {
    let refunded = Fact::Event(of_operation(3, event(Refunded, "T2", 10_000, Some(20))));
    let late = refunding(&[(60, MISSING), (360, MISSING), (400, refunded.clone())]);
    assert_eq!((late.refunded, late.reasons()), (lira(10_000), [ReviewReason::SucceededAfterFailure].into()));
    let in_time = refunding(&[(60, MISSING), (359, refunded), (360, MISSING)]);
    assert_eq!((in_time.refunded, in_time.reasons()), (lira(10_000), [].into()), "nobody had given it up");
}

#[test]
fn an_operation_that_the_provider_acknowledged_is_never_given_up() {
    let pending = Fact::Event(of_operation(3, event(Pending, "T2", 10_000, None)));
    for then in [
        [(1, pending.clone()), (60, MISSING), (360, MISSING)],
        [(60, MISSING), (61, pending.clone()), (360, MISSING)],
        [(60, MISSING), (360, MISSING), (361, pending.clone())],
    ] {
        let payment = refunding(&then);
        assert_eq!((payment.refunding, payment.outcome_unknown()), (lira(10_000), false), "{then:?}");
        assert_eq!(payment.pending.iter().map(|pending| pending.number).collect::<Vec<_>>(), [Some(3)], "{then:?}");
    }
}

#[test]
fn the_next_inquiry_is_when_a_not_found_may_be_believed() {
    let next = |then: &[(i64, Fact)]| {
        refunding(then).pending_outcomes[0]
            .next_question()
            .map(|next| (next.milliseconds() - at(0).milliseconds()) / 1000)
    };
    let unanswered = || Fact::TimedOut { operation: Some(3) };
    assert_eq!(next(&[]), Some(60));
    assert_eq!(next(&[(8, unanswered())]), Some(68));
    assert_eq!(next(&[(1, MISSING)]), Some(61), "a question within the lease is one of the schedule");
    assert_eq!(next(&[(60, MISSING)]), Some(360));
    assert_eq!(next(&[(60, MISSING), (360, unanswered())]), Some(660));
    let weeks: Vec<(i64, Fact)> = (1..=11).map(|day| (day * 86_400, unanswered())).collect();
    assert_eq!(next(&weeks), None);
    let found = [weeks, vec![(12 * 86_400, MISSING)]].concat();
    assert_eq!(next(&found), Some(12 * 86_400 + 300), "also when a person has asked");
}

#[test]
fn a_pending_operation_is_listed_until_it_ends() {
    let pending = || (1, Fact::Event(event(Pending, "T1", 10_000, None)));
    let numbers = |payment: &Payment| payment.pending.iter().map(|pending| pending.number).collect::<Vec<_>>();
    assert_eq!(numbers(&charging(&[])), [], "of that nothing was heard");
    let payment = charging(&[pending()]);
    assert_eq!((numbers(&payment), payment.pending[0].requested_at), (vec![None], at(0)));
    for end in [Captured, Canceled, Failed(FailedStage::Authorization)] {
        assert_eq!(numbers(&charging(&[pending(), (2, Fact::Event(event(end, "T1", 10_000, Some(9))))])), []);
    }
    let voided = Fact::Event(of_operation(3, event(Canceled, "T2", 10_000, Some(9))));
    assert_eq!(numbers(&charging(&[pending(), (2, request(Operation::Void, 10_000)), (3, voided)])), []);
}

#[test]
fn the_stored_form_is_named_not_found() {
    let stored = serde_json::to_value(MISSING).unwrap();
    assert_eq!(stored, serde_json::json!({"fact": "not_found", "operation": 3}));
    assert_eq!(serde_json::from_value::<Fact>(stored).unwrap(), MISSING);
}
