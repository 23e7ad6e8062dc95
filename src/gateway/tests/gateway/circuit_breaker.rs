//! The circuit breaker of a site whose Salesforce refuses everything: one alert, and growing waits, however many
//! payments there are.

use serde_json::{Value, json as value};

use super::doubles::{Callback, World, callback, composite, get, json, order_body, post, refused, response};

fn charge(world: &World, number: usize) -> String {
    let body = order_body(&format!("801Hs00000abc{number:02}"));
    let response = world.send(json("/v1/payments", &format!("k{number}"), &body));
    assert_eq!(response.status, 201, "{}", response.text);
    response.json["reference"].as_str().unwrap().to_owned()
}

fn drain(world: &World, query: &str) -> Value {
    let response = world.send(post(&format!("/v1/drain{query}"), "", ""));
    assert_eq!(response.status, 200, "{}", response.text);
    response.json
}

fn locked(world: &World) {
    world.network.salesforce.next(Ok(response(403, &refused("ORG_LOCKED", "", &[]).to_string())));
}

fn alerts(world: &World) -> usize {
    world.lines.0.borrow().iter().filter(|line| line.contains("\"event\":\"paused\"")).count()
}

fn sync_state(world: &World) -> usize {
    let records = world.network.salesforce.records.borrow();
    records.keys().filter(|name| name.starts_with("MaldoPay_Payment__c/")).count()
}

#[test]
fn one_refusal_opens_the_circuit_breaker_and_one_success_closes_it() {
    let world = World::new();
    locked(&world);
    for number in 0..20 {
        charge(&world, number);
    }
    assert_eq!((world.salesforce_calls(), alerts(&world)), (1, 1), "the other nineteen made no call");
    let ready = world.send(get("/readyz"));
    assert_eq!(
        (ready.status, &ready.json["sites"][1]["paused"]["code"]),
        (200, &"ORG_LOCKED".into()),
        "{}",
        ready.text
    );
    let paused = drain(&world, "")["paused"].clone();
    assert_eq!((&paused["code"], &paused["attempts"]), (&"ORG_LOCKED".into(), &1.into()));
    assert_eq!(world.salesforce_calls(), 1);
    let listed = world.send(get("/v1/reviews")).json;
    assert_eq!((&listed["paused"]["code"], listed["reviews"].as_array().unwrap().len()), (&"ORG_LOCKED".into(), 1));

    world.clock.advance_seconds(61);
    let report = drain(&world, "");
    assert_eq!((&report["paused"], sync_state(&world)), (&Value::Null, 19), "{report}");
    world.clock.advance_seconds(3 * 3600);
    assert_eq!((&drain(&world, "")["deferred"], sync_state(&world)), (&0.into(), 20));
    assert_eq!(world.send(get("/v1/reviews")).json, value!({"reviews": [], "next": null}));
}

#[test]
fn the_waits_grow_and_each_attempt_is_one_call() {
    let world = World::new();
    for _ in 0..6 {
        locked(&world);
    }
    for number in 0..10 {
        charge(&world, number);
    }
    let mut waits = Vec::new();
    for attempt in 1..=5 {
        assert_eq!(world.salesforce_calls(), attempt);
        let mut seconds = 0;
        while world.salesforce_calls() == attempt {
            world.clock.advance_seconds(10);
            seconds += 10;
            drain(&world, "");
        }
        waits.push(seconds);
    }
    assert!(waits.windows(2).all(|pair| pair[1] > pair[0]), "{waits:?}");
    assert!((30..=70).contains(&waits[0]) && (480..=970).contains(&waits[4]), "{waits:?}");
}

#[test]
fn the_daily_limit_opens_the_circuit_breaker_for_long() {
    let world = World::new();
    let mut limit = response(403, &refused("REQUEST_LIMIT_EXCEEDED", "", &[]).to_string());
    limit.headers.push(("sforce-limit-info".to_owned(), "api-usage=99999/100000".to_owned()));
    world.network.salesforce.next(Ok(limit));
    charge(&world, 1);
    world.clock.advance_seconds(7 * 60);
    charge(&world, 2);
    assert_eq!(world.salesforce_calls(), 1);
    world.clock.advance_seconds(9 * 60);
    charge(&world, 3);
    assert_eq!(world.salesforce_calls(), 2);
}

#[test]
fn a_person_who_fixed_the_cause_may_retry_at_once() {
    let world = World::new();
    locked(&world);
    let first = charge(&world, 1);
    charge(&world, 2);
    assert_eq!((world.salesforce_calls(), sync_state(&world)), (1, 0));
    assert!(drain(&world, "?resume=true")["paused"].is_null());
    assert_eq!(sync_state(&world), 2, "including the one that was refused");
    assert_eq!(world.payment(&first)["reviewRequired"], false);
    assert_eq!(world.send(post("/v1/drain?resume=now", "", "")).code(), "invalid_parameter");
}

#[test]
fn one_refused_record_does_not_block_the_others() {
    let world = World::new();
    let forbidden = || {
        let halted = (400, refused("PROCESSING_HALTED", "", &[]));
        let cause = (403, refused("INSUFFICIENT_ACCESS_OR_READONLY", "", &[]));
        Ok(composite(&[halted.clone(), halted, cause]))
    };
    world.network.salesforce.next(forbidden());
    let alone = charge(&world, 1);
    for number in 2..6 {
        charge(&world, number);
    }
    assert_eq!(sync_state(&world), 0);
    world.clock.advance_seconds(61);
    drain(&world, "");
    assert_eq!(sync_state(&world), 4, "the next attempt is made with another payment");
    assert_eq!(world.payment(&alone)["reviewReasons"][0], "salesforce:INSUFFICIENT_ACCESS_OR_READONLY");
}

#[test]
fn an_event_that_needs_a_person_is_listed_while_the_circuit_breaker_is_open() {
    let world = World::new();
    let reference = charge(&world, 1);
    locked(&world);
    charge(&world, 2);
    let event = Callback {
        original: Some("1".to_owned()),
        amount: "20.00",
        ..callback(&reference, "CHARGEBACK", "CONFIRMED", "C1", 1)
    };
    world.receive(&event);
    let listed = world.send(get("/v1/reviews")).json;
    let references: Vec<&str> =
        listed["reviews"].as_array().unwrap().iter().map(|review| review["reference"].as_str().unwrap()).collect();
    assert!(references.contains(&reference.as_str()), "{listed:#}");
    assert_eq!(world.salesforce_calls(), 2, "the first payment's, and the refused one");
}

#[test]
fn status_inquiries_continue_while_the_circuit_breaker_is_open() {
    let world = World::new();
    world.network.maldopay.next(Err(super::doubles::CallError::NoResponse("timeout".to_owned())));
    locked(&world);
    let reference = world.send(json("/v1/payments", "k", &order_body("801Hs00000abc99"))).json["reference"].clone();
    world.clock.advance_seconds(301);
    locked(&world);
    drain(&world, "");
    assert_eq!(world.payment(reference.as_str().unwrap())["outcome"], "known");
}

fn silent(world: &World) {
    world.network.salesforce.next(Err(super::doubles::CallError::NoResponse("timeout".to_owned())));
}

#[test]
fn timeouts_open_the_circuit_breaker_as_a_refusal_does() {
    let world = World::new();
    (0..4).for_each(|_| silent(&world));
    let mut first = String::new();
    for number in 0..2 {
        first = charge(&world, number);
        assert_eq!(
            world.send(get("/readyz")).json["sites"][1]["paused"],
            Value::Null,
            "a single timeout may be a slow trigger"
        );
    }
    for number in 2..10 {
        charge(&world, number);
    }
    assert_eq!(
        (world.salesforce_calls(), alerts(&world)),
        (3, 1),
        "three calls timed out, and no further one was made"
    );
    let paused = world.send(get("/readyz")).json["sites"][1]["paused"].clone();
    assert_eq!((&paused["code"], &paused["attempts"]), (&"no_answer".into(), &1.into()), "{paused}");
    assert_eq!(world.payment(&first)["salesforce"]["errorCode"], "no_answer");

    // Salesforce is still silent: one call shows it, and the next wait is longer.
    world.clock.advance_seconds(61);
    let paused = drain(&world, "")["paused"].clone();
    assert_eq!((world.salesforce_calls(), &paused["attempts"]), (4, &2.into()), "{paused}");
    world.clock.advance_seconds(3 * 3600);
    let report = drain(&world, "");
    assert_eq!((&report["paused"], sync_state(&world)), (&Value::Null, 10), "{report}");
    // From there the count starts again.
    (0..2).for_each(|_| silent(&world));
    (10..13).for_each(|number| drop(charge(&world, number)));
    assert_eq!((alerts(&world), drain(&world, "")["paused"].clone()), (2, Value::Null));
}

#[test]
fn a_response_between_two_timeouts_restarts_the_count() {
    let world = World::new();
    for number in 0..6 {
        // Every third call gets a response.
        if number % 3 < 2 {
            silent(&world);
        }
        charge(&world, number);
    }
    assert_eq!((world.salesforce_calls(), alerts(&world)), (6, 0));
}

#[test]
fn a_call_that_was_not_sent_is_not_a_timeout() {
    let world = World::new();
    for number in 0..6 {
        world.network.salesforce.next(Err(super::doubles::CallError::NotSent("no connection".to_owned())));
        charge(&world, number);
    }
    assert_eq!((world.salesforce_calls(), alerts(&world)), (6, 0));
}

#[test]
fn concurrent_timeouts_are_all_counted() {
    let world = World::new();
    let inner = std::rc::Rc::new(std::cell::Cell::new(3));
    silent_within_one_another(&world, &inner);
    charge(&world, 0);
    assert_eq!((world.salesforce_calls(), alerts(&world)), (4, 1), "none knew of another when it was made");
}

/// While Salesforce is silent to one call, another request makes the next, this many times.
fn silent_within_one_another(world: &std::rc::Rc<World>, left: &std::rc::Rc<std::cell::Cell<usize>>) {
    silent(world);
    let (next, left) = (std::rc::Rc::clone(world), std::rc::Rc::clone(left));
    world.network.during("/composite", move || {
        if let Some(fewer) = left.get().checked_sub(1) {
            left.set(fewer);
            silent_within_one_another(&next, &left);
            charge(&next, 10 + fewer);
        }
    });
}
