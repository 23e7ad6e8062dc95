//! Signed deliveries that cannot be read: kept, seen, and read as far as they can be.

use serde_json::{Value, json as value};

use super::doubles::{
    Request, Trouble, World, callback, get, json, of_body, post, request, secrets, signed_fields, signed_text, webhook,
    with_header,
};

fn reviews(world: &World) -> Vec<Value> {
    world.send(get("/v1/reviews")).json["reviews"].as_array().unwrap().clone()
}

fn journal(world: &World) -> Vec<Value> {
    world.send(get("/v1/journal")).json["entries"].as_array().unwrap().clone()
}

fn lines(world: &World, event: &str) -> Vec<Value> {
    let lines = world.lines.0.borrow();
    let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["event"] == event).collect()
}

#[test]
fn a_signed_delivery_that_cannot_be_read_is_kept_with_its_payment_until_a_person_resolved_it() {
    for (bad, field, problem) in [
        (value!({"type": "GIFT"}), "type", "invalid"),
        (value!({"result": "MAYBE"}), "result", "invalid"),
        (value!({"amount": "1,50"}), "amount", "invalid"),
        (value!({"amount": "-5"}), "amount", "invalid"),
        (value!({"currencyCode": ""}), "currencyCode", "missing"),
    ] {
        let world = World::configured(&of_body(), &secrets());
        let reference = world.charge("k");
        let mut body = value!({
            "result": "CONFIRMED", "type": "REFUND", "referenceOrderId": reference, "maldoTransactionId": "1",
            "amount": "20.00", "currencyCode": "TRY", "note": "marker",
        });
        for (name, text) in bad.as_object().unwrap() {
            body[name] = text.clone();
        }
        let delivery = || signed_text(body.to_string());
        assert_eq!(world.send(delivery()).text, "OK", "{field}");
        let entries = world.store.operations();
        assert_eq!(world.send(delivery()).text, "OK", "{field}, repeated");
        assert_eq!(world.store.writes_since(entries), [], "a repetition writes nothing");

        let payment = world.payment(&reference);
        assert_eq!((&payment["status"], &payment["refunded"]), (&"captured".into(), &"0.00".into()));
        assert_eq!(payment["reviewReasons"], value!(["unreadable_delivery"]), "{field}");
        let shown = &payment["unreadable"][0];
        assert_eq!((&shown["field"], &shown["problem"]), (&field.into(), &problem.into()));
        assert!(!payment.to_string().contains("marker"));
        let listed = reviews(&world);
        assert_eq!((listed.len(), &listed[0]["reference"]), (1, &reference.as_str().into()));
        let events = world.send(get(&format!("/v1/payments/{reference}/events"))).json;
        let last = events["events"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["fact"], &last["raw"]), (&"unreadable".into(), &body.to_string().into()));
        assert_eq!(events["audit"]["intact"], true);
        assert_eq!(journal(&world).last().unwrap()["kind"], "unreadable");
        let stored = world.store.text();
        assert!(!stored.contains("marker") && !stored.contains("1,50"), "what was sent is sealed");
        let record = world.network.salesforce.record(&format!("MaldoPay_Payment__c/Reference__c/{reference}"));
        assert_eq!(
            (&record["Needs_Review__c"], &record["Review_Reason__c"]),
            (&true.into(), &"unreadable_delivery".into())
        );
        let logged = lines(&world, "unreadable_delivery");
        assert_eq!((logged.len(), &logged[0]["site"], &logged[0]["code"]), (1, &"tr".into(), &problem.into()));
        assert!(logged[0]["detail"].as_str().unwrap().starts_with(field), "{logged:?}");

        let drained = world.send(post("/v1/drain", "", "")).json;
        assert_eq!((&drained["failed"], &drained["complete"]), (&0.into(), &true.into()), "{drained}");
        let accept = value!({"action": "accept", "reasons": ["unreadable_delivery"], "note": "asked MaldoPay"});
        let accepted = world.send(json(&format!("/v1/reviews/{reference}/resolve"), "", &accept));
        assert_eq!((accepted.status, &accepted.json["reviewRequired"]), (200, &false.into()), "{}", accepted.text);
        assert_eq!(reviews(&world), Vec::<Value>::new());
        // Another one is a new case.
        body["note"] = "another".into();
        assert_eq!(world.send(delivery_of(&body)).text, "OK");
        assert_eq!(world.payment(&reference)["reviewReasons"], value!(["unreadable_delivery"]));
    }
}

fn delivery_of(body: &Value) -> Request {
    signed_text(body.to_string())
}

#[test]
fn it_is_found_by_its_transaction_too() {
    let world = World::configured(&of_body(), &secrets());
    let reference = world.charge("k");
    let body = value!({"result": "MAYBE", "referenceOrderId": "CB-1", "maldoTransactionId": "1"});
    assert_eq!(world.send(delivery_of(&body)).text, "OK");
    assert_eq!(world.payment(&reference)["reviewReasons"], value!(["unreadable_delivery"]));
}

#[test]
fn one_that_names_no_known_payment_waits_by_itself() {
    let world = World::configured(&of_body(), &secrets());
    let bodies: [&[u8]; 9] = [
        b"",
        b"{",
        b"[]",
        b"OK",
        b"{\"a\":1,\"a\":2}",
        b"{\"result\":\"MAYBE\",\"referenceOrderId\":\"nobody-knows-it\",\"maldoTransactionId\":\"77\"}",
        b"{\"reason\":\"caf\xe9\"}",
        b"\xff\xfe{\0",
        b"<html>4111111111111111</html>",
    ];
    for body in bodies {
        for _ in 0..2 {
            let response = world.send(signed_text(body));
            assert_eq!((response.status, response.text.as_str()), (200, "OK"), "{body:?}");
        }
    }
    let listed = reviews(&world);
    assert_eq!((listed.len(), journal(&world).len()), (bodies.len(), bodies.len()), "each is kept once");
    let mut raw = Vec::new();
    for review in &listed {
        assert_eq!(review["reasons"], value!(["unreadable_delivery"]));
        let reference = review["reference"].as_str().unwrap();
        assert!(reference.starts_with("unmatched-"), "{reference}");
        let payment = world.payment(reference);
        assert_eq!((&payment["intent"], &payment["captured"]), (&"unmatched".into(), &"0.00".into()));
        let events = world.send(get(&format!("/v1/payments/{reference}/events"))).json;
        assert_eq!((&events["audit"]["intact"], events["events"].as_array().unwrap().len()), (&true.into(), 1));
        raw.push(events["events"][0]["raw"].as_str().unwrap().to_owned());
        let accept = value!({"action": "accept", "reviewToken": payment["reviewToken"], "note": "asked MaldoPay"});
        assert_eq!(world.send(json(&format!("/v1/reviews/{reference}/resolve"), "", &accept)).status, 200);
    }
    for kept in ["{\"reason\":\"caf\\xe9\"}", "\\xff\\xfe{\0", "{\"a\":1,\"a\":2}"] {
        assert!(raw.iter().any(|raw| raw == kept), "{kept:?} is not among {raw:?}");
    }
    assert!(!raw.concat().contains("41111111"), "{raw:?}");
    assert_eq!(reviews(&world), Vec::<Value>::new());
}

#[test]
fn a_long_one_is_kept_as_far_as_it_fits() {
    let world = World::configured(&of_body(), &secrets());
    let body = format!("{{\"padding\":\"{}", "ü".repeat(100 * 1024));
    assert_eq!(world.send(signed_text(&body)).text, "OK");
    let reference = reviews(&world)[0]["reference"].as_str().unwrap().to_owned();
    let events = world.send(get(&format!("/v1/payments/{reference}/events"))).json;
    let raw = events["events"][0]["raw"].as_str().unwrap();
    assert!(raw.len() > 60 * 1024 && raw.len() <= 64 * 1024, "{}", raw.len());
}

#[test]
fn nothing_is_acknowledged_that_is_not_durable() {
    for n in 1.. {
        let world = World::configured(&of_body(), &secrets());
        let reference = world.charge("k");
        let body = value!({"result": "MAYBE", "referenceOrderId": reference, "maldoTransactionId": "1"});
        let before = world.store.operations();
        world.store.trouble_at(n, Trouble::Refused);
        let (response, _) = world.respond(delivery_of(&body));
        let failed = world.store.operations() >= before + n && response.status == 503;
        world.store.recover();
        if failed {
            assert_eq!(world.send(delivery_of(&body)).text, "OK", "{n}");
        }
        // The process may have died before it synced: the drain does that.
        world.clock.advance_seconds(90);
        assert_eq!(world.send(post("/v1/drain", "", "")).status, 200);
        assert_eq!(world.payment(&reference)["reviewReasons"], value!(["unreadable_delivery"]), "{n}");
        let record = world.network.salesforce.record(&format!("MaldoPay_Payment__c/Reference__c/{reference}"));
        assert_eq!(record["Needs_Review__c"], true, "{n}");
        assert_eq!(reviews(&world).len(), 1, "{n}");
        if !failed && response.text == "OK" {
            assert!(n > 4, "the store was hardly used");
            break;
        }
    }
}

#[test]
fn a_callback_is_read_as_far_as_it_can_be() {
    let arrival = 1_795_168_800_000_i64;
    for (name, change) in [
        ("an amount with an exponent", value!({"amount": 149.90})),
        ("a currency in small letters", value!({"currencyCode": "try"})),
        ("a date in another form", value!({"dateUpdated": "20/11/2026 13:15"})),
        ("half a surrogate pair", value!({"reason": "HALF"})),
        ("a byte-order mark", value!({})),
        ("JSON that is called a form", value!({})),
    ] {
        let world = World::configured(&of_body(), &secrets());
        world.network.maldopay.next_code(313);
        let reference = world.charge("k");
        let mut body = value!({
            "result": "CONFIRMED", "type": "DEPOSIT", "dateUpdated": "2026-11-20 09:59:00",
            "referenceOrderId": reference, "maldoTransactionId": "1", "amount": "149.90", "currencyCode": "TRY",
        });
        for (name, text) in change.as_object().unwrap() {
            body[name] = text.clone();
        }
        let mut text = body.to_string().replace("HALF", "\\ud83d left");
        if name.contains("exponent") {
            text = text.replace("149.9,", "1.499E2,");
            assert!(text.contains("1.499E2"), "{text}");
        }
        if name.contains("mark") {
            text.insert(0, '\u{feff}');
        }
        let content_type = if name.contains("form") && name.contains("JSON") {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        };
        let delivery = with_header(signed_text(&text), "content-type", content_type);
        assert_eq!(world.send(delivery).text, "OK", "{name}");
        let payment = world.payment(&reference);
        assert_eq!((&payment["status"], &payment["captured"]), (&"captured".into(), &"149.90".into()), "{name}");
        assert_eq!(payment["reviewReasons"], value!([]), "{name}");
        let events = world.send(get(&format!("/v1/payments/{reference}/events"))).json;
        let last = events["events"].as_array().unwrap().last().unwrap();
        let at = if name.contains("date") { arrival } else { arrival - 60_000 };
        assert_eq!(last["occurredAt"], at, "{name}");
        assert_eq!(last["raw"], text, "{name}: what was sent is kept as it was sent");
    }
}

#[test]
fn under_values_pipe_a_date_in_another_form_is_the_time_of_arrival() {
    let world = World::new();
    let reference = world.charge("k");
    let fields = [
        ("result", "CONFIRMED"),
        ("type", "REFUND"),
        ("dateUpdated", "20/11/2026 13:15"),
        ("referenceOrderId", reference.as_str()),
        ("maldoTransactionId", "77"),
        ("amount", "20.00"),
        ("currencyCode", "try"),
    ];
    assert_eq!(world.send(signed_fields(&fields)).text, "OK");
    let payment = world.payment(&reference);
    assert_eq!((&payment["refunded"], &payment["reviewReasons"]), (&"20.00".into(), &value!([])));
}

#[test]
fn under_values_pipe_a_byte_order_mark_and_half_a_surrogate_pair_do_not_break_the_signature() {
    let world = World::new();
    let reference = world.charge("k");
    let mut dispute = webhook(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    dispute.body = dispute.body.map(|body| [b"\xef\xbb\xbf", body.as_slice()].concat());
    let as_form = with_header(dispute, "content-type", "application/x-www-form-urlencoded");
    assert_eq!(world.send(as_form).text, "OK");
    assert_eq!(world.payment(&reference)["status"], "disputed");
}

/// Whoever changes the names of a genuine callback can make it unreadable, but cannot keep the genuine one from
/// counting, and leaves one review.
#[test]
fn a_renamed_callback_is_kept_once_and_does_not_stand_in_the_way_of_the_genuine_one() {
    let world = World::new();
    let reference = world.charge("k");
    let fields = |kind: &'static str, other: &'static str| {
        signed_fields(&[
            ("result", "CONFIRMED"),
            (kind, "REFUND"),
            ("referenceOrderId", reference.as_str()),
            ("maldoTransactionId", "77"),
            (other, "20.00"),
            ("currencyCode", "TRY"),
        ])
    };
    for (kind, amount) in [("note", "amount"), ("type", "other"), ("x", "y")] {
        assert_eq!(world.send(fields(kind, amount)).text, "OK");
    }
    let payment = world.payment(&reference);
    assert_eq!((&payment["refunded"], &payment["reviewReasons"]), (&"0.00".into(), &value!(["unreadable_delivery"])));
    assert_eq!(payment["unreadable"].as_array().unwrap().len(), 1, "one signed text, one entry");
    assert_eq!(world.send(fields("type", "amount")).text, "OK", "the genuine one");
    assert_eq!(world.payment(&reference)["refunded"], "20.00");
    let late = world.send(fields("type", "another"));
    assert!(late.text == "OK" || late.code() == "signature_reused", "{}", late.text);
    assert_eq!(world.payment(&reference)["unreadable"].as_array().unwrap().len(), 1);
}

#[test]
fn a_delivery_that_is_not_authentic_leaves_a_line_with_site_and_reason() {
    let world = World::new();
    let unsigned = Request { body: Ok(b"{\"marker\":1}".to_vec()), ..request("POST", "/webhooks/maldopay/tr") };
    assert_eq!(world.send(unsigned).status, 401);
    let mut forged = webhook(&callback("tb1", "DEPOSIT", "CONFIRMED", "1", 1));
    forged.body = forged.body.map(|body| String::from_utf8(body).unwrap().replace("149.90", "949.90").into_bytes());
    assert_eq!(world.send(forged).status, 401);
    let logged = lines(&world, "refused_delivery");
    let shown: Vec<_> =
        logged.iter().map(|line| (line["site"].as_str().unwrap(), line["code"].as_str().unwrap())).collect();
    assert_eq!(shown, [("tr", "signature_missing"), ("tr", "signature_mismatch")]);
    assert!(logged.iter().all(|line| line["detail"].as_str().is_some_and(|detail| !detail.is_empty())), "{logged:?}");
    assert!(!format!("{logged:?}").contains("949"), "{logged:?}");
    assert_eq!(world.store.operations(), 0);
}
