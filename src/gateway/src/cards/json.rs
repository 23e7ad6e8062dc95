//! Walks JSON text value by value, and leaves everything as it was written but for the values that are masked.

use serde_json::value::RawValue;
use tollbridge_domain::mask_cards;

use super::whole_digits;

/// The JSON with every value masked by its field's name and its text, where `field` says something else for it. None where the
/// text is no JSON. A number that is masked becomes a string.
pub fn masked(text: &str, field: &impl Fn(&str, &str) -> Option<String>) -> Option<String> {
    let _: &RawValue = serde_json::from_str(text).ok()?;
    let mut masked = String::with_capacity(text.len());
    let mut name = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, after) = rest.split_at_checked(match first {
            '"' => string_length(rest),
            '-' | '0'..='9' => rest.find([',', '}', ']', ' ', '\t', '\r', '\n']).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        })?;
        let is_name = first == '"' && after.trim_start().starts_with(':');
        let written = match first {
            '"' => masked_string(token, |text| if is_name { owned_mask(text) } else { field(&name, text) }),
            '-' | '0'..='9' => whole_digits(token).and_then(|digits| field(&name, &digits)).map(quoted),
            _ => None,
        };
        masked.push_str(written.as_deref().unwrap_or(token));
        match first {
            _ if is_name => name = serde_json::from_str(token).unwrap_or_default(),
            // What is within a field is not the field.
            '{' | '[' | '}' | ']' => name.clear(),
            _ => {}
        }
        rest = after;
    }
    Some(masked)
}

/// How many bytes the string has that the text begins with, with its quotes.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at.saturating_add(1),
            _ => {}
        }
    }
    text.len()
}

/// The string as it is to be written; none where it stays as it is.
fn masked_string(token: &str, mask: impl Fn(&str) -> Option<String>) -> Option<String> {
    match serde_json::from_str::<String>(token) {
        Ok(text) => mask(&text).map(quoted),
        // Half a character: no string can hold it, and its text is masked as it is written.
        Err(_) => owned_mask(token),
    }
}

fn owned_mask(text: &str) -> Option<String> {
    match mask_cards(text) {
        std::borrow::Cow::Borrowed(_) => None,
        std::borrow::Cow::Owned(masked) => Some(masked),
    }
}

fn quoted(text: String) -> String {
    serde_json::Value::from(text).to_string()
}
