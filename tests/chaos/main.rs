//! Everything fails at once, and in the end the money and the records agree.
//!
//! `make chaos` makes large runs of each scenario; `cargo test --workspace --test chaos` makes small ones. A run follows a seed: the same
//! orders take the same histories, and the same calls fail, as far as requests arrive in the same order.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unreachable,
    reason = "a test may panic"
)]

mod abandoned;
mod amounts;
mod calling;
mod comparison;
mod differences;
mod gateway;
mod history;
mod killing;
mod life;
mod moments;
mod orders;
mod pool;
mod report;
mod reviews;
mod run;
mod standing;
mod truth;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tollbridge_runtime::RandomFaults;
use tollbridge_tests::redis::Server;

use gateway::{Line, Serving};
use run::{Run, Scale};

/// The seed of the small runs, and of the first of the large ones.
const FIXED_SEED: u64 = 20_261_120;

/// How many connections there are to the gateways.
const CONNECTIONS: usize = 16;

/// How many there are where there are many. All of them may twice be in use, and one address may have 512.
const MANY_CONNECTIONS: usize = 250;

/// How much longer a commit takes on a slow disk.
const SLOWER_COMMITS: Duration = Duration::from_millis(40);

/// How far the clocks of two machines may be apart.
const APART: Duration = Duration::from_secs(90);

/// Everything fails at once, and in the end the money and the records agree.
#[derive(Parser)]
struct Arguments {
    /// Only the scenarios whose name holds this.
    filter: Option<String>,
    /// Run large: a thousand payments and twenty kills where nothing is made slow, with a fixed seed and then with one that chance draws.
    #[arg(long)]
    large: bool,
    /// This seed only.
    #[arg(long)]
    seed: Option<u64>,
    /// So many orders.
    #[arg(long)]
    payments: Option<usize>,
    /// So many kills.
    #[arg(long)]
    kills: Option<u64>,
    /// So many times that a gateway stands still.
    #[arg(long)]
    stops: Option<u64>,
    // What `cargo test` may hand to every test program; it changes nothing here.
    #[arg(long, hide = true)]
    nocapture: bool,
    #[arg(long, hide = true)]
    test_threads: Option<usize>,
    #[arg(long, short, hide = true)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// One process on SQLite, killed.
    KilledOnSqlite,
    /// One process on SQLite on a slow disk, with many connections, killed.
    SlowDisk,
    /// Two processes on one Redis, either of them killed.
    KilledOnRedis,
    /// Two processes on one Redis, either of which stands still at times, for longer than an operation is on its way.
    StandingStill,
    /// Two processes on one Redis whose clocks are apart, either of them killed.
    ClocksApart,
    /// Two processes on one Redis behind a line that loses answers and delays writes, either of them killed.
    LateWrites,
    /// One process whose store fails.
    FailingStore,
}

impl Scenario {
    const ALL: [Self; 7] = [
        Self::KilledOnSqlite,
        Self::SlowDisk,
        Self::KilledOnRedis,
        Self::StandingStill,
        Self::ClocksApart,
        Self::LateWrites,
        Self::FailingStore,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::KilledOnSqlite => "killed-on-sqlite",
            Self::SlowDisk => "slow-disk",
            Self::KilledOnRedis => "killed-on-redis",
            Self::StandingStill => "standing-still",
            Self::ClocksApart => "clocks-apart",
            Self::LateWrites => "late-writes",
            Self::FailingStore => "failing-store",
        }
    }

    fn scale(self, arguments: &Arguments, seed: u64) -> Scale {
        // The others wait for disks, lines and processes that stand still, and would take a quarter of an hour each.
        let grows = matches!(self, Self::KilledOnSqlite | Self::KilledOnRedis | Self::FailingStore);
        let (payments, kills) = if arguments.large && grows { (1_000, 20) } else { (2 * history::ALL.len(), 3) };
        let stops = arguments.stops.unwrap_or(kills);
        let kills = arguments.kills.unwrap_or(kills);
        let payments = arguments.payments.unwrap_or(payments);
        let scale = Scale { payments, kills, stops: 0, connections: CONNECTIONS, seed };
        match self {
            Self::KilledOnSqlite | Self::KilledOnRedis | Self::ClocksApart | Self::LateWrites => scale,
            // With fewer orders most connections would have nothing to do.
            Self::SlowDisk => Scale {
                payments: arguments.payments.unwrap_or(MANY_CONNECTIONS),
                connections: MANY_CONNECTIONS,
                ..scale
            },
            // Each stop takes longer than an operation may take to be sent.
            Self::StandingStill => Scale { kills: 0, stops, ..scale },
            Self::FailingStore => Scale { kills: 0, ..scale },
        }
    }

    async fn serving(self, seed: u64) -> anyhow::Result<Serving> {
        let on_redis = |server, line, apart| Serving::ProcessesOnRedis { server, line, processes: 2, apart };
        Ok(match self {
            Self::KilledOnSqlite => Serving::Process { slower_commits: Duration::ZERO },
            Self::SlowDisk => Serving::Process { slower_commits: SLOWER_COMMITS },
            Self::KilledOnRedis => on_redis(Server::durable()?, None, Duration::ZERO),
            Self::ClocksApart => on_redis(Server::durable()?, None, APART),
            Self::StandingStill | Self::LateWrites => {
                let server = Server::durable()?;
                // Where processes stand still, it is only looked at.
                let line = Line::to(server.port(), (self == Self::LateWrites).then_some(seed)).await?;
                on_redis(server, Some(line), Duration::ZERO)
            }
            Self::FailingStore => Serving::Embedded(RandomFaults { seed, refused_percent: 3, lost_percent: 2 }),
        })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seeds = match arguments.seed {
        Some(seed) => vec![seed],
        None if arguments.large => vec![FIXED_SEED, fastrand::u64(..)],
        None => vec![FIXED_SEED],
    };
    tokio::select! {
        all_agree = run_all(&arguments, &seeds) => if all_agree { ExitCode::SUCCESS } else { ExitCode::FAILURE },
        // The gateways are killed when the runtime drops what holds them.
        signal = broken_off() => {
            println!("broken off{}", signal.err().map_or_else(String::new, |error| format!(": {error}")));
            ExitCode::FAILURE
        }
    }
}

/// Waits for SIGINT or SIGTERM.
async fn broken_off() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

/// Runs every scenario that is wanted with every seed. Whether the books agree in all of them.
async fn run_all(arguments: &Arguments, seeds: &[u64]) -> bool {
    let wanted =
        |scenario: &Scenario| arguments.filter.as_ref().is_none_or(|filter| scenario.name().contains(filter.as_str()));
    let mut all_agree = true;
    for scenario in Scenario::ALL.into_iter().filter(wanted) {
        for seed in seeds {
            all_agree &= match run_one(scenario, scenario.scale(arguments, *seed)).await {
                Ok(agree) => agree,
                Err(error) => {
                    println!("FAILED: {error:#}");
                    false
                }
            };
        }
    }
    all_agree
}

/// Runs a scenario and tells of it. Whether the books agree.
async fn run_one(scenario: Scenario, scale: Scale) -> anyhow::Result<bool> {
    let name = scenario.name();
    println!(
        "{name}: {} orders, {} connections, {} kills, {} stops, seed {}",
        scale.payments, scale.connections, scale.kills, scale.stops, scale.seed
    );
    let started = Instant::now();
    let seed = scale.seed;
    let run = Arc::new(Run::start(scale, scenario.serving(seed).await?).await?);
    let ended = lasting(&run).await;
    run.count_faults().await;
    print!("{}", run.report());
    let mut failures = std::mem::take(&mut run.report().failures);
    failures.extend(ended.err().map(|error| format!("{error:#}")));
    for failure in &failures {
        println!("  FAILED: {failure}");
    }
    if failures.is_empty() {
        println!("  all three books agree on every payment ({:.1?})", started.elapsed());
    } else {
        println!(
            "  {} failures with the seed {seed} ({:.1?}); ledger and logs are in {}",
            failures.len(),
            started.elapsed(),
            run.keep_folder()?.display()
        );
    }
    // Where it was broken off, a caller may still be on its way out: the gateways end with the last that holds the run.
    if let Some(run) = Arc::into_inner(run) {
        run.stop().await?;
    }
    Ok(failures.is_empty())
}

async fn lasting(run: &Arc<Run>) -> anyhow::Result<()> {
    run.faults_begin().await?;
    run.load().await?;
    run.faults_end().await?;
    run.drain_until_dry().await?;
    if run.scale().stops > 0 {
        abandoned::adopt(run);
    }
    comparison::compare(run).await
}
