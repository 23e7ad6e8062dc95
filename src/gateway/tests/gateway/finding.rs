//! Finding payments by a record, its number, an invoice or a transaction.

use serde_json::{Value, json as value};

use super::doubles::{
    CONFIG, KEY_BOTH, KEY_DE, ORDER, World, body, callback, get, json, order_body, secrets, with_header,
};

/// Pays for an order with this number, and returns the payment's reference.
fn paid(world: &World, key: &str, order: &str, number: &str, invoice: &Value) -> String {
    let mut body = order_body(order);
    body["source"]["number"] = value!(number);
    if !invoice.is_null() {
        body["invoice"] = invoice.clone();
    }
    let response = world.send(json("/v1/payments", key, &body));
    assert_eq!(response.status, 201, "{}", response.text);
    response.json["reference"].as_str().unwrap().to_owned()
}

/// The references that a query finds, and whether they are all.
fn found(world: &World, query: &str) -> (Vec<String>, bool) {
    let response = world.send(get(&format!("/v1/payments?{query}")));
    assert_eq!(response.status, 200, "{query}: {}", response.text);
    let payments = response.json["payments"].as_array().unwrap();
    let references = payments.iter().map(|payment| payment["reference"].as_str().unwrap().to_owned());
    (references.collect(), response.json["complete"].as_bool().unwrap())
}

#[test]
fn a_payment_is_found_by_what_people_have_in_hand() {
    let world = World::new();
    let invoice = value!({"id": "3ttHs00000abcdeIAA", "number": "INV-2026-7"});
    let first = paid(&world, "k1", ORDER, "Ord-00000123", &invoice);
    let transaction = world.payment(&first)["transactionId"].as_str().unwrap().to_owned();
    let second = paid(&world, "k2", "801Hs00000zzzzzIAA", "Ord-00000124", &Value::Null);
    let before = world.store.operations();
    for query in [
        "source=Order:801Hs00000abcdeIAA",
        "source=Order:801Hs00000abcde",
        "source=order:801hs00000abcdeiaa",
        "source=ORDER:801HS00000ABCDEIAA",
        "source=Order%3A801Hs00000abcdeIAA&site=tr",
        "source=Invoice:3ttHs00000abcde",
        "number=Ord-00000123",
        "number=ORD-00000123",
        "number=ord-00000123%20",
        "invoice=INV-2026-7",
        "invoice=inv-2026-7",
        "invoice=3ttHs00000abcde",
        "invoice=3tths00000abcdeiaa",
        &format!("transaction={transaction}"),
    ] {
        assert_eq!(found(&world, query), (vec![first.clone()], true), "{query}");
    }
    assert_eq!(found(&world, "number=Ord-00000124").0, [second]);
    for query in [
        "source=Order:801Hs00000abcdE",
        "source=Invoice:801Hs00000abcde",
        "number=INV-2026-7",
        "invoice=Ord-00000123",
        "number=00000123",
        "transaction=nothing",
    ] {
        assert_eq!(found(&world, query), (Vec::new(), true), "{query}");
    }
    assert_eq!(world.store.writes_since(before), [], "reading writes nothing");
    let shown = world.send(get("/v1/payments?number=Ord-00000123")).json["payments"][0].clone();
    assert_eq!(shown, world.payment(&first), "as the payment is shown elsewhere");
}

#[test]
fn the_newest_payments_come_first_and_are_bounded() {
    let world = World::new();
    let mut all = Vec::new();
    for number in 0..5 {
        let mut body = body();
        body["another"] = value!(true);
        body["customer"]["id"] = value!(format!("c{number}"));
        let response = world.send(json("/v1/payments", &format!("k{number}"), &body));
        all.insert(0, response.json["reference"].as_str().unwrap().to_owned());
    }
    for query in ["source=Order:801Hs00000abcde", "number=00000123"] {
        assert_eq!(found(&world, query), (all.clone(), true));
        assert_eq!(found(&world, &format!("{query}&limit=5")), (all.clone(), true));
        assert_eq!(found(&world, &format!("{query}&limit=2")), (all[..2].to_vec(), false));
    }
}

#[test]
fn an_assigned_payment_is_found_by_its_record() {
    let world = World::new();
    world.receive(&callback("somebody-elses", "DEPOSIT", "CONFIRMED", "99", 1));
    assert_eq!(found(&world, "transaction=99").0, ["somebody-elses"]);
    let decision = value!({
        "action": "assign", "source": {"object": "Order", "id": ORDER, "number": "00000777"},
        "invoice": {"number": "INV-9"}, "note": "the old link",
    });
    assert_eq!(world.send(json("/v1/reviews/somebody-elses/resolve", "", &decision)).status, 200);
    for query in ["source=Order:801Hs00000abcde", "number=00000777", "invoice=INV-9"] {
        assert_eq!(found(&world, query).0, ["somebody-elses"], "{query}");
    }
}

#[test]
fn each_site_finds_only_its_own_payments() {
    let world = World::configured(CONFIG, &secrets());
    let reference = paid(&world, "k", ORDER, "00000123", &Value::Null);
    let as_caller = |key: &str, query: &str| {
        let request = with_header(get(&format!("/v1/payments?{query}")), "authorization", &format!("Bearer {key}"));
        world.send(request)
    };
    for query in ["source=Order:801Hs00000abcde", "number=00000123", "transaction=1"] {
        assert_eq!(as_caller(KEY_DE, query).json, value!({"payments": [], "complete": true}), "{query}");
        let both = as_caller(KEY_BOTH, &format!("{query}&site=tr"));
        assert_eq!(both.json["payments"][0]["reference"], reference, "{query}");
    }
    assert_eq!(as_caller(KEY_BOTH, "number=00000123").code(), "site_missing");
    assert_eq!(as_caller(KEY_DE, "number=00000123&site=tr").status, 403);
}

#[test]
fn an_older_version_s_payment_is_found_by_its_record_and_its_transaction() {
    let world = World::new();
    let reference = paid(&world, "k", ORDER, "00000123", &Value::Null);
    let index = world.store.text();
    let index = index.lines().filter_map(|line| line.split_once(' ')).filter(|(key, _)| key.starts_with("num/"));
    let index: Vec<String> = index.map(|(key, _)| key.to_owned()).collect();
    assert_eq!(index.len(), 1);
    for key in &index {
        world.store.remove(key);
    }
    assert_eq!(found(&world, "source=Order:801Hs00000abcde").0, [reference.as_str()]);
    let transaction = world.payment(&reference)["transactionId"].as_str().unwrap().to_owned();
    assert_eq!(found(&world, &format!("transaction={transaction}")).0, [reference]);
    assert_eq!(found(&world, "number=00000123"), (Vec::new(), true));
}

#[test]
fn the_index_of_numbers_costs_one_counter_for_each_and_no_write_of_its_own() {
    let writes = |body: &Value| {
        let world = World::new();
        world.network.salesforce.set_down(true);
        assert_eq!(world.send(json("/v1/payments", "k", body)).status, 201);
        world.store.writes_since(0)
    };
    let mut without = body();
    without["source"].as_object_mut().unwrap().remove("number");
    let mut with_invoice = body();
    with_invoice["invoice"] = value!({"number": "INV-7"});
    let mut same = body();
    same["invoice"] = value!({"number": "00000123"});
    let (without, with, with_invoice, same) = (writes(&without), writes(&body()), writes(&with_invoice), writes(&same));
    let more = |writes: &[super::doubles::StoreOperation]| writes.len() - without.len();
    assert_eq!((more(&with), more(&with_invoice), more(&same)), (1, 2, 1), "{with:#?}");
}
