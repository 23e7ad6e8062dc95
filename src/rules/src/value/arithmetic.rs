//! `+`, `-`, `*`, `/` and `%`. Whole numbers are calculated exactly or not at all; amounts and decimals never.

use core::ops::{Add, Div, Mul, Neg, Rem, Sub};
use std::rc::Rc;

use jaq_core::{Error, ValR};

use super::{Number, Value, spend};
use crate::limits::TEXT_BYTES;
use crate::meter::{self, Violation};

/// The advice for a refused calculation.
fn refused(sign: &str, left: &Value, right: &Value) -> Error<Value> {
    let is_money = |value: &Value| matches!(value, Value::Amount(_) | Value::Money(_));
    let is_decimal = |value: &Value| matches!(value, Value::Number(Number::Decimal(_)));
    let instead = if is_money(left) || is_money(right) || is_decimal(left) || is_decimal(right) {
        ": amounts are calculated with money_add(a; b), money_subtract(a; b) and money_negate(a) only"
    } else if sign == "/" {
        ": nothing is divided here, because the result would be rounded"
    } else {
        ""
    };
    Error::str(format_args!("cannot calculate {} {sign} {}{instead}", left.shown(), right.shown()))
}

/// The result of two whole numbers, if there is one.
fn whole(
    sign: &str,
    left: &Value,
    right: &Value,
    calculate: fn(i64, i64) -> Option<i64>,
) -> Result<Value, Error<Value>> {
    spend(1)?;
    match (left, right) {
        (Value::Number(Number::Whole(first)), Value::Number(Number::Whole(second))) => {
            let number = calculate(*first, *second);
            number.map(Value::whole).ok_or_else(|| {
                Error::str(format_args!("a number {sign} a number has no result, or one of more than 18 digits"))
            })
        }
        _ => Err(refused(sign, left, right)),
    }
}

impl Add for Value {
    type Output = ValR<Self>;

    fn add(self, right: Self) -> ValR<Self> {
        spend(1)?;
        match (&self, &right) {
            // Null plus an amount is refused like any sum with an amount: it would hide that the null may be an amount
            // at another time.
            (Self::Null, Self::Amount(_) | Self::Money(_)) | (Self::Amount(_) | Self::Money(_), Self::Null) => {
                Err(refused("+", &self, &right))
            }
            (Self::Null, _) => Ok(right),
            (_, Self::Null) => Ok(self),
            (Self::Text(first), Self::Text(second)) => {
                if first.len().saturating_add(second.len()) > TEXT_BYTES {
                    meter::note(Violation::Text);
                    spend(0)?;
                }
                Ok(Self::from(format!("{first}{second}")))
            }
            (Self::List(first), Self::List(second)) => {
                spend(first.items.len().saturating_add(second.items.len()))?;
                Ok(Self::list(first.items.iter().chain(&second.items).cloned().collect()))
            }
            (Self::Object(first), Self::Object(second)) => {
                spend(first.entries.len().saturating_add(second.entries.len()))?;
                let both = first.entries.iter().chain(&second.entries);
                let among = first.entries.len().saturating_add(second.entries.len());
                let found = both.clone().map(|(name, _)| meter::of_finding(name, among));
                spend(found.fold(0, usize::saturating_add))?;
                Ok(Self::object(both.map(|(name, value)| (Rc::clone(name), value.clone())).collect()))
            }
            _ => whole("+", &self, &right, i64::checked_add),
        }
    }
}

impl Sub for Value {
    type Output = ValR<Self>;

    fn sub(self, right: Self) -> ValR<Self> {
        whole("-", &self, &right, i64::checked_sub)
    }
}

impl Mul for Value {
    type Output = ValR<Self>;

    fn mul(self, right: Self) -> ValR<Self> {
        whole("*", &self, &right, i64::checked_mul)
    }
}

impl Div for Value {
    type Output = ValR<Self>;

    fn div(self, right: Self) -> ValR<Self> {
        Err(refused("/", &self, &right))
    }
}

impl Rem for Value {
    type Output = ValR<Self>;

    fn rem(self, right: Self) -> ValR<Self> {
        whole("%", &self, &right, i64::checked_rem)
    }
}

impl Neg for Value {
    type Output = ValR<Self>;

    fn neg(self) -> ValR<Self> {
        spend(1)?;
        let number = match &self {
            Self::Number(Number::Whole(number)) => number.checked_neg().map(Number::Whole),
            Self::Number(Number::Decimal(decimal)) => decimal.negated().map(Number::Decimal),
            Self::Amount(_) | Self::Money(_) => {
                return Err(Error::str("amounts are negated with money_negate(a), not with a minus sign"));
            }
            Self::Null | Self::Boolean(_) | Self::Text(_) | Self::List(_) | Self::Object(_) => None,
        };
        number.map(Self::Number).ok_or_else(|| Error::str(format_args!("{} has no negative", self.shown())))
    }
}
