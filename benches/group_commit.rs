//! The cost of concurrent webhooks on SQLite: the built components in the embedded runtime, over HTTP, with the ledger
//! on this machine's disk.
//!
//! `writes` are the component's calls that write to the store, and `commits` are SQLite's transactions. `syncs` are the
//! `fsync` and `fdatasync` calls of this process, which makes nothing else durable. With the write-ahead log and
//! `synchronous=FULL`, each commit makes one for the log. A further one now and then is a checkpoint, which makes the
//! log and then the file durable.
//!
//! A group is what waits while the previous group is made durable, so groups grow with the load and with the slowness
//! of the disk. Each load is measured on this machine's disk as it is, and with 4 ms added to each sync, which is about
//! what a disk without a cache that survives a power failure needs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that fails is to stop there"
)]

#[allow(dead_code, unused_imports, reason = "it is the world of the end-to-end tests, and only a part is needed here")]
#[path = "../tests/end_to_end/world/mod.rs"]
mod world;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tollbridge_benches::{slow_syncs_by, syncs};
use tollbridge_runtime::Counters;
use tollbridge_sandbox::{CallbackEncoding, Signature, SignedRequest, signed_callback};

use world::{Setup, StoreNeeds, TR, World, text};

/// Webhooks for each row.
const WEBHOOKS: usize = 256;

/// The measurements for one number of concurrent webhooks.
struct Measurements {
    spent: Counters,
    syncs: Option<u64>,
    elapsed: Duration,
    /// From sending a webhook to its `OK`, shortest first.
    latencies: Vec<Duration>,
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    println!("{WEBHOOKS} webhooks on SQLite, each acknowledged and synced to Salesforce");
    println!("syncs: fsync and fdatasync calls, one for the log at each commit and a few for its checkpoints");
    println!(
        "{:>6} {:>10} {:>7} {:>8} {:>13} {:>6} {:>12} {:>13} {:>8} {:>8} {:>8}",
        "disk",
        "concurrent",
        "writes",
        "commits",
        "writes:commit",
        "syncs",
        "syncs:commit",
        "syncs:webhook",
        "per sec",
        "p50 ms",
        "p99 ms"
    );
    for (disk, slower) in [("as is", Duration::ZERO), ("+4 ms", Duration::from_millis(4))] {
        for concurrent in [1, 8, 64] {
            let measured = runtime.block_on(measure(concurrent, slower))?;
            println!("{disk:>6} {concurrent:>10} {}", row(&measured));
        }
    }
    Ok(())
}

fn row(measured: &Measurements) -> String {
    let at = |percent: usize| measured.latencies[(WEBHOOKS * percent / 100).min(WEBHOOKS - 1)].as_micros();
    let milliseconds = |micros: u128| format!("{}.{:02}", micros / 1_000, micros % 1_000 / 10);
    let webhooks = u64::try_from(WEBHOOKS).unwrap_or(1);
    let hundredths = |part: u64, of: u64| format!("{}.{:02}", part / of.max(1), part * 100 / of.max(1) % 100);
    let per_second = u128::from(webhooks) * 1_000 / measured.elapsed.as_millis().max(1);
    let Counters { store_writes: writes, store_commits: commits, .. } = measured.spent;
    let unknown = || "?".to_owned();
    let syncs = measured.syncs.map_or_else(unknown, |syncs| syncs.to_string());
    let syncs_of = |of: u64| measured.syncs.map_or_else(unknown, |syncs| hundredths(syncs, of));
    format!(
        "{writes:>7} {commits:>8} {:>13} {syncs:>6} {:>12} {:>13} {per_second:>8} {:>8} {:>8}",
        hundredths(writes, commits),
        syncs_of(commits),
        syncs_of(webhooks),
        milliseconds(at(50)),
        milliseconds(at(99)),
    )
}

/// Makes this many charges, and then confirms all of them, this many at once.
async fn measure(concurrent: usize, slower: Duration) -> anyhow::Result<Measurements> {
    let world = World::with(Setup { store: StoreNeeds::Persistence, ..Setup::default() }).await?;
    let mut webhooks = VecDeque::new();
    for _ in 0..WEBHOOKS {
        let payment = world.tr.charge(&world.tr.seed_order(), "149.90").await?.expect(201);
        let transaction = world.tr.transaction(&payment)?;
        webhooks.push_back(confirmation(text(&payment, "reference"), transaction.id)?);
    }
    world.idle().await?;

    let before = (world.runtime.counters(), syncs());
    slow_syncs_by(slower);
    let started = Instant::now();
    let waiting = Arc::new(Mutex::new(webhooks));
    let mut senders = JoinSet::new();
    for _ in 0..concurrent {
        let (waiting, client) = (waiting.clone(), world.client.clone());
        senders.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let Some(webhook) = waiting.lock().unwrap().pop_front() else { break anyhow::Ok(latencies) };
                let sent = Instant::now();
                let reply = client.deliver(&TR.webhook(), webhook).send().await?;
                latencies.push(sent.elapsed());
                anyhow::ensure!(reply.status == 200, "{reply:?}");
            }
        });
    }
    let mut latencies = Vec::new();
    while let Some(sender) = senders.join_next().await {
        latencies.extend(sender??);
    }
    world.idle().await?;
    let elapsed = started.elapsed();
    slow_syncs_by(Duration::ZERO);
    let after = (world.runtime.counters(), syncs());
    world.stop().await?;
    latencies.sort_unstable();
    let syncs = after.1.zip(before.1).map(|(after, before)| after - before);
    Ok(Measurements { spent: after.0 - before.0, syncs, elapsed, latencies })
}

fn confirmation(reference: &str, transaction: u64) -> anyhow::Result<SignedRequest> {
    let fields = [
        ("result", json!("CONFIRMED")),
        ("codeId", json!(200)),
        ("type", json!("DEPOSIT")),
        ("dateUpdated", json!("2026-11-20 10:15:30")),
        ("referenceOrderId", json!(reference)),
        ("maldoTransactionId", json!(transaction)),
        ("amount", json!("149.90")),
        ("currencyCode", json!("TRY")),
    ];
    let raw = |value: Value| RawValue::from_string(value.to_string());
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| Ok((name.to_owned(), raw(value)?)))
        .collect::<Result<_, serde_json::Error>>()?;
    Ok(signed_callback(&fields, Signature::ValuesPipe, TR.encrypting_key, CallbackEncoding::Json, 0))
}
