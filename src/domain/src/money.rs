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
        let minor_units = whole
            .bytes()
            .chain(fraction.bytes())
            .chain(core::iter::repeat_n(b'0', decimals.saturating_sub(fraction.len())))
            .try_fold(0_i64, |units, digit| units.checked_mul(10)?.checked_add(i64::from(digit.saturating_sub(b'0'))))
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

    proptest! {
        #[test]
        fn text_and_minor_units_say_the_same(units in 0..=i64::MAX, code in prop::sample::select(vec!["TRY", "JPY", "KWD"])) {
            let money = Money::from_minor_units(units, currency(code)).unwrap();
            prop_assert_eq!(Money::parse(&money.to_decimal(), money.currency()), Ok(money));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Money::parse(&text, currency("TRY"));
            let _ = Money::parse_padded(&text, currency("JPY"));
            let _ = Currency::parse(&text);
        }
    }
}
