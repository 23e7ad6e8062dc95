//! Explores the real ledger and gateway: a few actors over a store in memory, in every order of their operations up to
//! a bound, with crashes, lost responses, late writes and clocks that differ, and checks what must hold in the end.
//!
//! `make model` explores further than `cargo test --workspace --test model`. See docs/ledger-model.md.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod actor;
#[allow(dead_code, unused_imports, reason = "the doubles of the gateway's tests, of which some are used here")]
#[path = "../gateway/doubles/mod.rs"]
mod doubles;
mod explore;
mod faults;
mod judge;
mod known;
mod maldopay;
mod run;
mod scenario;
mod scenarios;
mod store;
mod world;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use explore::Schedule;
use known::{KNOWN_FAULTS, Named, SCENARIOS};
use scenario::{Exploration, Finding, ModelScenario};

/// The arguments on the command line.
#[derive(Default)]
struct Arguments {
    /// Only the scenarios whose name contains this.
    filter: Option<String>,
    /// Explore further, and show how known faults arise.
    large: bool,
    /// Follow only this schedule, and show its steps.
    replay: Option<Schedule>,
}

impl Arguments {
    fn read() -> Result<Self, String> {
        let mut arguments = Self::default();
        let mut given = std::env::args().skip(1);
        while let Some(argument) = given.next() {
            match argument.as_str() {
                "--large" => arguments.large = true,
                "--replay" => {
                    arguments.replay = Some(given.next().ok_or("which schedule? --replay 12:1,30:2")?.parse()?)
                }
                // Options that `cargo test` may pass to every test program.
                "--nocapture" | "--quiet" | "-q" | "--test-threads=1" => {}
                option if option.starts_with('-') => return Err(format!("unknown option {option}")),
                name => arguments.filter = Some(name.to_owned()),
            }
        }
        Ok(arguments)
    }
}

/// How a scenario ended.
enum ScenarioVerdict {
    Holds,
    /// It fails as known.
    Fails,
    /// The result differs from what is known.
    Wrong,
}

fn main() -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    let started = Instant::now();
    let filter = arguments.filter.as_deref().unwrap_or_default();
    let is_whole = SCENARIOS.iter().any(|(name, _)| *name == filter);
    let is_selected = |name: &str| if is_whole { name == filter } else { name.contains(filter) };
    let selected: Vec<&Named> = SCENARIOS.iter().filter(|(name, _)| is_selected(name)).collect();
    if let (Some(schedule), Some((name, scenario))) = (&arguments.replay, selected.first()) {
        return replayed(name, &scenario(), arguments.large, schedule);
    }
    let next = AtomicUsize::new(0);
    let counts = Mutex::new((0, 0, 0));
    // In one scenario only one actor runs at a time, so several scenarios run in parallel.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((name, scenario)) = selected.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ended = scenario().explore(arguments.large);
                    let mut counts = counts.lock().unwrap();
                    match explored(name, &ended, arguments.large) {
                        ScenarioVerdict::Holds => counts.0 += 1,
                        ScenarioVerdict::Fails => counts.1 += 1,
                        ScenarioVerdict::Wrong => counts.2 += 1,
                    }
                }
            });
        }
    });
    let (holds, fails, wrong) = counts.into_inner().unwrap();
    println!("\n{holds} scenarios hold, {fails} fail as known, in {:.1} s", started.elapsed().as_secs_f32());
    println!("{} passed, {wrong} failed", holds + fails);
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn explored(name: &str, explored: &Exploration, large: bool) -> ScenarioVerdict {
    let Exploration { finding, runs, states, took } = explored;
    let known = KNOWN_FAULTS.iter().find(|(known, _)| *known == name).map(|(_, fault)| *fault);
    let cost = format!("{runs} schedules, {states} states, {:.1} s", took.as_secs_f32());
    match (finding, known) {
        (None, None) => {
            println!("{name}: holds ({cost})");
            ScenarioVerdict::Holds
        }
        (Some(finding), Some(fault)) => {
            println!("{name}: fails, as known: {fault} ({cost})");
            if large {
                show(name, finding, large);
            }
            ScenarioVerdict::Fails
        }
        (Some(finding), None) => {
            println!("{name}: FAILS ({cost})");
            show(name, finding, large);
            ScenarioVerdict::Wrong
        }
        (None, Some(fault)) => {
            println!("{name}: holds ({cost}), and was known to fail: {fault}. Remove it from KNOWN_FAULTS.");
            ScenarioVerdict::Wrong
        }
    }
}

fn show(name: &str, finding: &Finding, large: bool) {
    println!("  {}", finding.problem);
    for step in &finding.steps {
        println!("    {step}");
    }
    let large = if large { "--large " } else { "" };
    println!("  to replay it: cargo test --workspace --test model -- {large}{name} --replay {}", finding.schedule);
}

fn replayed(name: &str, scenario: &ModelScenario, large: bool, schedule: &Schedule) -> ExitCode {
    let (problem, steps) = scenario.replay(large, schedule);
    println!("{name}, {schedule}");
    for step in steps {
        println!("    {step}");
    }
    println!("  {}", problem.as_deref().unwrap_or("nothing is wrong"));
    if problem.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
