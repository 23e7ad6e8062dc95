//! Histories for the tests: those recorded with the profiles, and generated ones.

use proptest::prelude::*;
use tollbridge_domain::{
    Amounts, Conversion, CorrelationId, Country, Currency, Entry, Event, EventId, EventKind, Fact, FailedStage, Intent,
    Invoice, Money, Operation, OperationRequest, PaymentReference, PaymentStatus, PaymentSummary, ReviewReason,
    SourceRecord, Tax, TaxRate, Timestamp, TransactionId,
};
use tollbridge_replay::RecordedHistory;

use crate::golden::{files, profiles};

/// A recorded history.
pub fn recorded(profile: &str, name: &str) -> RecordedHistory {
    RecordedHistory::read(&std::fs::read_to_string(profiles().join(profile).join(format!("{name}.json"))).unwrap())
        .unwrap()
}

/// The recorded histories of all profiles.
pub fn all_recorded() -> Vec<RecordedHistory> {
    let mut histories = Vec::new();
    for profile in ["order", "invoice", "custom-object", "commerce-payments", "customer-and-method"] {
        for path in files(&profiles().join(profile), ".json", ".expected.json") {
            histories.push(RecordedHistory::read(&std::fs::read_to_string(path).unwrap()).unwrap());
        }
    }
    histories
}

fn kind() -> impl Strategy<Value = EventKind> {
    use EventKind::*;
    prop::sample::select(vec![
        Pending,
        Authorized,
        Captured,
        Settled,
        Canceled,
        Refunded,
        Disputed,
        DisputeWon,
        ChargedBack,
        PaidOut,
        Failed(FailedStage::Authorization),
        Failed(FailedStage::Refund),
    ])
}

/// The generated parts of an event.
#[derive(Clone, Debug)]
struct EventParts {
    kind: EventKind,
    units: i64,
    second: Option<i64>,
    operation: Option<u64>,
    reason: Option<String>,
    transaction: String,
    acts_on: Option<String>,
    with_amount: bool,
    with_more: bool,
    in_euro: bool,
}

fn event_parts() -> impl Strategy<Value = EventParts> {
    let numbers = (0..9_000_000_i64, prop::option::of(0..90_000_i64), prop::option::of(2..5_u64));
    let texts = (prop::option::of("[ -~öŞ\"]{0,12}"), "[ABC]", prop::option::of("[ABC]"));
    let ways = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.1));
    (kind(), numbers, texts, ways).prop_map(|(kind, numbers, texts, ways)| EventParts {
        kind,
        units: numbers.0,
        second: numbers.1,
        operation: numbers.2,
        reason: texts.0,
        transaction: texts.1,
        acts_on: texts.2,
        with_amount: ways.0,
        with_more: ways.1,
        in_euro: ways.2,
    })
}

impl EventParts {
    fn event(&self, currency: Currency) -> Event {
        let currency = if self.in_euro { Currency::parse("EUR").unwrap() } else { currency };
        let money = |units| Money::from_minor_units(units, currency).unwrap();
        let transaction = |id: &String| TransactionId::parse(id.clone()).unwrap();
        Event {
            id: EventId::derive(&[&format!("{self:?}")]),
            kind: self.kind,
            operation: self.operation,
            amount: self.with_amount.then(|| money(self.units)),
            fee: self.with_more.then(|| money(self.units / 50)),
            conversion: self.with_more.then(|| Conversion {
                original: self.second.map(money),
                amount: money(self.units),
                rate: self.reason.is_some().then(|| "1.25".to_owned()),
            }),
            transaction: Some(transaction(&self.transaction)),
            acts_on: self.acts_on.as_ref().map(transaction),
            method: None,
            occurred_at: self.second.map(at),
            code: self.with_more.then(|| "200".to_owned()),
            reason: self.reason.clone(),
            reason_code: None,
            redirect_url: None,
            digest: "0".repeat(64),
        }
    }
}

/// A later, captured payment with this amount for the same record.
fn later(amount: Money) -> PaymentSummary {
    let none = Money::zero(amount.currency());
    PaymentSummary {
        reference: PaymentReference::parse("tb2").unwrap(),
        intent: Intent::Charge,
        status: PaymentStatus::Captured,
        amount,
        amounts: Amounts {
            authorized: none,
            captured: amount,
            refunded: none,
            charged_back: none,
            settled: none,
            paid_out: none,
            fees: none,
        },
        transaction: None,
        review: [ReviewReason::CapturedOtherThanAsked].into(),
        refusal: None,
        version: 2,
        sent: true,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_790_000_000_000 + second * 1000).unwrap()
}

/// Any history of a payment for an Order, an Invoice or another object, in a currency with any number of decimals.
pub fn any_history() -> impl Strategy<Value = RecordedHistory> {
    let opening = prop::sample::select(vec![Operation::Charge, Operation::Authorize, Operation::Payout]);
    let currency = prop::sample::select(vec!["TRY", "JPY", "KWD"]);
    let object = prop::sample::select(vec!["Order", "Invoice", "Subscription_Charge__c"]);
    let events = prop::collection::vec(event_parts(), 1..10);
    (opening, currency, object, events, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(operation, currency, object, event_parts, opened, superseded, multi_currency)| {
            let currency = Currency::parse(currency).unwrap();
            let amount = Money::from_minor_units(10_000, currency).unwrap();
            let rate = event_parts.len().is_multiple_of(2).then(|| TaxRate::parse("7.7").unwrap());
            let country = superseded.then(|| Country::parse("CH").unwrap());
            let tax =
                Tax::within(amount, Money::from_minor_units(715, currency).unwrap(), rate, country, true).unwrap();
            let number = superseded.then(|| "N-1".to_owned());
            let opening = Fact::OperationRequested(OperationRequest {
                operation,
                amount,
                method: "checkout".to_owned(),
                source: Some(SourceRecord::parse(object.to_owned(), "801Hs00000abcde".to_owned(), number).unwrap()),
                invoice: superseded.then(|| Invoice::parse(None, "INV-7".to_owned()).unwrap()),
                tax: multi_currency.then_some(tax),
                attempt: 1,
                digest: String::new(),
            });
            let event_parts = event_parts.iter().map(|event_parts| Fact::Event(event_parts.event(currency)));
            let facts = opened.then_some(opening).into_iter().chain(event_parts);
            let entries = (1_u64..).zip(facts).map(|(sequence, fact)| Entry {
                sequence,
                fact,
                received_at: at(100_000 + i64::try_from(sequence).unwrap()),
                correlation_id: CorrelationId::parse(format!("correlation-{sequence}")).unwrap(),
            });
            let mut history = recorded("order", "callback-for-an-unknown-payment");
            history.reference = PaymentReference::parse("tb1").unwrap();
            history.entries = entries.collect();
            history.superseded = superseded;
            history.others = superseded.then(|| (2, later(amount))).into_iter().collect();
            history.site.multi_currency = multi_currency;
            history
        },
    )
}
