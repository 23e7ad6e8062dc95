//! Exact amounts: whole minor units of an ISO 4217 currency, parsed from decimal text and never from a float.

use std::fmt;

use iso_currency::Currency;

/// An exact amount. It displays as decimal text with the currency's own decimals: `149.90`, `500`, `1.250`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    minor_units: i64,
    currency: Currency,
}

impl Amount {
    /// Parses decimal text. `None` for a sign, an exponent, more decimals than the currency has, an unknown currency,
    /// or an overflow.
    #[must_use]
    pub fn parse(text: &str, currency: &str) -> Option<Self> {
        let currency = Currency::from_code(currency)?;
        let decimals = usize::from(currency.exponent()?);
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (text, ""),
        };
        if whole.is_empty() || fraction.len() > decimals {
            return None;
        }
        let missing = decimals.saturating_sub(fraction.len());
        let minor_units = whole
            .chars()
            .chain(fraction.chars())
            .chain(std::iter::repeat_n('0', missing))
            .try_fold(0_i64, |units, digit| units.checked_mul(10)?.checked_add(i64::from(digit.to_digit(10)?)))?;
        Some(Self { minor_units, currency })
    }

    /// An amount in the same currency.
    #[must_use]
    pub fn of(self, minor_units: i64) -> Self {
        Self { minor_units, ..self }
    }

    /// The amount in the currency's minor unit.
    #[must_use]
    pub fn minor_units(self) -> i64 {
        self.minor_units
    }

    /// The ISO 4217 alphabetic code.
    #[must_use]
    pub fn currency(self) -> &'static str {
        self.currency.code()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.exponent().map_or(0, usize::from);
        let digits = format!("{:0>width$}", self.minor_units, width = decimals.saturating_add(1));
        match digits.split_at_checked(digits.len().saturating_sub(decimals)) {
            Some((whole, fraction)) if !fraction.is_empty() => {
                write!(formatter, "{whole}.{fraction}")
            }
            _ => formatter.write_str(&digits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn text_is_read_exactly_and_written_with_the_currencys_decimals() {
        for (text, currency, minor_units, written) in [
            ("149.9", "TRY", 14_990, "149.90"),
            ("0.01", "EUR", 1, "0.01"),
            ("500", "JPY", 500, "500"),
            ("1.25", "KWD", 1_250, "1.250"),
        ] {
            let amount = Amount::parse(text, currency).unwrap();
            assert_eq!(amount.minor_units(), minor_units);
            assert_eq!(amount.to_string(), written);
        }
    }

    #[test]
    fn other_text_is_not_an_amount() {
        for (text, currency) in [
            ("1.999", "TRY"),
            ("1.0", "JPY"),
            ("-1", "TRY"),
            ("1e3", "TRY"),
            (".5", "TRY"),
            ("5.", "TRY"),
            ("", "TRY"),
            ("٣", "TRY"),
            ("1", "ZZZ"),
            ("92233720368547758.08", "EUR"),
        ] {
            assert_eq!(Amount::parse(text, currency), None, "{text} {currency}");
        }
    }
}
