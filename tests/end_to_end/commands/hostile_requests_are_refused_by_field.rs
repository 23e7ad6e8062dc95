//! Whatever a caller sends, the response is a problem that names the field, nothing is carried out, and the gateway
//! keeps serving.

use serde_json::{Value, json};

use crate::world::{World, shows};

/// The body of a valid charge with the member at this path replaced or removed.
fn changed(good: &Value, path: &str, value: Option<Value>) -> Value {
    let mut body = good.clone();
    let (parent, member) = path.rsplit_once('.').map_or(("", path), |(parent, member)| (parent, member));
    let pointer = if parent.is_empty() { String::new() } else { format!("/{}", parent.replace('.', "/")) };
    let object = body.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => object.insert(member.to_owned(), value),
        None => object.remove(member),
    };
    body
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!({ "a": inner }))
}

fn bad_values() -> Vec<(&'static str, &'static str, Value)> {
    let field = "invalid_field";
    let card = "card_number_refused";
    vec![
        ("amount", field, json!("0")),
        ("amount", field, json!("-1.00")),
        ("amount", field, json!("1.999")),
        ("amount", field, json!("1e3")),
        ("amount", field, json!("")),
        ("amount", field, json!("١٢")),
        ("amount", field, json!("1,50")),
        ("amount", field, json!("99999999999999999999999999")),
        ("amount", field, json!(99_999_999_999_999_999_999_f64)),
        ("amount", field, json!(-5)),
        ("amount", field, json!(1.999)),
        ("amount", field, json!(true)),
        ("amount", field, json!([1])),
        ("amount", field, json!({"value": "1.00"})),
        ("amount", field, Value::Null),
        ("currency", field, json!("ABC")),
        ("currency", field, json!("try")),
        ("currency", field, json!(949)),
        ("currency", "currency_not_allowed", json!("USD")),
        ("intent", field, json!("steal")),
        ("intent", field, json!(["charge"])),
        ("method", "unknown_method", json!("cheque")),
        ("method", field, json!({})),
        ("site", field, json!(7)),
        ("source", field, json!("801Hs00000abcdeIAA")),
        ("source.object", field, json!("Order'; DROP")),
        ("source.id", field, json!("801")),
        ("source.id", field, json!("801Hs0000/../deIAA")),
        ("source.number", field, json!("n".repeat(81))),
        ("customer", field, json!([])),
        ("customer.id", field, json!("")),
        ("customer.email", field, json!("no address")),
        ("customer.phone", field, json!("call me")),
        ("customer.birthDate", field, json!("1990-02-30")),
        ("customer.country", field, json!("Türkiye")),
        ("customer.language", field, json!("!")),
        ("customer.ip", field, json!("999.1.1.1")),
        ("customer.firstName", field, json!("a\u{0}b")),
        ("customer.lastName", field, nested(100)),
        ("customer.city", field, json!("c".repeat(101))),
        ("customer.salary", field, json!("1")),
        ("tax.amount", field, json!("150.00")),
        ("tax.rate", field, json!("a lot")),
        ("description", field, json!("d".repeat(256))),
        ("description", field, json!(["a"])),
        ("another", field, json!("yes")),
        ("methodData", field, json!("IBAN")),
        ("surprise", field, json!(1)),
        ("description", card, json!("card 4111 1111 1111 1111, thank you")),
        ("description", card, json!("5500-0000-0000-0004")),
        ("customer.street", card, json!("378282246310005")),
        ("source.number", card, json!("6011000990139424")),
        ("amount", card, json!(4_111_111_111_111_111_u64)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_missing_field_is_named() -> anyhow::Result<()> {
    let world = World::start().await?;
    let good = world.tr.seed_order().body("charge", "149.90", "checkout");
    let required = [
        "site",
        "intent",
        "amount",
        "currency",
        "method",
        "source",
        "source.object",
        "source.id",
        "customer",
        "customer.id",
    ];
    for path in required {
        let reply = world.tr.open(&changed(&good, path, None)).send().await?;
        reply.problem_with(422, "invalid_field", path);
    }
    assert!(world.tr.maldopay.calls().is_empty(), "MaldoPay was not called");
    shows(&world.tr.open(&good).send().await?.expect(201), json!({"status": "pending"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_field_of_every_invalid_value_is_named() -> anyhow::Result<()> {
    let world = World::start().await?;
    let mut good = world.tr.seed_order().body("charge", "149.90", "checkout");
    good["tax"] = json!({"amount": "24.98", "rate": "20"});
    let before = world.runtime.counters();
    for (path, code, value) in bad_values() {
        let reply = world.tr.open(&changed(&good, path, Some(value.clone()))).send().await?;
        assert_eq!(reply.status, 422, "{path} = {value} returned {reply:#?}");
        let problem = reply.problem(422, code);
        assert_eq!(problem["field"], path, "{path} = {value} returned {problem:#}");
        let text = value.as_str().unwrap_or("4111111111111111");
        assert!(text.len() < 8 || !reply.body.contains(text), "{path}: the value is repeated in {}", reply.body);
    }
    let spent = world.runtime.counters() - before;
    assert_eq!((spent.store_writes, spent.outbound_requests), (0, 0), "{spent:#?}");
    shows(&world.tr.open(&good).send().await?.expect(201), json!({"status": "pending"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_field_of_every_invalid_value_of_an_operation_is_named() -> anyhow::Result<()> {
    let world = World::start().await?;
    let payment = world.tr.captured(&world.tr.seed_order(), "100.00").await?;
    let path = format!("/v1/payments/{}/refunds", payment["reference"].as_str().unwrap());
    for (field, value) in [
        ("amount", json!("0")),
        ("amount", json!("1.001")),
        ("amount", json!("many")),
        ("amount", json!([])),
        ("currency", json!("USD")),
        ("currency", json!(1)),
        ("reason", json!("none of its fields")),
    ] {
        let reply = world.tr.command(&path, &json!({ field: value })).send().await?;
        reply.problem_with(422, "invalid_field", field);
    }
    shows(&world.tr.get(&payment).await?, json!({"status": "captured", "refunded": "0.00"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_json_is_400() -> anyhow::Result<()> {
    let world = World::start().await?;
    let good = world.tr.seed_order().body("charge", "149.90", "checkout");
    let bodies: [Vec<u8>; 11] = [
        b"".to_vec(),
        b"{".to_vec(),
        b"nonsense".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        b"\"text\"".to_vec(),
        b"{\"site\": \"tr\"} {}".to_vec(),
        good.to_string().replace("Ada", "\u{1}").into_bytes(),
        [br#"{"site":""#.as_slice(), &[0xff, 0xfe, 0xc3, 0x28], b"\"}"].concat(),
        good.to_string().replacen('{', "{\"amount\":\"1.00\",", 1).into_bytes(),
        format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes(),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body).chars().take(60).collect::<String>();
        let reply = world.tr.open(&good).bytes(body).send().await?;
        assert_eq!(reply.status, 400, "{shown:?} returned {reply:#?}");
        reply.problem(400, "malformed_json");
    }
    assert!(world.tr.maldopay.calls().is_empty(), "MaldoPay was not called");
    shows(&world.tr.open(&good).send().await?.expect(201), json!({"status": "pending"}));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_too_deep_or_too_large_is_named() -> anyhow::Result<()> {
    let world = World::start().await?;
    let good = world.tr.seed_order().body("charge", "149.90", "checkout").to_string();
    let deep = format!("{}1{}", "{\"a\":".repeat(20_000), "}".repeat(20_000));
    for (before, after, field) in [
        ("\"149.90\"", "1e400", "amount"),
        ("\"149.90\"", "-1e99999999999", "amount"),
        ("\"149.90\"", deep.as_str(), "amount"),
        ("\"Ada\"", deep.as_str(), "customer"),
        ("\"149.90\",", "\"149.90\", \"a\": 1e400,", "a"),
    ] {
        let body = good.replacen(before, after, 1);
        assert_ne!(body, good);
        let reply = world.tr.open(&json!({})).bytes(body).send().await?;
        let problem = reply.problem(422, "invalid_field");
        let named = problem["field"].as_str().unwrap_or_default();
        assert!(named == field || named.starts_with(&format!("{field}.")), "{field} is not named in {problem:#}");
    }
    shows(&world.tr.open(&serde_json::from_str(&good)?).send().await?.expect(201), json!({"status": "pending"}));
    world.stop().await
}
