//! MaldoPay may return any transaction ids. It is still never called for more than is left, and an amount that it
//! reverses stops counting.

use serde_json::{Value, json as value};

use super::doubles::{Callback, DecodedResponse, ORDER, World, body, callback, json, operation, order_body, response};

/// MaldoPay responds to the next request with this code and this transaction id.
fn answer_with(world: &World, code: u32, transaction: &str) {
    let body = value!({"transaction": {"codeId": code, "transactionId": transaction}});
    world.network.maldopay.next(Ok(response(200, &body.to_string())));
}

fn hundred(world: &World, intent: &str) -> String {
    answer_with(world, 200, "T1");
    let mut body = body();
    body["intent"] = value!(intent);
    body["amount"] = value!("100.00");
    body.as_object_mut().unwrap().remove("tax");
    let opened = world.send(json("/v1/payments", "open", &body));
    assert_eq!(opened.status, 201, "{}", opened.text);
    opened.json["reference"].as_str().unwrap().to_owned()
}

fn operate(world: &World, reference: &str, what: &str, key: &str, amount: Option<&str>) -> DecodedResponse {
    let body = amount.map_or(value!({}), |amount| value!({"amount": amount}));
    world.send(operation(reference, what, key, &body))
}

/// The sum of the requests of this type to MaldoPay, in hundredths.
fn requested(world: &World, kind: &str) -> i64 {
    let asked = world.network.maldopay.requests();
    let amounts = asked.iter().filter(|request| request["type"] == kind).map(|request| request["amount"].clone());
    amounts.map(|amount| amount.as_str().unwrap().replace('.', "").parse::<i64>().unwrap()).sum()
}

fn reasons(payment: &Value) -> Vec<&str> {
    payment["reviewReasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap()).collect()
}

#[test]
fn refunds_that_return_the_payments_own_id_leave_the_right_rest() {
    let world = World::new();
    let reference = hundred(&world, "charge");
    for (key, amount) in [("r1", Some("10.00")), ("r2", Some("15.00")), ("r3", None)] {
        answer_with(&world, 200, "T1");
        let refund = operate(&world, &reference, "refunds", key, amount);
        assert_eq!(refund.status, 201, "{}", refund.text);
    }
    assert_eq!(requested(&world, "REFUND"), 10_000);
    let payment = world.payment(&reference);
    assert_eq!((&payment["refunded"], &payment["status"]), (&value!("100.00"), &value!("refunded")));
    assert_eq!(reasons(&payment), ["transaction_ids_conflict"]);
    let more = operate(&world, &reference, "refunds", "r4", Some("0.01"));
    assert_eq!(more.status, 422, "{}", more.text);
}

#[test]
fn captures_under_one_id_never_exceed_the_authorized_amount() {
    let world = World::new();
    let reference = hundred(&world, "authorize");
    for (key, amount) in [("c1", Some("40.00")), ("c2", Some("40.00")), ("c3", None)] {
        answer_with(&world, 200, "T1");
        let capture = operate(&world, &reference, "captures", key, amount);
        assert_eq!(capture.status, 201, "{}", capture.text);
    }
    assert_eq!(requested(&world, "CAPTURE"), 10_000);
    assert_eq!(world.payment(&reference)["captured"], "100.00");
}

#[test]
fn a_callback_under_an_operations_reference_is_about_it_whatever_its_id() {
    let world = World::new();
    let reference = hundred(&world, "charge");
    for (key, amount) in [("r1", "10.00"), ("r2", "15.00")] {
        answer_with(&world, 313, "T1");
        operate(&world, &reference, "refunds", key, Some(amount));
    }
    for (number, amount) in [(3, "10.00"), (5, "15.00")] {
        let refunded =
            Callback { amount, ..callback(&format!("{reference}-{number}"), "REFUND", "CONFIRMED", "T1", number) };
        world.receive(&refunded);
        // Once more, under the payment's own reference.
        world.receive(&Callback { reference: reference.clone(), ..refunded });
    }
    assert_eq!(world.payment(&reference)["refunded"], "25.00");
    operate(&world, &reference, "refunds", "r3", None);
    assert_eq!(requested(&world, "REFUND"), 10_000);
}

#[test]
fn a_refund_that_is_declined_a_day_later_no_longer_counts() {
    let world = World::new();
    let reference = hundred(&world, "charge");
    answer_with(&world, 200, "R1");
    let refund = operate(&world, &reference, "refunds", "r1", Some("100.00"));
    assert_eq!(refund.json["refunded"], "100.00");
    world
        .receive(&Callback { amount: "100.00", ..callback(&format!("{reference}-3"), "REFUND", "DECLINED", "R1", 60) });
    let payment = world.payment(&reference);
    assert_eq!((&payment["refunded"], &payment["status"]), (&value!("0.00"), &value!("captured")));
    assert_eq!(reasons(&payment), ["failed_after_success"]);
    let order = world.network.salesforce.record(&format!("Order/{ORDER}"));
    assert_eq!(
        (&order["MaldoPay_Status__c"], &order["MaldoPay_Refunded_Amount__c"]),
        (&value!("captured"), &value!(0.0))
    );
    let again = world.send(json("/v1/payments", "again", &order_body(ORDER)));
    assert_eq!((again.status, again.code()), (409, "source_has_payment"));
    let refund = operate(&world, &reference, "refunds", "r2", None);
    assert_eq!((refund.status, &refund.json["refunded"]), (201, &value!("100.00")), "{}", refund.text);
}

#[test]
fn a_bounced_deposit_holds_its_order_until_a_person_accepted_it() {
    let world = World::new();
    let reference = hundred(&world, "charge");
    world.receive(&Callback { amount: "100.00", ..callback(&reference, "DEPOSIT", "DECLINED", "T1", 60) });
    let payment = world.payment(&reference);
    assert_eq!((&payment["captured"], &payment["status"]), (&value!("0.00"), &value!("failed")));
    let again = world.send(json("/v1/payments", "again", &order_body(ORDER)));
    assert_eq!((again.status, again.code()), (409, "source_has_payment"));
}

#[test]
fn a_partly_refunded_order_is_not_charged_a_second_time() {
    let world = World::new();
    let reference = world.charge("k");
    operate(&world, &reference, "refunds", "r1", Some("49.90"));
    let chargeback =
        Callback { original: Some("1".to_owned()), ..callback(&reference, "CHARGEBACK", "CONFIRMED", "C1", 5) };
    world.receive(&Callback { amount: "20.00", ..chargeback });
    assert_eq!(world.payment(&reference)["status"], "charged_back");
    let again = world.send(json("/v1/payments", "again", &body()));
    assert_eq!((again.status, again.code()), (409, "source_has_payment"), "80.00 of it stay captured");
    let mut beside = body();
    beside["another"] = value!(true);
    assert_eq!(world.send(json("/v1/payments", "beside", &beside)).status, 201);
}
