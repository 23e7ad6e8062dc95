//! The only functions that calculate with money: exactly, in one currency, in its minor unit.

use jaq_core::native::bome;
use jaq_core::{Error, ValR};

use super::{CallResults, NativeCall, of_one};
use crate::value::{MoneyAmount, Number, Value, spend};

/// The value's money, given as money or as its amount. Null is not money and remains null.
fn money(function: &str, value: &Value) -> Result<Option<MoneyAmount>, Error<Value>> {
    match value {
        Value::Money(money) | Value::Amount(money) => Ok(Some(*money)),
        Value::Null => Ok(None),
        Value::Boolean(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Object(_) => Err(Error::str(
            format_args!("{function} needs money, such as .payment.captured, and got {}", value.shown()),
        )),
    }
}

/// The exact amount as a number with the currency's own decimals.
pub fn decimal(call: NativeCall<'_>) -> CallResults<'_> {
    of_one(call, |_, value| {
        let money = money("decimal", &value)?;
        Ok(money.map_or(Value::Null, |money| Value::Number(Number::Decimal(money.to_decimal()))))
    })
}

/// The amount in the currency's minor unit.
pub fn minor(call: NativeCall<'_>) -> CallResults<'_> {
    of_one(call, |_, value| Ok(money("minor", &value)?.map_or(Value::Null, |money| Value::whole(money.minor_units()))))
}

/// The negated amount.
pub fn negate(call: NativeCall<'_>) -> CallResults<'_> {
    of_one(call, |_, value| {
        let Some(money) = money("money_negate", &value)? else { return Ok(Value::Null) };
        money.negated().map(Value::Money).ok_or_else(|| too_large("money_negate"))
    })
}

fn too_large(function: &str) -> Error<Value> {
    Error::str(format_args!("{function} would give more than 18 digits"))
}

/// Applies a function of two amounts in one currency.
fn of_two<'a>(
    mut call: NativeCall<'a>,
    name: &'static str,
    function: impl FnOnce(MoneyAmount, MoneyAmount) -> ValR<Value>,
) -> CallResults<'a> {
    let second = call.0.pop_var();
    let first = call.0.pop_var();
    let given = spend(1).and_then(|()| match (money(name, &first)?, money(name, &second)?) {
        (Some(first), Some(second)) if first.currency() == second.currency() => function(first, second),
        (Some(_), Some(_)) => {
            Err(Error::str(format_args!("{name} needs two amounts in the same currency and got two currencies")))
        }
        (None, _) | (_, None) => Err(Error::str(format_args!(
            "{name} needs two amounts and got null: say what to do then with `//` or `if`"
        ))),
    });
    bome(given)
}

/// The sum.
pub fn add(call: NativeCall<'_>) -> CallResults<'_> {
    of_two(call, "money_add", |first, second| {
        first.plus(second).map(Value::Money).ok_or_else(|| too_large("money_add"))
    })
}

/// The difference, which may be negative.
pub fn subtract(call: NativeCall<'_>) -> CallResults<'_> {
    of_two(call, "money_subtract", |first, second| {
        let difference = second.negated().and_then(|second| first.plus(second));
        difference.map(Value::Money).ok_or_else(|| too_large("money_subtract"))
    })
}

/// -1, 0 or 1.
pub fn compare(call: NativeCall<'_>) -> CallResults<'_> {
    of_two(call, "money_compare", |first, second| {
        let order = first.minor_units().cmp(&second.minor_units());
        Ok(Value::whole(match order {
            core::cmp::Ordering::Less => -1,
            core::cmp::Ordering::Equal => 0,
            core::cmp::Ordering::Greater => 1,
        }))
    })
}
