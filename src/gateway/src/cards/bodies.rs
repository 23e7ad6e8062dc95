//! Masks card numbers in what MaldoPay sent, before it is stored. JSON stays JSON and a form stays a form, because the
//! stored body is decoded again.

use std::borrow::Cow;

use form_urlencoded::{byte_serialize, parse};
use tollbridge_domain::{TransactionId, looks_like_card, mask_cards, mask_cards_but};

use super::json;

/// The fields that hold transaction ids. An id may look like a card number by chance.
const TRANSACTION_FIELDS: [&str; 3] = ["maldoTransactionId", "originalTransactionId", "transactionId"];

/// The byte-order mark that some programs put before a text.
const MARK: char = '\u{feff}';

/// The field with the address to which the payer is redirected. The address may contain a transaction id.
const REDIRECT_FIELD: &str = "redirect";

/// The body, which names these transactions, with its card numbers masked. A body that is not UTF-8 is never stored as
/// text, and is returned as it is.
pub fn masked_body<'a>(body: &'a [u8], transactions: &[&TransactionId]) -> Cow<'a, [u8]> {
    let Ok(text) = core::str::from_utf8(body) else { return Cow::Borrowed(body) };
    let ids: Vec<&str> = transactions.iter().map(|id| id.as_str()).collect();
    let field = |name: &str, value: &str| masked_value(name, value, &ids);
    let (mark, content) = text.split_at(if text.starts_with(MARK) { MARK.len_utf8() } else { 0 });
    let masked = json::masked(content, &field).unwrap_or_else(|| masked_form(content, &field));
    if masked == content { Cow::Borrowed(body) } else { Cow::Owned(format!("{mark}{masked}").into_bytes()) }
}

/// The value of a field with its card numbers masked; none where it has no card number.
fn masked_value(name: &str, value: &str, ids: &[&str]) -> Option<String> {
    let masked = match name {
        _ if TRANSACTION_FIELDS.contains(&name) && TransactionId::parse(value).is_ok() => return None,
        REDIRECT_FIELD => mask_cards_but(value, ids),
        _ => mask_cards(value),
    };
    match masked {
        Cow::Borrowed(_) => None,
        Cow::Owned(masked) => Some(masked),
    }
}

/// Masks a form, or any other text. Only parts with a card number are written anew.
fn masked_form(text: &str, field: &impl Fn(&str, &str) -> Option<String>) -> String {
    let part = |part: &str| {
        let Some((name, value)) = parse(part.as_bytes()).next() else { return part.to_owned() };
        // A form writes nested JSON as `transaction[transactionId]`.
        let own = name.rsplit('[').next().unwrap_or_default().trim_end_matches(']');
        let is_name_card = looks_like_card(&name);
        let value_masked = field(own, &value);
        if !is_name_card && value_masked.is_none() {
            return part.to_owned();
        }
        let written = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let name = written(&mask_cards(&name));
        if !part.contains('=') {
            return name;
        }
        format!("{name}={}", written(value_masked.as_deref().unwrap_or(&value)))
    };
    text.split('&').map(part).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        let id = TransactionId::parse("4111111111111111").unwrap();
        let masked = masked_body(text.as_bytes(), &[&id]);
        String::from_utf8(masked.into_owned()).unwrap()
    }

    #[test]
    fn json_stays_json_and_only_card_numbers_change() {
        for (body, expected) in [
            (
                r#"{"reason":"paid with 4111 1111 1111 1111 12/30 123"}"#,
                r#"{"reason":"paid with **** **** **** 1111 **/** ***"}"#,
            ),
            (r#" { "card" : 4111111111111111 , "n":1.50e1 } "#, r#" { "card" : "************1111" , "n":1.50e1 } "#),
            (
                r#"{"a":[4111111111111111.0,{"b":[5.500000000000004E15]}]}"#,
                r#"{"a":["************1111",{"b":["************0004"]}]}"#,
            ),
            (
                r#"{"x":"\u0034111\u200b1111 11111111","y":"\u00fc"}"#,
                "{\"x\":\"****\u{200b}**** ****1111\",\"y\":\"\\u00fc\"}",
            ),
            (r#"{"json":"{\"pan\":\"4111111111111111\"}"}"#, r#"{"json":"{\"pan\":\"************1111\"}"}"#),
            (r#"{"4111111111111111":"x"}"#, r#"{"************1111":"x"}"#),
            (r#""4111111111111111""#, r#""************1111""#),
            ("\u{feff}{\"pan\":\"4111111111111111\"}", "\u{feff}{\"pan\":\"************1111\"}"),
            (r#"{"broken":"\ud800 4111111111111111"}"#, r#"{"broken":"\ud800 ************1111"}"#),
        ] {
            assert_eq!(masked(body), expected);
            let json = expected.trim_start_matches(MARK);
            assert!(serde_json::from_str::<&serde_json::value::RawValue>(json).is_ok(), "{expected}");
            assert_eq!(masked(expected), expected, "masking is done once");
        }
    }

    #[test]
    fn a_transaction_id_stays_in_its_own_fields_and_nowhere_else() {
        for same in [
            r#"{"maldoTransactionId":"4111111111111111","originalTransactionId":5500000000000004}"#,
            r#"{"transaction":{"transactionId":4111111111111111},"redirect":"https://pay.example/4111111111111111"}"#,
            r#"{"dateUpdated":"2026-11-20 10:15:30","amount":149.90,"at":1763632800000,"rate":0.4111111111111111}"#,
            "maldoTransactionId=4111111111111111&reason=x+y%20z&amount=149.90",
            "transaction[transactionId]=4111111111111111",
            "transaction%5BtransactionId%5D=4111111111111111",
            "",
            "&&=",
        ] {
            assert_eq!(masked(same), same);
        }
        for (body, expected) in [
            (
                r#"{"maldoTransactionId":"4111111111111111","reason":"4111111111111111"}"#,
                r#"{"maldoTransactionId":"4111111111111111","reason":"************1111"}"#,
            ),
            (r#"{"maldoTransactionId":"4111 1111 1111 1111"}"#, r#"{"maldoTransactionId":"**** **** **** 1111"}"#),
            (
                r#"{"maldoTransactionId":{"x":"4111111111111111"}}"#,
                r#"{"maldoTransactionId":{"x":"************1111"}}"#,
            ),
            (
                r#"{"redirect":"https://pay.example/5500000000000004"}"#,
                r#"{"redirect":"https://pay.example/************0004"}"#,
            ),
        ] {
            assert_eq!(masked(body), expected);
        }
    }

    #[test]
    fn a_form_stays_a_form_and_other_text_is_masked_too() {
        for (body, expected) in [
            ("a=1&reason=card+4111+1111+1111+1111&b=%FC", "a=1&reason=card+****+****+****+1111&b=%FC"),
            ("reason=4111%201111%201111%201111", "reason=****+****+****+1111"),
            ("4111111111111111=x&4111111111111111", "************1111=x&************1111"),
            ("<p>card 4111111111111111", "%3Cp%3Ecard+************1111"),
            ("{\"cut\":\"4111111111111111", "%7B%22cut%22%3A%22************1111"),
        ] {
            assert_eq!(masked(body), expected);
        }
        assert_eq!(masked_body(b"\xff4111111111111111", &[]).as_ref(), b"\xff4111111111111111");
    }
}
