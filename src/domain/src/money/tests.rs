//! Money is read exactly or refused.

use proptest::prelude::*;

use super::*;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

#[test]
fn decimals_are_those_of_iso_4217() {
    for (code, decimals) in
        [("TRY", 2), ("EUR", 2), ("JPY", 0), ("ISK", 0), ("CLP", 0), ("KWD", 3), ("IQD", 3), ("LYD", 3), ("BHD", 3)]
    {
        assert_eq!(currency(code).decimals(), decimals, "{code}");
    }
}

#[test]
fn a_code_that_is_not_money_is_refused() {
    for code in ["", "try", "TR", "TRYY", "XXX", "XAU", "ZZZ", "T Y", "₺"] {
        assert_eq!(Currency::parse(code), Err(UnknownCurrency), "{code}");
    }
}

#[test]
fn decimal_text_is_read_exactly() {
    for (text, code, minor_units) in [
        ("149.90", "TRY", 14_990),
        ("149.9", "TRY", 14_990),
        ("149", "TRY", 14_900),
        ("0.01", "TRY", 1),
        ("500", "JPY", 500),
        ("1.250", "KWD", 1_250),
        ("007", "CLP", 7),
        ("92233720368547758.07", "EUR", i64::MAX),
    ] {
        assert_eq!(Money::parse(text, currency(code)).unwrap().minor_units(), minor_units, "{text} {code}");
    }
}

#[test]
fn text_that_is_not_exact_is_refused() {
    for text in ["", ".", ".5", "5.", "1e3", "-1", "+1", "1,50", "1.5.0", " 1", "1 ", "١", "NaN", "0x10"] {
        assert_eq!(Money::parse(text, currency("TRY")), Err(MoneyError::NotDecimal), "{text:?}");
    }
    assert!(matches!(Money::parse("1.999", currency("TRY")), Err(MoneyError::TooManyDecimals { decimals: 2, .. })));
    assert!(matches!(Money::parse("1.0", currency("JPY")), Err(MoneyError::TooManyDecimals { decimals: 0, .. })));
    assert_eq!(Money::parse("92233720368547758.08", currency("EUR")), Err(MoneyError::TooLarge));
}

#[test]
fn padding_zeros_are_accepted_and_other_digits_are_not() {
    assert_eq!(Money::parse_number("500.00", currency("JPY")).unwrap().minor_units(), 500);
    assert_eq!(Money::parse_number("1.2500", currency("KWD")).unwrap().minor_units(), 1_250);
    assert!(matches!(Money::parse_number("500.01", currency("JPY")), Err(MoneyError::TooManyDecimals { .. })));
    assert_eq!(Money::parse_number("5.", currency("JPY")), Err(MoneyError::NotDecimal));
    assert!(Money::parse_number("5.٠٠", currency("JPY")).is_err());
}

#[test]
fn a_json_number_has_its_exact_value() {
    for (text, code, minor_units) in [
        ("1.0E7", "TRY", 1_000_000_000),
        ("1.0E7", "JPY", 10_000_000),
        ("500.0", "JPY", 500),
        ("149.900", "TRY", 14_990),
        ("149.9", "TRY", 14_990),
        ("1.499e+2", "TRY", 14_990),
        ("14990e-2", "TRY", 14_990),
        ("149900000E-4", "TRY", 1_499_000),
        ("1E-2", "TRY", 1),
        ("1.250", "KWD", 1_250),
        ("0", "TRY", 0),
        ("0.000e-999999999999999999999", "TRY", 0),
        ("0e999999999999999999999", "JPY", 0),
        ("9223372036854775807", "JPY", i64::MAX),
        ("92233720368547758.07000", "EUR", i64::MAX),
    ] {
        assert_eq!(Money::parse_number(text, currency(code)).map(Money::minor_units), Ok(minor_units), "{text} {code}");
    }
}

#[test]
fn a_json_number_that_is_not_an_amount_is_refused() {
    for (text, code) in
        [("149.905", "TRY"), ("1.5", "JPY"), ("1E-3", "TRY"), ("5e-999999999", "TRY"), ("1.0001e3", "JPY")]
    {
        let refusal = Money::parse_number(text, currency(code));
        assert!(matches!(refusal, Err(MoneyError::TooManyDecimals { .. })), "{text} {code}: {refusal:?}");
    }
    for text in ["1e17", "1e999999999", "1e99999999999999999999999999", "9223372036854775808", "92233720368547758.08"] {
        assert_eq!(Money::parse_number(text, currency("EUR")), Err(MoneyError::TooLarge), "{text}");
    }
    for text in ["", "-1", "-0.0", "+1", "1e", "1e+", "1e1.5", "1.e2", ".5", "e5", "1e-+2", "NaN", "0x10", "1_0", "١"]
    {
        assert_eq!(Money::parse_number(text, currency("TRY")), Err(MoneyError::NotDecimal), "{text:?}");
    }
}

proptest! {
    #[test]
    fn every_json_spelling_of_an_amount_is_that_amount(
        units in prop_oneof![0..=i64::MAX, 0..=100_000_i64],
        code in prop::sample::select(vec!["TRY", "JPY", "KWD"]),
        zeros in 0..30_usize,
        point in 0..=25_usize,
        letter in prop::sample::select(vec!["e", "E"]),
        plus in prop::sample::select(vec!["", "+"]),
        padding in prop::sample::select(vec!["", "0", "00"]),
    ) {
        let money = Money::from_minor_units(units, currency(code)).unwrap();
        let decimals = i64::try_from(money.currency().decimals()).unwrap();
        // The same digits with the point anywhere, and the exponent that corrects it.
        let digits = format!("{units}{}", "0".repeat(zeros));
        let digits = format!("{digits:0>26}");
        let (whole, fraction) = digits.split_at(digits.len() - point);
        let whole = match whole.trim_start_matches('0') { "" => "0", whole => whole };
        let exponent = i64::try_from(point).unwrap() - i64::try_from(zeros).unwrap() - decimals;
        let sign = if exponent < 0 { "-" } else { plus };
        let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
        let text = format!("{whole}{fraction}{letter}{sign}{padding}{}", exponent.abs());
        prop_assert!(serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok(), "{}", text);
        prop_assert_eq!(Money::parse_number(&text, money.currency()), Ok(money), "{}", text);
        let plain = money.to_decimal();
        let padded = if plain.contains('.') { plain.clone() + &"0".repeat(zeros) } else { plain.clone() };
        for text in [plain, padded] {
            prop_assert_eq!(Money::parse_number(&text, money.currency()), Ok(money), "{}", text);
        }
    }

    #[test]
    fn a_digit_too_many_is_never_rounded_away(units in 0..=1_000_000_i64, more in 1..10_u8, zeros in 0..20_usize) {
        let text = format!("{}{}{more}", Money::from_minor_units(units, currency("TRY")).unwrap().to_decimal(), "0".repeat(zeros));
        let refusal = Money::parse_number(&text, currency("TRY"));
        prop_assert!(matches!(refusal, Err(MoneyError::TooManyDecimals { .. })), "{}", text);
    }

    #[test]
    fn text_and_minor_units_agree(units in 0..=i64::MAX, code in prop::sample::select(vec!["TRY", "JPY", "KWD"])) {
        let money = Money::from_minor_units(units, currency(code)).unwrap();
        prop_assert_eq!(Money::parse(&money.to_decimal(), money.currency()), Ok(money));
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = Money::parse(&text, currency("TRY"));
        let _ = Money::parse_number(&text, currency("JPY"));
        let _ = Money::parse_number(&text, currency("KWD"));
        let _ = Currency::parse(&text);
    }
}
