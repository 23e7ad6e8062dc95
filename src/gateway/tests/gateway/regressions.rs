//! Faults of the past, each with the behaviour that is right.

use std::rc::Rc;

use serde_json::json as value;

use super::doubles::{
    CONFIG, Trouble, World, body, get, json, operation, order_body, post, refused, request, response, secrets,
};

/// A charge under `k` whose n-th store operation is refused once; `None` where the charge needs fewer operations.
fn charge_interrupted_at(n: usize) -> Option<(Rc<World>, u16)> {
    let world = World::new();
    world.store.trouble_at(n, Trouble::Refused);
    let (response, _) = world.respond(json("/v1/payments", "k", &body()));
    world.store.recover();
    (world.store.operations() >= n).then_some((world, response.status))
}

/// Repeats the charge, each time after a lease: the age of a lost write is unknown until somebody finds it, once for
/// the key and once for the record. Returns the last refusal if the charge is never carried out.
fn stuck_after_leases(world: &World, key: &str) -> Option<String> {
    let mut refusal = None;
    for _ in 0..4 {
        world.clock.advance_seconds(301);
        let again = world.send(json("/v1/payments", key, &body()));
        if again.status == 201 {
            assert_eq!(world.provider_calls(), 1, "it is carried out once");
            return None;
        }
        assert_eq!((again.status, &again.json["retriable"]), (409, &true.into()), "{}", again.text);
        refusal = Some(again.code().to_owned());
    }
    refusal
}

#[test]
fn a_key_whose_command_never_reached_maldopay_can_be_repeated_after_the_lease() {
    let mut stuck = Vec::new();
    for n in 1.. {
        let Some((world, status)) = charge_interrupted_at(n) else { break };
        if status == 503 && world.provider_calls() == 0 {
            stuck.extend(stuck_after_leases(&world, "k").map(|code| (n, code)));
        }
    }
    assert_eq!(stuck, []);
}

#[test]
fn an_order_whose_charge_never_reached_maldopay_can_be_paid_with_another_key() {
    let mut stuck = Vec::new();
    for n in 1.. {
        let Some((world, status)) = charge_interrupted_at(n) else { break };
        if status == 503 && world.provider_calls() == 0 {
            stuck.extend(stuck_after_leases(&world, "k2").map(|code| (n, code)));
        }
    }
    assert_eq!(stuck, []);
}

#[test]
fn a_failure_of_the_store_is_not_a_stored_response() {
    let prepare = || {
        let world = World::new();
        let reference = world.charge("k");
        let refund = operation(&reference, "refunds", "k2", &value!({}));
        (world, refund)
    };
    let mut repeated = Vec::new();
    for n in 1..20 {
        let (world, refund) = prepare();
        world.store.trouble_at(n, Trouble::Refused);
        world.respond(refund.clone());
        world.store.recover();
        let again = world.send(refund);
        if again.status == 503 {
            repeated.push((
                n,
                again.header("idempotency-replayed").map(ToOwned::to_owned),
                again.json["retriable"].clone(),
            ));
        }
    }
    assert_eq!(repeated, []);
}

#[test]
fn an_expired_session_leads_to_a_new_sign_in_whatever_the_status() {
    let ended = refused("INVALID_SESSION_ID", "Session expired or invalid", &[]);
    let world = World::new();
    world.network.salesforce.next(Ok(response(403, &ended.to_string())));
    world.charge("k");
    world.clock.advance_seconds(3600);
    world.send(post("/v1/drain", "", ""));
    assert_eq!(world.network.salesforce.sign_ins().len(), 2);
}

#[test]
fn an_unknown_name_in_method_data_is_reported_as_the_caller_wrote_it() {
    let mut body = body();
    body["methodData"] = value!({"colour": "red"});
    let response = World::new().send(json("/v1/payments", "k", &body));
    assert_eq!((response.status, &response.json["field"]), (422, &"methodData".into()));
}

#[test]
fn an_api_version_with_a_sign_is_refused() {
    let config = CONFIG.replace("multi_currency = true", "api_version = \"v+67.0\"");
    let world = World::configured(&config, &secrets());
    assert_eq!(world.send(request("GET", "/readyz")).status, 503);
}

#[test]
fn two_amounts_that_a_float_cannot_tell_apart_are_two_requests() {
    let world = World::new();
    let text =
        |amount: &str| body().to_string().replace("\"149.90\"", amount).replace("\"24.98\",\"rate\":\"20\"", "1");
    let first = world.send(post("/v1/payments", "k", text("9007199254740993.01")));
    let second = world.send(post("/v1/payments", "k", text("9007199254740993.02")));
    assert_eq!((first.status, second.status, second.code()), (201, 422, "idempotency_key_reused"));
}

#[test]
fn a_slowly_passing_refusal_is_never_retried_at_once() {
    let world = World::new();
    world.random.0.set(0);
    world.network.salesforce.next(Ok(response(400, &refused("STORAGE_LIMIT_EXCEEDED", "", &[]).to_string())));
    let payment = world.payment(&world.charge("k"));
    assert!(payment["salesforce"]["nextAttemptAt"].as_str() > Some("2026-11-20T10:00:00.000Z"));
}

#[test]
fn a_late_sync_of_a_failed_attempt_does_not_overwrite_the_order() {
    let world = World::new();
    let unrelated = json("/v1/payments", "k0", &order_body("801Hs00000zzzzzIAA"));
    assert_eq!(world.send(unrelated).status, 201);
    world.network.maldopay.next_code(491);
    let (first, late) = world.respond(json("/v1/payments", "k1", &body()));
    assert_eq!(first.json["status"], "failed");
    let inner = Rc::clone(&world);
    let mut done = false;
    world.store.plan(move |operation| {
        let reads_token = matches!(operation, super::doubles::StoreOperation::Get(keys) if keys[0] == "sf/tr");
        if reads_token && !std::mem::replace(&mut done, true) {
            assert_eq!(inner.send(json("/v1/payments", "k2", &body())).json["status"], "captured");
        }
        Trouble::Nothing
    });
    world.finish(late);
    world.store.recover();
    world.clock.advance_seconds(3600);
    world.send(post("/v1/drain", "", ""));
    assert_eq!(world.network.salesforce.record("Order/801Hs00000abcde")["MaldoPay_Status__c"], "captured");
}

#[test]
fn a_number_of_eighty_letters_is_accepted_or_its_field_is_named() {
    let mut body = body();
    body["source"]["number"] = "ü".repeat(80).into();
    let response = World::new().send(json("/v1/payments", "k", &body));
    assert!(response.status == 201 || response.json["field"] == "source.number", "{}", response.text);
}

#[test]
fn a_refused_sign_in_goes_to_review() {
    let world = World::new();
    world.network.salesforce.next_sign_in(Ok(response(400, "{\"error\":\"invalid_client_id\"}")));
    let payment = world.payment(&world.charge("k"));
    assert_eq!(payment["reviewRequired"], true);
}

#[test]
fn a_charge_whose_outcome_was_lost_with_the_store_is_unknown() {
    let world = World::new();
    let reference = World::new().charge("k");
    let outcome = format!("pay/tr/{reference}/2");
    world.store.plan(move |operation| if operation.sets(&outcome) { Trouble::Refused } else { Trouble::Nothing });
    assert_eq!(world.send(json("/v1/payments", "k", &body())).status, 503);
    world.store.recover();
    world.clock.advance_seconds(86_400);
    let payment = world.payment(&reference);
    assert_eq!((&payment["status"], &payment["outcome"]), (&"pending".into(), &"unknown".into()));
}

#[test]
fn a_401_and_a_405_say_what_is_accepted() {
    let world = World::new();
    assert!(world.send(request("GET", "/v1/journal")).header("www-authenticate").is_some());
    assert!(world.send(request("PUT", "/v1/payments")).header("allow").is_some());
}

#[test]
fn the_place_of_an_invalid_site_name_has_no_empty_key() {
    let config = CONFIG.replace("[sites.tr]", "[sites.TR]");
    let world = World::configured(&config, &secrets().replace("[sites.tr]", "[sites.TR]"));
    let response = world.send(get("/readyz"));
    assert_eq!(response.json["problems"][0]["at"], "config: line 2: sites.TR");
}

#[test]
fn a_refund_that_is_taken_over_is_not_mistaken_for_another_of_the_same_amount() {
    let ten = value!({"amount": "10.00"});
    for n in 1.. {
        let world = World::new();
        let reference = world.charge("k");
        assert_eq!(world.send(operation(&reference, "refunds", "k2", &ten)).status, 201);
        let before = world.store.operations();
        world.store.trouble_at(n, Trouble::Refused);
        let (first, after) = world.respond(operation(&reference, "refunds", "k3", &ten));
        world.store.recover();
        let was_complete = world.store.operations() - before < n;
        world.finish(after);
        let mut status = first.status;
        for _ in 0..4 {
            if matches!(status, 201 | 202) {
                break;
            }
            world.clock.advance_seconds(301);
            status = world.send(operation(&reference, "refunds", "k3", &ten)).status;
        }
        assert!(matches!(status, 201 | 202), "operation {n} failed");
        if status == 202 {
            // MaldoPay does not know of it, which counts once it says so again.
            assert_eq!(world.payment(&reference)["outcome"], "unknown", "operation {n} failed");
            world.clock.advance_seconds(301);
            world.send(post("/v1/drain", "", ""));
        }
        assert_eq!(world.payment(&reference)["outcome"], "known", "operation {n} failed");
        // Either the refund was carried out or it is known that it was not: the payment shows what MaldoPay was called
        // for.
        let refunded = if world.provider_calls() == 3 { "20.00" } else { "10.00" };
        assert_eq!(world.payment(&reference)["refunded"], refunded, "operation {n} failed");
        assert!(world.provider_calls() <= 3, "operation {n} failed: a charge and two refunds, each sent once");
        if was_complete {
            assert!(n > 5, "the store was hardly used");
            break;
        }
    }
}
