//! Small realistic inputs, written by the sandbox and by the doubles, which sign and respond like the real peers.

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tollbridge_sandbox::{CallbackEncoding, Signature, signed_callback};

use crate::deliveries::NOW;
use crate::doubles::{self, Request, get, operation, sync, with_header};
use crate::gateway::{KEYS, authorization, world};
use crate::message::Message;

/// Callbacks of every kind and scheme, as JSON and as forms.
pub fn deliveries() -> Vec<Vec<u8>> {
    let (_, [charged, _]) = world("body");
    let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
    let callback = |kind: &str, result: &str, code: &str, amount: &str, currency: &str| {
        [
            ("result", format!("\"{result}\"")),
            ("codeId", code.to_owned()),
            ("type", format!("\"{kind}\"")),
            ("serviceId", "\"2031\"".to_owned()),
            ("dateUpdated", "\"2026-11-20 10:00:00\"".to_owned()),
            ("referenceOrderId", format!("\"{charged}\"")),
            ("maldoTransactionId", "987".to_owned()),
            ("originalTransactionId", "\"986\"".to_owned()),
            ("amount", amount.to_owned()),
            ("currencyCode", format!("\"{currency}\"")),
            ("fee", "1.25".to_owned()),
            ("reason", "\"of Ada-Marker, \\\"no\\\" | \\u0130zmir\"".to_owned()),
            ("reasonCode", "null".to_owned()),
            ("conversion", r#"{"converted_amount":1.45,"converted_rate":"0.029","converted_to":"EUR"}"#.to_owned()),
        ]
        .map(|(name, text)| (name.to_owned(), raw(&text)))
        .to_vec()
    };
    let callbacks = [
        callback("DEPOSIT", "CONFIRMED", "200", "149.90", "TRY"),
        callback("AUTHORIZE", "PENDING", "\"313\"", "\"149.90\"", "TRY"),
        callback("REFUND", "DECLINED", "491", "500.00", "JPY"),
        callback("CHARGEBACK", "CANCELED", "410", "1.250", "KWD"),
        callback("SETTLEMENT", "CONFIRMED", "206", "0.01", "EUR"),
        callback("DEPOSIT", "CONFIRMED", "200", "500.01", "JPY"),
    ];
    let unreadable = [("result", "\"DECLINED\""), ("referenceOrderId", "\"no reference of ours\"")];
    let unreadable = unreadable.map(|(name, text)| (name.to_owned(), raw(text))).to_vec();
    let mut seeds = Vec::new();
    for fields in callbacks.iter().chain([&unreadable]) {
        for (signature, key) in
            [(Signature::ValuesPipe, KEYS[0]), (Signature::Body, KEYS[0]), (Signature::StandardWebhooks, KEYS[1])]
        {
            for encoding in [CallbackEncoding::Json, CallbackEncoding::Form] {
                let signed = signed_callback(fields, signature, key, encoding, NOW / 1000);
                seeds.push(Message::write("POST /webhooks/maldopay/tr", &signed.headers, &signed.body));
            }
        }
    }
    seeds
}

/// Every route, with a valid request.
pub fn requests() -> Vec<Vec<u8>> {
    let (_, [charged, authorized]) = world("values-pipe");
    let with = |body: Value| doubles::json("/v1/payments", "another-key", &body);
    let mut payout = doubles::order_body("801Hs00000abcdgIAA");
    payout["intent"] = json!("payout");
    payout["methodData"] = json!({"serviceData1": "Marker-9"});
    payout["amount"] = json!(20.5);
    let mut another = doubles::body();
    another["another"] = json!(true);
    let mut handed_over = doubles::order_body("801Hs00000abcdhIAA");
    handed_over["customer"] = json!({"ip": "203.0.113.7"});
    handed_over["contact"] = json!({
        "attributes": {"type": "Contact"}, "Id": "003Hs00000abcdeIAA", "FirstName": "Ada-Marker", "Phone": "+90 (555) 1112233",
        "Birthdate": "1990-04-01", "MailingStreet": "Kordon-Marker 1\n2", "Email": null, "Score__c": 1.5,
    });
    handed_over["account"] = json!({"PersonEmail": "ada.marker@example.com", "Name": "Marker Ltd"});
    handed_over["invoice"] = json!({"id": "3ttHs00000abcdeIAA", "number": "INV-7"});
    let refund = operation(&charged, "refunds", "refund-1", &json!({"amount": "49.90", "currency": "TRY"}));
    let traced = with_header(refund.clone(), "x-correlation-id", "caller-1");
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let requests = [
        with(doubles::order_body("801Hs00000abcdfIAA")),
        with(payout),
        with(handed_over),
        with(another),
        with(authorization()),
        doubles::json("/v1/payments", "charged", &doubles::body()),
        operation(&authorized, "captures", "capture-1", &json!({"amount": 100})),
        operation(&authorized, "captures", "capture-2", &json!({})),
        operation(&authorized, "voids", "void-1", &json!({})),
        with_header(traced, "traceparent", traceparent),
        refund,
        get(&format!("/v1/payments/{charged}")),
        get(&format!("/v1/payments/{authorized}/events")),
        get("/v1/journal?after=1&limit=2"),
        get("/v1/payments/none?site=tr"),
        sync(&charged),
        doubles::post("/v1/drain?site=tr", "drain", ""),
        doubles::request("GET", "/healthz"),
        doubles::request("GET", "/readyz"),
        doubles::webhook(&doubles::callback(&authorized, "CAPTURE", "CONFIRMED", "77", 9)),
        doubles::webhook(&doubles::callback("unknown", "DEPOSIT", "DECLINED", "78", 10)),
    ];
    requests.iter().map(written).collect()
}

fn written(request: &Request) -> Vec<u8> {
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let first = format!("{} {}{query}", request.method, request.path);
    Message::write(&first, &request.headers, &request.body.clone().unwrap_or_default())
}

/// Pairs of Salesforce's responses: to the sign-in, and to the Composite call.
pub fn salesforce() -> Vec<Vec<u8>> {
    let message = |status: u16, headers: &[(&str, &str)], body: String| {
        let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Message::write(&status.to_string(), &headers, body.as_bytes())
    };
    let granted = json!({"access_token": "00Dxx!marker-token-of-a-session", "token_type": "Bearer"}).to_string();
    let granted = message(200, &[("content-type", "application/json")], granted);
    let denied = message(400, &[], json!({"error": "invalid_client", "error_description": "marker"}).to_string());
    let wordy = message(401, &[], json!({"error": "no code: marker, of Ada"}).to_string());
    let parts = |parts: &[(u16, Value)]| {
        let parts: Vec<Value> = parts
            .iter()
            .enumerate()
            .map(|(index, (status, body))| {
                json!({"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": format!("record{index}")})
            })
            .collect();
        json!({"compositeResponse": parts}).to_string()
    };
    let done = || (204, Value::Null);
    let created = || (201, json!({"id": "a01Hs00000abcdeIAA", "success": true, "errors": []}));
    let refused = |code: &str, fields: &[&str]| (400, doubles::refused(code, "marker: of Ada", fields));
    let usage = [("sforce-limit-info", "api-usage=99001/100000")];
    let composites = [
        message(200, &[], parts(&[created(), created(), done()])),
        message(200, &[], parts(&[created(), created()])),
        message(200, &[], parts(&[])),
        message(
            200,
            &[],
            parts(&[
                refused("PROCESSING_HALTED", &[]),
                refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", &["Version__c"]),
                refused("PROCESSING_HALTED", &[]),
            ]),
        ),
        message(200, &[], parts(&[refused("STRING_TOO_LONG", &["Reason__c"]), refused("PROCESSING_HALTED", &[])])),
        message(200, &[], parts(&[done(), refused("UNABLE_TO_LOCK_ROW", &[]), done()])),
        message(400, &[], doubles::refused("no code: marker, of Ada", "marker", &["no name: marker"]).to_string()),
        message(401, &[], doubles::refused("INVALID_SESSION_ID", "marker", &[]).to_string()),
        message(403, &usage, doubles::refused("REQUEST_LIMIT_EXCEEDED", "marker", &[]).to_string()),
        message(503, &[("content-type", "text/html")], "<html>marker</html>".to_owned()),
    ];
    let mut seeds: Vec<_> = composites.iter().map(|composite| Message::write_two(&granted, composite)).collect();
    seeds.extend([denied, wordy].map(|answer| Message::write_two(&answer, &composites[0])));
    seeds
}

/// MaldoPay's responses to commands.
pub fn answers() -> Vec<Vec<u8>> {
    let answer = |status: u16, body: Value| Message::write(&status.to_string(), &[], body.to_string().as_bytes());
    let transaction = |code: Value| json!({"codeId": code, "codeMessage": "as said", "transactionId": 987});
    vec![
        answer(200, json!({"transaction": transaction(json!(200)), "amount": "149.90", "currency": "TRY"})),
        answer(
            200,
            json!({
                "transaction": transaction(json!("3205900")),
                "redirect": "https://pay.maldopay.example/checkout/987",
                "amount": 149.9,
                "conversion": {"converted_amount": 1.45, "converted_rate": 0.029, "converted_to": "EUR"},
                "checksum": "00",
            }),
        ),
        answer(200, json!({"transaction": transaction(json!(491)), "redirect": false})),
        answer(422, json!({"transaction": {"codeId": 500, "codeMessage": "marker", "transactionId": 0}})),
        answer(400, json!({"error": "marker"})),
        answer(409, json!({"transaction": transaction(json!(200))})),
        answer(500, json!({"transaction": transaction(json!(200))})),
        Message::write("502", &[], b"<html>marker</html>"),
    ]
}
