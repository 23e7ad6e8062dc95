//! Exact money: a whole number of a currency's minor units, read from decimal text and never from a float.

use core::fmt;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency that has a minor unit. Metals, funds without decimals and test codes are excluded.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

/// The text does not name such a currency.
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

    /// Its number of decimals in ISO 4217: 2 for TRY, 0 for JPY, ISK and CLP, 3 for KWD, IQD, LYD and BHD.
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
///
/// ```
/// use tollbridge_domain::{Currency, Money};
///
/// let lira = Currency::parse("TRY")?;
/// let price = Money::parse("149.90", lira)?;
/// assert_eq!(price.minor_units(), 14_990);
/// assert_eq!(price.to_string(), "149.90 TRY");
/// // Nothing is ever rounded.
/// assert!(Money::parse("149.905", lira).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text has something other than digits and one decimal point.
    #[error("not a plain decimal amount: write digits and at most one point, such as 149.90")]
    NotDecimal,
    /// The text has more decimals than the currency.
    #[error("{currency} has {decimals} decimals: write no more")]
    TooManyDecimals {
        /// The currency that the text was read for.
        currency: Currency,
        /// The currency's number of decimals.
        decimals: usize,
    },
    /// The amount is larger than an amount can be.
    #[error("larger than any amount that can be handled: at most 18 digits")]
    TooLarge,
    /// The amount is negative.
    #[error("an amount is never negative")]
    Negative,
}

impl Money {
    /// The amount of this many minor units.
    ///
    /// # Errors
    /// [`MoneyError::Negative`].
    pub fn from_minor_units(minor_units: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor_units < 0 {
            return Err(MoneyError::Negative);
        }
        Ok(Self { minor_units, currency })
    }

    /// Zero in this currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self { minor_units: 0, currency }
    }

    /// Reads decimal text with at most the currency's decimals: `149.9` and `149.90` are the same TRY amount, `149.900`
    /// is refused.
    ///
    /// # Errors
    /// The text is not such an amount; see [`MoneyError`].
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

    /// Reads the exact value of a JSON number: `149.900` and `1.499E2` are 149.90 TRY, since Salesforce writes amounts
    /// so. A provider may pad an amount, as in `500.00` for 500 JPY. An amount with a digit other than zero beyond the currency's decimals is refused.
    ///
    /// # Errors
    /// The text is not such an amount; see [`MoneyError`].
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

    /// Whether it is more than zero.
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

/// The number that these ASCII digits write; none if it is too large.
fn read_digits(mut digits: impl Iterator<Item = u8>) -> Option<i64> {
    digits.try_fold(0_i64, |units, digit| units.checked_mul(10)?.checked_add(i64::from(digit.saturating_sub(b'0'))))
}

/// The exponent after the `e` of a number; none if the text is not one. An exponent that is too large for any amount is
/// read as the largest.
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
mod tests;
