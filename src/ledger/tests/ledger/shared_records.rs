//! The payments of one record: which summaries its index stores, what they cost to read, and which are derived again.

use tollbridge_domain::{
    Event, EventKind, Fact, Invoice, Operation, OperationRequest, Payment, RecordReason, RecordTotals, SourceRecord,
};
use tollbridge_ledger::{
    Direction, History, LEASE_MILLISECONDS, NewEntry, PaymentTotals, Retry, SyncState, linked_invoice,
};

use crate::doubles::CallCounts;
use crate::stories::*;

fn history(world: &World, reference: &str) -> History {
    world.ledger().history(&payment(reference)).unwrap()
}

fn fold(history: &History) -> Payment {
    history.payment(currency()).unwrap()
}

fn totals(world: &World, reference: &str) -> PaymentTotals {
    let mut history = history(world, reference);
    world.ledger().derive_missing_summaries(&mut history).unwrap();
    history.totals(&fold(&history), history.sync_state.refusal())
}

fn record(world: &World, reference: &str) -> RecordTotals {
    totals(world, reference).record.unwrap()
}

/// Appends as the gateway does: to the history as it was read.
fn happen(world: &World, reference: &str, event: Event) {
    let history = history(world, reference);
    append_to(world, &history, Fact::Event(event));
}

fn append_to(world: &World, history: &History, fact: Fact) {
    let correlation_id = &correlation();
    let new = NewEntry {
        reference: &history.reference,
        after: history.last_sequence(),
        fact,
        raw: None,
        correlation_id,
        not_before: None,
        authority: None,
    };
    world.ledger().append_to(history, new, Vec::new()).unwrap();
}

fn captured(id: &str, units: i64) -> Event {
    Event { amount: Some(lira(units)), ..event(EventKind::Captured, id) }
}

fn invoice() -> SourceRecord {
    SourceRecord::parse("Invoice".into(), "3ttHs00000abcde".into(), Some("INV-7".into())).unwrap()
}

#[test]
fn a_payments_summary_is_written_with_the_entry_that_changes_it() {
    let world = World::default();
    open(&world.ledger(), "R1", Operation::Charge, false).unwrap();
    let before = history(&world, "R1");
    world.store.take_counts();
    append_to(&world, &before, Fact::Event(captured("T1", 10_000)));
    assert_eq!(world.store.take_counts(), CallCounts { increments: 2, writes: 1, reads: 1, ..CallCounts::default() });
    let stored = world.store.value("src/tr/Order/801Hs00000abcde/1@");
    let stored: serde_json::Value = serde_json::from_slice(&stored).unwrap();
    assert_eq!((&stored["reference"], &stored["status"]), (&"R1".into(), &"captured".into()));
    assert_eq!(stored["amounts"]["captured"]["minorUnits"], 10_000);
    assert!(history(&world, "R1").has_current_summaries());
}

#[test]
fn the_totals_of_a_record_are_the_same_whichever_payment_is_read() {
    let world = World::default();
    for (reference, units) in [("R1", 10_009), ("R2", 4_009), ("R3", 1)] {
        open(&world.ledger(), reference, Operation::Charge, true).unwrap();
        happen(&world, reference, captured(reference, units));
    }
    let totals = record(&world, "R1");
    assert_eq!((totals.payments, totals.amounts.captured), (3, lira(14_019)));
    assert_eq!(totals.reference, payment("R1"), "Salesforce has no record of the others yet");
    for other in ["R2", "R3"] {
        let shown = record(&world, other);
        assert_eq!(shown.reference, payment(other));
        let shown = RecordTotals { reference: payment("R1"), transaction: totals.transaction.clone(), ..shown };
        assert_eq!(shown, totals);
    }
}

#[test]
fn a_payment_for_no_record_has_no_totals_and_reads_nothing_for_them() {
    let world = World::default();
    append(&world.ledger(), "R", Fact::Event(event(EventKind::Captured, "T1"))).unwrap();
    world.store.take_counts();
    assert_eq!(totals(&world, "R"), PaymentTotals::default());
    assert_eq!(world.store.take_counts(), CallCounts { reads: 1, counter_reads: 1, ..CallCounts::default() });
    assert!(history(&world, "R").has_current_summaries(), "there is no summary");
}

#[test]
fn a_record_costs_one_read_for_earlier_payments_and_few_more_for_later_ones() {
    let world = World::default();
    for number in 1..=40_u64 {
        let reference = format!("R{number}");
        open(&world.ledger(), &reference, Operation::Charge, true).unwrap();
        happen(&world, &reference, captured(&reference, 100));
        let behind_the_first = [5, 13, 29].into_iter().filter(|first| number >= *first).count();
        for (read, more) in [("R1", behind_the_first), (&reference, 0)] {
            world.store.take_counts();
            let totals = record(&world, read);
            assert_eq!(totals.amounts.captured, lira(i64::try_from(number).unwrap() * 100), "{read} of {number}");
            // The entries, and the index.
            let expected = CallCounts { reads: 2 + more, counter_reads: 1, ..CallCounts::default() };
            assert_eq!(world.store.take_counts(), expected, "{read} of {number}");
        }
    }
}

#[test]
fn a_summary_that_lacks_an_entry_is_detected_and_replaced() {
    let world = World::default();
    open(&world.ledger(), "R1", Operation::Charge, true).unwrap();
    open(&world.ledger(), "R2", Operation::Charge, true).unwrap();
    // Two processes read the same history and append one after the other: the second does not know of the first.
    let before = history(&world, "R1");
    append_to(&world, &before, Fact::Event(captured("T1", 10_000)));
    append_to(&world, &before, Fact::Event(Event { amount: Some(lira(10)), ..event(EventKind::Refunded, "T9") }));
    let stale = history(&world, "R1");
    assert!(!stale.has_current_summaries());
    assert_eq!(record(&world, "R2").amounts.captured, lira(0));
    world.store.take_counts();
    world.ledger().write_summaries(&stale).unwrap();
    assert_eq!(world.store.take_counts(), CallCounts { writes: 1, ..CallCounts::default() });
    assert!(history(&world, "R1").has_current_summaries());
    let totals = record(&world, "R2");
    assert_eq!((totals.amounts.captured, totals.amounts.refunded), (lira(10_000), lira(10)));
}

#[test]
fn a_payment_without_a_summary_is_counted_by_its_entries_until_it_has_one() {
    let world = World::default();
    let ledger = world.ledger();
    open(&ledger, "R1", Operation::Charge, true).unwrap();
    append(&ledger, "R1", Fact::Event(captured("T1", 10_000))).unwrap();
    open(&ledger, "R2", Operation::Charge, true).unwrap();
    assert_eq!(record(&world, "R2").amounts.captured, lira(10_000));
    // The sync of the other payment writes the summary.
    let mut other = history(&world, "R2");
    ledger.derive_missing_summaries(&mut other).unwrap();
    ledger.write_sync_state(&other, &SyncState::default(), Vec::new(), LEASE_MILLISECONDS).unwrap();
    world.store.take_counts();
    assert_eq!(record(&world, "R2").amounts.captured, lira(10_000));
    assert_eq!(world.store.take_counts().reads, 2, "its entries are not read again");
    assert!(history(&world, "R1").has_current_summaries());
}

#[test]
fn a_summary_that_cannot_be_read_counts_as_none() {
    let world = World::default();
    for reference in ["R1", "R2"] {
        open(&world.ledger(), reference, Operation::Charge, true).unwrap();
        happen(&world, reference, captured(reference, 10_000));
    }
    world.store.tamper("src/tr/Order/801Hs00000abcde/1@", "{\"reference\":\"R1\",\"status\":\"of a later version\"}");
    assert_eq!(record(&world, "R2").amounts.captured, lira(20_000));
    assert!(!history(&world, "R1").has_current_summaries());
}

#[test]
fn the_totals_of_a_record_include_a_salesforce_refusal() {
    let world = World::default();
    open(&world.ledger(), "R1", Operation::Charge, true).unwrap();
    open(&world.ledger(), "R2", Operation::Charge, true).unwrap();
    let refused = history(&world, "R1");
    let failure = tollbridge_ledger::Failure {
        at: refused.entries[0].received_at,
        code: "NOT_FOUND".into(),
        message: "m".into(),
        object: Some("Order".into()),
        record: Some("Order/801".into()),
        fields: vec!["Name".into()],
        terminal: true,
        needs_person: false,
    };
    world
        .ledger()
        .write_sync_state(
            &refused,
            &SyncState { retry: Retry { failure: Some(failure), ..Retry::default() }, ..SyncState::default() },
            Vec::new(),
            LEASE_MILLISECONDS,
        )
        .unwrap();
    let reasons = |totals: &RecordTotals| totals.review.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(reasons(&record(&world, "R2")), ["salesforce:NOT_FOUND"]);
    let refused = history(&world, "R1");
    assert!(refused.has_current_summaries());
    assert_eq!(reasons(&refused.totals(&fold(&refused), None).record.unwrap()), Vec::<String>::new());
}

#[test]
fn the_totals_of_a_record_with_too_many_payments_say_so() {
    let world = World::default();
    let says_so = |totals: &RecordTotals| totals.review.contains(&RecordReason::TooManyPayments);
    for number in 1..=130_u64 {
        let reference = format!("R{number}");
        assert_eq!(open(&world.ledger(), &reference, Operation::Charge, true), Ok(number));
        happen(&world, &reference, captured(&reference, 100));
        if number == 127 {
            let totals = record(&world, "R1");
            assert_eq!((totals.amounts.captured, says_so(&totals)), (lira(12_700), false));
        }
    }
    world.store.take_counts();
    for (reference, units) in [("R1", 12_800), ("R130", 12_900)] {
        let totals = record(&world, reference);
        assert_eq!((totals.amounts.captured, says_so(&totals)), (lira(units), true), "{reference}");
    }
    assert_eq!(world.store.take_counts().reads, (1 + 5) + (1 + 1), "the entries, and the index");
    assert!(history(&world, "R130").has_current_summaries());
}

/// A payment for the order that also names the invoice.
fn named(world: &World, reference: &str, units: i64) {
    let ledger = world.ledger();
    let attempt = allocate(&ledger, Operation::Charge, true, reference).unwrap();
    let request = OperationRequest {
        operation: Operation::Charge,
        amount: lira(units),
        method: "checkout".into(),
        source: Some(order()),
        invoice: Some(Invoice::parse(Some("3ttHs00000abcdeIAA".into()), "INV-7".into()).unwrap()),
        tax: None,
        attempt: u32::try_from(attempt.number).unwrap(),
        digest: "d0".into(),
    };
    let invoice = linked_invoice(&order(), request.invoice.as_ref()).unwrap();
    let counted = ledger.allocate_linked_attempt(&invoice, Direction::In).unwrap();
    let mut with = ledger.accepted_attempt(&attempt, &payment(reference)).unwrap();
    with.extend(ledger.accepted_attempt(&counted, &payment(reference)).unwrap());
    append_with(&ledger, reference, Fact::OperationRequested(request), with).unwrap();
    happen(world, reference, captured(reference, units));
}

#[test]
fn a_linked_invoice_counts_the_payment_and_is_not_blocked_by_it() {
    let world = World::default();
    named(&world, "R1", 10_009);
    assert_eq!(world.ledger().check_source(&invoice(), Direction::In, currency()), Ok(()));
    open(&world.ledger(), "R2", Operation::Charge, true).unwrap();
    happen(&world, "R2", captured("R2", 1));
    named(&world, "R3", 4_009);
    for reference in ["R1", "R3"] {
        let totals = totals(&world, reference);
        assert_eq!(totals.record.unwrap().amounts.captured, lira(14_019), "the order has all three");
        assert_eq!(totals.invoice.unwrap().amounts.captured, lira(14_018), "the invoice has those that name it");
    }
    assert_eq!(totals(&world, "R2").invoice, None);
    world.store.take_counts();
    history(&world, "R1");
    assert_eq!(world.store.take_counts().reads, 2, "both indexes in one read");
}

#[test]
fn an_invoice_is_linked_only_if_its_id_is_known_and_it_is_not_the_record_itself() {
    let known = Invoice::parse(Some("3ttHs00000abcdeIAA".into()), "INV-7".into()).unwrap();
    let unknown = Invoice::parse(None, "INV-7".into()).unwrap();
    assert_eq!(linked_invoice(&order(), Some(&known)).unwrap().identity(), invoice().identity());
    assert_eq!(linked_invoice(&order(), Some(&unknown)), None);
    assert_eq!(linked_invoice(&order(), None), None);
    assert_eq!(linked_invoice(&invoice(), Some(&known)), None);
}
