//! Examples of what a record shows.

use std::collections::BTreeSet;

use tollbridge_domain::{Intent, PaymentStatus, PaymentSummary, RecordTotals, ReviewReason};

use crate::summaries::*;

fn shown(totals: &RecordTotals) -> (PaymentStatus, String, String, &str) {
    let decimal = |money: tollbridge_domain::Money| money.to_decimal();
    (totals.status, decimal(totals.amounts.captured), decimal(totals.amounts.paid_out), totals.reference.as_str())
}

#[test]
fn two_charges_a_payout_and_a_declined_attempt_are_summed_and_hide_nothing() {
    use PaymentStatus::Captured;
    let mut payments = vec![charge("A", 10_009)];
    assert_eq!(shown(&totals(&payments)), (Captured, "100.09".into(), "0.00".into(), "A"));
    payments.push(charge("B", 4_009));
    assert_eq!(shown(&totals(&payments)), (Captured, "140.18".into(), "0.00".into(), "B"));
    payments.push(paid_out("O", 1_500));
    assert_eq!(shown(&totals(&payments)), (Captured, "140.18".into(), "15.00".into(), "B"));
    payments.push(failed("C", 4_009));
    assert_eq!(shown(&totals(&payments)), (Captured, "140.18".into(), "15.00".into(), "B"));
    assert_eq!(reasons(&totals(&payments)), Vec::<String>::new());
    assert_eq!(totals(&payments).payments, 4);
}

#[test]
fn a_record_shows_the_attempt_that_replaced_a_failed_one() {
    let payments = [failed("A", 14_990), charge("B", 14_990)];
    assert_eq!(shown(&totals(&payments)), (PaymentStatus::Captured, "149.90".into(), "0.00".into(), "B"));
    let payments = [failed("A", 14_990), failed("B", 14_990)];
    assert_eq!(shown(&totals(&payments)), (PaymentStatus::Failed, "0.00".into(), "0.00".into(), "B"));
    let payments = [charge("A", 14_990), failed("B", 14_990)];
    assert_eq!(shown(&totals(&payments)), (PaymentStatus::Captured, "149.90".into(), "0.00".into(), "A"));
}

#[test]
fn the_status_follows_from_the_sums() {
    use PaymentStatus::*;
    let settled = |mut payment: PaymentSummary| {
        payment.amounts.settled = payment.amount;
        with_status(Settled, payment)
    };
    let charged_back = |units, mut payment: PaymentSummary| {
        payment.amounts.charged_back = money(units, "TRY");
        with_status(ChargedBack, payment)
    };
    let reserved = |reference, status| {
        let mut payment = with_status(status, payment(reference, Intent::Authorize, 5_000));
        payment.amounts.authorized = payment.amount;
        payment
    };
    let in_part = |reference| {
        let mut payment = reserved(reference, PartiallyCaptured);
        payment.amounts.captured = money(3_000, "TRY");
        payment
    };
    let pending = |reference| payment(reference, Intent::Charge, 5_000);
    let canceled = |reference| with_status(Canceled, pending(reference));
    let disputed = |reference| with_status(Disputed, charge(reference, 5_000));
    for (payments, status) in [
        (vec![charge("A", 5_000), settled(charge("B", 5_000))], Captured),
        (vec![settled(charge("A", 5_000)), settled(charge("B", 5_000))], Settled),
        (vec![refunded(5_000, charge("A", 5_000)), charge("B", 5_000)], PartiallyRefunded),
        (vec![refunded(5_000, charge("A", 5_000)), refunded(5_000, charge("B", 5_000))], Refunded),
        (vec![refunded(5_000, charge("A", 5_000)), failed("B", 5_000)], Refunded),
        (vec![charged_back(2_000, charge("A", 5_000)), charge("B", 5_000)], ChargedBack),
        (vec![charged_back(2_000, charge("A", 5_000)), refunded(1_000, charge("B", 5_000))], ChargedBack),
        (vec![disputed("A"), charged_back(2_000, charge("B", 5_000))], Disputed),
        (vec![in_part("A"), charge("B", 5_000)], PartiallyCaptured),
        (vec![reserved("A", Authorized), charge("B", 5_000)], Captured),
        (vec![reserved("A", Authorized), pending("B")], Authorized),
        (vec![pending("A"), failed("B", 5_000)], Pending),
        (vec![failed("A", 5_000), canceled("B")], Canceled),
        (vec![canceled("A"), failed("B", 5_000)], Failed),
        (vec![failed("A", 5_000), paid_out("O", 1_000)], Failed),
        (vec![paid_out("O", 1_000)], PaidOut),
        (vec![paid_out("O", 1_000), with_status(Failed, payment("P", Intent::Payout, 1_000))], PaidOut),
        (vec![payment("O", Intent::Payout, 1_000), with_status(Failed, payment("P", Intent::Payout, 1_000))], Pending),
        (vec![with_status(Failed, payment("P", Intent::Payout, 1_000))], Failed),
    ] {
        assert_eq!(totals(&payments).status, status, "{payments:#?}");
    }
}

#[test]
fn the_latest_charge_that_holds_money_or_may_get_it_represents_the_record() {
    let pending = payment("P", Intent::Charge, 5_000);
    for (payments, reference) in [
        (vec![charge("A", 5_000), pending.clone()], "P"),
        (vec![pending.clone(), failed("B", 5_000)], "P"),
        (vec![charge("A", 5_000), refunded(5_000, charge("B", 5_000))], "A"),
        (vec![refunded(4_999, charge("A", 5_000)), failed("B", 5_000)], "A"),
        (vec![refunded(5_000, charge("A", 5_000)), failed("B", 5_000)], "B"),
        (vec![failed("A", 5_000), paid_out("O", 5_000)], "A"),
        (vec![paid_out("O", 5_000), with_status(PaymentStatus::Failed, payment("Q", Intent::Payout, 1))], "O"),
    ] {
        let totals = totals(&payments);
        assert_eq!(totals.reference.as_str(), reference, "{payments:#?}");
        assert_eq!(totals.transaction.unwrap().as_str(), format!("T-{reference}"));
    }
}

#[test]
fn a_record_is_in_review_while_any_of_its_payments_is() {
    let waiting = PaymentSummary {
        review: BTreeSet::from([ReviewReason::ChargedBack, ReviewReason::RefundFailed]),
        ..failed("A", 5_000)
    };
    let refused = PaymentSummary { refusal: Some("NOT_FOUND".into()), ..failed("B", 5_000) };
    let other = PaymentSummary { review: BTreeSet::from([ReviewReason::RefundFailed]), ..charge("C", 5_000) };
    assert_eq!(reasons(&totals(&[waiting, refused, other])), ["refund_failed", "charged_back", "salesforce:NOT_FOUND"]);
}

#[test]
fn money_in_another_currency_is_not_added_and_is_a_reason_for_review() {
    let euro = |reference, units| captured(in_currency(reference, Intent::Charge, units, "EUR"));
    let both = totals(&[charge("A", 10_000), euro("B", 4_000)]);
    assert_eq!((both.amounts.captured, both.amounts.authorized), (money(10_000, "TRY"), money(0, "TRY")));
    assert_eq!(reasons(&both), ["record_in_several_currencies"]);
    let returned = totals(&[charge("A", 10_000), refunded(4_000, euro("B", 4_000))]);
    assert_eq!(reasons(&returned), Vec::<String>::new(), "nothing of it is left");
    // A payment that moved no money decides no currency.
    let failed_first = totals(&[failed("A", 10_000), euro("B", 4_000)]);
    assert_eq!(failed_first.amounts.captured, money(4_000, "EUR"));
    assert_eq!(reasons(&failed_first), Vec::<String>::new());
    // A payout decides it only if nothing was charged.
    let payout_first = totals(&[paid_out("O", 1_000), euro("B", 4_000)]);
    assert_eq!(payout_first.amounts.captured, money(4_000, "EUR"));
    assert_eq!(reasons(&payout_first), ["record_in_several_currencies"]);
}

#[test]
fn the_outstanding_amount_is_requested_and_not_captured() {
    let pending = |units| payment("P", Intent::Charge, units);
    for (payments, units) in [
        (vec![pending(10_000)], 10_000),
        (vec![charge("A", 6_000), pending(4_000)], 4_000),
        (vec![failed("A", 14_990)], 14_990),
        (vec![failed("A", 14_990), failed("B", 10_000)], 10_000),
        (vec![failed("A", 14_990), charge("B", 14_990)], 0),
        (vec![refunded(5_000, charge("A", 5_000)), pending(5_000)], 5_000),
        (vec![charge("A", 6_000), paid_out("O", 1_000)], 0),
        (vec![payment("O", Intent::Payout, 1_000)], 0),
    ] {
        assert_eq!(totals(&payments).outstanding, money(units, "TRY"), "{payments:#?}");
    }
}

#[test]
fn a_sum_that_is_larger_than_an_amount_can_be_is_a_reason_for_review() {
    let totals = totals(&[charge("A", i64::MAX), charge("B", 1)]);
    assert_eq!(totals.amounts.captured.minor_units(), i64::MAX);
    assert_eq!(reasons(&totals), ["amount_out_of_range"]);
}

#[test]
fn a_summary_is_read_as_it_was_written_and_without_fields_that_later_versions_add() {
    let whole = PaymentSummary {
        review: BTreeSet::from([ReviewReason::ChargedBack]),
        refusal: Some("NOT_FOUND".into()),
        ..charge("A", 10_009)
    };
    let text = serde_json::to_string(&whole).unwrap();
    assert_eq!(serde_json::from_str::<PaymentSummary>(&text).unwrap(), whole);
    let none = r#"{"minorUnits":0,"currency":"TRY"}"#;
    let written = format!(
        r#"{{"reference":"A","intent":"charge","status":"captured","amount":{{"minorUnits":10009,"currency":"TRY"}},
            "amounts":{{"authorized":{none},"captured":{{"minorUnits":10009,"currency":"TRY"}},"refunded":{none},
            "chargedBack":{none},"settled":{none},"paidOut":{none},"fees":{none}}},"version":2}}"#
    );
    let read: PaymentSummary = serde_json::from_str(&written).unwrap();
    assert_eq!(read, PaymentSummary { transaction: None, sent: false, ..charge("A", 10_009) });
}

#[test]
fn a_payment_without_a_salesforce_record_is_counted_and_not_referred_to() {
    let first = captured(charge("A", 10_009));
    let second = PaymentSummary { sent: false, ..captured(charge("B", 4_009)) };
    let totals = RecordTotals::of([(1, &first), (2, &second)]).unwrap();
    assert_eq!((totals.reference.as_str(), totals.amounts.captured.minor_units()), ("A", 14_018));
    let second = PaymentSummary { sent: true, ..second };
    assert_eq!(RecordTotals::of([(1, &first), (2, &second)]).unwrap().reference.as_str(), "B");
}
