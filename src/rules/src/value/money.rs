//! Exact numbers: amounts of money, which may be negative as differences, and the numbers of a document.

use core::cmp::Ordering;
use core::fmt;

use tollbridge_connector::types;
use tollbridge_domain::{Currency, UnknownCurrency};

/// An exact amount in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoneyAmount {
    minor_units: i64,
    currency: Currency,
}

impl TryFrom<&types::Money> for MoneyAmount {
    type Error = UnknownCurrency;

    fn try_from(money: &types::Money) -> Result<Self, UnknownCurrency> {
        Ok(Self { minor_units: money.minor_units, currency: Currency::parse(&money.currency)? })
    }
}

impl MoneyAmount {
    /// The amount in the currency's minor unit.
    pub fn minor_units(self) -> i64 {
        self.minor_units
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The amount with the currency's own decimals.
    pub fn to_decimal(self) -> Decimal {
        Decimal { units: self.minor_units, decimals: u32::try_from(self.currency.decimals()).unwrap_or(0) }
    }

    /// The sum; `None` if the currencies differ or on overflow.
    pub fn plus(self, other: Self) -> Option<Self> {
        let minor_units = self.minor_units.checked_add(other.minor_units)?;
        (self.currency == other.currency).then_some(Self { minor_units, ..self })
    }

    /// The negated amount; `None` on overflow.
    pub fn negated(self) -> Option<Self> {
        Some(Self { minor_units: self.minor_units.checked_neg()?, ..self })
    }

    /// The order of two amounts; `None` if the currencies differ.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.minor_units.cmp(&other.minor_units))
    }
}

impl fmt::Display for MoneyAmount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.to_decimal(), self.currency)
    }
}

/// A decimal number with all its digits.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    units: i64,
    decimals: u32,
}

/// The maximum number of digits.
const DIGITS: usize = 18;

impl Decimal {
    /// The negated number.
    pub fn negated(self) -> Option<Self> {
        Some(Self { units: self.units.checked_neg()?, ..self })
    }

    fn scaled(self, decimals: u32) -> i128 {
        let by = decimals.saturating_sub(self.decimals);
        10_i128.checked_pow(by).and_then(|factor| factor.checked_mul(i128::from(self.units))).unwrap_or(i128::MAX)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = usize::try_from(self.decimals).unwrap_or(0);
        let digits = format!("{:0>width$}", self.units.unsigned_abs(), width = decimals.saturating_add(1));
        let sign = if self.units < 0 { "-" } else { "" };
        match digits.split_at_checked(digits.len().saturating_sub(decimals)) {
            Some((whole, fraction)) if !fraction.is_empty() => write!(formatter, "{sign}{whole}.{fraction}"),
            _ => write!(formatter, "{sign}{digits}"),
        }
    }
}

/// A number of a document: whole, for calculations, or with decimals, which cannot be calculated with.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// A number with decimals, or an amount.
    Decimal(Decimal),
}

impl Number {
    /// Parses digits with at most one decimal point and an optional minus sign.
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let Some((whole, fraction)) = unsigned.split_once('.') else {
            let is_whole = digits(unsigned) && unsigned.len() <= DIGITS;
            return if is_whole { text.parse().ok().map(Self::Whole) } else { None };
        };
        if !digits(whole) || !digits(fraction) || whole.len().saturating_add(fraction.len()) > DIGITS {
            return None;
        }
        let units = format!("{}{fraction}", text.split_once('.').map_or(text, |(whole, _)| whole)).parse().ok()?;
        Some(Self::Decimal(Decimal { units, decimals: u32::try_from(fraction.len()).ok()? }))
    }

    fn as_decimal(self) -> Decimal {
        match self {
            Self::Whole(units) => Decimal { units, decimals: 0 },
            Self::Decimal(decimal) => decimal,
        }
    }

    /// The order of two numbers.
    pub fn compare(self, other: Self) -> Ordering {
        let (left, right) = (self.as_decimal(), other.as_decimal());
        let decimals = left.decimals.max(right.decimals);
        left.scaled(decimals).cmp(&right.scaled(decimals))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => write!(formatter, "{number}"),
            Self::Decimal(decimal) => write!(formatter, "{decimal}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_every_digit() {
        for text in ["0", "-7", "149.90", "-0.005", "123456789012345678", "0.0"] {
            assert_eq!(Number::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "-", ".5", "5.", "1e3", "1234567890123456789", "+1", "1_000", "--1", "NaN"] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn numbers_compare_exactly_whatever_decimals_they_have() {
        let number = |text| Number::parse(text).unwrap();
        assert_eq!(number("1.10").compare(number("1.1")), Ordering::Equal);
        assert_eq!(number("9.99").compare(number("10")), Ordering::Less);
        assert_eq!(number("-0.1").compare(number("-0.2")), Ordering::Greater);
    }
}
