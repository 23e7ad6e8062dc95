//! Short builders of ledger entries for these tests.

use tollbridge_domain::{
    CorrelationId, Currency, Entry, Event, EventId, EventKind, Fact, Money, Operation, OperationRequest, Payment,
    PaymentReference, SourceRecord, Timestamp, TransactionId,
};

pub fn currency() -> Currency {
    Currency::parse("TRY").unwrap()
}

pub fn lira(minor_units: i64) -> Money {
    Money::from_minor_units(minor_units, currency()).unwrap()
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_700_000_000_000 + second * 1000).unwrap()
}

pub fn request(operation: Operation, minor_units: i64) -> Fact {
    Fact::OperationRequested(OperationRequest {
        operation,
        amount: lira(minor_units),
        method: "checkout".into(),
        source: Some(SourceRecord::parse("Order".into(), "801Hs00000abcde".into(), None).unwrap()),
        invoice: None,
        tax: None,
        attempt: 1,
        digest: String::new(),
    })
}

pub fn event(kind: EventKind, transaction: &str, minor_units: i64, second: Option<i64>) -> Event {
    Event {
        id: EventId::derive(&[kind.as_str(), transaction, &minor_units.to_string(), &format!("{second:?}")]),
        kind,
        operation: None,
        amount: Some(lira(minor_units)),
        fee: None,
        conversion: None,
        transaction: Some(TransactionId::parse(transaction).unwrap()),
        acts_on: None,
        method: None,
        occurred_at: second.map(at),
        code: None,
        reason: None,
        reason_code: None,
        redirect_url: None,
        digest: String::new(),
    }
}

pub fn of_operation(operation: u64, event: Event) -> Event {
    let id = EventId::derive(&[event.id.as_str(), &operation.to_string()]);
    Event { id, operation: Some(operation), ..event }
}

pub fn acting_on(transaction: &str, event: Event) -> Event {
    Event { acts_on: Some(TransactionId::parse(transaction).unwrap()), ..event }
}

pub fn entries(facts: Vec<Fact>) -> Vec<Entry> {
    let numbered = (1_u64..).zip(facts);
    numbered
        .map(|(sequence, fact)| Entry {
            sequence,
            fact,
            received_at: at(1_000 + sequence as i64),
            correlation_id: CorrelationId::parse(format!("correlation-{sequence}")).unwrap(),
        })
        .collect()
}

pub fn fold(entries: &[Entry]) -> Payment {
    Payment::fold(&PaymentReference::parse("tb1").unwrap(), entries, currency()).unwrap()
}

pub fn fold_facts(facts: Vec<Fact>) -> Payment {
    fold(&entries(facts))
}
