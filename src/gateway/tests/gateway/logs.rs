//! Log entries: JSON, one for every request and every outbound call, without secrets and personal data.

use serde_json::{Value, json as value};

use super::doubles::{
    CallError, Request, World, body, callback, get, json, operation, post, refused, request, response, sync, webhook,
    with_header,
};

/// A long day on which everything goes wrong that can.
fn day() -> std::rc::Rc<World> {
    let world = World::new();
    world
        .network
        .salesforce
        .next(Ok(response(400, &refused("INVALID_FIELD", "ada.marker@example.com", &[]).to_string())));
    let reference = world.charge("k-marker");
    world.send(json("/v1/payments", "k-marker", &body()));
    world.send(json("/v1/payments", "k2-marker", &body()));
    world.send(sync(&reference));
    world.network.salesforce.expire();
    world.network.salesforce.next_sign_in(Ok(response(400, "{\"error\":\"invalid_client_id\"}")));
    world.network.salesforce.next_sign_in(Err(CallError::NoResponse("marker".to_owned())));
    for second in 1..4 {
        let result = if second % 2 == 1 { "CONFIRMED" } else { "DECLINED" };
        world.receive(&callback(&reference, "DISPUTE", result, "1", second));
    }
    world.network.maldopay.next(Err(CallError::NoResponse("marker".to_owned())));
    world.send(operation(&reference, "refunds", "k3-marker", &value!({"amount": "1"})));
    world.network.maldopay.next(Ok(response(500, "{\"Marker\":1}")));
    world.send(operation(&reference, "refunds", "k4-marker", &value!({"amount": "1"})));
    let mut wrong = body();
    wrong["customer"]["email"] = value!("marker@");
    world.send(json("/v1/payments", "k5", &wrong));
    wrong["description"] = value!("4111111111111111");
    world.send(json("/v1/payments", "k5", &wrong));
    world.send(post("/v1/payments", "k5", "{\"Marker"));
    world.send(with_header(get("/v1/journal"), "authorization", "Bearer marker-wrong-key"));
    world.send(with_header(get("/v1/marker?marker=ada.marker@example.com"), "x-correlation-id", "a marker\n{}"));
    let unsigned = Request { body: Ok(b"{\"Marker\":1}".to_vec()), ..request("POST", "/webhooks/maldopay/tr") };
    world.send(unsigned);
    world.send(webhook(&callback("Marker-1", "DEPOSIT", "MARKER", "1", 1)));
    world.store.down_from(3);
    world.send(webhook(&callback(&reference, "REFUND", "CONFIRMED", "5", 9)));
    world.store.recover();
    let (_, after) = world.respond(webhook(&callback(&reference, "REFUND", "CONFIRMED", "6", 9)));
    world.store.down_from(1);
    world.finish(after);
    world.store.recover();
    world.clock.advance_seconds(3600);
    world.send(post("/v1/drain", "", ""));
    world
}

#[test]
fn no_log_entry_has_a_secret_a_token_or_customer_data() {
    let world = day();
    let lines = world.lines.0.borrow();
    assert!(lines.len() > 30, "{}", lines.len());
    for line in lines.iter() {
        let read: Value = serde_json::from_str(line).unwrap();
        assert!(read.is_object() && !line.contains('\n'), "{line}");
        for key in ["at", "event", "correlationId"] {
            assert!(read[key].as_str().is_some_and(|value| !value.is_empty()), "{key}: {line}");
        }
        let small = line.to_lowercase();
        for hidden in [
            "marker",
            "sf-token",
            "bearer",
            "yılmaz",
            "905551112233",
            "1990-04-01",
            "203.0.113.7",
            "003hs00000abcde",
            "4111111111111111",
            "herwzwmf5vppovrg",
            "149.90",
            "14990",
            "checksum\\\"",
        ] {
            assert!(!small.contains(hidden), "{hidden}: {line}");
        }
    }
}

#[test]
fn the_correlation_id_connects_a_request_with_its_outbound_calls() {
    let world = World::new();
    world.send(with_header(json("/v1/payments", "k", &body()), "x-correlation-id", "caller-1"));
    let lines: Vec<Value> = world.lines.0.borrow().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["correlationId"] == "caller-1"));
    let names: Vec<String> = lines
        .iter()
        .map(|line| {
            let part = |key: &str| line[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", part("event"), part("peer"), part("route"))
        })
        .collect();
    assert_eq!(
        names,
        [
            "outbound maldopay -",
            "request - /v1/payments",
            "outbound salesforce token",
            "outbound salesforce composite",
            "sync - -",
        ]
    );
    assert_eq!((&lines[1]["status"], &lines[1]["method"]), (&201.into(), &"POST".into()));
    assert!(lines[1]["payment"].as_str().unwrap().starts_with("tb"));
}

#[test]
fn a_problem_is_logged_by_its_code_and_a_path_by_its_route() {
    let world = World::new();
    world.send(get("/v1/payments/tbnone"));
    world.send(get("/nowhere/at/all"));
    let lines: Vec<Value> = world.lines.0.borrow().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let logged = |line: &Value| (line["status"].clone(), line["code"].clone(), line["route"].clone());
    assert_eq!(logged(&lines[0]), (404.into(), "payment_not_found".into(), "/v1/payments/{ref}".into()));
    assert_eq!(logged(&lines[1]), (404.into(), "not_found".into(), "none".into()));
}

#[test]
fn no_caller_can_make_a_log_entry_long() {
    let world = World::new();
    let method = "ü".repeat(30_000);
    world.send(with_header(request(&method, "/healthz"), "x-correlation-id", &"c".repeat(10_000)));
    world.send(request("GET", &format!("/v1/payments/{}", "p".repeat(30_000))));
    world.network.salesforce.next(Ok(response(400, &refused(&"E".repeat(30_000), "", &[]).to_string())));
    world.charge("k");
    let lines = world.lines.0.borrow();
    assert!(lines.len() > 4);
    for line in lines.iter() {
        assert!(line.len() < 1_000, "{} bytes: {}…", line.len(), &line[..200]);
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
    assert!(lines[0].contains("\"method\":\"üü"), "the beginning is shown: {}", lines[0]);
}
