//! Refuses requests that contain what looks like a payment card number.

use serde_json::{Map, Value};
use tollbridge_domain::looks_like_card;

use super::whole_digits;
use crate::http::problem::Problem;

/// The members of a body that hold whole Salesforce records. Only a few of their fields are read, and each is checked
/// where it is read. The others are neither kept nor sent on.
const RECORDS: [&str; 2] = ["contact", "account"];

/// The path of the first field of a body that contains what looks like a card number, except in records.
pub fn find(body: &Map<String, Value>) -> Option<String> {
    body.iter().filter(|(name, _)| !RECORDS.contains(&name.as_str())).find_map(|(name, value)| in_field(name, value))
}

/// The problem of a field that contains what looks like a card number.
pub fn refused(field: impl Into<String>) -> Problem {
    let detail = "this looks like a payment card number, which Tollbridge must not carry: leave it out";
    Problem::field("card_number_refused", field, detail)
}

fn in_field(name: &str, value: &Value) -> Option<String> {
    if looks_like_card(name) { Some("a field's name".to_owned()) } else { below(name, value) }
}

fn in_value(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(_) => None,
        Value::Number(number) => {
            let digits = whole_digits(&number.to_string());
            digits.is_some_and(|digits| looks_like_card(&digits)).then(String::new)
        }
        Value::String(text) => looks_like_card(text).then(String::new),
        Value::Array(list) => list.iter().enumerate().find_map(|(index, item)| below(&index.to_string(), item)),
        Value::Object(fields) => fields.iter().find_map(|(name, item)| in_field(name, item)),
    }
}

fn below(name: &str, value: &Value) -> Option<String> {
    let path = in_value(value)?;
    Some(if path.is_empty() { name.to_owned() } else { format!("{name}.{path}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(body: &Value) -> Option<String> {
        super::find(body.as_object().unwrap())
    }

    #[test]
    fn the_path_of_the_field_is_returned() {
        let body = serde_json::json!({"customer": {"city": "x"}, "list": [1, {"note": "4111111111111111"}]});
        assert_eq!(find(&body).as_deref(), Some("list.1.note"));
        for number in ["4111111111111111", "4111111111111111.0", "4.111111111111111e15", "41111111111111110E-1"] {
            let body: Value = serde_json::from_str(&format!(r#"{{"n":{number}}}"#)).unwrap();
            assert_eq!(find(&body).as_deref(), Some("n"), "{number}");
        }
        assert_eq!(find(&serde_json::json!({"n": "fine", "rate": 0.4111111111111111})), None);
    }
}
