//! Mapping documents: stored as versions, activated and rolled back while payments continue, and tried as a shadow
//! first.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use serde_json::{Value, json as value};

use super::doubles::{
    CONFIG, DecodedResponse, KEY_DE, Request, World, callback, get, json, order_body, post, secrets, with_header,
};

/// A world whose site `tr` has this mapping.
fn mapped(mapping: &str) -> Rc<World> {
    World::configured(&CONFIG.replace("[sites.tr]", &format!("[sites.tr]\nmapping = {mapping}")), &secrets())
}

fn put(name: &str, document: &str) -> Request {
    Request { method: "PUT".to_owned(), ..post(&format!("/v1/mappings/{name}"), "", document) }
}

fn activate(world: &World, name: &str, body: &str) -> DecodedResponse {
    world.send(post(&format!("/v1/mappings/{name}/activate"), "", body))
}

fn put_and_activate(world: &World, name: &str, document: &str) {
    assert_eq!(world.send(put(name, document)).status, 201);
    assert_eq!(activate(world, name, "").status, 200);
}

fn charge(world: &World, number: usize) -> String {
    let body = order_body(&format!("801Hs00000abc{number:02}"));
    let response = world.send(json("/v1/payments", &format!("k{number}"), &body));
    assert_eq!(response.status, 201, "{}", response.text);
    response.json["reference"].as_str().unwrap().to_owned()
}

fn status(world: &World, number: usize) -> Value {
    world.network.salesforce.record(&format!("Order/801Hs00000abc{number:02}"))["MaldoPay_Status__c"].clone()
}

#[test]
fn a_document_maps_from_its_activation_until_the_next_activation() {
    let world = mapped("{ document = \"order\" }");
    put_and_activate(&world, "order", "first");
    charge(&world, 1);
    assert_eq!(world.send(put("order", "second")).json["version"], 2);
    charge(&world, 2);
    assert_eq!((status(&world, 1), status(&world, 2)), ("first".into(), "first".into()), "storing activates nothing");
    let active = activate(&world, "order", "");
    assert_eq!((&active.json["version"], &active.json["previous"]), (&2.into(), &1.into()));
    charge(&world, 3);
    assert_eq!(status(&world, 3), "second");
    let back = world.send(post("/v1/mappings/order/rollback", "", ""));
    assert_eq!((back.status, &back.json["version"]), (200, &1.into()));
    charge(&world, 4);
    assert_eq!(status(&world, 4), "first");
    assert_eq!(activate(&world, "order", "{\"version\": 2}").json["version"], 2);
    charge(&world, 5);
    assert_eq!(status(&world, 5), "second");
}

#[test]
fn every_change_is_in_the_journal_and_every_version_can_be_read() {
    let world = mapped("{ document = \"order\" }");
    put_and_activate(&world, "order", "first");
    put_and_activate(&world, "order", "second");
    world.send(post("/v1/mappings/order/rollback", "", ""));
    assert_eq!(world.send(put("order", "second")).status, 200, "the same text is the same version");
    let entries = world.send(get("/v1/journal")).json["entries"].clone();
    let sync_state: Vec<String> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| format!("{} {}", entry["kind"].as_str().unwrap(), entry["detail"].as_str().unwrap()))
        .collect();
    let expected = [
        "mapping_stored order 1",
        "mapping_activated order 1",
        "mapping_stored order 2",
        "mapping_activated order 2",
        "mapping_rolled_back order 1",
    ];
    assert_eq!(sync_state, expected);
    let shown = world.send(get("/v1/mappings/order")).json;
    assert_eq!((&shown["latest"], &shown["active"], &shown["previous"]), (&2.into(), &1.into(), &2.into()));
    assert_eq!(shown["versions"].as_array().unwrap().len(), 2);
    let listed = world.send(get("/v1/mappings")).json;
    assert_eq!((&listed["mappings"][0]["name"], &listed["mappings"][0]["active"]), (&"order".into(), &1.into()));
    assert_eq!(world.send(get("/v1/mappings/order/versions/2")).text, "second");
    // The drain skips journal entries without a payment.
    assert_eq!(world.send(post("/v1/drain", "", "")).json["closed"], 5);
}

#[test]
fn an_invalid_document_is_refused_with_all_its_problems() {
    let world = mapped("{ document = \"order\" }");
    let refused = world.send(put("order", "bad"));
    assert_eq!((refused.status, refused.code()), (422, "mapping_refused"), "{}", refused.text);
    assert_eq!(refused.json["problems"][1], value!({"field": "line 2", "detail": "bad"}));
    for (request, status, code) in [
        (put("order", "  "), 422, "mapping_refused"),
        (put("order", &"x".repeat(70_000)), 413, "body_too_large"),
        (put("No-Name", "x"), 404, "mapping_not_found"),
        (get("/v1/mappings/order"), 404, "mapping_not_found"),
        (get("/v1/mappings/order/versions/1"), 404, "mapping_not_found"),
        (get("/v1/mappings/order/differences"), 404, "mapping_not_found"),
        (post("/v1/mappings/order/activate", "", ""), 404, "mapping_not_found"),
        (post("/v1/mappings/order/rollback", "", ""), 409, "nothing_to_roll_back"),
        (post("/v1/mappings/order", "", ""), 405, "method_not_allowed"),
    ] {
        let response = world.send(request.clone());
        assert_eq!((response.status, response.code()), (status, code), "{} {}", request.method, request.path);
    }
    world.send(put("order", "first"));
    assert_eq!(activate(&world, "order", "{\"version\": 7}").code(), "mapping_not_found");
    assert_eq!(activate(&world, "order", "{\"version\": \"1\"}").code(), "invalid_field");
    assert_eq!(world.store.text().matches("map/").count(), 2, "only the valid one was stored");
}

#[test]
fn a_document_that_fails_sends_its_payment_to_review_and_loses_nothing() {
    let world = mapped("{ document = \"order\" }");
    let reference = charge(&world, 1);
    let waiting = world.payment(&reference);
    assert_eq!(waiting["reviewReasons"][0], "salesforce:mapping_inactive", "{waiting:#}");
    put_and_activate(&world, "order", "fails");
    let failed = charge(&world, 2);
    let payment = world.payment(&failed);
    assert_eq!(payment["reviewReasons"][0], "salesforce:mapping_error");
    let message = payment["salesforce"]["errorMessage"].as_str().unwrap();
    assert_eq!(message, "mapping order version 1: order: Status__c: no number");
    put_and_activate(&world, "order", "fixed");
    let retry = value!({"action": "retry"});
    for (number, reference) in [(1, reference), (2, failed)] {
        let response = world.send(json(&format!("/v1/reviews/{reference}/resolve"), "", &retry));
        assert_eq!((response.status, status(&world, number)), (200, "fixed".into()), "{}", response.text);
    }
}

#[test]
fn a_shadow_writes_nothing_to_salesforce_and_its_differences_are_counted() {
    let world = mapped("{ shadow = \"next\" }");
    world.send(put("next", "tried"));
    let reference = charge(&world, 1);
    charge(&world, 2);
    assert_eq!(status(&world, 1), "captured");
    let shown = world.send(get("/v1/mappings/next/differences")).json;
    assert_eq!((&shown["payments"], &shown["differing"]), (&2.into(), &2.into()), "{shown:#}");
    let count = value!([{"object": "Order", "field": "MaldoPay_Status__c", "count": 2}]);
    assert_eq!(shown["counts"], count);
    let one = shown["differences"].as_array().unwrap().iter().find(|one| one["reference"] == reference.as_str());
    let difference = &one.unwrap()["differences"][0];
    assert_eq!((&difference["active"], &difference["shadow"]), (&"captured".into(), &"tried".into()));
    // A version without differences ends them with the next event.
    world.send(put("next", "disputed"));
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    assert_eq!(world.send(get("/v1/mappings/next/differences")).json["differing"], 1);
    world.send(put("next", "fails"));
    charge(&world, 3);
    let shown = world.send(get("/v1/mappings/next/differences")).json;
    assert!(shown["differences"].to_string().contains("no number"), "{shown:#}");
}

#[test]
fn a_shadow_needs_no_store_write() {
    let writes = |mapping: &str| {
        let world = mapped(mapping);
        put_and_activate(&world, "order", "first");
        world.send(put("next", "tried"));
        let reference = charge(&world, 1);
        let before = world.store.operations();
        world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
        world.store.writes_since(before).len()
    };
    assert_eq!(writes("{ document = \"order\" }"), 4);
    assert_eq!(writes("{ document = \"order\", shadow = \"next\" }"), 4);
}

#[test]
fn a_mapper_that_crashes_delays_other_payments_only_briefly() {
    let world = mapped("{ document = \"order\" }");
    put_and_activate(&world, "order", "dies");
    let dying = {
        let (response, after) = world.respond(json("/v1/payments", "k1", &order_body("801Hs00000abc01")));
        assert_eq!(response.status, 201, "the payment was made nevertheless");
        assert!(catch_unwind(AssertUnwindSafe(|| world.finish(after))).is_err());
        response.json["reference"].as_str().unwrap().to_owned()
    };
    let drain = || catch_unwind(AssertUnwindSafe(|| world.send(post("/v1/drain", "", "")).json));
    assert!(drain().is_err());
    put_and_activate(&world, "order", "fine");
    charge(&world, 2);
    assert_eq!(status(&world, 2), "fine", "other payments are synced");
    put_and_activate(&world, "order", "dies");
    let died = (0..10).take_while(|_| drain().is_err()).count();
    assert_eq!(died, 4, "five syncs in all crashed");
    assert_eq!(world.payment(&dying)["reviewReasons"][0], "salesforce:telling_died");
    put_and_activate(&world, "order", "fine");
    let retry = json(&format!("/v1/reviews/{dying}/resolve"), "", &value!({"action": "retry"}));
    assert_eq!((world.send(retry).status, status(&world, 1)), (200, "fine".into()));
}

#[test]
fn each_site_has_its_own_documents() {
    let world = mapped("{ document = \"order\" }");
    put_and_activate(&world, "order", "first");
    let as_de = |request| with_header(request, "authorization", &format!("Bearer {KEY_DE}"));
    assert_eq!(world.send(as_de(get("/v1/mappings"))).json, value!({"mappings": []}));
    assert_eq!(world.send(as_de(get("/v1/mappings/order/versions/1"))).status, 404);
    assert_eq!(world.send(as_de(post("/v1/mappings/order/rollback", "", ""))).status, 409);
}

#[test]
fn an_invalid_name_in_the_configuration_is_reported() {
    let ready = mapped("{ document = \"Order!\" }").send(get("/readyz"));
    assert_eq!(ready.json["problems"][0]["at"], "config: line 3: sites.tr.mapping.document", "{}", ready.text);
}

#[test]
fn storing_and_activating_say_what_is_in_force() {
    let world = mapped("{ document = \"order\", shadow = \"next\" }");
    let notice = |response: DecodedResponse| response.json["notice"].as_str().unwrap().to_owned();
    let stored = |name: &str, text: &str| notice(world.send(put(name, text)));
    assert_eq!(stored("order", "first"), "stored, and not in force yet: POST /v1/mappings/order/activate");
    let active = activate(&world, "order", "");
    assert_eq!(notice(active), "in force: each payment is mapped by it from its next sync on");
    assert_eq!(stored("order", "first"), "stored; this version is in force");
    assert_eq!(stored("order", "second"), "stored, and not in force yet: POST /v1/mappings/order/activate");
    activate(&world, "order", "");
    let back = world.send(post("/v1/mappings/order/rollback", "", ""));
    assert_eq!(notice(back), "in force: each payment is mapped by it from its next sync on");

    assert_eq!(stored("next", "tried"), "stored; the shadow uses it from now on, and writes nothing");
    assert!(notice(activate(&world, "next", "")).starts_with("activated, and without effect: "));

    let unused = "the configuration of the site does not use other (it names order), so no payment is mapped by it: set \
                  mapping = { document = \"other\" }";
    assert_eq!(stored("other", "first"), format!("stored, and without effect: {unused}"));
    assert_eq!(notice(activate(&world, "other", "")), format!("activated, and without effect: {unused}"));
    charge(&world, 1);
    assert_eq!(status(&world, 1), "first", "what the notices say is true");

    let listed = world.send(get("/v1/mappings")).json;
    let roles: Vec<(&str, &Value)> = listed["mappings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mapping| (mapping["name"].as_str().unwrap(), &mapping["configuredAs"]))
        .collect();
    assert_eq!(roles, [("order", &"document".into()), ("next", &"shadow".into()), ("other", &Value::Null)]);
    assert_eq!(world.send(get("/v1/mappings/order")).json["configuredAs"], "document");

    let built_in = World::new();
    let said = notice(built_in.send(put("order", "first")));
    assert!(said.contains("does not use order (it names no mapping document)"), "{said}");
}

#[test]
fn a_document_that_calls_itself_otherwise_is_stored_with_a_notice() {
    let world = mapped("{ document = \"order\" }");
    let notice = |document: &str| world.send(put("order", document)).json["notice"].as_str().unwrap().to_owned();
    let said = notice("name = \"invoices\"");
    assert!(said.ends_with(". The document calls itself invoices; it is known here as order"), "{said}");
    for same in ["name = \"order\"", "no TOML"] {
        assert!(!notice(same).contains("calls itself"), "{same}");
    }
}

#[test]
fn differences_of_a_document_that_is_no_shadow_say_so() {
    let world = mapped("{ document = \"order\", shadow = \"next\" }");
    world.send(put("order", "first"));
    world.send(put("next", "tried"));
    let shown = |name: &str| world.send(get(&format!("/v1/mappings/{name}/differences"))).json;
    assert_eq!(shown("next").get("notice"), None);
    let notice = shown("order")["notice"].clone();
    let notice = notice.as_str().unwrap();
    assert!(notice.starts_with("order is not the site's shadow (that is next), so nothing is compared"), "{notice}");
}
