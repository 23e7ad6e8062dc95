//! Invalid bodies: each has its own problem, its field is named, and nothing is carried out.

use serde_json::{Value, json as value};

use super::doubles::{DecodedResponse, MAX_BODY_BYTES, Request, World, body, json, operation, post, with_header};

/// The body with the value at this path replaced, or removed where it is null.
fn with(path: &str, new: Value) -> Value {
    let mut body = body();
    let (parent, field) = path.rsplit_once('.').map_or((None, path), |(parent, field)| (Some(parent), field));
    if parent == Some("invoice") {
        body["invoice"] = value!({"number": "INV-7"});
    }
    let object = match parent {
        Some(parent) => body.get_mut(parent).unwrap(),
        None => &mut body,
    };
    let object = object.as_object_mut().unwrap();
    if new.is_null() {
        object.remove(field);
    } else {
        object.insert(field.to_owned(), new);
    }
    body
}

/// Asserts that the request gets this problem in the form of RFC 9457, and that nothing was written or sent.
pub fn refused(world: &World, request: Request, status: u16, code: &str, field: Option<&str>) -> DecodedResponse {
    let before = (world.store.operations(), world.network.requests().len());
    let shown =
        String::from_utf8_lossy(&request.body.clone().unwrap_or_default()).chars().take(300).collect::<String>();
    let response = world.send(with_header(request, "x-correlation-id", "caller-1"));
    let actual = (response.status, response.code(), response.json["field"].as_str());
    assert_eq!(actual, (status, code, field), "{shown}: {}", response.text);
    assert_eq!(response.header("content-type"), Some("application/problem+json"));
    assert_eq!(response.header("x-correlation-id"), Some("caller-1"));
    assert_eq!(response.json["correlationId"], "caller-1");
    assert_eq!(response.json["type"], format!("urn:tollbridge:problem:{code}"));
    assert_eq!(response.json["status"], status);
    assert_eq!(response.json["retriable"], false);
    assert!(response.json["title"].is_string() && response.json["detail"].is_string());
    assert_eq!(world.store.writes_since(before.0), [], "{shown}: something was written");
    assert_eq!(world.network.requests().len(), before.1, "{shown}: something was sent");
    response
}

#[test]
fn null_is_invalid_wherever_money_depends_on_the_field() {
    let world = World::new();
    let reference = world.charge("charged");
    for name in ["captures", "refunds", "voids"] {
        for field in ["amount", "currency"] {
            let request = operation(&reference, name, "k", &value!({field: null}));
            refused(&world, request, 422, "invalid_field", Some(field));
        }
    }
    assert_eq!(world.payment(&reference)["refunded"], "0.00");
    for path in [
        "site",
        "intent",
        "amount",
        "currency",
        "method",
        "source",
        "source.object",
        "source.id",
        "invoice",
        "invoice.id",
        "invoice.number",
        "methodData",
        "another",
        "tax",
        "tax.amount",
        "tax.rate",
        "tax.country",
        "tax.inclusive",
    ] {
        let mut body = with(path, value!("here"));
        let pointer = format!("/{}", path.replace('.', "/"));
        *body.pointer_mut(&pointer).unwrap() = Value::Null;
        refused(&world, json("/v1/payments", "k", &body), 422, "invalid_field", Some(path));
    }
    let resolve = format!("/v1/reviews/{reference}/resolve");
    for (field, body) in [
        ("action", value!({"action": null})),
        ("note", value!({"action": "accept", "reasons": ["disputed"], "note": null})),
        ("reasons", value!({"action": "accept", "reasons": null, "reviewToken": "x", "note": "n"})),
        ("reviewToken", value!({"action": "accept", "reasons": ["disputed"], "reviewToken": null, "note": "n"})),
        ("source", value!({"action": "assign", "source": null, "note": "n"})),
        (
            "invoice",
            value!({"action": "assign", "source": {"object": "Order", "id": "801Hs00000abcdeIAA"}, "invoice": null, "note": "n"}),
        ),
    ] {
        refused(&world, json(&resolve, "k", &body), 422, "invalid_field", Some(field));
    }
    refused(
        &world,
        json("/v1/mappings/order/activate", "k", &value!({"version": null})),
        422,
        "invalid_field",
        Some("version"),
    );
}

#[test]
fn null_counts_as_missing_where_no_money_depends_on_the_field() {
    let world = World::new();
    let mut body = body();
    for pointer in ["/description", "/contact", "/account", "/source/number", "/customer/email", "/customer/ip"] {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = Value::Null;
    }
    let response = world.send(json("/v1/payments", "k", &body));
    assert_eq!(response.status, 201, "{}", response.text);
}

#[test]
fn an_invalid_field_is_named_by_its_path() {
    let world = World::new();
    let long = |length: usize| Value::from("x".repeat(length));
    for (path, new) in [
        ("site", Value::Null),
        ("site", value!(1)),
        ("intent", Value::Null),
        ("intent", value!("refund")),
        ("intent", value!("Charge")),
        ("intent", value!(["charge"])),
        ("amount", Value::Null),
        ("amount", value!("0")),
        ("amount", value!("0.00")),
        ("amount", value!("-1")),
        ("amount", value!(-1)),
        ("amount", value!("149.901")),
        ("amount", value!(149.901)),
        ("amount", value!("1e3")),
        ("amount", value!(1e30)),
        ("amount", value!("149,90")),
        ("amount", value!(" 149.90")),
        ("amount", value!("١٤٩")),
        ("amount", value!("9999999999999999999")),
        ("amount", value!(true)),
        ("amount", value!({"minorUnits": 1})),
        ("amount", value!("")),
        ("amount", value!("NaN")),
        ("currency", Value::Null),
        ("currency", value!("try")),
        ("currency", value!("XAU")),
        ("currency", value!("TRY\u{0}")),
        ("method", Value::Null),
        ("method", value!("")),
        ("method", long(41)),
        ("source", Value::Null),
        ("source", value!([])),
        ("source.object", Value::Null),
        ("source.object", value!("Order/../Account")),
        ("source.id", Value::Null),
        ("source.id", value!("801Hs00000abcdeIA")),
        ("source.id", value!("801Hs00000abcd'")),
        ("source.id", value!(801)),
        ("source.number", long(81)),
        ("source.extra", value!("x")),
        ("invoice", value!("INV-7")),
        ("invoice.number", Value::Null),
        ("invoice.number", value!("")),
        ("invoice.number", long(81)),
        ("invoice.number", value!("7\n8")),
        ("invoice.id", value!("3tt")),
        ("invoice.id", value!("3ttHs00000abcd'")),
        ("invoice.amount", value!("1")),
        ("contact", value!("003Hs00000abcdeIAA")),
        ("account", value!([])),
        ("customer", Value::Null),
        ("customer", value!("Ada")),
        ("customer.id", Value::Null),
        ("customer.id", long(81)),
        ("customer.name", value!("x")),
        ("customer.firstName", value!("Ada\u{7}")),
        ("customer.firstName", long(101)),
        ("customer.email", value!("ada")),
        ("customer.email", value!("ada@example")),
        ("customer.email", value!("a b@example.com")),
        ("customer.email", value!("ada@example.com@example.org")),
        ("customer.phone", value!("+90 x555")),
        ("customer.phone", value!("++90555")),
        ("customer.birthDate", value!("1990-02-30")),
        ("customer.birthDate", value!("01/04/1990")),
        ("customer.country", value!("tr")),
        ("customer.country", value!("TUR")),
        ("customer.language", value!("t")),
        ("customer.ip", value!("203.0.113.256")),
        ("customer.ip", value!("example.com")),
        ("tax", value!("24.98")),
        ("tax.amount", Value::Null),
        ("tax.amount", value!("149.91")),
        ("tax.amount", value!("-1")),
        ("tax.amount", value!("24.97")),
        ("tax.rate", value!("20%")),
        ("tax.country", value!("UK")),
        ("tax.country", value!("tr")),
        ("tax.inclusive", value!("true")),
        ("customer.language", value!("xx")),
        ("customer.language", value!("tur")),
        ("tax.rate", value!(20)),
        ("tax.kind", value!("vat")),
        ("description", long(256)),
        ("description", value!("a\nb")),
        ("another", value!("true")),
        ("another", value!(1)),
        ("methodData", value!([])),
        ("methodData", value!({"serviceData1": 1})),
        ("methodData", value!({"serviceData1": "x".repeat(256)})),
        ("idempotencyKey", value!("x")),
    ] {
        refused(&world, json("/v1/payments", "k", &with(path, new)), 422, "invalid_field", Some(path));
    }
    let strange = with("<marker>", value!("x"));
    let response = refused(&world, json("/v1/payments", "k", &strange), 422, "invalid_field", Some("?"));
    assert!(!response.text.contains("marker"), "{}", response.text);
}

#[test]
fn an_unconfigured_currency_method_or_site_has_its_own_code() {
    let world = World::new();
    let open = |body: &Value| json("/v1/payments", "k", body);
    refused(&world, open(&with("currency", value!("USD"))), 422, "currency_not_allowed", Some("currency"));
    refused(&world, open(&with("method", value!("pix"))), 422, "unknown_method", Some("method"));
    refused(&world, open(&with("site", value!("de"))), 403, "site_not_allowed", Some("site"));
}

#[test]
fn a_card_number_is_refused_in_every_field() {
    let world = World::new();
    for (path, card) in [
        ("description", value!("card 4111 1111 1111 1111")),
        ("customer.id", value!("5500005555555559")),
        ("customer.street", value!("5500-0055-5555-5559")),
        ("source.number", value!("340000000000009")),
        ("unknown", value!(4_111_111_111_111_111_u64)),
    ] {
        let request = json("/v1/payments", "k", &with(path, card));
        let response = refused(&world, request, 422, "card_number_refused", Some(path));
        assert!(!response.text.contains("1111") && !response.text.contains("5555"), "{}", response.text);
    }
    let nested = with("methodData", value!({"serviceData1": "4111111111111111"}));
    let field = Some("methodData.serviceData1");
    refused(&world, json("/v1/payments", "k", &nested), 422, "card_number_refused", field);
}

#[test]
fn a_body_that_is_not_a_json_object_is_malformed() {
    let world = World::new();
    let text = body().to_string();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies: [&[u8]; 11] = [
        b"",
        b" ",
        b"{",
        b"{}}",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"amount=1",
        b"[]",
        b"null",
        &text.as_bytes()[..text.len() - 1],
        deep.as_bytes(),
    ];
    for body in bodies {
        refused(&world, post("/v1/payments", "k", body), 400, "malformed_json", None);
    }
}

#[test]
fn a_name_comes_once_in_its_object_wherever_that_stands() {
    let world = World::new();
    let mut whole = body();
    whole["contact"] = value!({"Id": "003Hs00000abcdeIAA", "Account": {"Name": "x"}, "List": [{"a": 1}]});
    whole["methodData"] = value!({"serviceData1": "1"});
    let text = whole.to_string();
    for (once, twice, field) in [
        ("\"amount\":\"149.90\"", "\"amount\":\"149.90\",\"amount\":\"149.90\"", "amount"),
        ("\"rate\":\"20\"", "\"amount\":\"1\"", "tax.amount"),
        ("\"rate\":\"20\"", "\"\\u0061mount\":\"1\"", "tax.amount"),
        ("\"object\":\"Order\"", "\"object\":\"Order\",\"object\":\"Invoice\"", "source.object"),
        ("\"city\":", "\"email\":\"a@b.example\",\"city\":", "customer.email"),
        ("\"Name\":\"x\"", "\"Name\":\"x\",\"Name\":\"x\"", "contact.Account.Name"),
        ("{\"a\":1}", "{\"a\":1,\"a\":1}", "contact.List.0.a"),
        ("\"serviceData1\":\"1\"", "\"serviceData1\":\"1\",\"serviceData1\":\"2\"", "methodData.serviceData1"),
    ] {
        let body = text.replacen(once, twice, 1);
        assert_ne!(body, text, "{once}");
        refused(&world, post("/v1/payments", "k", body), 400, "malformed_json", Some(field));
    }
    let accept = "{\"action\":\"accept\",\"note\":\"x\",\"note\":\"y\",\"reasons\":[\"disputed\"]}";
    refused(&world, post("/v1/reviews/tb1/resolve", "", accept), 400, "malformed_json", Some("note"));
    assert_eq!(world.send(post("/v1/payments", "k", text)).status, 201);
}

#[test]
fn a_field_with_unrepresentable_json_is_named() {
    let world = World::new();
    let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
    for (field, json) in [("amount", "1e999"), ("description", "\"\\ud800\""), ("methodData", deep.as_str())] {
        let text = body().to_string().replacen('{', &format!("{{\"{field}\":{json},"), 1);
        let text = text.replace("\"amount\":\"149.90\",", "").replace("\"description\":\"Order 00000123\",", "");
        refused(&world, post("/v1/payments", "k", text), 422, "invalid_field", Some(field));
    }
}

#[test]
fn an_oversized_body_is_not_read() {
    let world = World::new();
    let long = Request { body: Err(tollbridge_gateway::BodyFault::TooLong), ..post("/v1/payments", "k", "") };
    refused(&world, long, 413, "body_too_large", None);
    let long = Request {
        body: Err(tollbridge_gateway::BodyFault::TooLong),
        ..super::doubles::request("POST", "/webhooks/maldopay/tr")
    };
    refused(&world, long, 413, "body_too_large", None);
    let padded = format!("{}{}", " ".repeat(MAX_BODY_BYTES - body().to_string().len()), body());
    assert_eq!(world.send(post("/v1/payments", "k", padded)).status, 201, "the longest body is accepted");
}

#[test]
fn a_command_needs_a_usable_idempotency_key() {
    let world = World::new();
    let mut without = json("/v1/payments", "k", &body());
    without.headers.retain(|(name, _)| name != "idempotency-key");
    refused(&world, without, 400, "idempotency_key_missing", None);
    for key in ["", "a b", "ü", &"x".repeat(256)] {
        refused(&world, json("/v1/payments", key, &body()), 400, "idempotency_key_invalid", None);
    }
}

#[test]
fn the_body_of_an_operation_must_fit_its_payment() {
    let world = World::new();
    let reference = world.charge("k");
    for (body, status, code, field) in [
        (value!({"amount": "150"}), 422, "amount_exceeds_remaining", Some("amount")),
        (value!({"amount": "0"}), 422, "invalid_field", Some("amount")),
        (value!({"amount": "1.001"}), 422, "invalid_field", Some("amount")),
        (value!({"amount": 1, "currency": "EUR"}), 422, "invalid_field", Some("currency")),
        (value!({"sum": 1}), 422, "invalid_field", Some("sum")),
        (value!([]), 400, "malformed_json", None),
        (value!({"amount": "4111111111111111"}), 422, "card_number_refused", Some("amount")),
    ] {
        refused(&world, operation(&reference, "refunds", "k2", &body), status, code, field);
    }
    refused(&world, operation(&reference, "captures", "k2", &value!({})), 422, "nothing_left", None);
    refused(&world, operation(&reference, "voids", "k2", &value!({})), 422, "nothing_left", None);
    refused(&world, operation("tbnone", "refunds", "k2", &value!({})), 404, "payment_not_found", None);
    let malformed = post(&format!("/v1/payments/{reference}/refunds"), "k2", "{\"amount\":1,\"amount\":2}");
    refused(&world, malformed, 400, "malformed_json", Some("amount"));
}

#[test]
fn an_invalid_correlation_id_is_replaced() {
    let world = World::new();
    for given in ["", "a b", "a\r\nset-cookie: x", &"x".repeat(65), "<x>"] {
        let response = world.send(with_header(super::doubles::request("GET", "/healthz"), "x-correlation-id", given));
        assert_eq!(response.header("x-correlation-id"), Some("07070707070707070707070707070707"), "{given:?}");
    }
}

#[test]
fn journal_parameters_are_whole_numbers() {
    let world = World::new();
    for (query, field) in [("after=x", "after"), ("after=-1", "after"), ("limit=1.5", "limit"), ("limit=501", "limit")]
    {
        let response = world.send(super::doubles::get(&format!("/v1/journal?{query}")));
        assert_eq!(
            (response.status, response.code(), &response.json["field"]),
            (400, "invalid_parameter", &field.into())
        );
    }
}
