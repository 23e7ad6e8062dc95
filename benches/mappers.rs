//! The cost of a mapper inside wasmtime: the built components, called through the component model as the gateway calls
//! them, for a payment's record of at least fifteen fields.
//!
//! Every request starts a fresh instance, so each payment pays for the first call of an instance: untouched memory
//! pages and, in the rules mapper, reading and compiling the document. Later calls find both done.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that fails is to stop there"
)]
#![allow(missing_docs, reason = "the bindings are generated; the WIT package documents every item")]

use std::path::Path;
use std::time::{Duration, Instant};

use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Engine, Store};

mod bindings {
    wasmtime::component::bindgen!({ path: "../wit", world: "record-mapper" });
}

use bindings::RecordMapper;
use bindings::exports::tollbridge::{mapper::mapper, types::types};

/// Fresh instances for each row.
const INSTANCES: usize = 1_000;

/// Calls of each instance after its first.
const LATER_CALLS: usize = 20;

/// A record of fifteen fields, as in a customer's document.
const FIFTEEN_FIELDS: &str = include_str!("fifteen_fields.toml");

/// One row of the table.
struct MapperRow {
    name: &'static str,
    /// The file in `target/components`, without the extension.
    file: &'static str,
    document: &'static str,
    /// The target for a first call.
    target: Option<Duration>,
    /// Whether the component may be missing because nobody built it.
    optional: bool,
}

const ROWS: [MapperRow; 6] = [
    MapperRow {
        name: "records, compiled",
        file: "records",
        document: "",
        target: Some(Duration::from_micros(20)),
        optional: false,
    },
    MapperRow {
        name: "rules, 15 fields",
        file: "rules",
        document: FIFTEEN_FIELDS,
        target: Some(Duration::from_micros(600)),
        optional: false,
    },
    MapperRow {
        name: "rules, profile order",
        file: "rules",
        document: include_str!("../profiles/order.toml"),
        target: None,
        optional: false,
    },
    MapperRow { name: "example in Rust", file: "examples/rust-mapper", document: "", target: None, optional: true },
    MapperRow { name: "example in Python", file: "examples/python-mapper", document: "", target: None, optional: true },
    MapperRow {
        name: "example in JavaScript",
        file: "examples/javascript-mapper",
        document: "",
        target: None,
        optional: true,
    },
];

fn main() -> wasmtime::Result<()> {
    let engine = tollbridge_runtime::engine()?;
    println!("{INSTANCES} fresh instances each; microseconds, the median and the 99th of a hundred");
    println!(
        "{:<22} {:>9} {:>7} {:>17} {:>17} {:>8} {:>17}",
        "mapper", "bytes", "fields", "instantiation", "first call", "target", "later calls"
    );
    for row in ROWS {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/components").join(format!("{}.wasm", row.file));
        let Ok(bytes) = std::fs::read(&path) else {
            assert!(row.optional, "{} is missing: run `make components`", path.display());
            println!("{:<22} not built: run `make examples`", row.name);
            continue;
        };
        let measured = measure(&engine, &bytes, row.document)?;
        let target = row.target.map_or_else(String::new, |target| target.as_micros().to_string());
        println!(
            "{:<22} {:>9} {:>7} {:>17} {:>17} {target:>8} {:>17}",
            row.name,
            bytes.len(),
            measured.fields,
            shown(measured.instantiation),
            shown(measured.first),
            shown(measured.later),
        );
    }
    Ok(())
}

/// The measurements of one mapper, shortest first.
struct Measurements {
    fields: usize,
    instantiation: Vec<Duration>,
    first: Vec<Duration>,
    later: Vec<Duration>,
}

fn measure(engine: &Engine, bytes: &[u8], document: &str) -> wasmtime::Result<Measurements> {
    let component = Component::new(engine, bytes)?;
    let instance: InstancePre<()> = Linker::new(engine).instantiate_pre(&component)?;
    let mapper = bindings::RecordMapperPre::new(instance)?;
    let (payment, site) = (payment(), site());
    let mut measured = Measurements { fields: 0, instantiation: Vec::new(), first: Vec::new(), later: Vec::new() };
    for _ in 0..INSTANCES {
        let mut store = Store::new(engine, ());
        // Nothing else waits for a turn here.
        store.set_epoch_deadline(1_000_000);
        let started = Instant::now();
        let mapper: RecordMapper = mapper.instantiate(&mut store)?;
        measured.instantiation.push(started.elapsed());
        for call in 0..=LATER_CALLS {
            let started = Instant::now();
            let records = mapper.tollbridge_mapper_mapper().call_records(&mut store, &payment, &[], &site, document)?;
            let elapsed = started.elapsed();
            if call == 0 {
                measured.first.push(elapsed);
                measured.fields =
                    records.expect("the payment can be mapped").iter().map(|record| record.fields.len()).sum();
            } else {
                measured.later.push(elapsed);
            }
        }
    }
    for durations in [&mut measured.instantiation, &mut measured.first, &mut measured.later] {
        durations.sort_unstable();
    }
    Ok(measured)
}

fn shown(sorted: Vec<Duration>) -> String {
    let at = |percent: usize| sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)].as_nanos();
    let microseconds = |nanoseconds: u128| format!("{}.{}", nanoseconds / 1_000, nanoseconds % 1_000 / 100);
    format!("{} {}", microseconds(at(50)), microseconds(at(99)))
}

fn money(minor_units: i64) -> types::Money {
    types::Money { minor_units, currency: "TRY".to_owned() }
}

/// A payment that was captured and partly refunded, without another record.
fn payment() -> mapper::Payment {
    mapper::Payment {
        method: "checkout".to_owned(),
        reference: "tb22ee6cb522703c12d43837bcb5".to_owned(),
        intent: types::Intent::Charge,
        status: types::PaymentStatus::PartiallyRefunded,
        amount: money(14_990),
        tax: None,
        authorized: money(14_990),
        captured: money(14_990),
        refunded: money(3_000),
        charged_back: money(0),
        settled: money(0),
        paid_out: money(0),
        fees: money(299),
        source: None,
        invoice: None,
        record: None,
        invoice_record: None,
        attempt: 1,
        superseded: false,
        transaction_id: Some("700001".to_owned()),
        conversion: None,
        review_reasons: vec!["disputed".to_owned()],
        reason_code: Some("4837".to_owned()),
        correlation_id: "6f9619ff-8b86-d011-b42d-00cf4fc964ff".to_owned(),
        version: 7,
        created_at: 1_795_168_800_000,
        updated_at: 1_795_168_830_000,
        details: Vec::new(),
    }
}

fn site() -> mapper::Site {
    mapper::Site {
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
