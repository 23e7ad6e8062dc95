//! An Order shows all its payments, in whatever order things happen to them.

use serde_json::{Map, Value, json as value};

use super::doubles::{Callback, ORDER, World, body, callback, json, operation, post};
use super::durability::salesforce_is_right;

const INVOICE: &str = "3ttHs00000abcdeIAA";

/// The body that opens a further payment of this intent and amount for the Order.
pub fn another(intent: &str, amount: &str) -> Value {
    let mut body = body();
    let object = body.as_object_mut().unwrap();
    object.remove("tax");
    object.insert("intent".into(), intent.into());
    object.insert("amount".into(), amount.into());
    object.insert("another".into(), true.into());
    body
}

pub fn open(world: &World, key: &str, body: &Value) -> String {
    let response = world.send(json("/v1/payments", key, body));
    assert_eq!(response.status, 201, "{}", response.text);
    response.json["reference"].as_str().unwrap().to_owned()
}

pub fn order(world: &World) -> Map<String, Value> {
    world.network.salesforce.record(&format!("Order/{ORDER}"))
}

/// Status, captured, refunded, charged back, settled, paid out, and the review flag of a record.
pub fn shown(record: &Map<String, Value>) -> Value {
    let amount = |name: &str| format!("{:.2}", record[&format!("MaldoPay_{name}_Amount__c")].as_f64().unwrap());
    value!([
        record["MaldoPay_Status__c"],
        amount("Captured"),
        amount("Refunded"),
        amount("Charged_Back"),
        amount("Settled"),
        amount("Paid_Out"),
        record["MaldoPay_Needs_Review__c"],
    ])
}

pub fn drained(world: &World) -> Value {
    world.clock.advance_seconds(3600);
    let response = world.send(post("/v1/drain", "", ""));
    assert_eq!(response.status, 200, "{}", response.text);
    response.json
}

pub fn sync_state(
    reference: &str,
    kind: &'static str,
    result: &'static str,
    id: &str,
    amount: &'static str,
) -> Callback {
    Callback { amount, ..callback(reference, kind, result, id, 1) }
}

#[test]
fn two_charges_a_payout_and_a_declined_attempt_are_summed_up() {
    let world = World::new();
    let first = open(&world, "k1", &another("charge", "100.09"));
    assert_eq!(shown(&order(&world)), value!(["captured", "100.09", "0.00", "0.00", "0.00", "0.00", false]));
    let second = open(&world, "k2", &another("charge", "40.09"));
    assert_eq!(shown(&order(&world)), value!(["captured", "140.18", "0.00", "0.00", "0.00", "0.00", false]));
    open(&world, "k3", &another("payout", "15.00"));
    assert_eq!(shown(&order(&world)), value!(["captured", "140.18", "0.00", "0.00", "0.00", "15.00", false]));
    world.network.maldopay.next_code(491);
    let declined = open(&world, "k4", &another("charge", "40.09"));
    assert_eq!(world.payment(&declined)["status"], "failed");
    assert_eq!(shown(&order(&world)), value!(["captured", "140.18", "0.00", "0.00", "0.00", "15.00", false]));
    assert_eq!(order(&world)["MaldoPay_Payment__r"], value!({"Reference__c": second}));
    assert_eq!(order(&world)["MaldoPay_Transaction_Id__c"], "2");
    assert_eq!(order(&world)["MaldoPay_Review_Reason__c"], Value::Null);
    // An event of an earlier payment shows them all too.
    assert_eq!(world.send(operation(&first, "refunds", "k5", &value!({"amount": "0.09"}))).status, 201);
    assert_eq!(shown(&order(&world)), value!(["partially_refunded", "140.18", "0.09", "0.00", "0.00", "15.00", false]));
    for reference in [first, second, declined] {
        salesforce_is_right(&world, &reference, "at the end");
    }
}

#[test]
fn an_order_shows_the_same_whatever_the_order_of_its_events() {
    let kinds = [
        ("charge", "100.09", "DEPOSIT", "CONFIRMED"),
        ("charge", "40.09", "DEPOSIT", "CONFIRMED"),
        ("payout", "15.00", "WITHDRAW", "CONFIRMED"),
        ("charge", "40.09", "DEPOSIT", "DECLINED"),
    ];
    let mut orders = vec![vec![0_usize]];
    for next in 1..kinds.len() {
        orders = orders
            .into_iter()
            .flat_map(|order| {
                (0..=order.len()).map(move |place| {
                    let mut order = order.clone();
                    order.insert(place, next);
                    order
                })
            })
            .collect();
    }
    assert_eq!(orders.len(), 24);
    for decided in orders {
        let world = World::new();
        let references: Vec<String> = (0..)
            .zip(kinds)
            .map(|(number, (intent, amount, ..))| {
                world.network.maldopay.next_code(313);
                open(&world, &format!("k{number}"), &another(intent, amount))
            })
            .collect();
        assert_eq!(shown(&order(&world)), value!(["pending", "0.00", "0.00", "0.00", "0.00", "0.00", false]));
        for number in decided.clone() {
            let (_, amount, kind, result) = kinds[number];
            world.receive(&sync_state(&references[number], kind, result, &format!("{}", number + 1), amount));
        }
        let expected = value!(["captured", "140.18", "0.00", "0.00", "0.00", "15.00", false]);
        assert_eq!(shown(&order(&world)), expected, "{decided:?}");
        assert_eq!(order(&world)["MaldoPay_Payment__r"]["Reference__c"], references[1].as_str(), "{decided:?}");
        drained(&world);
        assert_eq!(shown(&order(&world)), expected, "{decided:?}");
        assert_eq!(drained(&world)["taken"], 0, "{decided:?}: the journal is closed");
    }
}

#[test]
fn the_response_shows_the_record_too() {
    let world = World::new();
    let first = open(&world, "k1", &another("charge", "100.09"));
    let response = world.send(json("/v1/payments", "k2", &another("charge", "40.09")));
    let expected = value!({
        "status": "captured", "payments": 2, "currency": "TRY", "authorized": "0.00", "captured": "140.18",
        "refunded": "0.00", "chargedBack": "0.00", "settled": "0.00", "paidOut": "0.00", "fees": "0.00",
        "outstanding": "0.00", "reference": response.json["reference"], "transactionId": "2",
        "reviewRequired": false, "reviewReasons": [],
    });
    assert_eq!(response.json["record"], expected);
    assert_eq!(world.payment(&first)["record"], expected);
    assert_eq!(world.payment(&first)["captured"], "100.09");
    world.receive(&callback("somebody-elses", "DEPOSIT", "CONFIRMED", "99", 1));
    assert_eq!(world.payment("somebody-elses").get("record"), None, "it has no record");
}

#[test]
fn the_order_is_flagged_while_any_payment_needs_review() {
    let world = World::new();
    let first = open(&world, "k1", &another("charge", "100.09"));
    let second = open(&world, "k2", &another("charge", "40.09"));
    world.receive(&Callback { amount: "20.00", ..callback(&first, "DISPUTE", "CONFIRMED", "1", 1) });
    let back = Callback { original: Some("2".into()), ..sync_state(&second, "CHARGEBACK", "CONFIRMED", "9", "10.00") };
    world.receive(&back);
    assert_eq!(order(&world)["MaldoPay_Status__c"], "disputed");
    assert_eq!(order(&world)["MaldoPay_Review_Reason__c"], "disputed; charged_back");
    world.receive(&Callback { amount: "20.00", ..callback(&first, "DISPUTE", "DECLINED", "1", 2) });
    assert_eq!(order(&world)["MaldoPay_Review_Reason__c"], "charged_back");
    let accept = value!({"action": "accept", "reasons": ["charged_back"], "note": "agreed"});
    assert_eq!(world.send(json(&format!("/v1/reviews/{second}/resolve"), "", &accept)).status, 200);
    assert_eq!(shown(&order(&world)), value!(["charged_back", "140.18", "0.00", "10.00", "0.00", "0.00", false]));
}

#[test]
fn a_refused_payment_keeps_its_flag_on_the_order_while_others_are_synced() {
    let world = World::new();
    let first = open(&world, "k1", &another("charge", "100.09"));
    let refusal = super::doubles::refused("STRING_TOO_LONG", "", &["Site__c"]);
    world.network.salesforce.next(Ok(super::doubles::response(400, &refusal.to_string())));
    world.receive(&sync_state(&first, "SETTLEMENT", "CONFIRMED", "8", "100.09"));
    open(&world, "k2", &another("charge", "40.09"));
    assert_eq!(order(&world)["MaldoPay_Review_Reason__c"], "salesforce:STRING_TOO_LONG");
    let retry = value!({"action": "retry"});
    assert_eq!(world.send(json(&format!("/v1/reviews/{first}/resolve"), "", &retry)).status, 200);
    assert_eq!(shown(&order(&world)), value!(["captured", "140.18", "0.00", "0.00", "100.09", "0.00", false]));
}

#[test]
fn an_event_is_synced_although_salesforce_lacks_the_orders_latest_payment() {
    let world = World::new();
    let first = open(&world, "k1", &another("charge", "100.09"));
    world.network.salesforce.set_down(true);
    let second = open(&world, "k2", &another("charge", "40.09"));
    world.network.salesforce.set_down(false);
    world.receive(&sync_state(&first, "SETTLEMENT", "CONFIRMED", "8", "100.09"));
    assert_eq!(world.payment(&first)["reviewReasons"], value!([]));
    drained(&world);
    assert_eq!(shown(&order(&world)), value!(["captured", "140.18", "0.00", "0.00", "100.09", "0.00", false]));
    for reference in [first, second] {
        salesforce_is_right(&world, &reference, "at the end");
    }
}

#[test]
fn an_amount_in_another_currency_is_shown_and_not_added() {
    let world = World::new();
    open(&world, "k1", &another("charge", "100.09"));
    let mut euro = another("charge", "40.09");
    euro["currency"] = "EUR".into();
    open(&world, "k2", &euro);
    assert_eq!(shown(&order(&world)), value!(["captured", "100.09", "0.00", "0.00", "0.00", "0.00", true]));
    assert_eq!(order(&world)["MaldoPay_Review_Reason__c"], "record_in_several_currencies");
}

#[test]
fn payments_of_an_older_version_without_sums_are_counted() {
    let world = World::new();
    let first = open(&world, "k1", &another("charge", "100.09"));
    world.store.remove(&format!("src/tr/Order/{}/1@", &ORDER[..15]));
    let second = open(&world, "k2", &another("charge", "40.09"));
    assert_eq!(shown(&order(&world)), value!(["captured", "140.18", "0.00", "0.00", "0.00", "0.00", false]));
    assert!(
        world.store.value(&format!("src/tr/Order/{}/1@", &ORDER[..15])).is_some(),
        "the sums are stored from then on"
    );
    assert_eq!(world.payment(&first)["record"], world.payment(&second)["record"]);
    // The sync state of an older version has no time.
    world.receive(&sync_state(&first, "SETTLEMENT", "CONFIRMED", "8", "100.09"));
    assert_eq!(shown(&order(&world))[4], "100.09");
}

#[test]
fn an_order_and_an_invoice_list_their_payments() {
    let world = World::new();
    let mut named = another("charge", "100.09");
    named["invoice"] = value!({"id": INVOICE, "number": "INV-7"});
    let reference = open(&world, "k1", &named);
    let record = world.network.salesforce.record(&format!("MaldoPay_Payment__c/Reference__c/{reference}"));
    assert_eq!((&record["Order__c"], &record["Invoice__c"]), (&ORDER.into(), &INVOICE.into()));
    let mut invoiced = another("charge", "40.09");
    invoiced["source"] = value!({"object": "Invoice", "id": INVOICE, "number": "INV-7"});
    let reference = open(&world, "k2", &invoiced);
    let record = world.network.salesforce.record(&format!("MaldoPay_Payment__c/Reference__c/{reference}"));
    assert_eq!((record.get("Order__c"), &record["Invoice__c"]), (None, &INVOICE.into()));
    let invoice = world.network.salesforce.record(&format!("Invoice/{INVOICE}"));
    assert_eq!(shown(&invoice)[1], "140.18", "the payment of the Order that names the invoice is counted");
    let order = order(&world);
    assert_eq!(shown(&order)[1], "100.09");
}

#[test]
fn naming_an_invoice_is_not_an_attempt_to_charge_it() {
    let world = World::new();
    let mut named = body();
    named["invoice"] = value!({"id": INVOICE, "number": "INV-7"});
    open(&world, "k1", &named);
    let mut invoiced = body();
    invoiced["source"] = value!({"object": "Invoice", "id": INVOICE, "number": "INV-7"});
    let reference = open(&world, "k2", &invoiced);
    assert_eq!(world.payment(&reference)["superseded"], false);
    let again = world.send(json("/v1/payments", "k3", &invoiced));
    assert_eq!((again.status, again.code()), (409, "source_has_payment"));
}

#[test]
fn the_only_payment_of_a_record_costs_one_call_and_the_drain_makes_none() {
    let world = World::new();
    let reference = world.charge("k");
    world.receive(&callback(&reference, "SETTLEMENT", "CONFIRMED", "8", 1));
    let calls = world.salesforce_calls();
    assert_eq!(drained(&world)["taken"], 0);
    assert_eq!(world.salesforce_calls(), calls);
}

#[test]
fn a_webhook_for_one_of_several_payments_costs_four_writes_and_one_call() {
    let world = World::new();
    let first = open(&world, "k1", &another("charge", "100.09"));
    open(&world, "k2", &another("charge", "40.09"));
    let before = (world.store.operations(), world.network.requests().len());
    world.receive(&sync_state(&first, "SETTLEMENT", "CONFIRMED", "8", "100.09"));
    let writes = world.store.writes_since(before.0);
    assert_eq!(writes.len(), 4, "{writes:?}");
    assert_eq!(world.network.requests().len() - before.1, 1);
}
