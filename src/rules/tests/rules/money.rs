//! Calculations with money are exact or refused.

use crate::histories::recorded;
use crate::{field_of, problems_of};

fn paid() -> tollbridge_replay::RecordedHistory {
    recorded("order", "charged-settled-and-partly-refunded")
}

fn given(expression: &str) -> String {
    field_of(expression, &paid()).unwrap_or_else(|error| panic!("{expression}: {error}")).unwrap_or_default()
}

/// The refusal: from the check if the text alone shows the mistake, otherwise from the evaluation.
fn refusal(expression: &str) -> String {
    let problems = problems_of(expression);
    if !problems.is_empty() {
        return problems.join("; ");
    }
    match field_of(expression, &paid()) {
        Ok(value) => panic!("{expression} gives {value:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn amounts_keep_every_digit() {
    assert_eq!(given("decimal(.payment.captured)"), "149.90");
    assert_eq!(given(".payment.captured.amount"), "\"149.90\"");
    assert_eq!(given("minor(.payment.captured)"), "14990");
    assert_eq!(given(".payment.captured.minor_units"), "14990");
    let kwd = recorded("order", "captured-in-parts-in-a-currency-of-three-decimals");
    assert_eq!(field_of("decimal(.payment.captured)", &kwd).unwrap().unwrap(), "12.500");
    let jpy = recorded("order", "disputed-and-charged-back-in-a-currency-without-decimals");
    assert_eq!(field_of("decimal(.payment.captured)", &jpy).unwrap().unwrap(), "5000");
}

#[test]
fn sums_and_differences_are_exact_and_may_be_negative() {
    assert_eq!(given("decimal(money_subtract(.payment.captured; .payment.refunded))"), "100.00");
    assert_eq!(given("decimal(money_subtract(.payment.refunded; .payment.captured))"), "-100.00");
    assert_eq!(given("decimal(money_add(.payment.captured; .payment.fees))"), "152.89");
    assert_eq!(given("decimal(money_negate(.payment.fees))"), "-2.99");
    assert_eq!(given("money_compare(.payment.refunded; .payment.captured)"), "-1");
    assert_eq!(given("money_compare(.payment.refunded; .payment.refunded)"), "0");
    assert_eq!(given("decimal(reduce .events[] as $event (.payment.paid_out; money_add(.; $event.amount)))"), "499.60");
}

#[test]
fn null_is_not_money_and_remains_null() {
    assert_eq!(given("decimal(.payment.conversion.amount)"), "null");
    assert_eq!(given("decimal(.payment.tax.amount)"), "null");
    assert!(refusal("money_add(.payment.captured; .payment.conversion.amount)").contains("got null"));
}

#[test]
fn operators_refuse_amounts() {
    for sides in [
        ".payment.captured.amount + .payment.refunded.amount",
        ".payment.captured.amount - .payment.refunded.amount",
        ".payment.captured - .payment.refunded",
        ".payment.captured + .payment.refunded",
        ".payment.captured.amount * 2",
        "decimal(.payment.captured) + 1",
        "decimal(.payment.captured) * decimal(.payment.captured)",
        "null + .payment.captured.amount",
        "- .payment.captured.amount",
        "[.payment.captured.amount, .payment.refunded.amount] | .[0] + .[1]",
        "reduce .events[] as $event (null; . + $event.amount)",
    ] {
        let refused = refusal(sides);
        assert!(refused.contains("money_"), "{sides}: {refused}");
    }
}

#[test]
fn calculations_with_amounts_are_found_before_they_run() {
    for sides in [
        ".payment.captured.amount + .payment.refunded.amount",
        ".payment.captured.minor_units, (.payment.captured - .payment.refunded)",
        "decimal(.payment.captured) * 100",
        "- .payment.captured",
        ".payment.fees as $fees | $fees.amount + .payment.captured.amount",
        ".events | map(.amount.amount + 1)",
        "first(.events[] | .amount) | .amount - 1",
        "if .payment.superseded then .payment.captured.amount else null end | . + 1",
    ] {
        let problems = problems_of(sides);
        assert!(problems.iter().any(|problem| problem.contains("money_")), "{sides}: {problems:?}");
    }
    assert_eq!(problems_of(".payment.captured.minor_units - .payment.refunded.minor_units"), [""; 0]);
}

#[test]
fn whole_numbers_are_exact_or_refused() {
    assert_eq!(given(".payment.captured.minor_units - .payment.refunded.minor_units"), "10000");
    assert_eq!(given("9007199254740993 + 0"), "9007199254740993");
    assert_eq!(given("7 % 3"), "1");
    assert!(problems_of("7 / 2")[0].contains("nothing is divided"));
    for sides in ["7 % 0", "999999999999999999 * 999999999999999999", "1.5 + 1.5", "\"x\" * 1000000"] {
        assert!(!refusal(sides).is_empty());
    }
}

#[test]
fn amounts_compare_only_with_amounts_in_the_same_currency() {
    assert_eq!(given(".payment.refunded.amount < .payment.captured.amount"), "true", "as numbers, not as text");
    assert_eq!(given(".payment.refunded < .payment.captured"), "true");
    assert_eq!(given(".payment.conversion == null"), "true");
    for wrong in [
        ".payment.captured.amount > 100",
        ".payment.captured.amount == \"149.90\"",
        ".payment.captured > null",
        ".payment.captured == 14990",
    ] {
        assert!(refusal(wrong).contains("minor_units"), "{wrong}");
    }
    let converted = recorded("order", "an-invoice-whose-answer-came-late");
    let across = field_of(".payment.captured > .payment.conversion.amount", &converted).unwrap_err();
    assert!(across.to_string().contains("same currency"), "{across}");
    let across = field_of("money_add(.payment.captured; .payment.conversion.amount)", &converted).unwrap_err();
    assert!(across.to_string().contains("two currencies"), "{across}");
    assert!(problems_of(".payment.captured.amount > 100").iter().any(|problem| problem.contains("minor_units")));
}

#[test]
fn money_does_not_become_a_field_or_text_by_accident() {
    assert!(refusal(".payment.captured").contains("decimal(...)"));
    assert!(refusal("[.payment.captured] | \"\\(.[0])\"").contains(".amount"));
    assert_eq!(given("\"\\(.payment.captured.amount) TRY\""), "\"149.90 TRY\"");
}

#[test]
fn numbers_from_text_are_exact() {
    assert_eq!(given("\"0.10\" | tonumber"), "0.10");
    assert_eq!(given(".payment.captured.amount | tonumber"), "149.90");
    assert!(refusal("\"1e3\" | tonumber").contains("plain number"));
}
