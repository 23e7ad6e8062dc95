//! Additional data from MaldoPay about the customer and the method: decoded again from the stored body whenever a
//! payment is mapped, passed to documents only, and limited to what a field can hold.

use std::rc::Rc;

use serde_json::{Value, json as value};
use tollbridge_connector::types::Detail;

use super::doubles::{
    CONFIG, Request, World, body, callback, get, json, operation, post, response, secrets, sync, webhook, with_header,
};

fn mapped(signature: &str) -> Rc<World> {
    let config = CONFIG.replacen("[sites.tr]", "[sites.tr]\nmapping = { document = \"order\" }", 1).replacen(
        "integration_id = 3,",
        &format!("integration_id = 3, signature = \"{signature}\","),
        1,
    );
    let world = World::configured(&config, &secrets());
    let put = Request { method: "PUT".to_owned(), ..post("/v1/mappings/order", "", "document") };
    assert_eq!(world.send(put).status, 201);
    assert_eq!(world.send(post("/v1/mappings/order/activate", "", "")).status, 200);
    world
}

/// Charges; MaldoPay's response has these additional members.
fn charged(world: &World, additional: &Value) -> String {
    let mut content = value!({"transaction": {"codeId": 200, "codeMessage": "m", "transactionId": 1}});
    for (name, member) in additional.as_object().unwrap() {
        content[name] = member.clone();
    }
    world.network.maldopay.next(Ok(response(200, &content.to_string())));
    let response = world.send(json("/v1/payments", "k", &body()));
    assert_eq!(response.status, 201, "{}", response.text);
    response.json["reference"].as_str().unwrap().to_owned()
}

fn pairs(details: &[Detail]) -> Vec<(&str, &str)> {
    details.iter().map(|detail| (detail.name.as_str(), detail.value.as_str())).collect()
}

#[test]
fn additional_data_persists_and_each_event_has_its_own() {
    let world = mapped("values-pipe");
    let reference = charged(&world, &value!({"bankName": "Ziraat", "user": {"status": "VERIFIED"}}));
    let all = [("bankName", "Ziraat"), ("user.status", "VERIFIED")];
    let (payment, events) = world.documents.details.take();
    assert_eq!((pairs(&payment), events.len()), (all.to_vec(), 1));
    assert_eq!(pairs(&events[0]), all);
    // Neither later events nor a full sync contain it.
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    let (payment, events) = world.documents.details.take();
    assert_eq!(pairs(&payment), all);
    assert_eq!(events, [Vec::new()]);
    world.send(sync(&reference));
    let (payment, events) = world.documents.details.take();
    assert_eq!((pairs(&payment), events.len()), (all.to_vec(), 0));
    assert!(!world.payment(&reference).to_string().contains("Ziraat"), "the HTTP interface does not show it");
}

#[test]
fn the_stored_event_contains_no_additional_data() {
    let world = mapped("values-pipe");
    let reference = charged(&world, &value!({"bankName": "Ziraat"}));
    let mut event = world.send(get(&format!("/v1/payments/{reference}/events"))).json["events"][1].clone();
    assert!(event["raw"].as_str().unwrap().contains("Ziraat"), "MaldoPay's body is stored unchanged");
    event.as_object_mut().unwrap().remove("raw");
    assert!(!event.to_string().contains("Ziraat"), "{event}");
    assert!(!world.store.text().contains("Ziraat"), "it is stored sealed");
    assert!(!world.lines.0.borrow().iter().any(|line| line.contains("Ziraat")));
}

#[test]
fn hostile_additional_data_is_made_harmless() {
    let world = mapped("values-pipe");
    let mut additional = value!({
        "a_pan": "4111 1111 1111 1111", "bad name": "x", "long": "y".repeat(5000), "lines": "a\nb\u{0}c",
        "deep": {"a": {"b": {"c": "x"}}}, "many": {},
    });
    for number in 0..60 {
        additional["many"][format!("n{number}")] = value!(number);
    }
    charged(&world, &additional);
    let (payment, _) = world.documents.details.take();
    assert!(payment.len() <= 32, "{}", payment.len());
    assert!(payment.iter().all(|detail| detail.value.chars().count() <= 255 && !detail.value.contains("4111")));
    assert!(payment.iter().all(|detail| !detail.name.contains(' ') && !detail.value.contains(char::is_control)));
    assert!(pairs(&payment).contains(&("lines", "a b c")), "{payment:?}");
}

#[test]
fn unsigned_additional_data_is_ignored() {
    let world = mapped("values-pipe");
    let reference = charged(&world, &value!({}));
    world.documents.details.take();
    // The checksum of this scheme does not cover nested values.
    let mut forged = webhook(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    let text = String::from_utf8(forged.body.unwrap()).unwrap();
    forged.body = Ok(text.replacen('{', "{\"user\":{\"status\":\"VERIFIED\"},", 1).into_bytes());
    assert_eq!(world.send(with_header(forged, "x-correlation-id", "c")).text, "OK");
    let (payment, events) = world.documents.details.take();
    assert_eq!((payment, events.len()), (Vec::new(), 1));
}

#[test]
fn the_response_to_a_refund_is_read_too() {
    let world = mapped("values-pipe");
    let reference = charged(&world, &value!({"bankName": "Ziraat"}));
    let content =
        value!({"transaction": {"codeId": 200, "transactionId": 2}, "iban": "TR33 0006 1005 1978 6457 8413 26"});
    world.network.maldopay.next(Ok(response(200, &content.to_string())));
    world.send(operation(&reference, "refunds", "k2", &value!({"amount": "1"})));
    let (payment, _) = world.documents.details.take();
    assert_eq!(pairs(&payment), [("bankName", "Ziraat"), ("iban", "TR33 0006 1005 1978 6457 8413 26")]);
}
