//! An unmatched payment is for the record that a person assigned it to, in whatever order the facts arrive.

use std::collections::BTreeSet;

use tollbridge_domain::{
    Assignment, Event, EventKind::*, Fact, Intent, Invoice, Operation, Payment, ReviewReason, SourceRecord,
};

use crate::histories::*;

fn order(id: &str) -> SourceRecord {
    SourceRecord::parse("Order".to_owned(), id.to_owned(), None).unwrap()
}

fn assigned(payment: &Payment, source: SourceRecord, attempt: u32) -> Fact {
    Fact::Assigned(Assignment {
        source,
        invoice: None,
        attempt,
        evidence: payment.review.get(&ReviewReason::UnmatchedPayment).cloned(),
        note: "paid by the old link".to_owned(),
        by: None,
    })
}

fn unmatched() -> Vec<Fact> {
    vec![Fact::Event(event(Captured, "T1", 10_000, Some(10)))]
}

#[test]
fn an_assigned_payment_gets_record_attempt_and_invoice_and_needs_no_review() {
    let mut facts = unmatched();
    let before = fold_facts(facts.clone());
    assert_eq!(before.reasons(), BTreeSet::from([ReviewReason::UnmatchedPayment]));
    let invoice = SourceRecord::parse("Invoice".into(), "3ttHs00000abcde".into(), Some("INV-7".into())).unwrap();
    facts.push(assigned(&before, invoice.clone(), 3));
    let payment = fold_facts(facts);
    assert_eq!((payment.source.as_ref(), payment.attempt), (Some(&invoice), 3));
    assert_eq!(payment.invoice.as_ref().map(Invoice::number), Some("INV-7"));
    assert_eq!((payment.intent, payment.status), (Intent::Unmatched, before.status));
    assert_eq!(payment.reasons(), BTreeSet::new());
    assert_eq!((payment.version, payment.reported), (before.version + 1, before.reported + 1));
    assert!(payment.allow(Operation::Refund, None).is_ok());
}

#[test]
fn an_assignment_accepts_only_unmatched_payment_and_only_for_the_money_at_that_time() {
    let mut facts = unmatched();
    facts.push(Fact::Event(acting_on("T1", event(ChargedBack, "C1", 3_000, Some(20)))));
    facts.push(assigned(&fold_facts(facts.clone()), order("801Hs00000abcdeIAA"), 1));
    assert_eq!(fold_facts(facts.clone()).reasons(), BTreeSet::from([ReviewReason::ChargedBack]));
    facts.push(Fact::Event(event(Captured, "T2", 500, Some(30))));
    let reasons = fold_facts(facts).reasons();
    assert!(reasons.contains(&ReviewReason::UnmatchedPayment), "more money is another matter: {reasons:?}");
}

#[test]
fn the_last_assignment_in_the_ledger_prevails_in_whatever_order_they_are_read() {
    let mut facts = unmatched();
    let before = fold_facts(facts.clone());
    facts.push(assigned(&before, order("801Hs00000aaaaa"), 1));
    facts.push(assigned(&before, order("801Hs00000bbbbb"), 2));
    let mut entries = entries(facts);
    let payment = fold(&entries);
    assert_eq!((payment.source.as_ref(), payment.attempt), (Some(&order("801Hs00000bbbbb")), 2));
    entries.reverse();
    assert_eq!(fold(&entries), payment);
}

#[test]
fn a_payment_that_began_in_tollbridge_keeps_its_own_record() {
    let asked = request(Operation::Charge, 10_000);
    let before = fold_facts(vec![asked.clone()]);
    let payment = fold_facts(vec![asked, assigned(&before, order("801Hs00000bbbbb"), 7)]);
    assert_eq!((payment.source, payment.attempt), (before.source, 1));
}

#[test]
fn an_unmatched_payment_has_the_first_method_that_the_provider_named() {
    let by = |method: &str, event: Event| Fact::Event(Event { method: Some(method.to_owned()), ..event });
    let facts = vec![
        Fact::Event(event(Pending, "T1", 10_000, Some(5))),
        by("bank", event(Captured, "T1", 10_000, Some(20))),
        by("pix", event(Settled, "T1", 10_000, Some(30))),
        by("other", acting_on("T1", event(ChargedBack, "C1", 3_000, Some(6)))),
    ];
    let mut entries = entries(facts);
    assert_eq!(fold(&entries).method, "bank");
    entries.reverse();
    assert_eq!(fold(&entries).method, "bank");
    assert_eq!(fold_facts(unmatched()).method, "");
    let refund = [request(Operation::Refund, 100)];
    assert_eq!(fold_facts(unmatched().into_iter().chain(refund).collect()).method, "checkout");
    let asked = [request(Operation::Charge, 10_000), by("bank", event(Captured, "T1", 10_000, Some(20)))];
    assert_eq!(fold_facts(asked.into()).method, "checkout");
}

#[test]
fn an_assignment_is_stored_under_its_name_and_earlier_events_without_a_method_are_read() {
    let before = fold_facts(unmatched());
    let fact = assigned(&before, order("801Hs00000abcdeIAA"), 2);
    let json = serde_json::to_value(&fact).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "fact": "assigned", "source": {"object": "Order", "id": "801Hs00000abcdeIAA"}, "attempt": 2,
            "evidence": "10000,0", "note": "paid by the old link"
        })
    );
    assert_eq!(serde_json::from_value::<Fact>(json).unwrap(), fact);
    let event = event(Captured, "T1", 10_000, Some(10));
    let json = serde_json::to_value(&event).unwrap();
    assert!(json.get("method").is_none());
    assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
}
