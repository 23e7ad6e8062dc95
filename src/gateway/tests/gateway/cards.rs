//! Card numbers in what MaldoPay sends: they are masked before anything is stored, synced or returned, and no payment
//! is lost because of them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json as value};
use sha2::{Digest as _, Sha256};

use super::doubles::{CONFIG, Request, World, body, get, json, post, request, response, secrets, with_header};

/// A callback with this body, signed as a whole with the site's current key.
fn delivery(body: &str, content_type: &str) -> Request {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"marker-encrypting-key-tr").unwrap();
    mac.update(body.as_bytes());
    let signature = base16ct::lower::encode_string(&mac.finalize().into_bytes());
    let request = with_header(request("POST", "/webhooks/maldopay/tr"), "content-type", content_type);
    let request = with_header(request, "x-maldo-signature", &signature);
    Request { body: Ok(body.as_bytes().to_vec()), ..request }
}

/// Sites whose callbacks are signed as a whole, with a document that gets the additional data.
fn world() -> std::rc::Rc<World> {
    let config = CONFIG.replacen("[sites.tr]", "[sites.tr]\nmapping = { document = \"order\" }", 1).replacen(
        "integration_id = 3,",
        "integration_id = 3, signature = \"body\",",
        1,
    );
    let world = World::configured(&config, &secrets());
    let put = Request { method: "PUT".to_owned(), ..post("/v1/mappings/order", "", "document") };
    assert_eq!(world.send(put).status, 201);
    assert_eq!(world.send(post("/v1/mappings/order/activate", "", "")).status, 200);
    world
}

fn received(world: &World, body: &str, content_type: &str) {
    let response = world.send(delivery(body, content_type));
    assert_eq!((response.status, response.text.as_str()), (200, "OK"), "{body}");
}

/// The last entry of a payment's history.
fn last_event(world: &World, reference: &str) -> Value {
    let history = world.send(get(&format!("/v1/payments/{reference}/events"))).json;
    assert_eq!(history["audit"]["intact"], true);
    history["events"].as_array().unwrap().last().unwrap().clone()
}

/// Asserts that only the last four digits of the card number are in the store, the log and the requests to Salesforce.
fn assert_masked(world: &World) {
    let requests = world.network.requests();
    let sent = requests.iter().filter(|request| !request.url.contains("maldopay"));
    let sent: String = sent.map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    let details = format!("{:?}", world.documents.details.take());
    for (place, text) in [
        ("store", world.store.text()),
        ("log", world.lines.0.borrow().join("\n")),
        ("sent", sent),
        ("details", details),
    ] {
        let digits: String =
            text.chars().filter(|character| !matches!(character, ' ' | '-' | '+' | '\u{200b}')).collect();
        for part in ["41111111", "55000000", "４１１１１"] {
            assert!(!digits.contains(part), "{part} is in the {place}: {text}");
        }
    }
}

#[test]
fn a_callback_is_stored_without_card_numbers_and_decoded_again() {
    let world = world();
    let reference = world.charge("k");
    let body = format!(
        r#"{{"result":"CONFIRMED","codeId":"4111111111111111","type":"DISPUTE","dateUpdated":"2026-11-20 10:00:01",
        "referenceOrderId":"{reference}","maldoTransactionId":"1","amount":149.90,"currencyCode":"TRY",
        "reason":"card 4111 1111 1111 1111 12/30 123","reasonCode":"5500-0000-0000-0004","pan":4111111111111111,
        "user":{{"note":"４１１１\u200b１１１１１１１１１１１１"}},"bankName":"Ziraat","at":1763632800000}}"#
    );
    received(&world, &body, "application/json");
    let (payment, _) = world.documents.details.take();
    let details: Vec<(&str, &str)> =
        payment.iter().map(|detail| (detail.name.as_str(), detail.value.as_str())).collect();
    for detail in [("bankName", "Ziraat"), ("pan", "************1111"), ("at", "1763632800000")] {
        assert!(details.contains(&detail), "{details:?}");
    }
    let event = last_event(&world, &reference);
    assert_eq!(event["reason"], "card **** **** **** 1111 **/** ***");
    assert_eq!((&event["code"], &event["reasonCode"]), (&value!("************1111"), &value!("****-****-****-0004")));
    let raw: Value = serde_json::from_str(event["raw"].as_str().unwrap()).unwrap();
    assert_eq!((&raw["pan"], &raw["at"]), (&value!("************1111"), &value!(1_763_632_800_000_u64)));
    // The digest is of what MaldoPay sent, not of the stored form.
    assert_eq!(event["digest"], base16ct::lower::encode_string(&Sha256::digest(body.as_bytes())));
    assert_eq!(world.payment(&reference)["status"], "disputed");
    assert_masked(&world);
    // The repetition is the same event.
    let before = world.store.operations();
    received(&world, &body, "application/json");
    assert_eq!(world.store.writes_since(before), []);
}

#[test]
fn a_form_is_stored_without_card_numbers_and_decoded_again() {
    let world = world();
    let reference = world.charge("k");
    let form = format!(
        "result=CONFIRMED&type=DISPUTE&codeId=200&dateUpdated=2026-11-20+10:00:01&referenceOrderId={reference}\
         &maldoTransactionId=1&amount=149.90&currencyCode=TRY&reason=4111+1111%201111+1111&bankName=Ziraat+%C3%96"
    );
    received(&world, &form, "application/x-www-form-urlencoded");
    let (payment, _) = world.documents.details.take();
    assert!(payment.iter().any(|detail| detail.value == "Ziraat Ö"), "{payment:?}");
    let event = last_event(&world, &reference);
    assert_eq!(event["reason"], "**** **** **** 1111");
    assert_eq!(event["raw"].as_str().unwrap(), form.replace("4111+1111%201111+1111", "****+****+****+1111"));
    assert_masked(&world);
}

#[test]
fn a_response_is_stored_without_card_numbers() {
    let world = world();
    let content = value!({
        "transaction": {"codeId": 311, "codeMessage": "paid with 5500 0000 0000 0004", "transactionId": 7},
        "redirect": "https://pay.example/?pan=4111111111111111", "card": "4111_1111_1111_1111",
    });
    world.network.maldopay.next(Ok(response(200, &content.to_string())));
    let paid = world.send(json("/v1/payments", "k", &body()));
    assert_eq!((paid.status, &paid.json["redirectUrl"]), (201, &value!("https://pay.example/?pan=************1111")));
    let reference = paid.json["reference"].as_str().unwrap();
    let event = last_event(&world, reference);
    assert_eq!(event["reason"], "paid with **** **** **** 0004");
    assert!(event["raw"].as_str().unwrap().contains(r#""card":"****_****_****_1111""#), "{event:#}");
    assert_masked(&world);
}

#[test]
fn a_reason_that_is_cut_within_a_card_number_shows_none_of_it() {
    let world = world();
    let reference = world.charge("k");
    for length in 236..255 {
        let reason = format!("{} 4111111111111111", "x".repeat(length - 1));
        let body = format!(
            r#"{{"result":"CONFIRMED","type":"DISPUTE","codeId":"{length}","referenceOrderId":"{reference}","reason":"{reason}"}}"#
        );
        received(&world, &body, "application/json");
    }
    assert_masked(&world);
}

#[test]
fn a_transaction_id_that_looks_like_a_card_number_stays_an_id() {
    let world = world();
    let content = value!({
        "transaction": {"codeId": 311, "codeMessage": "m", "transactionId": 4_111_111_111_111_111_u64},
        "redirect": "https://pay.example/4111111111111111",
    });
    world.network.maldopay.next(Ok(response(200, &content.to_string())));
    let paid = world.send(json("/v1/payments", "k", &body()));
    assert_eq!(paid.json["transactionId"], "4111111111111111");
    assert_eq!(paid.json["redirectUrl"], "https://pay.example/4111111111111111");
    let reference = paid.json["reference"].as_str().unwrap();
    assert_eq!(last_event(&world, reference)["raw"], content.to_string());
    // An event with MaldoPay's own reference finds the payment by this id.
    let delivered = r#"{"result":"CONFIRMED","type":"DEPOSIT","codeId":200,"referenceOrderId":"MP-1","amount":149.90,
        "maldoTransactionId":4111111111111111,"originalTransactionId":"4111111111111111","currencyCode":"TRY",
        "reason":"of 4111111111111111"}"#;
    received(&world, delivered, "application/json");
    assert_eq!(world.payment(reference)["captured"], "149.90");
    let event = last_event(&world, reference);
    assert_eq!((&event["transaction"], &event["actsOn"]), (&value!("4111111111111111"), &value!("4111111111111111")));
    assert_eq!(event["raw"], delivered.replace("of 4111111111111111", "of ************1111"));
}

#[test]
fn a_reference_that_is_a_card_number_does_not_name_a_payment() {
    let world = world();
    for (number, reference) in ["4111111111111111", "4111-1111-1111-1111", "5500000000000004"].into_iter().enumerate() {
        let event = format!(
            r#"{{"result":"CONFIRMED","type":"DEPOSIT","codeId":200,"referenceOrderId":"{reference}",
            "maldoTransactionId":"{number}9","amount":1,"currencyCode":"TRY"}}"#
        );
        received(&world, &event, "application/json");
    }
    let journal = world.send(get("/v1/journal")).json;
    let entries = journal["entries"].as_array().unwrap();
    let references: Vec<&str> = entries.iter().filter_map(|entry| entry["reference"].as_str()).collect();
    assert_eq!(references.len(), 3, "{journal:#}");
    assert!(references.iter().all(|reference| reference.starts_with("unmatched-")), "{journal:#}");
    assert_masked(&world);
}

#[test]
fn a_signature_is_verified_before_masking() {
    let world = world();
    let reference = world.charge("k");
    let body = format!(
        r#"{{"result":"CONFIRMED","type":"DISPUTE","codeId":200,"referenceOrderId":"{reference}","reason":"4111111111111111"}}"#
    );
    let sent = delivery(&body, "application/json");
    let masked = Request { body: Ok(body.replace("411111111111", "************").into_bytes()), ..sent.clone() };
    assert_eq!(world.send(masked).status, 401);
    assert_eq!(world.send(sent).status, 200);
}

#[test]
fn a_card_number_in_a_request_is_found_whatever_surrounds_or_divides_it() {
    let world = World::new();
    for text in [
        "4111 1111 1111 1111 12/30 123",
        "4111_1111_1111_1111",
        "4111,1111,1111,1111",
        "４１１１１１１１１１１１１１１１",
        "٤١١١١١١١١١١١١١١١",
        "4111\u{200b}1111\u{200c}1111\u{200d}1111",
        "4111\u{2060}1111\u{feff}1111\u{ad}1111",
    ] {
        let mut body = body();
        body["description"] = value!(text);
        let response = world.send(json("/v1/payments", "k", &body));
        let actual = (response.status, response.code(), &response.json["field"]);
        assert_eq!(actual, (422, "card_number_refused", &value!("description")), "{text}");
    }
    assert_eq!((world.store.operations(), world.network.requests().len()), (0, 0));
}
