//! A command is never repeated, even after the record of its idempotency key has expired.

use serde_json::{Value, json as value};

use super::doubles::{CONFIG, DecodedResponse, World, body, json, operation, order_body, post, secrets};

fn drain(world: &World) -> Value {
    world.send(post("/v1/drain", "", "")).json
}

fn charge(world: &World) -> DecodedResponse {
    world.send(json("/v1/payments", "k", &body()))
}

#[test]
fn the_stored_response_is_returned_for_thirty_days_and_the_command_is_never_repeated() {
    let world = World::new();
    let first = charge(&world);
    let reference = first.json["reference"].as_str().unwrap();
    let refund = || world.send(operation(reference, "refunds", "k2", &value!({"amount": "10.00"})));
    assert_eq!(refund().status, 201);
    world.clock.advance_seconds(30 * 86_400 - 1);
    assert_eq!(drain(&world)["expired"], 0);
    let again = charge(&world);
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
    world.clock.advance_seconds(2);
    assert_eq!(drain(&world)["expired"], 2);
    for response in [charge(&world), refund()] {
        assert_eq!((response.status, response.code()), (409, "idempotency_key_expired"), "{}", response.text);
        assert_eq!(response.json["payment"], reference);
    }
    assert_eq!(world.provider_calls(), 2);
    assert_eq!(world.payment(reference)["refunded"], "10.00");
    // With a new key it is a new command.
    let next = world.send(operation(reference, "refunds", "k3", &value!({"amount": "10.00"})));
    assert_eq!((next.status, &next.json["refunded"]), (201, &"20.00".into()));
}

#[test]
fn an_expired_key_may_be_used_for_another_record() {
    let world = World::new();
    charge(&world);
    let other = || world.send(json("/v1/payments", "k", &order_body("801Hs00000other")));
    assert_eq!(other().code(), "idempotency_key_reused");
    world.clock.advance_seconds(31 * 86_400);
    drain(&world);
    assert_eq!(other().status, 201);
}

#[test]
fn expiry_removes_all_of_a_key_and_nothing_of_the_payment() {
    let world = World::new();
    charge(&world);
    world.clock.advance_seconds(31 * 86_400);
    drain(&world);
    let keys: Vec<String> = world.store.text().lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert!(!keys.iter().any(|key| key.starts_with("idem/tr/")), "{keys:?}");
    assert!(keys.iter().any(|key| key.starts_with("pay/tr/")), "{keys:?}");
}

#[test]
fn a_site_may_configure_how_long_keys_last() {
    let configured = |days: u32| {
        let line = format!("[sites.tr]\nretention = {{ idempotency_days = {days} }}");
        World::configured(&CONFIG.replace("[sites.tr]", &line), &secrets())
    };
    let world = configured(2);
    charge(&world);
    world.clock.advance_seconds(3 * 86_400);
    assert_eq!(drain(&world)["expired"], 1);
    let response = configured(0).send(super::doubles::get("/readyz"));
    assert_eq!(
        response.json["problems"][0]["at"], "config: line 3: sites.tr.retention.idempotency_days",
        "{}",
        response.text
    );
}
