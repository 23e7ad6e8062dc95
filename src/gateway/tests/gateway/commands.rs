//! Commands: carried out once by MaldoPay, the same response every time, and an honest unknown where the outcome is not
//! known.

use serde_json::{Value, json as value};

use super::doubles::{
    CallError, DecodedResponse, KEY_DE, ORDER, World, body, callback, json, operation, order_body, response,
    with_header,
};

fn open(world: &World, key: &str, body: &Value) -> DecodedResponse {
    world.send(json("/v1/payments", key, body))
}

fn reference(response: &DecodedResponse) -> &str {
    response.json["reference"].as_str().unwrap()
}

#[test]
fn a_repetition_gets_the_stored_response_and_does_nothing() {
    let world = World::new();
    let first = open(&world, "k", &body());
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None));
    let before = (world.store.operations(), world.network.requests().len());
    let pretty = serde_json::to_string_pretty(&body()).unwrap();
    for text in [body().to_string(), pretty] {
        let again = world.send(super::doubles::post("/v1/payments", "k", text));
        assert_eq!((again.status, &again.text), (201, &first.text));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.header("location"), Some(format!("/v1/payments/{}", reference(&first)).as_str()));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.header("content-type"), first.header("content-type"));
    }
    assert_eq!(world.store.writes_since(before.0), []);
    assert_eq!(world.network.requests().len(), before.1);
}

#[test]
fn tax_is_stored_with_the_payment() {
    let world = World::new();
    let reference = world.charge("k");
    let tax = value!({"amount": "24.98", "rate": "20", "country": null, "inclusive": true});
    assert_eq!(world.payment(&reference)["tax"], tax);
    let mut untaxed = order_body("801Hs00000zzzzzIAA");
    untaxed.as_object_mut().unwrap().remove("tax");
    assert_eq!(open(&world, "k2", &untaxed).json["tax"], value!(null));
}

#[test]
fn a_key_with_another_body_is_refused() {
    let world = World::new();
    let payment = open(&world, "k", &body());
    let mut other = body();
    other["amount"] = value!("149.91");
    other["tax"] = value!({"amount": "24.98"});
    for request in [
        json("/v1/payments", "k", &other),
        json("/v1/payments", "k", &order_body("801Hs00000zzzzzIAA")),
        operation(reference(&payment), "refunds", "k", &value!({})),
    ] {
        let response = world.send(request);
        assert_eq!((response.status, response.code()), (422, "idempotency_key_reused"));
    }
    assert_eq!(world.provider_calls(), 1);
}

#[test]
fn two_sites_do_not_share_keys() {
    let world = World::new();
    let first = open(&world, "k", &body());
    let mut other = body();
    other["site"] = value!("de");
    other["currency"] = value!("EUR");
    let request = with_header(json("/v1/payments", "k", &other), "authorization", &format!("Bearer {KEY_DE}"));
    let second = world.send(request);
    assert_eq!(second.status, 201, "{}", second.text);
    assert_ne!(reference(&first), reference(&second));
}

#[test]
fn the_intent_is_durable_before_maldopay_is_called_and_the_outcome_before_salesforce_is() {
    let world = World::new();
    let reference = world.charge("k");
    let refund = world.send(operation(&reference, "refunds", "k2", &value!({})));
    assert_eq!(refund.status, 201);
    let timeline = world.timeline.all();
    let intents = timeline.iter().filter(|what| what.starts_with("set") || what.starts_with("call"));
    let short: Vec<&str> = intents
        .map(|what| match what {
            what if what.contains("maldopay.example") => "maldopay",
            what if what.contains("composite") => "salesforce",
            what if what.contains("oauth2/token") => "sign-in",
            what if what.contains(&format!("{reference}/1")) => "intent",
            what if what.contains(&format!("{reference}/2")) => "outcome",
            what if what.contains(&format!("{reference}/3")) => "refund's intent",
            what if what.contains(&format!("{reference}/4")) => "refund's outcome",
            _ => "synced",
        })
        .collect();
    let charge = ["intent", "maldopay", "outcome", "sign-in", "salesforce", "synced"];
    let refund = ["refund's intent", "maldopay", "refund's outcome", "salesforce", "synced"];
    assert_eq!(short, [&charge[..], &refund[..]].concat());
}

#[test]
fn a_refund_is_named_by_its_entry_and_refers_to_the_payments_transaction() {
    let world = World::new();
    let reference = world.charge("k");
    let part = world.send(operation(&reference, "refunds", "k2", &value!({"amount": "49.90"})));
    assert_eq!((&part.json["status"], &part.json["refunded"]), (&"partially_refunded".into(), &"49.90".into()));
    let more = world.send(operation(&reference, "refunds", "k3", &value!({"amount": 100.01})));
    assert_eq!((more.status, more.code()), (422, "amount_exceeds_remaining"));
    let rest = world.send(super::doubles::post(&format!("/v1/payments/{reference}/refunds"), "k4", ""));
    assert_eq!((&rest.json["status"], &rest.json["refunded"]), (&"refunded".into(), &"149.90".into()));
    let asked = world.network.maldopay.requests();
    let names: Vec<&str> = asked.iter().map(|request| request["referenceOrderId"].as_str().unwrap()).collect();
    assert_eq!(names, [reference.clone(), format!("{reference}-3"), format!("{reference}-5")]);
    assert_eq!((&asked[1]["amount"], &asked[2]["amount"]), (&"49.90".into(), &"100.00".into()));
    assert!(asked[1..].iter().all(|request| request["originalTransactionId"] == "1" && request["type"] == "REFUND"));
}

#[test]
fn an_authorization_is_captured_in_part_and_the_rest_is_released() {
    let world = World::new();
    let mut body = body();
    body["intent"] = value!("authorize");
    let reference = reference(&open(&world, "k", &body)).to_owned();
    assert_eq!(world.payment(&reference)["status"], "authorized");
    let capture = world.send(operation(&reference, "captures", "k2", &value!({"amount": "100", "currency": "TRY"})));
    assert_eq!((&capture.json["status"], &capture.json["captured"]), (&"partially_captured".into(), &"100.00".into()));
    let void = world.send(operation(&reference, "voids", "k3", &value!({})));
    assert_eq!((void.status, &void.json["status"]), (201, &"captured".into()));
    let kinds: Vec<Value> = world.network.maldopay.requests().iter().map(|request| request["type"].clone()).collect();
    assert_eq!(kinds, ["AUTHORIZE", "CAPTURE", "VOID"]);
    let order = world.network.salesforce.record("Order/");
    assert_eq!(order["MaldoPay_Status__c"], "captured");
}

#[test]
fn a_timed_out_call_is_unknown_until_the_callback() {
    let responses = [
        Err(CallError::NoResponse("timeout".to_owned())),
        Ok(response(500, "{\"transaction\":{\"codeId\":200,\"transactionId\":9}}")),
        Ok(response(502, "<html>")),
        Ok(response(408, "")),
        Ok(response(409, "")),
        Ok(response(429, "")),
        Ok(response(302, "")),
        Ok(response(200, "<html>")),
        Ok(response(200, "{}")),
        Ok(response(200, "{\"transaction\":{\"codeId\":700}}")),
        Ok(response(200, "{\"transaction\":{\"codeId\":200,\"transactionId\":\"a b\"}}")),
    ];
    for timed_out in responses {
        let world = World::new();
        world.network.maldopay.next(timed_out.clone());
        let response = open(&world, "k", &body());
        let actual = (response.status, &response.json["status"], &response.json["outcome"]);
        assert_eq!(actual, (202, &"pending".into(), &"unknown".into()), "{timed_out:?}");
        let again = open(&world, "k", &body());
        assert_eq!((again.status, &again.text), (202, &response.text));
        let other = open(&world, "k2", &body());
        assert_eq!((other.status, other.code()), (409, "source_has_payment"), "it may have been paid");
        assert_eq!(other.json["payment"], reference(&response));
        assert_eq!(world.provider_calls(), 1, "{timed_out:?}");
        world.receive(&callback(reference(&response), "DEPOSIT", "CONFIRMED", "77", 1));
        let payment = world.payment(reference(&response));
        let actual = (&payment["status"], &payment["outcome"], &payment["transactionId"]);
        assert_eq!(actual, (&"captured".into(), &"known".into(), &"77".into()));
    }
}

#[test]
fn a_call_that_was_never_sent_has_failed_and_may_be_retried() {
    let world = World::new();
    world.network.maldopay.next(Err(CallError::NotSent("no connection".to_owned())));
    let first = open(&world, "k", &body());
    let actual = (first.status, &first.json["status"], &first.json["outcome"], &first.json["reasonCode"]);
    assert_eq!(actual, (201, &"failed".into(), &"known".into(), &"not-sent".into()));
    let second = open(&world, "k2", &body());
    assert_eq!((second.status, &second.json["status"], &second.json["attempt"]), (201, &"captured".into(), &2.into()));
    let first = world.payment(reference(&first));
    assert_eq!((&first["superseded"], &first["reviewRequired"]), (&true.into(), &false.into()));
    assert_eq!(world.network.salesforce.record("Order/")["MaldoPay_Status__c"], "captured");
}

#[test]
fn a_call_that_this_deployment_denied_is_503_and_not_a_declined_payment() {
    let world = World::new();
    world.network.maldopay.next(Err(CallError::Denied("HTTP-request-denied".to_owned())));
    let first = open(&world, "k", &body());
    assert_eq!((first.status, first.code()), (503, "not_sent"), "{}", first.text);
    assert!(first.text.contains("maldopay_origin") && first.text.contains("Idempotency-Key"), "{}", first.text);
    // The ledger says what became of the request, and a repetition sends nothing.
    let payment = world.payment(first.json["payment"].as_str().unwrap());
    assert_eq!((&payment["status"], &payment["reasonCode"]), (&"failed".into(), &"not-sent".into()));
    let again = open(&world, "k", &body());
    assert_eq!((again.status, &again.text), (503, &first.text));
    // Once it is mended, the record can be charged.
    let second = open(&world, "k2", &body());
    assert_eq!((second.status, &second.json["status"]), (201, &"captured".into()));
}

#[test]
fn a_refusal_by_maldopay_is_a_failed_payment() {
    for (refusal, code) in [
        (
            response(200, "{\"transaction\":{\"codeId\":\"491\",\"codeMessage\":\"Declined\",\"transactionId\":9}}"),
            "491",
        ),
        (response(400, "<html>bad</html>"), "http-400"),
        (response(401, ""), "http-401"),
    ] {
        let world = World::new();
        world.network.maldopay.next(Ok(refusal));
        let response = open(&world, "k", &body());
        assert_eq!((response.status, &response.json["status"]), (201, &"failed".into()));
        assert_eq!(response.json["reasonCode"], code);
    }
}

#[test]
fn one_source_has_one_open_payment_whichever_form_its_id_has() {
    let world = World::new();
    let first = world.charge("k");
    for order in [ORDER, &ORDER[..15]] {
        let response = open(&world, "k2", &order_body(order));
        assert_eq!((response.status, response.code()), (409, "source_has_payment"), "{order}");
        assert_eq!((&response.json["payment"], &response.json["retriable"]), (&first.as_str().into(), &false.into()));
    }
    assert_eq!(world.provider_calls(), 1);
    let mut another = body();
    another["another"] = value!(true);
    let beside = open(&world, "k2", &another);
    assert_eq!(beside.status, 201, "{}", beside.text);
    let mut payout = body();
    payout["intent"] = value!("payout");
    assert_eq!(open(&world, "k3", &payout).status, 201, "a payout does not prevent a charge");
    assert_eq!(open(&world, "k4", &order_body("801Hs00000zzzzzIAA")).status, 201);
    assert_eq!(world.payment(&first)["superseded"], false, "a payout does not supersede it");
}

#[test]
fn the_order_of_a_declined_payment_may_be_paid_again() {
    let world = World::new();
    world.network.maldopay.next_code(491);
    let first = reference(&open(&world, "k", &body())).to_owned();
    let second = open(&world, "k2", &body());
    assert_eq!((second.status, &second.json["attempt"]), (201, &2.into()));
    world.receive(&callback(&first, "DEPOSIT", "CONFIRMED", "1", 9));
    let late = world.payment(&first);
    let reasons: Vec<&str> =
        late["reviewReasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap()).collect();
    assert!(reasons.contains(&"paid_after_superseded"), "{reasons:?}");
    let order = world.network.salesforce.record("Order/");
    assert_eq!(order["MaldoPay_Needs_Review__c"], true);
    assert_eq!(order["MaldoPay_Payment__r"]["Reference__c"], reference(&second));
}

#[test]
fn no_customer_data_is_stored() {
    let world = World::new();
    world.charge("k-of-ada.marker@example.com");
    let stored = world.store.text();
    for personal in ["Marker", "marker@example", "+905551112233", "1990-04-01", "203.0.113.7", "003Hs00000abcde"] {
        assert!(!stored.contains(personal), "{personal} is in the store");
    }
    for secret in ["marker-api-key", "marker-encrypting", "marker-secret", "marker-client", "marker-caller"] {
        assert!(!stored.contains(secret), "{secret} is in the store");
    }
}
