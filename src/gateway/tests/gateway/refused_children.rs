//! One refused record does not hide the state: Salesforce still gets whatever it accepts of the payment, and what was
//! refused is shown with its object, its record, its fields and what to do.

use serde_json::{Value, json as value};

use super::doubles::{Callback, World, callback, get, json, post, refused, response};

const EVENTS: &str = "MaldoPay_Event__c/";

fn no_column(column: &str, object: &str) -> Value {
    refused("INVALID_FIELD", &format!("No such column '{column}' on sobject of type {object}"), &[])
}

fn order(world: &World) -> (Value, Value, Value) {
    let order = world.network.salesforce.record("Order/");
    let of = |name: &str| order[name].clone();
    (of("MaldoPay_Status__c"), of("MaldoPay_Needs_Review__c"), of("MaldoPay_Review_Reason__c"))
}

fn resolve(world: &World, reference: &str, decision: &Value) {
    let response = world.send(json(&format!("/v1/reviews/{reference}/resolve"), "", decision));
    assert_eq!(response.status, 200, "{}", response.text);
}

#[test]
fn a_refused_event_leaves_the_order_its_state_and_its_flag() {
    let world = World::new();
    world.network.salesforce.refuse(EVENTS, no_column("Digest__c", "MaldoPay_Event__c"));
    let reference = world.charge("k");
    let flagged = ("captured".into(), true.into(), "salesforce:INVALID_FIELD".into());
    assert_eq!(order(&world), flagged);
    let payment = world.network.salesforce.record("MaldoPay_Payment__c/");
    assert_eq!((&payment["Status__c"], &payment["Needs_Review__c"]), (&"captured".into(), &true.into()));
    assert!(payment.contains_key("Order__r") || payment.contains_key("Order__c"), "its lookup too: {payment:?}");
    assert_eq!(world.salesforce_calls(), 3, "the whole, the rest, and the events that may be accepted");

    // What happens meanwhile is shown as well.
    world.receive(&callback(&reference, "SETTLEMENT", "CONFIRMED", "S1", 5));
    assert_eq!(order(&world).0, "settled");

    world.network.salesforce.accept_all();
    resolve(&world, &reference, &value!({"action": "retry"}));
    assert_eq!(order(&world), ("settled".into(), false.into(), Value::Null));
    let records = world.network.salesforce.records.borrow();
    assert_eq!(records.keys().filter(|name| name.starts_with(EVENTS)).count(), 2, "{records:?}");
}

#[test]
fn an_accepted_refusal_of_an_event_leaves_no_flag_on_the_order() {
    let world = World::new();
    world.network.salesforce.refuse(EVENTS, no_column("Digest__c", "MaldoPay_Event__c"));
    let reference = world.charge("k");
    let accept = value!({"action": "accept", "reasons": ["salesforce:INVALID_FIELD"], "note": "no events here"});
    resolve(&world, &reference, &accept);
    assert_eq!(order(&world), ("captured".into(), false.into(), Value::Null));
}

#[test]
fn an_older_state_never_reaches_the_order_while_an_event_is_refused() {
    let world = World::new();
    let reference = world.charge("k");
    let (_, work) = world.respond(super::doubles::webhook(&callback(&reference, "SETTLEMENT", "CONFIRMED", "S1", 5)));
    world.network.salesforce.refuse(EVENTS, no_column("Digest__c", "MaldoPay_Event__c"));
    // Another process writes a newer state between the refusal and the second call.
    let newer = std::rc::Rc::clone(&world);
    world.network.during("/composite", move || {
        let mut records = newer.network.salesforce.records.borrow_mut();
        for (name, record) in records.iter_mut() {
            if name.starts_with("MaldoPay_Payment__c/") {
                record.insert("Version__c".to_owned(), 99.into());
            }
            if name.starts_with("Order/") {
                record.insert("MaldoPay_Status__c".to_owned(), "newer".into());
            }
        }
    });
    world.finish(work);
    assert_eq!(order(&world).0, "newer");
}

#[test]
fn of_several_refused_records_the_others_are_written() {
    let world = World::new();
    world.network.salesforce.refuse(EVENTS, no_column("Digest__c", "MaldoPay_Event__c"));
    world.network.salesforce.refuse("Order/", no_column("MaldoPay_Status__c", "Order"));
    world.charge("k");
    let payment = world.network.salesforce.record("MaldoPay_Payment__c/");
    assert_eq!((&payment["Status__c"], &payment["Needs_Review__c"]), (&"captured".into(), &true.into()));
    assert!(world.network.salesforce.records.borrow().keys().all(|name| name.starts_with("MaldoPay_Payment__c/")));
}

#[test]
fn a_sync_that_is_accepted_costs_one_call() {
    let world = World::new();
    let reference = world.charge("k");
    assert_eq!(world.salesforce_calls(), 1);
    world.receive(&callback(&reference, "SETTLEMENT", "CONFIRMED", "S1", 5));
    assert_eq!(world.salesforce_calls(), 2);
}

#[test]
fn what_was_refused_is_shown_in_the_payment_the_review_and_the_log() {
    let world = World::new();
    world.network.salesforce.refuse("MaldoPay_Payment__c/", no_column("Foo__c", "MaldoPay_Payment__c"));
    let reference = world.charge("k");
    let shown = world.payment(&reference)["salesforce"].clone();
    let record = format!("MaldoPay_Payment__c/Reference__c/{reference}");
    let message = "Salesforce refused MaldoPay_Payment__c for Foo__c: No such column 'Foo__c' on sobject of type MaldoPay_Payment__c";
    for (name, expected) in [
        ("errorCode", value!("INVALID_FIELD")),
        ("errorMessage", value!(message)),
        ("errorObject", value!("MaldoPay_Payment__c")),
        ("errorRecord", value!(record)),
        ("errorFields", value!(["Foo__c"])),
    ] {
        assert_eq!(shown[name], expected, "{name}");
    }
    let remedy = shown["errorRemedy"].as_str().unwrap();
    assert!(remedy.contains("create the object and field"), "{remedy}");

    let error = world.send(get("/v1/reviews")).json["reviews"][0]["error"].clone();
    assert_eq!(
        (&error["object"], &error["record"], &error["fields"], &error["remedy"]),
        (&value!("MaldoPay_Payment__c"), &value!(record), &value!(["Foo__c"]), &value!(remedy))
    );

    let lines = world.lines.0.borrow();
    let line = lines.iter().find(|line| line.contains("INVALID_FIELD")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&line["event"], &line["object"], &line["record"], &line["fields"], &line["remedy"]),
        (&value!("sync"), &value!("MaldoPay_Payment__c"), &value!(record), &value!("Foo__c"), &value!(remedy))
    );
}

#[test]
fn what_could_hold_a_customers_data_is_shown_nowhere() {
    for (code, message) in [
        ("STRING_TOO_LONG", "Reason: data value too large: marker Ada (max length=255)"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No such column 'marker' on sobject of type Order"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Status: bad value for restricted picklist field: marker"),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "T: System.LimitException: Apex CPU time limit exceeded for marker"),
    ] {
        let world = World::new();
        world.network.salesforce.refuse("Order/", refused(code, message, &["Status__c", "marker Ada"]));
        let reference = world.charge("k");
        let payment = world.payment(&reference).to_string();
        let everything = format!("{payment}{}{}", world.store.text(), world.lines.0.borrow().join("\n"));
        assert!(!everything.contains("marker Ada") && !payment.contains("marker"), "{code}: {payment}");
        assert!(payment.contains("Order/801Hs00000abcdeIAA") && payment.contains("Status__c"), "{payment}");
    }
}

#[test]
fn a_record_that_may_name_a_person_is_shown_by_its_object_alone() {
    use tollbridge_connector::types::{Field, Payment, PaymentEvent, RecordKey, RecordWrite, Site, WriteMode};

    struct Contact;
    impl super::doubles::Mapper for Contact {
        fn records(
            &self,
            payment: &Payment,
            _: &[PaymentEvent],
            _: &Site,
            _: &str,
        ) -> Result<Vec<RecordWrite>, super::doubles::MappingProblem> {
            let field = Field { name: "Status__c".to_owned(), value: format!("\"{}\"", payment.reference) };
            let key = RecordKey::Id("003markerPerson".to_owned());
            let (object, mode) = ("Contact".to_owned(), WriteMode::Update);
            Ok(vec![RecordWrite { object, key, mode, fields: vec![field] }])
        }

        fn check(&self, _: &str) -> Result<(), Vec<super::doubles::MappingProblem>> {
            Ok(())
        }
    }

    let world = World::new();
    world.network.salesforce.refuse("Contact/", refused("NOT_FOUND", "", &[]));
    let gateway = world.gateway_with(&Contact);
    let answered = gateway.handle(json("/v1/payments", "k", &super::doubles::body()));
    gateway.finish(answered.deferred);
    let payment = world.payment(&world.payment_of_order());
    assert_eq!(
        (&payment["salesforce"]["errorObject"], payment["salesforce"].get("errorRecord")),
        (&"Contact".into(), None)
    );
    assert!(!world.lines.0.borrow().join("\n").contains("003markerPerson"));
}

#[test]
fn control_characters_are_sent_as_spaces_by_every_mapper() {
    let world = World::new();
    let said = value!({"transaction": {"codeId": 200, "codeMessage": "a\u{0}b\u{1f}c\u{85}d\te", "transactionId": 1}});
    world.network.maldopay.next(Ok(response(200, &said.to_string())));
    world.charge("k");
    assert_eq!(world.network.salesforce.record(EVENTS)["Reason__c"], "a b c d\te");
}

#[test]
fn texts_fit_as_salesforce_counts_them() {
    let world = World::new();
    let reason = format!("a{}", "😀".repeat(254));
    let said = value!({"transaction": {"codeId": 200, "codeMessage": reason, "transactionId": 1}});
    world.network.maldopay.next(Ok(response(200, &said.to_string())));
    world.charge("k");
    let sent = world.network.salesforce.record(EVENTS)["Reason__c"].clone();
    assert_eq!(sent, format!("a{}", "😀".repeat(127)), "255 UTF-16 units");
}

#[test]
fn a_drain_shows_the_refusal_once_and_leaves_it_to_a_person() {
    let world = World::new();
    world.network.salesforce.set_down(true);
    let reference = world.charge("k");
    world.network.salesforce.set_down(false);
    world.network.salesforce.refuse(EVENTS, no_column("Digest__c", "MaldoPay_Event__c"));
    world.clock.advance_seconds(3600);
    assert_eq!(world.send(post("/v1/drain", "", "")).json["review"], 1);
    assert_eq!(order(&world).1, true);
    let calls = world.salesforce_calls();
    world.clock.advance_seconds(3600);
    world.send(post("/v1/drain", "", ""));
    assert_eq!(world.salesforce_calls(), calls);
    let event = Callback { transaction: "9".to_owned(), ..callback(&reference, "SETTLEMENT", "CONFIRMED", "S1", 5) };
    world.receive(&event);
    assert_eq!(order(&world).0, "settled");
}
