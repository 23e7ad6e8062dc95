//! Refuses what looks like a payment card number, so that none is ever stored, logged or sent on.

use serde_json::Value;
use tollbridge_domain::looks_like_card;

/// The path of the first field that holds what looks like a card number.
pub fn find(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(_) => None,
        Value::Number(number) => looks_like_card(&number.to_string()).then(String::new),
        Value::String(text) => looks_like_card(text).then(String::new),
        Value::Array(list) => list.iter().enumerate().find_map(|(index, item)| below(&index.to_string(), item)),
        Value::Object(fields) => fields.iter().find_map(|(name, item)| {
            if looks_like_card(name) { Some("a field's name".to_owned()) } else { below(name, item) }
        }),
    }
}

fn below(name: &str, value: &Value) -> Option<String> {
    let path = find(value)?;
    Some(if path.is_empty() { name.to_owned() } else { format!("{name}.{path}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_named() {
        let body = serde_json::json!({"customer": {"city": "x"}, "list": [1, {"note": "4111111111111111"}]});
        assert_eq!(find(&body).as_deref(), Some("list.1.note"));
        assert_eq!(find(&serde_json::json!({"n": 4111111111111111_u64})).as_deref(), Some("n"));
        assert_eq!(find(&serde_json::json!({"n": "fine"})), None);
    }
}
