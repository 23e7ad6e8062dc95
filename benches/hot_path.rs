//! The cost of the pure code that a webhook runs: verify, decode, fold, map, and the difference to the sync state.
#![allow(clippy::unwrap_used, reason = "a benchmark that fails is to stop there")]
#![allow(missing_docs, reason = "criterion's macros generate an item without documentation")]

#[allow(dead_code, clippy::as_conversions, reason = "they are the histories of the fold's own tests")]
#[path = "../src/domain/tests/fold/histories.rs"]
mod histories;

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::value::RawValue;
use tollbridge_connector::types;
use tollbridge_domain::{Entry, EventKind, Fact, Operation, PaymentReference, SiteName, Timestamp};
use tollbridge_ledger::{AuditKey, Clock, ConfirmedState, Keys, Ledger, Random, Store, StoreError, SyncState};
use tollbridge_sandbox::{CallbackEncoding, Signature, signed_callback};

/// 2026-11-20 10:00:00 UTC, in seconds.
const NOW: i64 = 1_795_168_800;

const KEY: &str = "an encrypting key of a merchant";

fn delivery(signature: Signature) -> types::Delivery {
    let fields = [
        ("result", "\"CONFIRMED\""),
        ("codeId", "200"),
        ("type", "\"DEPOSIT\""),
        ("serviceId", "\"2031\""),
        ("dateUpdated", "\"2026-11-20 10:00:00\""),
        ("referenceOrderId", "\"tb22ee6cb522703c12d43837bcb5\""),
        ("maldoTransactionId", "987"),
        ("amount", "149.90"),
        ("currencyCode", "\"TRY\""),
    ]
    .map(|(name, value)| (name.to_owned(), RawValue::from_string(value.to_owned()).unwrap()));
    let signed = signed_callback(&fields, signature, KEY, CallbackEncoding::Json, NOW);
    let headers = signed.headers.into_iter().map(|(name, value)| types::Header { name, value });
    types::Delivery { headers: headers.collect(), body: signed.body }
}

fn site() -> types::Site {
    types::Site {
        name: "tr".to_owned(),
        legal_entity: "Tollbridge Demo".to_owned(),
        locale: "tr-TR".to_owned(),
        multi_currency: true,
        provider: types::ProviderSettings {
            client_id: 1,
            brand_id: 2,
            integration_id: 3,
            services: Vec::new(),
            signature: types::SignatureScheme::ValuesPipe,
            amount_format: types::AmountFormat::DecimalString,
            utc_offset_seconds: 0,
            time_zone: None,
            landing_pages: None,
        },
    }
}

/// A payment of a million that was captured in this many parts.
fn history(events: i64) -> Vec<Entry> {
    let captured = |number: i64| {
        let event = histories::event(EventKind::Captured, &format!("transaction-{number}"), 100, Some(number));
        Fact::Event(event)
    };
    let facts = [histories::request(Operation::Authorize, 100_000_000)].into_iter().chain((0..events).map(captured));
    histories::entries(facts.collect())
}

fn deliveries(criterion: &mut Criterion) {
    let keys = ["the previous key".to_owned(), KEY.to_owned()];
    for (scheme, signature, name) in [
        (types::SignatureScheme::ValuesPipe, Signature::ValuesPipe, "values-pipe"),
        (types::SignatureScheme::Body, Signature::Body, "body"),
        (types::SignatureScheme::StandardWebhooks, Signature::StandardWebhooks, "standard-webhooks"),
    ] {
        let delivery = delivery(signature);
        tollbridge_maldopay::verify(&delivery, scheme.into(), &keys, NOW * 1000).unwrap();
        criterion.bench_function(&format!("verify {name}"), |bencher| {
            bencher.iter(|| tollbridge_maldopay::verify(black_box(&delivery), scheme.into(), &keys, NOW * 1000));
        });
    }
    let (delivery, site) = (delivery(Signature::ValuesPipe), site());
    criterion.bench_function("decode", |bencher| {
        bencher.iter(|| {
            tollbridge_maldopay::decode(black_box(&delivery), &site, site.provider.signature.into(), NOW * 1000)
                .unwrap()
        });
    });
}

fn payments(criterion: &mut Criterion) {
    for events in [1, 10, 100] {
        let entries = history(events);
        criterion.bench_function(&format!("fold {events} events"), |bencher| {
            bencher.iter(|| histories::fold(black_box(&entries)));
        });
    }
}

fn records(criterion: &mut Criterion) {
    let (before, after) = (records_of(1), records_of(2));
    let keys = Keys { audit: AuditKey::new(vec![[1; 32]]), sealing: vec![[2; 32]], fingerprints: [3; 32] };
    let ledger = Ledger::new(&Nothing, &Nothing, &Nothing, SiteName::parse("tr").unwrap(), keys);
    let payment_reference = PaymentReference::parse("R").unwrap();
    let fingerprints = |fields: &[_]| ledger.fingerprints(&payment_reference, "payment", fields);
    let fields: BTreeMap<String, Box<RawValue>> = fingerprints(&before).into_iter().collect();
    let sync_state = SyncState {
        confirmed: ConfirmedState {
            records: BTreeMap::from([("payment".to_owned(), fields)]),
            ..ConfirmedState::default()
        },
        ..SyncState::default()
    };
    let delta = |fields: &[_]| {
        fingerprints(fields).into_iter().filter(|(name, value)| !sync_state.has("payment", name, value)).count()
    };
    let changed = delta(&after);
    assert!(changed > 0 && changed < after.len(), "a capture changes some fields of the payment");
    criterion.bench_function("records of a payment and an event", |bencher| {
        let (payment, event, site) = payment(2);
        bencher.iter(|| tollbridge_records::records(black_box(&payment), black_box(&event), &site).unwrap());
    });
    criterion.bench_function("delta of a payment", |bencher| {
        bencher.iter(|| delta(black_box(&after)));
    });
}

/// A store, a clock and randomness that are never used.
struct Nothing;

impl Store for Nothing {
    fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        Ok(vec![None; keys.len()])
    }

    fn set_many(&self, _: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        Ok(())
    }

    fn delete_many(&self, _: &[String]) -> Result<(), StoreError> {
        Ok(())
    }

    fn increment(&self, _: &str, by: i64) -> Result<i64, StoreError> {
        Ok(by)
    }
}

impl Clock for Nothing {
    fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(NOW * 1000).unwrap()
    }

    fn elapsed_milliseconds(&self) -> i64 {
        0
    }
}

impl Random for Nothing {
    fn fill(&self, _: &mut [u8]) {}
}

/// The payment captured in this many parts and its last event, as the mapper gets them.
fn payment(events: i64) -> (types::Payment, Vec<types::PaymentEvent>, types::Site) {
    let payment = histories::fold(&history(events));
    let event = histories::event(EventKind::Captured, "transaction", 100, Some(events));
    let reference = payment.reference.to_string();
    (payment.into(), vec![(event, reference).into()], site())
}

/// The fields of the payment's own record.
fn records_of(events: i64) -> Vec<(String, Box<RawValue>)> {
    let (payment, event, site) = payment(events);
    let records = tollbridge_records::records(&payment, &event, &site).unwrap();
    let fields = records.into_iter().next().unwrap().fields.into_iter();
    fields.map(|field| (field.name, RawValue::from_string(field.value).unwrap())).collect()
}

criterion_group!(hot_path, deliveries, payments, records);
criterion_main!(hot_path);
