//! Exact money: a whole number of a currency's minor units, read from decimal text and never from a float.

use core::fmt;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency that has a minor unit. Metals, funds without decimals and test codes are not money here.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

/// Text that names no currency money can be held in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 4217 currency with a minor unit: write the three capital letters, such as TRY")]
pub struct UnknownCurrency;

impl Currency {
    /// Reads the alphabetic code, in capitals.
    ///
    /// # Errors
    /// The code is unknown, or ISO 4217 gives it no minor unit.
    pub fn parse(code: &str) -> Result<Self, UnknownCurrency> {
        iso_currency::Currency::from_code(code)
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
            .ok_or(UnknownCurrency)
    }

    /// The three-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals ISO 4217 gives it: 2 for TRY, 0 for JPY, ISK and CLP, 3 for KWD, IQD, LYD and BHD.
    #[must_use]
    pub fn decimals(self) -> usize {
        self.0.exponent().map_or(0, usize::from)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).map_err(serde::de::Error::custom)
    }
}

/// An exact amount that is not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "WrittenMoney")]
pub struct Money {
    minor_units: i64,
    currency: Currency,
}

/// The stored form, before its sign is checked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenMoney {
    minor_units: i64,
    currency: Currency,
}

impl TryFrom<WrittenMoney> for Money {
    type Error = MoneyError;

    fn try_from(written: WrittenMoney) -> Result<Self, MoneyError> {
        Self::from_minor_units(written.minor_units, written.currency)
    }
}

/// Why text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// It has anything but digits and one decimal point.
    #[error("not a plain decimal amount: write digits and at most one point, such as 149.90")]
    NotDecimal,
    /// It has more decimals than the currency.
    #[error("{currency} has {decimals} decimals: write no more")]
    TooManyDecimals {
        /// The currency it was read for.
        currency: Currency,
        /// The decimals that currency has.
        decimals: usize,
    },
    /// It is larger than an amount can be.
    #[error("larger than any amount that can be handled: at most 18 digits")]
    TooLarge,
    /// It is below zero.
    #[error("an amount is never negative")]
    Negative,
}

impl Money {
    /// The amount of so many minor units.
    ///
    /// # Errors
    /// [`MoneyError::Negative`].
    pub fn from_minor_units(minor_units: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor_units < 0 {
            return Err(MoneyError::Negative);
        }
        Ok(Self { minor_units, currency })
    }

    /// Nothing, in this currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self { minor_units: 0, currency }
    }

    /// Reads decimal text with at most the currency's own decimals: `149.9` and `149.90` are the same TRY amount,
    /// `149.900` is refused.
    ///
    /// # Errors
    /// The text is no such amount; see [`MoneyError`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(MoneyError::NotDecimal),
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return Err(MoneyError::NotDecimal);
        }
        let decimals = currency.decimals();
        if fraction.len() > decimals {
            return Err(MoneyError::TooManyDecimals { currency, decimals });
        }
        let padding = core::iter::repeat_n(b'0', decimals.saturating_sub(fraction.len()));
        let minor_units =
            read_digits(whole.bytes().chain(fraction.bytes()).chain(padding)).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor_units, currency })
    }

    /// Reads a JSON number as what it is worth, exactly: `149.900` and `1.499E2` are 149.90 TRY, as Salesforce writes such
    /// amounts. An amount with a digit other than zero beyond the currency's decimals is refused.
    ///
    /// # Errors
    /// The text is no such amount; see [`MoneyError`].
    pub fn parse_number(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return Err(MoneyError::NotDecimal),
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return Err(MoneyError::NotDecimal);
        }
        let exponent = read_exponent(exponent).ok_or(MoneyError::NotDecimal)?;
        let length = |digits: &str| i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_end_matches('0');
        let zeros = length(&digits).saturating_sub(length(significant));
        let significant = significant.trim_start_matches('0');
        if significant.is_empty() {
            return Ok(Self::zero(currency));
        }
        let decimals = currency.decimals();
        // The amount is the significant digits, taken as a whole number of minor units, times ten to this power.
        let power = exponent
            .saturating_sub(length(fraction))
            .saturating_add(zeros)
            .saturating_add(i64::try_from(decimals).unwrap_or(i64::MAX));
        if power < 0 {
            return Err(MoneyError::TooManyDecimals { currency, decimals });
        }
        let power = u32::try_from(power).map_err(|_| MoneyError::TooLarge)?;
        let minor_units = read_digits(significant.bytes())
            .and_then(|units| units.checked_mul(10_i64.checked_pow(power)?))
            .ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor_units, currency })
    }

    /// As [`Money::parse`], but zeros beyond the currency's decimals are taken: a provider that pads every amount to
    /// two decimals says `500.00` of 500 JPY, and says nothing inexact by it.
    ///
    /// # Errors
    /// As [`Money::parse`].
    pub fn parse_padded(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        match text.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() && fraction.len() > currency.decimals() => {
                let (kept, padding) = fraction.split_at_checked(currency.decimals()).ok_or(MoneyError::NotDecimal)?;
                if padding.bytes().any(|byte| byte != b'0') {
                    return Self::parse(text, currency);
                }
                if kept.is_empty() {
                    Self::parse(whole, currency)
                } else {
                    Self::parse(&format!("{whole}.{kept}"), currency)
                }
            }
            _ => Self::parse(text, currency),
        }
    }

    /// The amount in the currency's minor unit.
    #[must_use]
    pub fn minor_units(self) -> i64 {
        self.minor_units
    }

    /// The currency.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is more than nothing.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.minor_units > 0
    }

    /// The decimal text with exactly the currency's decimals.
    #[must_use]
    pub fn to_decimal(self) -> String {
        let decimals = self.currency.decimals();
        let digits = format!("{:0>width$}", self.minor_units, width = decimals.saturating_add(1));
        match digits.split_at_checked(digits.len().saturating_sub(decimals)) {
            Some((whole, fraction)) if !fraction.is_empty() => format!("{whole}.{fraction}"),
            _ => digits,
        }
    }
}

/// The number that ASCII digits say; none where it is too large.
fn read_digits(mut digits: impl Iterator<Item = u8>) -> Option<i64> {
    digits.try_fold(0_i64, |units, digit| units.checked_mul(10)?.checked_add(i64::from(digit.saturating_sub(b'0'))))
}

/// What stands behind the `e` of a number; none where that is no exponent. One that is larger than any amount has is as good as
/// the largest there is.
fn read_exponent(text: &str) -> Option<i64> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent = read_digits(digits.bytes()).unwrap_or(i64::MAX);
    Some(if is_negative { exponent.saturating_neg() } else { exponent })
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.to_decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
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
    fn what_is_no_money_is_refused() {
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
    fn padding_zeros_are_taken_and_other_digits_are_not() {
        assert_eq!(Money::parse_padded("500.00", currency("JPY")).unwrap().minor_units(), 500);
        assert_eq!(Money::parse_padded("1.2500", currency("KWD")).unwrap().minor_units(), 1_250);
        assert!(matches!(Money::parse_padded("500.01", currency("JPY")), Err(MoneyError::TooManyDecimals { .. })));
        assert_eq!(Money::parse_padded("5.", currency("JPY")), Err(MoneyError::NotDecimal));
        assert!(Money::parse_padded("5.٠٠", currency("JPY")).is_err());
    }

    #[test]
    fn a_json_number_is_what_it_is_worth() {
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
            assert_eq!(
                Money::parse_number(text, currency(code)).map(Money::minor_units),
                Ok(minor_units),
                "{text} {code}"
            );
        }
    }

    #[test]
    fn a_json_number_that_no_amount_is_worth_is_refused() {
        for (text, code) in
            [("149.905", "TRY"), ("1.5", "JPY"), ("1E-3", "TRY"), ("5e-999999999", "TRY"), ("1.0001e3", "JPY")]
        {
            let refusal = Money::parse_number(text, currency(code));
            assert!(matches!(refusal, Err(MoneyError::TooManyDecimals { .. })), "{text} {code}: {refusal:?}");
        }
        for text in
            ["1e17", "1e999999999", "1e99999999999999999999999999", "9223372036854775808", "92233720368547758.08"]
        {
            assert_eq!(Money::parse_number(text, currency("EUR")), Err(MoneyError::TooLarge), "{text}");
        }
        for text in
            ["", "-1", "-0.0", "+1", "1e", "1e+", "1e1.5", "1.e2", ".5", "e5", "1e-+2", "NaN", "0x10", "1_0", "١"]
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
            // The same digits with the point anywhere, and the exponent that puts it right.
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
        fn text_and_minor_units_say_the_same(units in 0..=i64::MAX, code in prop::sample::select(vec!["TRY", "JPY", "KWD"])) {
            let money = Money::from_minor_units(units, currency(code)).unwrap();
            prop_assert_eq!(Money::parse(&money.to_decimal(), money.currency()), Ok(money));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Money::parse(&text, currency("TRY"));
            let _ = Money::parse_padded(&text, currency("JPY"));
            let _ = Money::parse_number(&text, currency("KWD"));
            let _ = Currency::parse(&text);
        }
    }
}
