//! Texts without control characters. Salesforce refuses some of them, drops others, and shows none.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// The value with every control character in its texts replaced by a space. Tabs and line ends stay, since a long text
/// may have lines.
///
/// JSON has backslashes only in texts, so the escapes are replaced where they stand.
pub fn cleaned(value: &RawValue) -> Cow<'_, RawValue> {
    let text = value.get();
    let mut clean = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character == '\\' || is_control(u32::from(character))) {
        let (before, after) = rest.split_at(start);
        clean.push_str(before);
        let length = after.chars().next().map_or(0, char::len_utf8);
        let (escape, is_dirty) = match after.as_bytes() {
            [b'\\', b'u', ..] => (6, after.get(2..6).is_none_or(is_control_code)),
            [b'\\', b'b' | b'f', ..] => (2, true),
            [b'\\', ..] => (2, false),
            _ => (length, true),
        };
        let (escape, after) = after.split_at_checked(escape).unwrap_or((after, ""));
        clean.push_str(if is_dirty { " " } else { escape });
        rest = after;
    }
    clean.push_str(rest);
    if clean == text {
        return Cow::Borrowed(value);
    }
    // A space is as good as a character in any text.
    RawValue::from_string(clean).map_or(Cow::Borrowed(value), Cow::Owned)
}

fn is_control_code(digits: &str) -> bool {
    u32::from_str_radix(digits, 16).is_ok_and(is_control)
}

/// C0 without tab and line ends, DEL, and C1.
fn is_control(code: u32) -> bool {
    matches!(code, 0x00..=0x08 | 0x0b | 0x0c | 0x0e..=0x1f | 0x7f..=0x9f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(json: &str) -> String {
        cleaned(&RawValue::from_string(json.to_owned()).unwrap()).get().to_owned()
    }

    #[test]
    fn control_characters_become_spaces_wherever_they_stand() {
        for (json, expected) in [
            (r#""a\u0000b""#, r#""a b""#),
            (r#""a\u001Fb\u009f""#, r#""a b ""#),
            (r#""\b\f""#, r#""  ""#),
            ("\"a\u{7f}b\u{85}\"", "\"a b \""),
            (r#"{"Reference__c":"a\u0001"}"#, r#"{"Reference__c":"a "}"#),
        ] {
            assert_eq!(clean(json), expected);
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for json in [
            r#""a\tb\r\nc\"d\\e\/""#,
            r#""\\u0000""#,
            r#""\ud83d\ude00 \u00e7""#,
            "\"Yılmaz 😀\"",
            "149.90",
            "null",
            r#""\\\\b""#,
        ] {
            assert_eq!(clean(json), json);
        }
    }
}
