//! Masks the values of a JSON text one by one, and leaves everything else as it was written.

use serde_json::value::RawValue;
use tollbridge_domain::mask_cards;

use super::whole_digits;

/// The JSON with every value masked for which `field`, given the field's name and the value's text, returns other text.
/// A masked number becomes a string. None where the text is not JSON.
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
            // A value in a nested object or array does not belong to the outer field.
            '{' | '[' | '}' | ']' => name.clear(),
            _ => {}
        }
        rest = after;
    }
    Some(masked)
}

/// The length in bytes of the string at the beginning of the text, with its quotes.
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

/// The masked string; none where it stays as it is.
fn masked_string(token: &str, mask: impl Fn(&str) -> Option<String>) -> Option<String> {
    match serde_json::from_str::<String>(token) {
        Ok(text) => mask(&text).map(quoted),
        // Half a surrogate pair: no string can hold it, so the text is masked as it is written.
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
