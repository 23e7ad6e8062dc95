//! One record is one record, however a client writes its object and its id.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json as value};
use sha2::{Digest as _, Sha256};
use tollbridge_domain::{IdempotencyKey, PaymentReference, SiteName, SourceRecord};
use tollbridge_ledger::Store as _;

use super::doubles::{DecodedResponse, ORDER, World, body, json, order_body};

fn open(world: &World, key: &str, object: &str, id: &str) -> DecodedResponse {
    let mut body = order_body(id);
    body["source"]["object"] = value!(object);
    world.send(json("/v1/payments", key, &body))
}

const SPELLINGS: [(&str, &str); 6] = [
    ("Order", "801Hs00000abcdeIAA"),
    ("Order", "801Hs00000abcde"),
    ("order", "801Hs00000abcdeIAA"),
    ("ORDER", "801HS00000ABCDEIAA"),
    ("order", "801hs00000abcdeiaa"),
    ("Order", "801hs00000abcdeIAA"),
];

/// The id of a record of another object, in the same spelling.
fn prefixed(id: &str, prefix: &str) -> String {
    let is_capital = !id.bytes().any(|byte| byte.is_ascii_lowercase());
    id.replace("801", &if is_capital { prefix.to_ascii_uppercase() } else { prefix.to_owned() })
}

#[test]
fn a_record_is_charged_once_however_it_is_spelled() {
    let invoice = |(object, id): (&str, &str)| {
        let object = match object.chars().nth(1) {
            Some('R') => "INVOICE",
            _ if object.starts_with('o') => "invoice",
            _ => "Invoice",
        };
        (object.to_owned(), prefixed(id, "3tt"))
    };
    let custom = |(object, id): (&str, &str)| {
        let object = if object == "ORDER" { "NS__FOO__C" } else { "ns__Foo__c" };
        (object.to_owned(), prefixed(id, "a01"))
    };
    let order = |(object, id): (&str, &str)| (object.to_owned(), id.to_owned());
    type RecordNaming<'a> = &'a dyn Fn((&str, &str)) -> (String, String);
    let kinds: [RecordNaming<'_>; 3] = [&order, &invoice, &custom];
    for kind in kinds {
        for first in SPELLINGS {
            let world = World::new();
            let (object, id) = kind(first);
            let paid = open(&world, "first", &object, &id);
            assert_eq!(paid.status, 201, "{}", paid.text);
            for (number, other) in SPELLINGS.into_iter().enumerate() {
                let (object, id) = kind(other);
                let response = open(&world, &format!("k{number}"), &object, &id);
                let actual = (response.status, response.code(), &response.json["payment"]);
                assert_eq!(actual, (409, "source_has_payment", &paid.json["reference"]), "{first:?} {object} {id}");
            }
            assert_eq!(world.provider_calls(), 1);
        }
    }
}

#[test]
fn a_repetition_in_another_spelling_is_the_same_command() {
    for first in SPELLINGS {
        let world = World::new();
        let paid = open(&world, "k", first.0, first.1);
        assert_eq!(paid.status, 201, "{}", paid.text);
        for (object, id) in SPELLINGS {
            let again = open(&world, "k", object, id);
            assert_eq!((again.status, &again.text), (201, &paid.text), "{first:?} {object} {id}");
            assert_eq!(again.header("idempotency-replayed"), Some("true"));
        }
        let other = open(&world, "k", "Order", "801Hs00000abcdEIAQ");
        assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"), "another record is another command");
    }
}

#[test]
fn an_id_with_a_wrong_checksum_suffix_is_refused() {
    let world = World::new();
    for id in ["801Hs00000abcdeAAA", "801hs00000abcdeiba", "801hs00000abcdei9a", "801Hs00000abcdeIAB"] {
        let response = open(&world, "k", "Order", id);
        let actual = (response.status, response.code(), &response.json["field"]);
        assert_eq!(actual, (422, "invalid_field", &value!("source.id")), "{id}");
        let mut body = body();
        body["invoice"] = value!({"id": id, "number": "INV-7"});
        let response = world.send(json("/v1/payments", "k", &body));
        assert_eq!((response.status, &response.json["field"]), (422, &value!("invoice.id")), "{id}");
    }
    assert_eq!(world.store.operations(), 0);
}

#[test]
fn the_record_is_shown_in_salesforces_spelling() {
    let world = World::new();
    let paid = open(&world, "k", "ORDER", "801hs00000abcdeiaa").json;
    assert_eq!(paid["source"], value!({"object": "Order", "id": ORDER, "number": "00000123"}));
    assert_eq!(world.network.salesforce.record("MaldoPay_Payment__c")["Source_Id__c"], ORDER);
    assert_eq!(world.network.salesforce.record("Order")["MaldoPay_Status__c"], "captured");
    let custom = open(&world, "k2", "ns__Foo__C", "a01hs00000abcdeiaa").json;
    assert_eq!(custom["source"], value!({"object": "ns__Foo__c", "id": "a01Hs00000abcdeIAA", "number": "00000123"}));
    let mut body = order_body("801Hs00000zzzzzIAA");
    body["invoice"] = value!({"id": "3tths00000abcdeiaa", "number": "INV-7"});
    let invoiced = world.send(json("/v1/payments", "k3", &body)).json;
    assert_eq!(invoiced["invoice"]["id"], "3ttHs00000abcdeIAA");
}

/// The command's digest as older versions computed it, from the text as it was sent.
fn older_digest(body: &Value) -> String {
    fn canonical(value: &Value) -> String {
        match value {
            Value::Object(fields) => {
                let fields: BTreeMap<_, _> = fields.iter().collect();
                let fields = fields.iter().map(|(name, value)| format!("{}:{},", value!(name), canonical(value)));
                format!("{{{}}}", fields.collect::<String>())
            }
            Value::Array(items) => format!("[{}]", items.iter().map(|item| canonical(item) + ",").collect::<String>()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        }
    }
    base16ct::lower::encode_string(&Sha256::digest(format!("k\0/v1/payments\0{}", canonical(body)).as_bytes()))
}

/// A store in which an older version charged this record under the key `k` and stored everything under the spelling of
/// the request. Returns the payment's reference too.
fn charged_before(object: &str, id: &str) -> (Rc<World>, String) {
    let now = World::new();
    let paid = open(&now, "k", "Order", ORDER);
    let reference_now = paid.json["reference"].as_str().unwrap();
    let entry: Value = serde_json::from_str(&now.store.value(&format!("pay/tr/{reference_now}/1")).unwrap()).unwrap();
    let digest_now = entry["content"]["digest"].as_str().unwrap();
    assert_eq!(digest_now, older_digest(&body()), "Salesforce's own spelling has the digest that it always had");
    let mut sent = order_body(id);
    sent["source"]["object"] = value!(object);
    let source = SourceRecord::as_written(object.to_owned(), id.to_owned(), None).unwrap();
    let (site, key) = (SiteName::parse("tr").unwrap(), IdempotencyKey::parse("k").unwrap());
    let reference = PaymentReference::derive(&site, &source, &key).to_string();
    let attempts = format!("src/tr/{object}/{}", &id[..15]);
    let as_before = |text: &str| {
        text.replace(&format!(r#""object":"Order","id":"{ORDER}""#), &format!(r#""object":"{object}","id":"{id}""#))
            .replace("src/tr/Order/801Hs00000abcde", &attempts)
            .replace(reference_now, &reference)
            .replace(digest_now, &older_digest(&sent))
    };
    let before = World::new();
    for line in now.store.text().lines() {
        let (key, value) = line.split_once(' ').unwrap();
        before.store.put(&as_before(key), &as_before(value));
    }
    for (counter, count) in
        [(format!("pay/tr/{reference}#"), 2), (format!("{attempts}#"), 1), ("jrn/tr#".to_owned(), 2)]
    {
        before.store.increment(&counter, count).unwrap();
    }
    (before, reference)
}

const OLDER: [(&str, &str); 5] = [
    ("Order", "801Hs00000abcde"),
    ("order", "801Hs00000abcdeIAA"),
    ("ORDER", "801HS00000ABCDEIAA"),
    ("Order", "801hs00000abcdeiaa"),
    ("ns__Foo__c", "a01Hs00000abcdeIAA"),
];

#[test]
fn a_record_that_an_older_version_charged_stays_charged_under_its_spelling() {
    for (object, id) in OLDER {
        let (world, reference) = charged_before(object, id);
        let response = open(&world, "k2", object, id);
        let actual = (response.status, response.code(), &response.json["payment"]);
        assert_eq!(actual, (409, "source_has_payment", &value!(reference)), "{object} {id}");
        assert_eq!(world.provider_calls(), 0);
    }
}

#[test]
fn a_key_of_an_older_version_returns_its_stored_response() {
    for (object, id) in OLDER {
        let (world, reference) = charged_before(object, id);
        let again = open(&world, "k", object, id);
        let actual = (again.status, again.header("idempotency-replayed"), &again.json["reference"]);
        assert_eq!(actual, (201, Some("true"), &value!(reference)), "{object} {id}: {}", again.text);
        // Long afterwards only the payment is left.
        let record = world.store.text().lines().find(|line| line.starts_with("idem/tr/")).unwrap().to_owned();
        world.store.delete_many(&[record.split(' ').next().unwrap().to_owned()]).unwrap();
        let again = open(&world, "k", object, id);
        let actual = (again.status, again.code(), &again.json["payment"]);
        assert_eq!(actual, (409, "idempotency_key_expired", &value!(reference)), "{object} {id}: {}", again.text);
        assert_eq!(world.provider_calls(), 0);
    }
}
