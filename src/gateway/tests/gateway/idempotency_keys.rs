//! The `Idempotency-Key` header: one, with or without quotes, and its characters.

use serde_json::{Value, json as value};

use super::doubles::{DecodedResponse, ORDER, World, body, json, operation, order_body};

fn open(world: &World, key: &str) -> DecodedResponse {
    world.send(json("/v1/payments", key, &body()))
}

fn is_replay(response: &DecodedResponse) -> bool {
    response.header("idempotency-replayed") == Some("true")
}

#[test]
fn a_key_in_quotes_is_the_key_inside_them() {
    let world = World::new();
    let paid = open(&world, "order-1");
    assert_eq!(paid.status, 201, "{}", paid.text);
    for same in ["\"order-1\"", " \"order-1\" "] {
        let again = open(&world, same);
        assert!(is_replay(&again) && again.text == paid.text, "{same}: {}", again.text);
    }
    let reference = paid.json["reference"].as_str().unwrap();
    let refund = |key: &str| world.send(operation(reference, "refunds", key, &value!({"amount": "10"})));
    assert_eq!(refund("\"r\\\"1\"").status, 201);
    assert!(is_replay(&refund("r\"1")));
    // A quote that is no String of RFC 9651 is part of the key.
    for (number, other) in ["\"order-1", "order-1\"", "\"order\"1\"", "\"order-1\\\""].into_iter().enumerate() {
        let order = order_body(&format!("801Hs00000zzzz{number}"));
        let response = world.send(json("/v1/payments", other, &order));
        assert_eq!((response.status, is_replay(&response)), (201, false), "{other}: {}", response.text);
    }
}

/// The store as an older version left it, which took the quotes for a part of the key: the key `k` became `\"k\"`.
fn with_quotes_in_the_key(command: impl Fn(&World, &str) -> DecodedResponse) {
    let world = World::new();
    // Escaped once more, the inner quotes are part of the key, as they were for the older version.
    let before = command(&world, "\"\\\"k\\\"\"");
    assert_eq!(before.status, 201, "{}", before.text);
    let calls = world.provider_calls();
    let again = command(&world, "\"k\"");
    assert!(is_replay(&again), "{}", again.text);
    assert_eq!((again.text, world.provider_calls()), (before.text, calls));
}

#[test]
fn a_command_of_an_older_version_with_quotes_in_its_key_is_not_carried_out_again() {
    with_quotes_in_the_key(|world, key| {
        let mut another = body();
        another["another"] = Value::from(true);
        world.send(json("/v1/payments", key, &another))
    });
    with_quotes_in_the_key(|world, key| {
        let reference = world.charge("charge");
        world.send(operation(&reference, "refunds", key, &value!({"amount": "10"})))
    });
}

#[test]
fn there_is_one_key_of_printable_characters() {
    let world = World::new();
    let mut twice = json("/v1/payments", "a", &body());
    twice.headers.push(("Idempotency-Key".to_owned(), "a".to_owned()));
    let response = world.send(twice);
    assert_eq!((response.status, response.code()), (400, "idempotency_key_invalid"), "{}", response.text);
    assert!(response.json["detail"].as_str().unwrap().contains("several"), "{}", response.text);
    for wrong in ["", "\"\"", "a b", "ü", "\"a b\"", &"k".repeat(256)] {
        let response = open(&world, wrong);
        assert_eq!((response.status, response.code()), (400, "idempotency_key_invalid"), "{wrong}");
        let detail = response.json["detail"].as_str().unwrap();
        assert!(detail.contains("1 to 255") && detail.contains("! to ~") && detail.contains("no spaces"), "{detail}");
    }
    assert_eq!(world.store.operations(), 0);
    assert_eq!(world.send(json("/v1/payments", "!~", &order_body(ORDER))).status, 201);
}
