//! Amounts as Salesforce writes them: a JSON number by its value, and text as it is written.

use serde_json::json as value;

use super::doubles::{CONFIG, DecodedResponse, World, body, operation, post, secrets};

/// Opens a payment with this JSON as its amount.
fn opened(world: &World, amount: &str, currency: &str) -> DecodedResponse {
    let mut body = body();
    body["currency"] = value!(currency);
    body.as_object_mut().unwrap().remove("tax");
    let text = body.to_string().replace(r#""149.90""#, amount);
    world.send(post("/v1/payments", "k", text))
}

fn world() -> std::rc::Rc<World> {
    World::configured(&CONFIG.replace(r#"["TRY", "EUR"]"#, r#"["TRY", "JPY", "KWD"]"#), &secrets())
}

#[test]
fn a_number_counts_by_its_value_however_it_is_written() {
    for (amount, currency, shown) in [
        ("1.0E7", "TRY", "10000000.00"),
        ("1.0E7", "JPY", "10000000"),
        ("500.0", "JPY", "500"),
        ("149.900", "TRY", "149.90"),
        ("14990e-2", "TRY", "149.90"),
        ("1.2500e0", "KWD", "1.250"),
        ("9007199254740993", "JPY", "9007199254740993"),
        ("90071992547409.93", "TRY", "90071992547409.93"),
    ] {
        let world = world();
        let response = opened(&world, amount, currency);
        assert_eq!((response.status, &response.json["amount"]), (201, &value!(shown)), "{amount}: {}", response.text);
        assert_eq!(world.network.maldopay.requests()[0]["amount"], shown, "{amount}");
    }
}

#[test]
fn a_number_that_is_no_amount_and_text_with_an_exponent_are_refused() {
    let world = world();
    for (amount, currency) in [
        ("149.905", "TRY"),
        ("1.5", "JPY"),
        ("1E-3", "TRY"),
        ("1e-999999999", "TRY"),
        ("1e999999999", "TRY"),
        ("1e30", "TRY"),
        ("-1.0E2", "TRY"),
        ("0e5", "TRY"),
        (r#""1.0E7""#, "TRY"),
        (r#""149.900""#, "TRY"),
        (r#""500.0""#, "JPY"),
    ] {
        let response = opened(&world, amount, currency);
        let actual = (response.status, response.code(), &response.json["field"]);
        assert_eq!(actual, (422, "invalid_field", &value!("amount")), "{amount}: {}", response.text);
    }
    assert_eq!((world.store.operations(), world.network.requests().len()), (0, 0));
}

#[test]
fn amounts_of_tax_and_of_operations_are_read_the_same_way() {
    let world = World::new();
    let text = body().to_string().replace(r#""149.90""#, "1.49900E2").replace(r#""24.98""#, "2498e-2");
    let payment = world.send(post("/v1/payments", "k", text)).json;
    assert_eq!((&payment["amount"], &payment["tax"]["amount"]), (&value!("149.90"), &value!("24.98")), "{payment:#}");
    let path = format!("/v1/payments/{}/refunds", payment["reference"].as_str().unwrap());
    let refund = world.send(post(&path, "k2", r#"{"amount": 4.990E1}"#));
    assert_eq!((refund.status, &refund.json["refunded"]), (201, &value!("49.90")), "{}", refund.text);
    let reference = payment["reference"].as_str().unwrap();
    let refused = world.send(operation(reference, "refunds", "k3", &value!({"amount": 1.005})));
    assert_eq!((refused.status, refused.code()), (422, "invalid_field"));
}
