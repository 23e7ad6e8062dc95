//! MaldoPay's callbacks: which payment each is about, and what happens to unmatched and unreadable ones.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::json as value;

use super::doubles::{
    Callback, Request, Trouble, World, callback, get, of_body, operation, request, secrets, signed_body, signed_fields,
    webhook, with_header,
};

#[test]
fn a_callback_finds_its_payment_by_operation_and_by_transaction() {
    let world = World::new();
    let reference = world.charge("k");
    world.network.maldopay.next_code(313);
    let refund = world.send(operation(&reference, "refunds", "k2", &value!({"amount": "49.90"})));
    assert_eq!((&refund.json["status"], &refund.json["refunded"]), (&"captured".into(), &"0.00".into()));
    let refunded = Callback { amount: "49.90", ..callback(&format!("{reference}-3"), "REFUND", "CONFIRMED", "2", 1) };
    world.receive(&refunded);
    let payment = world.payment(&reference);
    assert_eq!((&payment["refunded"], &payment["reviewRequired"]), (&"49.90".into(), &false.into()));
    // MaldoPay's own reference, and the transaction of the charge.
    world.receive(&callback("CB-2026-1", "DISPUTE", "CONFIRMED", "1", 2));
    assert_eq!(world.payment(&reference)["status"], "disputed");
    let chargeback = Callback { original: Some("1".to_owned()), ..callback("CB/1", "CHARGEBACK", "CONFIRMED", "9", 3) };
    world.receive(&Callback { amount: "100.00", ..chargeback });
    assert_eq!(world.payment(&reference)["chargedBack"], "100.00");
}

#[test]
fn an_unmatched_callback_is_stored_and_goes_to_review() {
    let world = World::new();
    world.receive(&callback("somebody-elses", "DEPOSIT", "CONFIRMED", "99", 1));
    let payment = world.payment("somebody-elses");
    assert_eq!((&payment["intent"], &payment["captured"]), (&"unmatched".into(), &"149.90".into()));
    assert_eq!(payment["reviewReasons"], value!(["unmatched_payment"]));
    let record = world.network.salesforce.record("MaldoPay_Payment__c/Reference__c/somebody-elses");
    assert_eq!(record["Needs_Review__c"], true);
}

#[test]
fn an_invalid_reference_is_replaced_by_a_generated_one() {
    let world = World::new();
    for hostile in ["../../x", "a b", "{}", "x\u{0}y", "ü", &"x".repeat(300)] {
        let callback_sent = callback(hostile, "DEPOSIT", "CONFIRMED", "98", 1);
        world.receive(&callback_sent);
    }
    let journal = world.send(get("/v1/journal")).json;
    let references = journal["entries"].as_array().unwrap().iter().map(|entry| entry["reference"].as_str().unwrap());
    assert!(references.clone().count() >= 1);
    for reference in references {
        assert!(reference.starts_with("unmatched-"), "{reference}");
        assert_eq!(world.payment(reference)["reviewReasons"][0], "unmatched_payment");
    }
}

#[test]
fn a_repeated_callback_is_recognized_however_little_it_names() {
    for (reference, transaction) in [("a b", "98"), ("a b", ""), ("", "98")] {
        let world = World::configured(&of_body(), &secrets());
        let callback_sent = callback(reference, "DEPOSIT", "CONFIRMED", transaction, 1);
        for _ in 0..3 {
            assert_eq!(world.send(signed_body(&callback_sent)).text, "OK");
        }
        let journal = world.send(get("/v1/journal")).json;
        assert_eq!(journal["entries"].as_array().unwrap().len(), 1, "{reference:?} {transaction:?}: {journal:#}");
    }
}

#[test]
fn an_unsigned_body_of_any_kind_is_refused() {
    let world = World::new();
    for body in ["", "{", "[]", "{\"a\":1,\"a\":2}", "\u{feff}{}"] {
        let delivery = Request { body: Ok(body.into()), ..request("POST", "/webhooks/maldopay/tr") };
        assert_eq!(world.send(delivery).status, 401, "{body:?}");
    }
    assert_eq!(world.store.operations(), 0);
}

#[test]
fn either_key_is_accepted_while_a_key_is_rotated() {
    let config = super::doubles::CONFIG;
    let rotated = super::doubles::secrets()
        .replace("\"marker-encrypting-key-tr\", \"marker-old-key-tr\"", "\"marker-new\", \"marker-encrypting-key-tr\"");
    let world = World::configured(config, &rotated);
    world.receive(&callback("tb1", "DEPOSIT", "CONFIRMED", "1", 1));
    let ended = rotated.replace(", \"marker-encrypting-key-tr\"", "");
    let world = World::configured(config, &ended);
    let response = world.send(webhook(&callback("tb1", "DEPOSIT", "CONFIRMED", "1", 1)));
    assert_eq!((response.status, response.code()), (401, "signature_mismatch"));
}

#[test]
fn the_history_shows_each_callback_and_whether_it_was_changed() {
    let world = World::new();
    let reference = world.charge("k");
    let callback_sent = webhook(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    world.send(with_header(callback_sent, "x-correlation-id", "delivery-7"));
    let path = format!("/v1/payments/{reference}/events");
    let history = world.send(get(&path)).json;
    assert_eq!(history["audit"], value!({"intact": true, "changed": [], "missing": [], "beyond": []}));
    let events = history["events"].as_array().unwrap();
    assert_eq!(events.len(), 3);
    assert_eq!((&events[0]["fact"], &events[2]["correlationId"]), (&"requested".into(), &"delivery-7".into()));
    assert!(events[2]["raw"].as_str().unwrap().contains("checksum"));
    let key = format!("pay/tr/{reference}/3");
    let stored = world.store.value(&key).unwrap();
    world.store.put(&key, &stored.replace("disputed", "captured"));
    let audit = &world.send(get(&path)).json["audit"];
    assert_eq!(*audit, value!({"intact": false, "changed": [3], "missing": [], "beyond": []}));
}

#[test]
fn one_signature_counts_once_whatever_field_names_it_is_sent_with() {
    let world = World::new();
    let reference = world.charge("k");
    let fields = |original: &str, transaction: &str| {
        let fields = [
            ("result", "CONFIRMED"),
            ("type", "REFUND"),
            ("dateUpdated", "2026-11-20 10:00:09"),
            ("referenceOrderId", reference.as_str()),
            (original, "1"),
            (transaction, "77"),
            ("amount", "20.00"),
            ("currencyCode", "TRY"),
        ];
        signed_fields(&fields)
    };
    let genuine = || fields("originalTransactionId", "maldoTransactionId");
    assert_eq!(world.send(genuine()).text, "OK");
    let before = world.store.operations();
    // Under other names, the same values say that another transaction was refunded.
    let renamed = world.send(fields("maldoTransactionId", "originalTransactionId"));
    assert_eq!((renamed.status, renamed.code()), (401, "signature_reused"), "{}", renamed.text);
    assert_eq!(world.store.writes_since(before), []);
    assert_eq!(world.payment(&reference)["refunded"], "20.00");
    assert_eq!(world.send(genuine()).text, "OK", "a repetition is acknowledged");
}

#[test]
fn a_body_too_long_for_an_entry_is_not_stored_and_its_event_is() {
    let world = World::new();
    let reference = world.charge("k");
    let padding = |bytes: usize| "x".repeat(bytes);
    for (bytes, second, is_kept) in [(60 * 1024, "10", true), (64 * 1024, "11", false), (200 * 1024, "12", false)] {
        let (padding, time) = (padding(bytes), format!("2026-11-20 10:00:{second}"));
        let fields = [
            ("result", "CONFIRMED"),
            ("type", "SETTLEMENT"),
            ("dateUpdated", time.as_str()),
            ("referenceOrderId", reference.as_str()),
            ("maldoTransactionId", second),
            ("amount", "1.00"),
            ("currencyCode", "TRY"),
            ("padding", padding.as_str()),
        ];
        assert_eq!(world.send(signed_fields(&fields)).text, "OK");
        let history = world.send(get(&format!("/v1/payments/{reference}/events"))).json;
        let last = history["events"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["raw"].is_string(), is_kept, "{bytes}");
        assert_eq!((&last["kind"], &history["audit"]["intact"]), (&"settled".into(), &true.into()), "{last:#}");
    }
    assert_eq!(world.payment(&reference)["settled"], "3.00");
}

/// The store operations before a callback is answered, in order.
fn operations_before_the_response(world: &World, callback_sent: &Callback) -> Vec<&'static str> {
    let operations = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&operations);
    world.store.plan(move |operation| {
        seen.borrow_mut().push(if operation.is_write() { "write" } else { "read" });
        Trouble::Nothing
    });
    let (response, after) = world.respond(webhook(callback_sent));
    world.store.recover();
    assert_eq!(response.text, "OK");
    world.finish(after);
    operations.take()
}

#[test]
fn a_callback_is_answered_after_two_counters_one_write_and_four_reads() {
    let world = World::new();
    let reference = world.charge("k");
    let new = callback(&reference, "DISPUTE", "CONFIRMED", "1", 1);
    // Its entries, its record, what was signed before, two counters, one write of everything new, and whether its
    // number was passed.
    assert_eq!(
        operations_before_the_response(&world, &new),
        ["read", "read", "read", "write", "write", "write", "read"],
        "for a known payment"
    );
    assert_eq!(operations_before_the_response(&world, &new), ["read", "read"], "when it is repeated");
    let unknown = callback("OtherShop", "DEPOSIT", "CONFIRMED", "9", 1);
    assert_eq!(
        operations_before_the_response(&world, &unknown),
        ["read", "write", "write", "write", "read"],
        "for an unmatched payment"
    );
}
