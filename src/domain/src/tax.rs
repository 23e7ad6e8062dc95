//! The tax within a payment's amount, exact to the minor unit.
//!
//! A payment's amount is always what the payer pays, so tax is part of it, whichever way it was computed:
//! - **inclusive**: prices included the tax. In a total `T` at `r` percent it is `T × r ÷ (100 + r)`.
//! - **exclusive**: the tax was added to a net price. With the net `N = T − tax` it is `N × r ÷ 100`.
//!
//! Both are rounded once, for the whole amount, to the currency's minor unit; half a unit is rounded up (commercial
//! rounding). Any other amount is refused: a tolerance would hide a wrong rate.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{Country, Money};

/// A rate in percent, exact, with at most four decimals: 20, 7.7, 19.25.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaxRate {
    ten_thousandths: u32,
}

/// The text is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a rate: write the percentage with at most three digits and four decimals, such as 20 or 7.7")]
pub struct TaxRateError;

/// A hundred percent, in the unit of [`TaxRate`].
const WHOLE: i128 = 1_000_000;

impl TaxRate {
    /// Reads a percentage.
    ///
    /// # Errors
    /// The text is not a decimal number, or has too many digits.
    pub fn parse(text: &str) -> Result<Self, TaxRateError> {
        let (whole, decimals) = match text.split_once('.') {
            Some((_, "")) => return Err(TaxRateError),
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !(1..=3).contains(&whole.len()) || decimals.len() > 4 || !digits(whole) || !digits(decimals) {
            return Err(TaxRateError);
        }
        let ten_thousandths = format!("{whole}{decimals:0<4}").parse().map_err(|_| TaxRateError)?;
        Ok(Self { ten_thousandths })
    }

    /// The tax within a total that includes it.
    #[must_use]
    pub fn included_in(self, total: Money) -> Money {
        let rate = i128::from(self.ten_thousandths);
        share(total, rate, WHOLE.saturating_add(rate))
    }

    /// The tax on top of a net price.
    #[must_use]
    pub fn on_top_of(self, net: Money) -> Money {
        share(net, i128::from(self.ten_thousandths), WHOLE)
    }

    /// The tax within the sum of a net price and its tax. None if no net price and its tax have this sum.
    fn added_in(self, total: Money) -> Option<Money> {
        let near = self.included_in(total).minor_units();
        // Rounding changes it by less than one unit.
        let candidates = [near.saturating_sub(1), near, near.saturating_add(1)];
        candidates.into_iter().find_map(|tax| {
            let net = Money::from_minor_units(total.minor_units().checked_sub(tax)?, total.currency()).ok()?;
            let tax = Money::from_minor_units(tax, total.currency()).ok()?;
            (self.on_top_of(net) == tax).then_some(tax)
        })
    }
}

/// `amount × numerator ÷ denominator`, to the minor unit, half a unit rounded up. None is negative, and the denominator
/// is positive.
fn share(amount: Money, numerator: i128, denominator: i128) -> Money {
    let doubled = i128::from(amount.minor_units()).saturating_mul(numerator).saturating_mul(2);
    let rounded = doubled.saturating_add(denominator).div_euclid(denominator.saturating_mul(2));
    let units = i64::try_from(rounded).unwrap_or(i64::MAX);
    Money::from_minor_units(units, amount.currency()).unwrap_or(amount)
}

impl TryFrom<String> for TaxRate {
    type Error = TaxRateError;

    fn try_from(text: String) -> Result<Self, TaxRateError> {
        Self::parse(&text)
    }
}

impl From<TaxRate> for String {
    fn from(rate: TaxRate) -> Self {
        rate.to_string()
    }
}

impl fmt::Display for TaxRate {
    /// The percentage without trailing zeros.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.ten_thousandths.div_euclid(10_000);
        let decimals = format!("{:04}", self.ten_thousandths.rem_euclid(10_000));
        match decimals.trim_end_matches('0') {
            "" => write!(formatter, "{whole}"),
            decimals => write!(formatter, "{whole}.{decimals}"),
        }
    }
}

/// The tax within a payment's amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tax {
    amount: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<TaxRate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<Country>,
    inclusive: bool,
}

/// Why an amount cannot be the tax of a payment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaxError {
    /// The tax is in another currency.
    #[error("the payment is in another currency")]
    OtherCurrency,
    /// The tax is more than the total.
    #[error("more than the amount that it is part of")]
    MoreThanTotal,
    /// The tax is not what the rate gives.
    #[error("not {rate}% of what it is on: expected {expected}, rounded to the minor unit with half a unit up")]
    Differs {
        /// The rate that the caller named.
        rate: TaxRate,
        /// The right tax.
        expected: Money,
    },
    /// The total is not the sum of any net price and its tax.
    #[error(
        "no net price and {rate}% on top of it add up to the amount: mend the amount, or say that the tax is inclusive"
    )]
    NoNetPrice {
        /// The rate that the caller named.
        rate: TaxRate,
    },
}

impl Tax {
    /// Checks the tax within this total. Without a rate, only the currency and the bound can be checked.
    ///
    /// # Errors
    /// The amount is not exactly what the rate gives; see [`TaxError`].
    pub fn within(
        total: Money,
        amount: Money,
        rate: Option<TaxRate>,
        country: Option<Country>,
        inclusive: bool,
    ) -> Result<Self, TaxError> {
        if amount.currency() != total.currency() {
            return Err(TaxError::OtherCurrency);
        }
        if amount.minor_units() > total.minor_units() {
            return Err(TaxError::MoreThanTotal);
        }
        if let Some(rate) = rate {
            let expected = if inclusive { Some(rate.included_in(total)) } else { rate.added_in(total) };
            match expected {
                Some(expected) if expected == amount => {}
                Some(expected) => return Err(TaxError::Differs { rate, expected }),
                None => return Err(TaxError::NoNetPrice { rate }),
            }
        }
        Ok(Self { amount, rate, country, inclusive })
    }

    /// The amount of the tax.
    #[must_use]
    pub fn amount(self) -> Money {
        self.amount
    }

    /// The rate, if the caller named it.
    #[must_use]
    pub fn rate(self) -> Option<TaxRate> {
        self.rate
    }

    /// The taxing country.
    #[must_use]
    pub fn country(self) -> Option<Country> {
        self.country
    }

    /// Whether prices included the tax. Otherwise it was added to them.
    #[must_use]
    pub fn inclusive(self) -> bool {
        self.inclusive
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Currency;

    fn money(text: &str, code: &str) -> Money {
        Money::parse(text, Currency::parse(code).unwrap()).unwrap()
    }

    fn rate(text: &str) -> TaxRate {
        TaxRate::parse(text).unwrap()
    }

    fn within(total: &str, tax: &str, code: &str, percent: &str, inclusive: bool) -> Result<Tax, TaxError> {
        Tax::within(money(total, code), money(tax, code), Some(rate(percent)), None, inclusive)
    }

    #[test]
    fn rates_are_read_exactly_and_written_without_trailing_zeros() {
        for (text, written) in [("20", "20"), ("7.7", "7.7"), ("19.2500", "19.25"), ("0", "0"), ("008.10", "8.1")] {
            assert_eq!(rate(text).to_string(), written);
        }
        for text in ["", ".", "5.", ".5", "1000", "1.00001", "-1", "+1", "20%", "1e1", "١", "2 0"] {
            assert_eq!(TaxRate::parse(text), Err(TaxRateError), "{text:?}");
        }
    }

    #[test]
    fn the_examples_of_the_documentation_are_right() {
        for (total, tax, code, percent, inclusive) in [
            ("149.90", "24.98", "TRY", "20", true),
            ("149.90", "24.98", "TRY", "20", false),
            ("500", "45", "JPY", "10", true),
            ("1.250", "0.060", "KWD", "5", true),
            ("107.70", "7.70", "CHF", "7.7", false),
            ("0.05", "0.01", "EUR", "20", true),
            ("0.03", "0.01", "EUR", "20", true),
            ("10.00", "0", "EUR", "0", false),
        ] {
            assert!(within(total, tax, code, percent, inclusive).is_ok(), "{total} {code} at {percent}%");
        }
    }

    #[test]
    fn half_a_minor_unit_is_rounded_up() {
        // 0.10 at 25 % on top: 0.025 of the net 0.10 is 0.03.
        assert_eq!(rate("25").on_top_of(money("0.10", "EUR")), money("0.03", "EUR"));
        // 0.03 at 100 % included: 0.015 is 0.02.
        assert_eq!(rate("100").included_in(money("0.03", "EUR")), money("0.02", "EUR"));
    }

    #[test]
    fn a_wrong_amount_is_refused_with_the_right_one() {
        let refused = |tax, inclusive| within("149.90", tax, "TRY", "20", inclusive).unwrap_err();
        for (tax, inclusive) in [("24.97", true), ("24.99", true), ("29.98", true), ("29.98", false), ("0", false)] {
            let expected = TaxError::Differs { rate: rate("20"), expected: money("24.98", "TRY") };
            assert_eq!(refused(tax, inclusive), expected, "{tax}");
            assert!(expected.to_string().contains("expected 24.98 TRY"), "{expected}");
        }
        assert_eq!(refused("149.91", true), TaxError::MoreThanTotal);
        // 0.02 net gives 0.02, and 0.03 net gives 0.04: nothing gives 0.03.
        assert_eq!(within("0.03", "0.01", "EUR", "20", false), Err(TaxError::NoNetPrice { rate: rate("20") }));
        let euro = Tax::within(money("1.00", "TRY"), money("0.10", "EUR"), None, None, true);
        assert_eq!(euro, Err(TaxError::OtherCurrency));
    }

    #[test]
    fn the_stored_form_reads_back() {
        let tax = Tax::within(
            money("149.90", "TRY"),
            money("24.98", "TRY"),
            Some(rate("20")),
            Some(Country::parse("TR").unwrap()),
            true,
        )
        .unwrap();
        let stored = serde_json::to_string(&tax).unwrap();
        assert_eq!(
            stored,
            r#"{"amount":{"minorUnits":2498,"currency":"TRY"},"rate":"20","country":"TR","inclusive":true}"#
        );
        assert_eq!(serde_json::from_str::<Tax>(&stored).unwrap(), tax);
    }

    fn any_rate() -> impl Strategy<Value = TaxRate> {
        (0..=9_999_999_u32).prop_map(|ten_thousandths| TaxRate { ten_thousandths })
    }

    fn units(minor_units: i64) -> Money {
        Money::from_minor_units(minor_units, Currency::parse("EUR").unwrap()).unwrap()
    }

    proptest! {
        #[test]
        fn included_tax_is_the_nearest_minor_unit_and_no_other_is_accepted(total in 0..=i64::MAX, rate in any_rate(), off in 1..3_i64) {
            let (total, r) = (units(total), i128::from(rate.ten_thousandths));
            let tax = rate.included_in(total);
            // tax × (100 + r) and total × r are at most half of (100 + r) apart.
            let apart = i128::from(tax.minor_units()) * (WHOLE + r) - i128::from(total.minor_units()) * r;
            prop_assert!(2 * apart <= WHOLE + r && 2 * apart > -(WHOLE + r), "{}", apart);
            prop_assert!(Tax::within(total, tax, Some(rate), None, true).is_ok());
            for other in [tax.minor_units().saturating_add(off), tax.minor_units().saturating_sub(off)] {
                if (0..=i64::MAX).contains(&other) && other != tax.minor_units() {
                    prop_assert!(Tax::within(total, units(other), Some(rate), None, true).is_err());
                }
            }
        }

        #[test]
        fn tax_on_top_of_a_net_price_is_accepted_and_no_other_is(net in 0..=i64::MAX / 11, rate in any_rate(), off in 1..3_i64) {
            let net = units(net);
            let tax = rate.on_top_of(net);
            let total = units(net.minor_units() + tax.minor_units());
            prop_assert_eq!(Tax::within(total, tax, Some(rate), None, false).map(Tax::amount), Ok(tax));
            for other in [tax.minor_units() + off, tax.minor_units() - off] {
                if (0..=total.minor_units()).contains(&other) {
                    prop_assert!(Tax::within(total, units(other), Some(rate), None, false).is_err());
                }
            }
        }

        #[test]
        fn rates_and_their_text_agree(rate in any_rate()) {
            prop_assert_eq!(TaxRate::parse(&rate.to_string()), Ok(rate));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = TaxRate::parse(&text);
        }
    }
}
