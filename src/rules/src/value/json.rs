//! Converts a value to JSON text.

use core::fmt;

use core::fmt::Write as _;

use super::{MoneyAmount, Value};
use crate::meter;

/// A JSON string.
fn quoted(text: &str) -> String {
    meter::look(text.len());
    serde_json::Value::from(text).to_string()
}

/// The parts of money under the names that documents use.
pub fn parts_of_money(money: MoneyAmount) -> [(&'static str, Value); 3] {
    [
        ("amount", Value::Amount(money)),
        ("currency", Value::text(money.currency().code())),
        ("minor_units", Value::whole(money.minor_units())),
    ]
}

/// Collects text up to a maximum length.
struct BoundedText {
    written: String,
    most: usize,
}

impl fmt::Write for BoundedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.written.len().saturating_add(text.len()) > self.most {
            return Err(fmt::Error);
        }
        self.written.push_str(text);
        Ok(())
    }
}

impl Value {
    /// The JSON text; `None` if it is longer than `most` bytes. A value may contain the same part several times, so its
    /// text can be far longer than its memory.
    pub fn to_json(&self, most: usize) -> Option<String> {
        let mut limited = BoundedText { written: String::new(), most };
        let written = write!(limited, "{self}");
        // Counted even if the text turns out to be too long.
        meter::look(limited.written.len());
        written.ok()?;
        Some(limited.written)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Boolean(boolean) => write!(formatter, "{boolean}"),
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Text(text) => formatter.write_str(&quoted(text)),
            Self::Amount(money) => write!(formatter, "\"{}\"", money.to_decimal()),
            Self::Money(money) => entries(formatter, parts_of_money(*money).iter().map(|(name, part)| (*name, part))),
            Self::List(list) => {
                formatter.write_str("[")?;
                for (index, item) in list.items.iter().enumerate() {
                    write!(formatter, "{}{item}", if index == 0 { "" } else { "," })?;
                }
                formatter.write_str("]")
            }
            Self::Object(object) => entries(formatter, object.entries.iter().map(|(name, value)| (&**name, value))),
        }
    }
}

fn entries<'a>(formatter: &mut fmt::Formatter<'_>, entries: impl Iterator<Item = (&'a str, &'a Value)>) -> fmt::Result {
    formatter.write_str("{")?;
    for (index, (name, value)) in entries.enumerate() {
        write!(formatter, "{}{}:{value}", if index == 0 { "" } else { "," }, quoted(name))?;
    }
    formatter.write_str("}")
}
