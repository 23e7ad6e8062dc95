//! Everything fails at once, and in the end the money and the records agree.
//!
//! `make chaos` makes large runs of each scenario, `cargo test --workspace --test chaos` small ones. With the same
//! seed, the same orders have the same histories and the same calls fail, as far as requests arrive in the same order.
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
mod scenario;
mod standing;
mod truth;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use gateway::{GatewayProgram, SpinGateway};
use run::{ChaosRun, Scale};
use scenario::ChaosScenario;

/// The seed of the small runs, and of the first of the large ones.
const FIXED_SEED: u64 = 20_261_120;

/// Everything fails at once, and in the end the money and the records agree.
#[derive(Parser)]
struct Arguments {
    /// Run only the scenarios whose name contains one of these.
    filters: Vec<String>,
    /// Run the scenarios that Spin can serve on this Spin.
    #[arg(long, value_name = "PROGRAM")]
    spin: Option<PathBuf>,
    /// Run large: a thousand payments and twenty kills where nothing is slowed down, with a fixed seed and then with a
    /// random one.
    #[arg(long)]
    large: bool,
    /// Use only this seed.
    #[arg(long)]
    seed: Option<u64>,
    /// The number of orders.
    #[arg(long)]
    payments: Option<usize>,
    /// The number of kills.
    #[arg(long)]
    kills: Option<u64>,
    /// How often a gateway is stopped for a while.
    #[arg(long)]
    stops: Option<u64>,
    // `cargo test` may pass these to every test program. They have no effect here.
    #[arg(long, hide = true)]
    nocapture: bool,
    #[arg(long, hide = true)]
    test_threads: Option<usize>,
    #[arg(long, short, hide = true)]
    quiet: bool,
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
        all_agree = run_all(&arguments, &seeds) => match all_agree {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                println!("FAILED: {error:#}");
                ExitCode::FAILURE
            }
        },
        // The gateways are killed when the runtime drops what holds them.
        signal = broken_off() => {
            println!("broken off{}", signal.err().map_or_else(String::new, |error| format!(": {error}")));
            ExitCode::FAILURE
        }
    }
}

/// Waits for a signal to end the run, or for its terminal to close. No gateway receives that signal.
async fn broken_off() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
        _ = hang_up.recv() => Ok(()),
    }
}

/// Runs every selected scenario with every seed. Returns whether the books agree in all runs.
async fn run_all(arguments: &Arguments, seeds: &[u64]) -> anyhow::Result<bool> {
    let is_wanted = |scenario: &ChaosScenario| {
        let filters = &arguments.filters;
        filters.is_empty() || filters.iter().any(|filter| scenario.name().contains(filter.as_str()))
    };
    let wanted: Vec<ChaosScenario> = ChaosScenario::ALL.into_iter().filter(is_wanted).collect();
    anyhow::ensure!(!wanted.is_empty(), "no scenario is named {}", arguments.filters.join(" or "));
    let program = program(arguments).await?;
    let mut all_agree = true;
    for scenario in wanted {
        if let Some(reason) = scenario.left_out(&program) {
            println!("{}: left out: {reason}", scenario.name());
            continue;
        }
        for seed in seeds {
            all_agree &= match run_one(scenario, &program, scenario.scale(arguments, *seed)).await {
                Ok(agree) => agree,
                Err(error) => {
                    println!("FAILED: {error:#}");
                    false
                }
            };
        }
    }
    Ok(all_agree)
}

/// The program that serves gateways in processes of their own.
async fn program(arguments: &Arguments) -> anyhow::Result<GatewayProgram> {
    let Some(program) = &arguments.spin else { return Ok(GatewayProgram::Tollbridge) };
    let spin = SpinGateway::find(program).await?;
    println!("On {}, whose clock libfaketime moves.", spin.version());
    Ok(GatewayProgram::Spin(spin))
}

/// Runs a scenario and prints its report. Returns whether the books agree.
async fn run_one(scenario: ChaosScenario, program: &GatewayProgram, scale: Scale) -> anyhow::Result<bool> {
    let name = scenario.name();
    println!(
        "{name}: {} orders, {} connections, {} kills, {} stops, seed {}",
        scale.payments, scale.connections, scale.kills, scale.stops, scale.seed
    );
    let started = Instant::now();
    let seed = scale.seed;
    let run = Arc::new(ChaosRun::start(scale, program.clone(), scenario.serving(seed).await?).await?);
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
    // After an interruption a caller may still be ending. The gateways end with the last reference to the run.
    if let Some(run) = Arc::into_inner(run) {
        run.stop().await?;
    }
    Ok(failures.is_empty())
}

async fn lasting(run: &Arc<ChaosRun>) -> anyhow::Result<()> {
    run.faults_begin().await?;
    run.load().await?;
    run.faults_end().await?;
    run.drain_until_dry().await?;
    if run.scale().stops > 0 {
        abandoned::adopt(run);
    }
    comparison::compare(run).await
}
