//! Amounts as text and as minor units.

use anyhow::Context as _;
use serde_json::Value;
use tollbridge_sandbox::Amount;

/// Formats minor units as decimal text with the decimals of the currency.
pub fn decimal(minor_units: i64, currency: &str) -> String {
    Amount::parse("0", currency).expect("a currency").of(minor_units).to_string()
}

/// The minor units of a decimal string or a JSON number. An absent amount is zero.
pub fn minor_units(value: &Value, currency: &str) -> anyhow::Result<i64> {
    let text = match value {
        Value::Null => return Ok(0),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    let whole = text.strip_suffix(".0").unwrap_or(&text);
    let amount = Amount::parse(whole, currency).with_context(|| format!("{text} is no amount in {currency}"))?;
    Ok(amount.minor_units())
}
