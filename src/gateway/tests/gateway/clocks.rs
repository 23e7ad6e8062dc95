//! Clocks that disagree: decisions that depend on elapsed time are refused and recorded nowhere, while callbacks and
//! commands go on.

use std::rc::Rc;

use serde_json::{Value, json as value};

use super::doubles::{
    CallError, DecodedResponse, HttpResponse, World, body, callback, get, json, order_body, post, refused, response,
    webhook,
};

fn drain(world: &World) -> DecodedResponse {
    world.send(post("/v1/drain", "", ""))
}

fn drained(world: &World) -> Value {
    let response = drain(world);
    assert_eq!(response.status, 200, "{}", response.text);
    response.json
}

fn status(world: &World, reference: &str) -> DecodedResponse {
    world.send(post(&format!("/v1/payments/{reference}/status"), "", ""))
}

fn retry(world: &World, reference: &str) -> DecodedResponse {
    world.send(json(&format!("/v1/reviews/{reference}/resolve"), "", &value!({"action": "retry"})))
}

#[track_caller]
fn is_refused(response: &DecodedResponse, expected: &str) {
    assert_eq!((response.status, response.code()), (503, "clocks_apart"), "{}", response.text);
    assert_eq!((response.header("retry-after"), &response.json["retriable"]), (Some("60"), &true.into()));
    let detail = response.json["detail"].as_str().unwrap();
    assert!(detail.starts_with(expected) && detail.contains("NTP"), "{detail}");
}

/// A payment whose payer was redirected five minutes ago.
fn pending(world: &World) -> String {
    world.network.maldopay.next_code(313);
    let reference = world.charge("k");
    world.clock.advance_seconds(301);
    reference
}

/// A payment whose call timed out five minutes ago.
fn timed_out(world: &World) -> String {
    world.network.maldopay.next(Err(CallError::NoResponse("timeout".to_owned())));
    let response = world.send(json("/v1/payments", "k", &body()));
    assert_eq!(response.status, 202, "{}", response.text);
    world.clock.advance_seconds(301);
    response.json["reference"].as_str().unwrap().to_owned()
}

fn inquiries(world: &World) -> usize {
    world.network.maldopay.requests().iter().filter(|request| request["type"] == "STATUS").count()
}

const MALDOPAY: &str = "https://maldopay.example/json/";
const SALESFORCE: &str = "https://tollbridge.my.salesforce.example/services/data";

/// Both peers have a clock, and a drain has seen that both agree with this host's.
fn agreed(world: &World) {
    world.network.maldopay_clock.is_ahead(0);
    world.network.salesforce_clock.is_ahead(0);
    drained(world);
    assert_eq!(world.network.date_requests(), [MALDOPAY, SALESFORCE]);
}

/// The peers and seconds of the log entries about clocks that disagree.
fn logged(world: &World) -> Vec<(String, i64)> {
    let lines = world.lines.0.borrow();
    let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|line| line["event"] == "clocks_apart")
        .map(|line| (line["peer"].as_str().unwrap().to_owned(), line["seconds"].as_i64().unwrap()))
        .collect()
}

/// The clocks of the site `tr` in `/readyz`.
fn shown(world: &World) -> Value {
    let ready = world.send(get("/readyz"));
    assert_eq!((ready.status, &ready.json["status"]), (200, &"ready".into()), "{}", ready.text);
    let site = ready.json["sites"].as_array().unwrap().iter().find(|site| site["site"] == "tr").unwrap();
    site["clocks"].clone()
}

#[test]
fn a_status_response_is_used_while_the_clocks_differ_by_at_most_thirty_seconds() {
    let apart = [(-31, "this host's clock is 31 s ahead of MaldoPay's"), (31, "this host's clock is 31 s behind Mald")];
    for (seconds, expected) in apart {
        let world = World::new();
        let reference = pending(&world);
        let shown = world.payment(&reference);
        let before = world.store.operations();
        world.network.maldopay_clock.is_ahead(seconds);
        is_refused(&status(&world, &reference), expected);
        assert_eq!(world.store.writes_since(before), [], "nothing was recorded");
        assert_eq!(world.payment(&reference), shown);
        assert_eq!(inquiries(&world), 1);

        world.network.maldopay_clock.is_ahead(seconds / 31 * 29);
        assert_eq!(status(&world, &reference).json["status"], "captured");
    }
}

#[test]
fn a_cached_response_is_not_measured() {
    let world = World::new();
    let reference = pending(&world);
    world.network.maldopay_clock.is_ahead(-86_400);
    let cached = response(200, r#"{"transaction":{"codeId":200,"transactionId":1}}"#);
    let headers = vec![("age".to_owned(), "86400".to_owned())];
    world.network.maldopay.next(Ok(HttpResponse { headers, ..cached }));
    assert_eq!(status(&world, &reference).json["status"], "captured");
}

#[test]
fn commands_and_callbacks_go_on_and_each_logs_the_difference_once() {
    let world = World::new();
    world.network.maldopay_clock.is_ahead(-3600);
    world.network.salesforce_clock.is_ahead(61);
    let reference = world.charge("k");
    assert_eq!(logged(&world), [("maldopay".to_owned(), 3600), ("salesforce".to_owned(), -61)]);
    let before = world.store.operations();
    let (response, after) = world.respond(webhook(&callback(&reference, "REFUND", "CONFIRMED", "8", 1)));
    assert_eq!((response.status, response.text.as_str()), (200, "OK"));
    world.finish(after);
    assert_eq!(logged(&world).len(), 3, "a sign-in and a call show the same");
    let touched = world.store.text().contains("clk/");
    assert!(!touched && world.store.operations() > before, "only drains store it");
    assert_eq!(world.payment(&reference)["salesforce"]["version"], 3, "the payment is synced");
}

#[test]
fn a_drain_refuses_until_the_clocks_agree() {
    let world = World::new();
    agreed(&world);
    let reference = timed_out(&world);
    world.network.maldopay_clock.is_ahead(-60);
    is_refused(&drain(&world), "this host's clock is 60 s ahead of MaldoPay's");
    assert_eq!((inquiries(&world), world.network.date_requests().len()), (1, 2), "the response shows it");
    assert_eq!(world.payment(&reference)["outcome"], "unknown");
    let clocks = shown(&world);
    assert_eq!(clocks["maldopay"], value!({"seconds": 60, "measuredAt": "2026-11-20T10:05:01.000Z"}));
    assert_eq!(clocks["salesforce"], value!({"seconds": 0, "measuredAt": "2026-11-20T10:00:00.000Z"}));
    assert!(clocks["problem"].as_str().unwrap().contains("60 s ahead of MaldoPay's: drains and retries refuse"));

    // From now on a drain first requests the time.
    let before = world.store.operations();
    is_refused(&drain(&world), "this host's clock is 60 s ahead of MaldoPay's");
    assert_eq!((inquiries(&world), &world.network.date_requests()[2..]), (1, &[MALDOPAY.to_owned()][..]));
    assert_eq!(world.store.writes_since(before).len(), 1, "the record of the clocks");

    world.network.maldopay_clock.is_ahead(0);
    assert_eq!(drained(&world)["taken"], 1);
    assert_eq!((inquiries(&world), world.network.date_requests().len()), (2, 4));
    assert_eq!(world.payment(&reference)["status"], "captured");
    assert_eq!((&shown(&world)["maldopay"]["seconds"], &shown(&world)["problem"]), (&0.into(), &Value::Null));
    drained(&world);
    assert_eq!(world.network.date_requests().len(), 4, "a peer whose clock has just agreed gets no request");
}

#[test]
fn the_first_drain_and_one_after_an_hour_check_the_clocks_first() {
    let world = World::new();
    let reference = timed_out(&world);
    world.network.maldopay_clock.is_ahead(0);
    world.network.salesforce_clock.is_ahead(-60);
    is_refused(&drain(&world), "this host's clock is 60 s ahead of Salesforce's");
    assert_eq!((inquiries(&world), &world.payment(&reference)["outcome"]), (0, &"unknown".into()));
    world.network.salesforce_clock.is_ahead(0);
    drained(&world);
    assert_eq!(world.network.date_requests(), [MALDOPAY, SALESFORCE, SALESFORCE]);
    world.clock.advance_seconds(3600);
    drained(&world);
    assert_eq!(world.network.date_requests().len(), 3);
    world.clock.advance_seconds(1);
    world.network.salesforce_clock.is_ahead(40);
    is_refused(&drain(&world), "this host's clock is 40 s behind Salesforce's");
    assert_eq!(world.network.date_requests()[3..], [MALDOPAY, SALESFORCE]);
}

#[test]
fn no_time_is_requested_from_a_salesforce_with_an_open_circuit_breaker() {
    let world = World::new();
    world.network.salesforce.next(Ok(response(403, &refused("ORG_LOCKED", "", &[]).to_string())));
    world.charge("k");
    drained(&world);
    assert_eq!(world.network.date_requests(), [MALDOPAY]);
}

#[test]
fn a_drain_stops_its_status_inquiries_and_repeats_them_when_the_clocks_agree() {
    let world = World::new();
    agreed(&world);
    let reference = pending(&world);
    drained(&world);
    world.clock.advance_seconds(900);
    world.network.maldopay_clock.is_ahead(-60);
    is_refused(&drain(&world), "this host's clock is 60 s ahead of MaldoPay's");
    assert_eq!((inquiries(&world), &world.payment(&reference)["status"]), (1, &"pending".into()));
    world.network.maldopay_clock.is_ahead(0);
    assert_eq!(drained(&world)["asked"], 1, "it kept its inquiry slot");
    assert_eq!(world.payment(&reference)["status"], "captured");
}

#[test]
fn a_drain_stops_where_salesforces_clock_disagrees() {
    let world = World::new();
    agreed(&world);
    world.network.salesforce.set_down(true);
    for number in 0..3 {
        world.send(json("/v1/payments", &format!("k{number}"), &order_body(&format!("801Hs00000abcd{number}IAA"))));
    }
    world.network.salesforce.set_down(false);
    world.clock.advance_seconds(1800);
    let sync_state = || {
        let records = world.network.salesforce.records.borrow();
        records.keys().filter(|name| name.starts_with("MaldoPay_Payment__c/")).count()
    };
    world.network.salesforce_clock.is_ahead(3600);
    is_refused(&drain(&world), "this host's clock is 3600 s behind Salesforce's");
    assert_eq!(sync_state(), 1, "what was synced until then stays");
    assert_eq!(shown(&world)["salesforce"]["seconds"], -3600);
    is_refused(&drain(&world), "this host's clock is 3600 s behind Salesforce's");
    assert_eq!((sync_state(), &world.network.date_requests()[2..]), (1, &[SALESFORCE.to_owned()][..]));
    world.network.salesforce_clock.is_ahead(0);
    drained(&world);
    assert_eq!(sync_state(), 3);
}

#[test]
fn a_drain_checks_the_stores_clock_first() {
    let world = World::new();
    let reference = timed_out(&world);
    world.store_clock.is_ahead(31);
    is_refused(&drain(&world), "this host's clock is 31 s behind the store's");
    is_refused(&drain(&world), "this host's clock is 31 s behind the store's");
    assert_eq!((inquiries(&world), world.network.date_requests().len()), (0, 4));
    assert_eq!(shown(&world)["store"]["seconds"], -31);
    world.store_clock.is_ahead(30);
    drained(&world);
    assert_eq!(
        (&world.payment(&reference)["status"], &shown(&world)["store"]["seconds"]),
        (&"captured".into(), &value!(-30))
    );
}

#[test]
fn a_peer_that_sends_no_date_any_more_does_not_block_drains() {
    let world = World::new();
    timed_out(&world);
    world.network.maldopay_clock.is_ahead(-60);
    assert_eq!(drain(&world).status, 503);
    world.network.maldopay_clock.is_ahead(None);
    assert_eq!(drained(&world)["taken"], 1);
    assert_eq!(shown(&world)["maldopay"]["seconds"], 60, "the last known difference is shown");
}

#[test]
fn a_retry_is_refused_by_the_response_or_by_an_earlier_observation() {
    let world = World::new();
    agreed(&world);
    let reference = timed_out(&world);
    // A chargeback puts it into the review queue.
    world.receive(&callback(&reference, "CHARGEBACK", "CONFIRMED", "9", 1));
    world.network.maldopay_clock.is_ahead(-60);
    is_refused(&retry(&world, &reference), "this host's clock is 60 s ahead of MaldoPay's");
    assert_eq!((inquiries(&world), world.network.date_requests().len()), (1, 2));
    let last = || world.send(get("/v1/journal")).json["last"].clone();
    let before = last();
    is_refused(&retry(&world, &reference), "this host's clock is 60 s ahead of MaldoPay's");
    assert_eq!((inquiries(&world), world.network.date_requests().len()), (1, 3));
    assert_eq!(last(), before, "no decision is recorded");
    world.network.maldopay_clock.is_ahead(0);
    let retried = retry(&world, &reference);
    assert_eq!((retried.status, &retried.json["outcome"]), (200, &"known".into()), "{}", retried.text);
}

#[test]
fn without_dates_nothing_is_measured_or_stored() {
    let world = World::new();
    let reference = timed_out(&world);
    assert_eq!(drained(&world)["taken"], 1);
    assert_eq!((&world.payment(&reference)["status"], shown(&world)), (&"captured".into(), Value::Null));
    assert!(!world.store.text().contains("clk/"), "{}", world.store.text());
}

#[test]
fn an_unchanged_difference_is_stored_every_ten_minutes() {
    let world = World::new();
    let inner = Rc::clone(&world);
    let measured_after = move |seconds: i64, ahead: i64| {
        inner.clock.advance_seconds(seconds);
        inner.store_clock.is_ahead(ahead);
        drained(&inner);
        shown(&inner)["store"]["measuredAt"].as_str().unwrap().to_owned()
    };
    assert_eq!(measured_after(0, 0), "2026-11-20T10:00:00.000Z");
    assert_eq!(measured_after(60, 2), "2026-11-20T10:00:00.000Z");
    assert_eq!(measured_after(1, 3), "2026-11-20T10:01:01.000Z", "three seconds are a change");
    assert_eq!(measured_after(600, 3), "2026-11-20T10:01:01.000Z");
    assert_eq!(measured_after(1, 3), "2026-11-20T10:11:02.000Z");
}

#[test]
fn an_unreadable_record_of_the_clocks_is_replaced() {
    let world = World::new();
    world.store.put("clk/tr@", "no note");
    assert_eq!(shown(&world), Value::Null);
    world.store_clock.is_ahead(0);
    drained(&world);
    assert_eq!(shown(&world)["store"]["seconds"], 0);
}
