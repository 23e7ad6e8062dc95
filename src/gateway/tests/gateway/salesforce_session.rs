//! Signing in to Salesforce: once, again when the token has expired, and never in a loop.

use serde_json::{Value, json as value};

use super::doubles::{CallError, ORDER, World, callback, json, order_body, refused, response};

/// The member `salesforce` of the payment after a charge.
fn charged(world: &World) -> Value {
    let reference = world.charge("k");
    world.payment(&reference)["salesforce"].clone()
}

#[test]
fn one_sign_in_serves_all_requests_until_the_token_expires() {
    let world = World::new();
    let reference = world.charge("k");
    for second in 0..3 {
        world.receive(&callback(&reference, "SETTLEMENT", "DECLINED", "5", second));
    }
    assert_eq!(world.salesforce_calls(), 4);
    let sign_ins = world.network.salesforce.sign_ins();
    let form = "grant_type=client_credentials&client_id=marker-client-tr&client_secret=marker-secret-tr";
    assert_eq!(sign_ins, [form]);
}

#[test]
fn an_expired_token_costs_one_sign_in_and_one_repetition() {
    let world = World::new();
    let reference = world.charge("k");
    world.network.salesforce.expire();
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    assert_eq!((world.network.salesforce.sign_ins().len(), world.salesforce_calls()), (2, 3));
    let calls = world.network.salesforce.composites();
    assert_eq!(calls[1], calls[2], "the same call is repeated");
    assert_eq!(world.payment(&reference)["salesforce"]["version"], 3);
    world.receive(&callback(&reference, "DISPUTE", "DECLINED", "1", 2));
    assert_eq!(world.network.salesforce.sign_ins().len(), 2, "the new token was stored");
}

#[test]
fn a_second_401_does_not_lead_to_another_sign_in() {
    let world = World::new();
    for _ in 0..5 {
        let ended = refused("INVALID_SESSION_ID", "Session expired or invalid", &[]).to_string();
        world.network.salesforce.next(Ok(response(401, &ended)));
    }
    let shown = charged(&world);
    assert_eq!((world.network.salesforce.sign_ins().len(), world.salesforce_calls()), (2, 2));
    assert_eq!((&shown["errorCode"], &shown["failedAttempts"]), (&"INVALID_SESSION_ID".into(), &1.into()));
    assert!(shown["nextAttemptAt"].is_string());
}

#[test]
fn a_refused_sign_in_is_shown_by_its_error_and_nothing_is_sent() {
    for (status, body, code) in [
        (400, "{\"error\":\"invalid_grant\",\"error_description\":\"request not supported\"}", "sign_in_invalid_grant"),
        (401, "{\"error\":\"invalid_client\",\"error_description\":\"secret\"}", "sign_in_invalid_client"),
        (403, "<html>forbidden</html>", "html_page"),
        (400, "[]", "sign_in_"),
        (400, "{\"error\":\"ayse@customer.example is locked\"}", "sign_in_refused"),
        (503, "<html>down</html>", "http_503"),
        (200, "<html>welcome</html>", "html_page"),
        (200, "{\"access_token\":\"\"}", "unreadable_answer"),
        (200, "{\"access_token\":\"a\\r\\nx-evil: 1\"}", "unreadable_answer"),
        (200, "{\"access_token\":7}", "unreadable_answer"),
    ] {
        let world = World::new();
        world.network.salesforce.next_sign_in(Ok(response(status, body)));
        let shown = charged(&world);
        assert_eq!((&shown["errorCode"], &shown["version"]), (&code.into(), &0.into()), "{status} {body}");
        assert!(shown["nextAttemptAt"].is_string(), "{status} {body}");
        assert_eq!((world.network.salesforce.sign_ins().len(), world.salesforce_calls()), (1, 0));
        assert!(world.store.value("sf/tr").is_none(), "no token was stored");
    }
}

#[test]
fn a_sign_in_that_times_out_is_transient() {
    let world = World::new();
    world.network.salesforce.next_sign_in(Err(CallError::NoResponse("timeout".to_owned())));
    let shown = charged(&world);
    assert_eq!((&shown["errorCode"], &shown["failedAttempts"]), (&"no_answer".into(), &1.into()));
}

#[test]
fn the_token_is_sealed_in_the_store() {
    let world = World::new();
    world.charge("k");
    let stored = world.store.value("sf/tr").unwrap();
    assert!(!world.store.text().contains("sf-token"), "the token is in the store in clear");
    let decoded = <base64ct::Base64 as base64ct::Encoding>::decode_vec(&stored).unwrap();
    assert!(!decoded.windows(8).any(|window| window == b"sf-token"));
}

#[test]
fn a_stored_token_that_the_sites_key_does_not_open_is_replaced() {
    let world = World::new();
    let reference = world.charge("k");
    let stored = world.store.value("sf/tr").unwrap();
    let changed = if stored.starts_with('A') { stored.replacen('A', "B", 1) } else { format!("A{}", &stored[1..]) };
    for (second, spoilt) in ["", "AAAA", "not base64", "c2hvcnQ=", changed.as_str()].into_iter().enumerate() {
        world.store.put("sf/tr", spoilt);
        let before = world.network.salesforce.sign_ins().len();
        let result = if second % 2 == 0 { "CONFIRMED" } else { "DECLINED" };
        world.receive(&callback(&reference, "DISPUTE", result, "1", u32::try_from(second).unwrap()));
        assert_eq!(world.network.salesforce.sign_ins().len(), before + 1, "{spoilt:?}");
        assert_eq!(world.payment(&reference)["salesforce"]["errorCode"], Value::Null);
    }
}

#[test]
fn the_token_of_one_site_does_not_work_for_another() {
    let world = World::new();
    world.charge("k");
    let stored = world.store.value("sf/tr").unwrap();
    world.store.put("sf/de", &stored);
    let mut body = order_body(ORDER);
    body["site"] = value!("de");
    body["currency"] = value!("EUR");
    let key = format!("Bearer {}", super::doubles::KEY_DE);
    let request = super::doubles::with_header(json("/v1/payments", "k", &body), "authorization", &key);
    assert_eq!(world.send(request).status, 201);
    assert_eq!(world.network.salesforce.sign_ins().len(), 2);
    assert!(world.network.salesforce.sign_ins()[1].contains("marker-client-de"));
}

#[test]
fn a_new_token_is_stored_in_the_write_of_the_sync_state() {
    let world = World::new();
    let reference = world.charge("k");
    let writes = world.store.writes_since(0);
    let stored: Vec<_> = writes.iter().filter(|operation| operation.sets("sf/tr")).collect();
    assert_eq!(stored.len(), 1);
    assert!(stored[0].sets(&format!("pay/tr/{reference}")));
}

#[test]
fn a_store_that_refuses_the_token_costs_a_sign_in_and_loses_nothing() {
    let world = World::new();
    world.store.plan(|operation| match operation.sets("sf/tr") {
        true => super::doubles::Trouble::Refused,
        false => super::doubles::Trouble::Nothing,
    });
    let reference = world.charge("k");
    assert_eq!(world.payment(&reference)["salesforce"]["version"], 0);
    world.store.recover();
    assert_eq!(world.send(super::doubles::post("/v1/drain", "", "")).status, 200);
    assert_eq!(world.payment(&reference)["salesforce"]["version"], 2);
    assert_eq!((world.network.salesforce.sign_ins().len(), world.salesforce_calls()), (2, 2));
}

#[test]
fn every_call_has_its_token_its_correlation_id_and_its_time_limit() {
    let world = World::new();
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = json("/v1/payments", "k", &order_body(ORDER));
    let request = super::doubles::with_header(request, "x-correlation-id", "caller-1");
    world.send(super::doubles::with_header(request, "traceparent", traceparent));
    let sent = world.network.requests();
    let urls: Vec<&str> = sent.iter().map(|request| request.url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "https://maldopay.example/json/transactions/",
            "https://tollbridge.my.salesforce.example/services/oauth2/token",
            "https://tollbridge.my.salesforce.example/services/data/v67.0/composite",
        ]
    );
    let has = |index: usize, name: &str, value: &str| {
        sent[index].headers.iter().filter(|(header, _)| header == name).any(|(_, sent)| sent == value)
    };
    for (index, url) in urls.iter().enumerate() {
        assert!(has(index, "x-correlation-id", "caller-1"), "{url}");
    }
    assert!(has(0, "traceparent", traceparent));
    assert!(has(2, "authorization", "Bearer sf-token-1"));
    let limits: Vec<u64> = sent.iter().map(|request| request.timeout_milliseconds).collect();
    assert_eq!(limits, [8_000, 10_000, 10_000]);
}
