//! What MaldoPay says besides of the customer and the method: read again from what it sent whenever a payment is mapped,
//! shown to documents only, and never longer or worse than a field can take.

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

/// Charges, where MaldoPay answers with these members besides.
fn charged(world: &World, besides: &Value) -> String {
    let mut answer = value!({"transaction": {"codeId": 200, "codeMessage": "m", "transactionId": 1}});
    for (name, member) in besides.as_object().unwrap() {
        answer[name] = member.clone();
    }
    world.network.maldopay.next(Ok(response(200, &answer.to_string())));
    let answer = world.send(json("/v1/payments", "k", &body()));
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json["reference"].as_str().unwrap().to_owned()
}

fn pairs(details: &[Detail]) -> Vec<(&str, &str)> {
    details.iter().map(|detail| (detail.name.as_str(), detail.value.as_str())).collect()
}

#[test]
fn what_was_said_stays_said_and_each_event_has_its_own() {
    let world = mapped("values-pipe");
    let reference = charged(&world, &value!({"bankName": "Ziraat", "user": {"status": "VERIFIED"}}));
    let all = [("bankName", "Ziraat"), ("user.status", "VERIFIED")];
    let (payment, events) = world.documents.details.take();
    assert_eq!((pairs(&payment), events.len()), (all.to_vec(), 1));
    assert_eq!(pairs(&events[0]), all);
    // Later news says nothing of it, and neither does telling all of it again.
    world.receive(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    let (payment, events) = world.documents.details.take();
    assert_eq!(pairs(&payment), all);
    assert_eq!(events, [Vec::new()]);
    world.send(sync(&reference));
    let (payment, events) = world.documents.details.take();
    assert_eq!((pairs(&payment), events.len()), (all.to_vec(), 0));
    assert!(!world.payment(&reference).to_string().contains("Ziraat"), "the HTTP interface does not repeat it");
}

#[test]
fn nothing_of_it_is_in_the_event_that_is_kept() {
    let world = mapped("values-pipe");
    let reference = charged(&world, &value!({"bankName": "Ziraat"}));
    let mut event = world.send(get(&format!("/v1/payments/{reference}/events"))).json["events"][1].clone();
    assert!(event["raw"].as_str().unwrap().contains("Ziraat"), "what MaldoPay sent is kept as it came");
    event.as_object_mut().unwrap().remove("raw");
    assert!(!event.to_string().contains("Ziraat"), "{event}");
    assert!(!world.store.text().contains("Ziraat"), "it is kept sealed");
    assert!(!world.lines.0.borrow().iter().any(|line| line.contains("Ziraat")));
}

#[test]
fn what_is_hostile_is_contained() {
    let world = mapped("values-pipe");
    let mut besides = value!({
        "a_pan": "4111 1111 1111 1111", "bad name": "x", "long": "y".repeat(5000), "lines": "a\nb\u{0}c",
        "deep": {"a": {"b": {"c": "x"}}}, "many": {},
    });
    for number in 0..60 {
        besides["many"][format!("n{number}")] = value!(number);
    }
    charged(&world, &besides);
    let (payment, _) = world.documents.details.take();
    assert!(payment.len() <= 32, "{}", payment.len());
    assert!(payment.iter().all(|detail| detail.value.chars().count() <= 255 && !detail.value.contains("4111")));
    assert!(payment.iter().all(|detail| !detail.name.contains(' ') && !detail.value.contains(char::is_control)));
    assert!(pairs(&payment).contains(&("lines", "a b c")), "{payment:?}");
}

#[test]
fn what_nobody_signed_is_not_believed() {
    let world = mapped("values-pipe");
    let reference = charged(&world, &value!({}));
    world.documents.details.take();
    // The checksum of this scheme does not cover what is nested.
    let mut forged = webhook(&callback(&reference, "DISPUTE", "CONFIRMED", "1", 1));
    let text = String::from_utf8(forged.body.unwrap()).unwrap();
    forged.body = Ok(text.replacen('{', "{\"user\":{\"status\":\"VERIFIED\"},", 1).into_bytes());
    assert_eq!(world.send(with_header(forged, "x-correlation-id", "c")).text, "OK");
    let (payment, events) = world.documents.details.take();
    assert_eq!((payment, events.len()), (Vec::new(), 1));
}

#[test]
fn a_refund_s_answer_is_read_too() {
    let world = mapped("values-pipe");
    let reference = charged(&world, &value!({"bankName": "Ziraat"}));
    let answer =
        value!({"transaction": {"codeId": 200, "transactionId": 2}, "iban": "TR33 0006 1005 1978 6457 8413 26"});
    world.network.maldopay.next(Ok(response(200, &answer.to_string())));
    world.send(operation(&reference, "refunds", "k2", &value!({"amount": "1"})));
    let (payment, _) = world.documents.details.take();
    assert_eq!(pairs(&payment), [("bankName", "Ziraat"), ("iban", "TR33 0006 1005 1978 6457 8413 26")]);
}
