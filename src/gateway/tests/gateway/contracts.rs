//! What contracts with MaldoPay have in common and where they differ: the addresses of callbacks, how numbers are signed,
//! the amount of a payout, and the address for the payer.

use serde_json::json as value;

use super::configuration::problems;
use super::doubles::{
    CONFIG, Callback, World, body, callback, delivery, json, of_body, post, refused, response, secrets, signature,
    signed_body, signed_text, sync, with_header,
};

#[test]
fn a_site_may_accept_callbacks_from_some_addresses_only() {
    let config =
        of_body().replacen("integration_id = 3,", "integration_id = 3, callback_addresses = [\"203.0.113.0/24\"],", 1);
    let world = World::configured(&config, &secrets());
    let reference = world.charge("k");
    let sent = |address: &str| {
        let delivery = signed_body(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
        with_header(delivery, "spin-client-addr", address)
    };
    let before = world.store.operations();
    for refused in [sent("198.51.100.9:1"), signed_body(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1))] {
        let response = world.send(refused);
        assert_eq!((response.status, response.code()), (401, "address_not_allowed"));
    }
    assert_eq!(world.store.operations(), before);
    let lines = world.lines.0.borrow().concat();
    assert!(lines.contains("\"event\":\"refused_delivery\""), "{lines}");
    assert_eq!(world.send(sent("203.0.113.9:1")).text, "OK");
    assert_eq!(world.payment(&reference)["status"], "disputed");
    for (wrong, says) in [
        ("callback_addresses = []", "at least one"),
        ("callback_addresses = [\"example.com\"]", "address"),
        ("callback_address_header = \"x-forwarded-for\"", "callback_addresses is missing"),
        ("callback_addresses = [\"::1\"], callback_address_header = \"a b\"", "header"),
    ] {
        let config = of_body().replacen("integration_id = 3,", &format!("integration_id = 3, {wrong},"), 1);
        let found = problems(&config, &secrets());
        assert!(found.len() == 1 && found[0].1.contains(says), "{found:?}");
    }
}

#[test]
fn numbers_may_be_signed_in_their_shortest_form() {
    let order =
        "callback_fields = [\"result\", \"referenceOrderId\", \"maldoTransactionId\", \"amount\", \"currencyCode\"]";
    let with = |written: &str| CONFIG.replacen("integration_id = 3,", &format!("integration_id = 3, {written},"), 1);
    let world = World::configured(&with(&format!("{order}, signed_numbers = \"shortest\"")), &secrets());
    world.network.maldopay.next_code(313);
    let reference = world.charge("k");
    let sent = |amount: &str, signed: &str| {
        let checksum = signature(format!("CONFIRMED|{reference}|1|{signed}|TRY"));
        let body = format!(
            "{{\"result\":\"CONFIRMED\",\"referenceOrderId\":\"{reference}\",\"maldoTransactionId\":1,\
             \"amount\":{amount},\"currencyCode\":\"TRY\",\"checksum\":\"{checksum}\"}}"
        );
        delivery(body)
    };
    assert_eq!(world.send(sent("149.90", "149.90")).code(), "signature_mismatch");
    assert_eq!(world.send(sent("149.90", "149.9")).text, "OK");
    assert_eq!(world.payment(&reference)["captured"], "149.90");
    let found = problems(&with("signed_numbers = \"shortest\""), &secrets());
    assert!(found[0].1.contains("callback_fields"), "{found:?}");
}

#[test]
fn a_payout_of_another_amount_needs_a_person_whatever_became_of_it() {
    for result in ["CONFIRMED", "PENDING", "DECLINED"] {
        let world = World::new();
        world.network.maldopay.next_code(304);
        let mut body = body();
        body["intent"] = "payout".into();
        body["method"] = "bank".into();
        body.as_object_mut().unwrap().remove("tax");
        let reference = world.send(json("/v1/payments", "k", &body)).json["reference"].as_str().unwrap().to_owned();
        world.receive(&Callback { amount: "99.90", ..callback(&reference, "WITHDRAW", result, "1", 1) });
        let reasons = world.payment(&reference)["reviewReasons"].clone();
        assert_eq!(reasons, value!(["paid_out_other_than_asked"]), "{result}");
    }
}

#[test]
fn the_address_for_the_payer_is_in_no_log() {
    let world = World::new();
    let started = value!({
        "transaction": {"codeId": 313, "transactionId": 1, "token": "SECRET-1"},
        "redirect": "https://pay.example/?token=SECRET-2", "send_sms_link ": "https://pay.example/?token=SECRET-3",
    });
    world.network.maldopay.next(Ok(response(200, &started.to_string())));
    let opened = world.send(json("/v1/payments", "k", &body()));
    assert_eq!(opened.json["redirectUrl"], "https://pay.example/?token=SECRET-2");
    let reference = opened.json["reference"].as_str().unwrap();
    world
        .network
        .salesforce
        .next(Ok(response(400, &refused("INVALID_FIELD", "https://pay.example/?token=SECRET-2", &[]).to_string())));
    world.send(sync(reference));
    world.clock.advance_seconds(3600);
    world.send(post("/v1/drain", "", ""));
    let mut unreadable = started;
    unreadable["referenceOrderId"] = reference.into();
    world.send(signed_text(unreadable.to_string()));
    let lines = world.lines.0.borrow();
    assert!(lines.len() > 5 && !lines.concat().contains("SECRET"), "{lines:#?}");
}
