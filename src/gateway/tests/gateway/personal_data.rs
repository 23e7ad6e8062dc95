//! Personal data from MaldoPay: sealed in the store, shown to callers, and gone once a person erased it.

use std::rc::Rc;

use serde_json::{Value, json as value};
use tollbridge_connector::types::{Payment, PaymentEvent, RecordWrite, Site};

use super::doubles::{
    CONFIG, DecodedResponse, Mapper, MappingProblem, Request, Trouble, World, body, callback, get, json, operation,
    post, response, secrets, sync, webhook,
};

const IBAN: &str = "TR330006100519786457841326";

fn mapped() -> Rc<World> {
    let mapping = "[sites.tr]\nmapping = { document = \"order\", shadow = \"next\" }";
    let world = World::configured(&CONFIG.replacen("[sites.tr]", mapping, 1), &secrets());
    for name in ["order", "next"] {
        let put = Request { method: "PUT".to_owned(), ..post(&format!("/v1/mappings/{name}"), "", name) };
        assert_eq!(world.send(put).status, 201);
    }
    assert_eq!(world.send(post("/v1/mappings/order/activate", "", "")).status, 200);
    world
}

/// Charges; MaldoPay's response also has the payer's account.
fn charged(world: &World) -> String {
    let content = value!({"transaction": {"codeId": 200, "codeMessage": IBAN, "transactionId": 1}, "iban": IBAN});
    world.network.maldopay.next(Ok(response(200, &content.to_string())));
    let response = world.send(json("/v1/payments", "k", &body()));
    assert_eq!(response.status, 201, "{}", response.text);
    response.json["reference"].as_str().unwrap().to_owned()
}

fn erase(world: &World, reference: &str) -> DecodedResponse {
    let body = value!({"note": "request 2026-17", "by": "privacy"});
    world.send(json(&format!("/v1/payments/{reference}/erase"), "", &body))
}

fn events(world: &World, reference: &str) -> Value {
    world.send(get(&format!("/v1/payments/{reference}/events"))).json
}

#[test]
fn personal_data_is_sealed_in_the_store_and_shown_to_callers_and_mappers() {
    let world = mapped();
    let reference = charged(&world);
    assert!(!world.store.text().contains(IBAN), "{}", world.store.text());
    assert_eq!(world.documents.details.take().0[0].value, IBAN);
    let history = events(&world, &reference);
    assert!(history["events"][1]["raw"].as_str().unwrap().contains(IBAN));
    assert_eq!((&history["events"][1]["reason"], &history["audit"]["intact"]), (&IBAN.into(), &true.into()));
    let sync_state = world.network.salesforce.composites()[0].to_string();
    assert!(sync_state.contains(IBAN), "Salesforce gets the reason: {sync_state}");
    let differences = world.send(get("/v1/mappings/next/differences")).json;
    assert_eq!(differences["differences"][0]["differences"][0]["shadow"], "next", "{differences:#}");
    assert!(!world.store.value(&format!("map/tr/next/~{reference}")).unwrap().contains("next"));
}

#[test]
fn erased_data_is_shown_to_nobody_and_later_personal_data_is_not_stored() {
    let world = mapped();
    let reference = charged(&world);
    let erased = erase(&world, &reference);
    assert_eq!(erased.status, 200, "{}", erased.text);
    assert_eq!(
        (&erased.json["status"], &erased.json["erasedAt"]),
        (&"captured".into(), &"2026-11-20T10:00:00.000Z".into())
    );
    assert_eq!(world.documents.details.take().0, [], "later syncs use only the remaining data");
    // Later data arrives by a response and by a callback.
    let content = value!({"transaction": {"codeId": 200, "codeMessage": IBAN, "transactionId": 2}, "iban": IBAN});
    world.network.maldopay.next(Ok(response(200, &content.to_string())));
    assert_eq!(world.send(operation(&reference, "refunds", "k2", &value!({"amount": "1"}))).status, 201);
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    let history = events(&world, &reference);
    assert_eq!(history["audit"]["intact"], true, "{history:#}");
    let shown: Vec<(&Value, bool)> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (&event["erased"], event["raw"].is_null() && event["reason"].is_null()))
        .collect();
    assert_eq!(shown[1], (&true.into(), true));
    assert!(shown.iter().skip(2).all(|shown| *shown == (&Value::Null, true)), "{history:#}");
    assert!(!world.store.text().contains(IBAN));
    let shown = world.payment(&reference);
    assert_eq!((&shown["refunded"], &shown["status"]), (&"1.00".into(), &"disputed".into()));
    let journal = world.send(get("/v1/journal?after=5")).json;
    assert_eq!(journal["entries"][0]["kind"], "erased", "{journal:#}");
}

#[test]
fn an_erasure_needs_a_note_and_a_name_and_an_existing_payment() {
    let world = mapped();
    let reference = charged(&world);
    let path = format!("/v1/payments/{reference}/erase");
    for (body, field) in
        [("{\"by\":\"a\"}", "note"), ("{\"note\":\"a\"}", "by"), ("{\"note\":\"a\",\"by\":\"\"}", "by")]
    {
        let response = world.send(post(&path, "", body));
        assert_eq!((response.status, response.code(), &response.json["field"]), (422, "invalid_field", &field.into()));
    }
    assert_eq!(world.send(post(&path, "", "")).code(), "malformed_json");
    assert_eq!(erase(&world, "tbnone").code(), "payment_not_found");
    assert_eq!(world.send(get(&path)).status, 405);
    assert!(events(&world, &reference)["events"][1]["raw"].is_string());
}

#[test]
fn a_repeated_erasure_changes_nothing() {
    let world = mapped();
    let reference = charged(&world);
    let first = erase(&world, &reference).json;
    world.clock.advance_seconds(10);
    let calls = world.salesforce_calls();
    let second = erase(&world, &reference).json;
    assert_eq!((&first["erasedAt"], &first["version"]), (&second["erasedAt"], &second["version"]));
    assert_eq!(world.salesforce_calls(), calls);
}

#[test]
fn personal_data_that_arrives_during_the_erasure_is_removed_by_the_sync() {
    let world = mapped();
    let reference = charged(&world);
    // The callback has read the payment and is about to write when the payment is erased.
    let (inner, erased) = (Rc::downgrade(&world), reference.clone());
    let key = format!("pay/tr/{reference}/3");
    let mut done = false;
    world.store.plan(move |operation| {
        if !done && matches!(operation, super::doubles::StoreOperation::Increment(_, 1)) {
            done = true;
            let response = erase(&inner.upgrade().unwrap(), &erased);
            assert_eq!(response.status, 200, "{}", response.text);
        }
        Trouble::Nothing
    });
    let (response, after) = world.respond(webhook(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1)));
    world.store.recover();
    assert_eq!(response.text, "OK");
    assert!(world.store.value(&key).unwrap().contains("erased"));
    assert!(world.store.value(&format!("pay/tr/{reference}/4!")).is_some(), "the callback did not know of the erasure");
    assert_eq!(events(&world, &reference)["events"][3]["erased"], true, "it is shown to nobody nevertheless");
    world.finish(after);
    assert!(world.store.value(&format!("pay/tr/{reference}/4!")).is_none());
    assert_eq!(events(&world, &reference)["audit"]["intact"], true);
}

#[test]
fn former_keys_open_what_they_sealed() {
    let old = "6H7R7sTjqFVlSg61SOz37ArdFGx56nfG5RaTbWH+4oM=";
    let new = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let world = mapped();
    let reference = charged(&world);
    let intact = |with: &str| {
        world.rekey(&secrets().replacen(&format!("key = \"{old}\""), with, 1));
        let history = events(&world, &reference);
        (history["audit"]["intact"] == true, history["events"][1]["raw"].is_string())
    };
    assert_eq!(intact(&format!("key = \"{new}\"")), (false, false));
    assert_eq!(intact(&format!("key = \"{new}\"\nformer_keys = [\"{old}\"]")), (true, true));
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    world.send(sync(&reference));
    assert_eq!(events(&world, &reference)["audit"]["intact"], true);
}

/// Quotes this part of its input in its error message.
struct QuotingMapper(fn(&PaymentEvent) -> Option<String>);

impl Mapper for QuotingMapper {
    fn records(
        &self,
        _: &Payment,
        events: &[PaymentEvent],
        _: &Site,
        _: &str,
    ) -> Result<Vec<RecordWrite>, MappingProblem> {
        let quoted = (self.0)(&events[0]).unwrap_or_default();
        Err(MappingProblem { field: "Contact: Name".to_owned(), detail: format!("{quoted} is too long") })
    }

    fn check(&self, _: &str) -> Result<(), Vec<MappingProblem>> {
        Ok(())
    }
}

#[test]
fn a_mappers_message_that_quotes_personal_data_is_not_stored() {
    for quoting in [QuotingMapper(|event| event.reason.clone()), QuotingMapper(|event| event.redirect_url.clone())] {
        let world = World::new();
        let content = value!({
            "transaction": {"codeId": 313, "codeMessage": IBAN, "transactionId": 1},
            "redirect": "https://pay.example/?token=T0K3N",
        });
        world.network.maldopay.next(Ok(response(200, &content.to_string())));
        let gateway = world.gateway_with(&quoting);
        let answered = gateway.handle(json("/v1/payments", "k", &body()));
        gateway.finish(answered.deferred);
        let shown = world.payment(&world.payment_of_order());
        let message = shown["salesforce"]["errorMessage"].as_str().unwrap();
        let is_quoted = message.contains(IBAN) || message.contains("T0K3N");
        assert!(message.contains("not stored") && !is_quoted, "{message}");
        assert!(!world.store.text().contains(IBAN), "{}", world.store.text());
    }
}
