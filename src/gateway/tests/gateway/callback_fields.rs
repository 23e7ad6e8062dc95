//! A site may fix the order of the fields in its callbacks.

use super::configuration::problems;
use super::doubles::{CONFIG, World, callback, request, secrets, signed_fields, webhook};

#[test]
fn the_configured_order_is_read_and_its_problem_is_named() {
    let good = "[\"result\", \"referenceOrderId\", \"maldoTransactionId\", \"amount\", \"currencyCode\"]";
    let with = |written: &str| CONFIG.replacen("client_id = 1,", &format!("client_id = 1, {written},"), 1);
    for good in [good.to_owned(), format!("[{good}, {}]", good.replace("result", "codeId"))] {
        let world = World::configured(&with(&format!("callback_fields = {good}")), &secrets());
        assert_eq!(world.send(request("GET", "/readyz")).status, 200, "{good}");
    }
    for (from, to, says) in [
        ("\"result\", ", "", "result or codeId is missing"),
        ("\"amount\", ", "", "amount is missing"),
        (", \"currencyCode\"", "", "currencyCode or currency is missing"),
        ("\"amount\"", "\"amount\", \"amount\"", "twice"),
        ("\"amount\"", "\"amount\", \"checksum\"", "checksum"),
        ("\"amount\"", "\"amount\", \"conversion[rate]\"", "nested"),
        ("\"amount\"", "\"amount\", \"\"", "empty"),
        ("\"amount\"", "\"amount\", 1", "text"),
        ("[\"result\"", "[[\"result\"], \"result\"", "list"),
    ] {
        let found = problems(&with(&format!("callback_fields = {}", good.replacen(from, to, 1))), &secrets());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, "config: line 6: sites.tr.maldopay.callback_fields");
        assert!(found[0].1.contains(says), "{found:?} does not contain {says:?}");
    }
    let found = problems(&with(&format!("signature = \"body\", callback_fields = {good}")), &secrets());
    assert!(found[0].1.contains("values-pipe"), "{found:?}");
}

#[test]
fn only_a_callback_in_the_configured_order_is_accepted() {
    let names = "\"result\", \"codeId\", \"type\", \"dateUpdated\", \"referenceOrderId\", \"maldoTransactionId\", \"amount\", \
                 \"currencyCode\"";
    let config = CONFIG.replacen("client_id = 1,", &format!("client_id = 1, callback_fields = [{names}],"), 1);
    let world = World::configured(&config, &secrets());
    let reference = world.charge("k");
    let dispute = callback(&reference, "DISPUTE", "CONFIRMED", "1", 1);
    let shorter = [
        ("result", "CONFIRMED"),
        ("type", "DISPUTE"),
        ("referenceOrderId", reference.as_str()),
        ("maldoTransactionId", "1"),
        ("amount", "149.90"),
        ("currencyCode", "TRY"),
    ];
    let response = world.send(signed_fields(&shorter));
    assert_eq!((response.status, response.code()), (401, "signature_malformed"), "{}", response.text);
    assert!(response.json["detail"].as_str().unwrap().contains("callback_fields"), "{}", response.text);
    assert_eq!(world.payment(&reference)["status"], "captured");
    assert_eq!(world.send(webhook(&dispute)).text, "OK");
    assert_eq!(world.payment(&reference)["status"], "disputed");
}
