//! Additional data about the customer and the method.

use tollbridge_connector::types::SignatureScheme;
use tollbridge_maldopay::{Signing, details};

use crate::{CALLBACK, with_checksum};

fn said(body: &str, scheme: SignatureScheme) -> Vec<(String, String)> {
    details(body, scheme.into()).into_iter().map(|detail| (detail.name, detail.value)).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The callback with these additional fields.
fn callback(besides: &str) -> String {
    with_checksum(&format!("{},{besides}}}", CALLBACK.strip_suffix('}').unwrap()), "00")
}

#[test]
fn fields_that_the_connector_does_not_use_are_additional_data() {
    let body = callback(
        r#""bankName":"Ziraat \u00d6","wallet":7.50,"instant":true,"nothing":null,"reason":"r","fee":1,
           "conversion":{"converted_rate":"1"},"list":[{"a":1}]"#,
    );
    let expected = pairs(&[
        ("serviceId", "2031"),
        ("bankName", "Ziraat Ö"),
        ("wallet", "7.50"),
        ("instant", "true"),
        ("nothing", ""),
    ]);
    for scheme in [SignatureScheme::Body, SignatureScheme::StandardWebhooks] {
        assert_eq!(said(&body, scheme), expected, "{scheme:?}");
    }
    let form = "result=CONFIRMED&referenceOrderId=tb1&bankName=Ziraat+%C3%96&checksum=00";
    assert_eq!(said(form, SignatureScheme::Body), pairs(&[("bankName", "Ziraat Ö")]));
}

#[test]
fn an_answer_has_additional_data_next_to_or_inside_its_transaction() {
    let body = r#"{"transaction": {"codeId": 311, "codeMessage": "m", "serviceId": "2157", "transactionId": 987,
        "method": {"bank": "Banco", "account": {"branch": 1, "deep": {"deeper": 2}}}},
        "amount": 50.00, "currency": "BRL", "checksum": "ab", "next_step": "n", "redirect": "https://pay.example",
        "send_sms_link": "https://sms.example", "user": {"playerId": "003Hs00000abcdeIAA", "status": "VERIFIED"}}"#;
    let expected = pairs(&[
        ("user.playerId", "003Hs00000abcdeIAA"),
        ("user.status", "VERIFIED"),
        ("serviceId", "2157"),
        ("method.bank", "Banco"),
        ("method.account.branch", "1"),
    ]);
    assert_eq!(said(body, SignatureScheme::ValuesPipe), expected);
}

#[test]
fn unsigned_parts_of_a_values_pipe_callback_are_left_out() {
    let nested = callback(r#""user":{"status":"VERIFIED"},"transaction":{"method":"x"}"#);
    let form = "result=CONFIRMED&maldoTransactionId=987&user[status]=VERIFIED&conversion[rate]=1";
    let status = ("user.status".to_owned(), "VERIFIED".to_owned());
    for body in [nested.as_str(), form] {
        assert!(
            !said(body, SignatureScheme::ValuesPipe).iter().any(|(name, _)| name.contains('.') || name == "method")
        );
        assert!(said(body, SignatureScheme::Body).contains(&status), "{body}");
        assert!(!said(body, SignatureScheme::Body).iter().any(|(name, _)| name.starts_with("conversion")));
    }
}

#[test]
fn an_unreadable_body_has_no_additional_data() {
    let many: Vec<String> = (0..65).map(|number| format!("\"n{number}\":1")).collect();
    let many = format!("{{{}}}", many.join(","));
    let html = "<html><a href=\"/?a=1&b=2\">Bad Gateway</a></html>";
    for body in ["", "{", "[]", "null", "\"x\"", html, "a=1&b=2", &many, "{\"transaction\":[1]}"] {
        assert_eq!(said(body, SignatureScheme::Body), [], "{body}");
    }
}

#[test]
fn without_signed_names_only_known_names_or_a_fixed_order_are_believed() {
    let body = callback(r#""bankName":"Ziraat","user":{"status":"VERIFIED"}"#);
    assert_eq!(said(&body, SignatureScheme::ValuesPipe), pairs(&[("serviceId", "2031")]));
    let order = |names: &str| vec![names.split(' ').map(ToOwned::to_owned).collect::<Vec<_>>()];
    let fixed =
        order("result codeId serviceId dateUpdated referenceOrderId maldoTransactionId amount currencyCode bankName");
    let under = |orders: &[Vec<String>]| -> Vec<(String, String)> {
        let signing = Signing { orders, ..SignatureScheme::ValuesPipe.into() };
        details(&body, signing).into_iter().map(|detail| (detail.name, detail.value)).collect()
    };
    assert_eq!(under(&fixed), pairs(&[("serviceId", "2031"), ("bankName", "Ziraat")]));
    // The site has changed its order since, so the stored callback no longer matches it.
    assert_eq!(
        under(&order("result referenceOrderId maldoTransactionId amount currencyCode")),
        pairs(&[("serviceId", "2031")])
    );
}

/// One integration reads a name with a blank at its end.
#[test]
fn what_leads_to_the_payer_is_no_additional_data() {
    let answer = r#"{"transaction":{"codeId":319,"token":"t"},"send_sms_link ":"https://pay.example/?t=1","bank":"A"}"#;
    let read = details(answer, SignatureScheme::Body.into());
    let names: Vec<&str> = read.iter().map(|detail| detail.name.as_str()).collect();
    assert_eq!(names, ["bank"]);
}
