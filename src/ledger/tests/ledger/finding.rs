//! Finding the payment that an event is about.

use tollbridge_domain::{Event, EventKind, Fact, Operation, OperationReference, TransactionId};

use crate::doubles::CallCounts;
use crate::stories::*;

/// A charge `R` with transaction T1 and its refund T2, and an unrelated payment `S` with T9.
fn world() -> World {
    let world = World::default();
    let ledger = world.ledger();
    append(&ledger, "R", request(Operation::Charge, 1)).unwrap();
    append(&ledger, "R", Fact::Event(event(EventKind::Captured, "T1"))).unwrap();
    let refunded = Event { acts_on: Some(transaction("T1")), ..event(EventKind::Refunded, "T2") };
    append(&ledger, "R", Fact::Event(refunded)).unwrap();
    append(&ledger, "S", Fact::Event(event(EventKind::Captured, "T9"))).unwrap();
    world.store.take_counts();
    world
}

fn found(world: &World, site: &str, reference: Option<&str>, transactions: &[&str]) -> Option<(String, usize)> {
    let reference = reference.map(|text| OperationReference::parse(text).unwrap());
    let transactions: Vec<TransactionId> = transactions.iter().map(|id| transaction(id)).collect();
    let transactions: Vec<&TransactionId> = transactions.iter().collect();
    let history = world.ledger_of(site, AUDIT_KEY).find(reference.as_ref(), &transactions).unwrap();
    history.map(|history| (history.reference.to_string(), history.entries.len()))
}

#[test]
fn a_payment_is_found_by_its_reference() {
    assert_eq!(found(&world(), "tr", Some("R"), &[]), Some(("R".into(), 3)));
}

#[test]
fn a_payment_is_found_by_the_reference_of_one_of_its_operations() {
    assert_eq!(found(&world(), "tr", Some("R-3"), &[]), Some(("R".into(), 3)));
}

#[test]
fn a_payment_is_found_by_its_transactions() {
    for id in ["T1", "T2"] {
        assert_eq!(found(&world(), "tr", None, &[id]), Some(("R".into(), 3)), "{id}");
    }
}

#[test]
fn a_payment_is_found_by_the_transaction_that_an_unknown_one_acts_on() {
    assert_eq!(found(&world(), "tr", None, &["T77", "T1"]), Some(("R".into(), 3)));
    assert_eq!(found(&world(), "tr", Some("unknown"), &["T77", "T1"]), Some(("R".into(), 3)));
}

#[test]
fn the_reference_of_a_known_payment_takes_precedence_over_transactions() {
    assert_eq!(found(&world(), "tr", Some("R"), &["T9"]), Some(("R".into(), 3)));
}

#[test]
fn of_two_known_transactions_the_first_decides() {
    assert_eq!(found(&world(), "tr", None, &["T9", "T1"]), Some(("S".into(), 1)));
    assert_eq!(found(&world(), "tr", None, &["T1", "T9"]), Some(("R".into(), 3)));
}

#[test]
fn an_unknown_payment_is_not_found() {
    let world = world();
    assert_eq!(found(&world, "tr", None, &[]), None);
    assert_eq!(found(&world, "tr", Some("unknown"), &[]), None);
    assert_eq!(found(&world, "tr", Some("unknown"), &["T77", "T78"]), None);
    assert_eq!(found(&world, "tr", None, &["T77"]), None);
}

#[test]
fn the_payments_of_another_site_are_not_found() {
    let world = world();
    assert_eq!(found(&world, "de", Some("R"), &["T1"]), None);
    assert_eq!(found(&world, "de", None, &["T1"]), None);
}

#[test]
fn finding_reads_no_counter_and_costs_the_lookups_and_a_read() {
    // No request for a record opened S, so no later attempts are read.
    for (reference, transactions, reads) in
        [(Some("S"), &["T1", "T2"][..], 1), (Some("unknown"), &["T9"][..], 2), (None, &["T9"][..], 2)]
    {
        let world = world();
        found(&world, "tr", reference, transactions).unwrap();
        assert_eq!(
            world.store.take_counts(),
            CallCounts { reads, ..CallCounts::default() },
            "{reference:?} {transactions:?}"
        );
    }
}

#[test]
fn a_found_payment_has_its_whole_history() {
    let world = world();
    world.append_events("S", 100);
    assert_eq!(found(&world, "tr", Some("S"), &[]), Some(("S".into(), 101)));
    assert_eq!(found(&world, "tr", None, &["T9"]), Some(("S".into(), 101)));
}
