//! A request to open a payment is refused with all its wrong and missing fields at once.

use serde_json::json as value;

use super::bodies::refused;
use super::doubles::{DecodedResponse, World, body, json};

/// The fields that the response lists as wrong.
fn listed(response: &DecodedResponse) -> Vec<&str> {
    let problems = response.json["problems"].as_array().unwrap();
    problems.iter().map(|problem| problem["field"].as_str().unwrap()).collect()
}

#[test]
fn all_wrong_fields_are_listed_at_once() {
    let world = World::new();
    let wrong = value!({
        "site": "tr", "intent": "buy", "amount": "-1", "currency": "TRY", "method": "cash", "colour": "red",
        "source": {"object": "Order!", "id": "801", "nmber": "7"}, "invoice": {"id": "x"},
        "customer": {"frist_name": "Ada", "email": "ada", "country": "Turkey"}, "tax": {"rate": "x"},
        "description": 7, "another": "yes", "methodData": {"pin": 1},
    });
    let response = refused(&world, json("/v1/payments", "k", &wrong), 422, "invalid_field", Some("colour"));
    let all = [
        "colour",
        "intent",
        "amount",
        "tax.amount",
        "tax.rate",
        "method",
        "source.nmber",
        "source.object",
        "source.id",
        "invoice.number",
        "invoice.id",
        "customer.frist_name",
        "customer.email",
        "customer.country",
        "methodData",
        "customer.id",
        "description",
        "another",
    ];
    assert_eq!(listed(&response), all, "{:#}", response.json);
    assert_eq!(response.json["detail"], response.json["problems"][0]["detail"], "the first is also the response's own");

    // The first problem gives the code. What depends on a wrong field is not judged by it.
    let mut wrong = body();
    wrong["currency"] = value!("USD");
    wrong["amount"] = value!("0.001");
    wrong["method"] = value!("cash");
    let response = refused(&world, json("/v1/payments", "k", &wrong), 422, "currency_not_allowed", Some("currency"));
    assert_eq!(listed(&response), ["currency", "method"]);

    let nothing =
        refused(&world, json("/v1/payments", "k", &value!({"site": "tr"})), 422, "invalid_field", Some("intent"));
    assert_eq!(listed(&nothing), ["intent", "currency", "amount", "method", "source", "customer"]);
    let mut one = body();
    one["intent"] = value!("buy");
    let one = refused(&world, json("/v1/payments", "k", &one), 422, "invalid_field", Some("intent"));
    assert_eq!(listed(&one), ["intent"]);
}
