//! The differences that a comparison found, as text.

use serde_json::Value;

use crate::amounts::minor_units;

/// All differences of one comparison.
#[derive(Default)]
pub struct Differences(Vec<String>);

impl Differences {
    pub fn add(&mut self, difference: String) {
        self.0.push(difference);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a difference unless the value is the expected one.
    pub fn is(&mut self, what: &str, actual: &Value, expected: &Value) {
        if actual != expected {
            self.add(format!("{what} is {actual} and should be {expected}"));
        }
    }

    /// Adds a difference unless the amount is the expected one, in minor units.
    pub fn comes_to(&mut self, what: &str, actual: &Value, currency: &str, expected: i64) {
        match minor_units(actual, currency) {
            Ok(units) if units == expected => {}
            Ok(_) | Err(_) => {
                self.add(format!("{what} is {actual} and should be {expected} minor units of {currency}"));
            }
        }
    }
}

impl std::fmt::Display for Differences {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0.join("; "))
    }
}
