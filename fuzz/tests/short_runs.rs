//! Runs every target for some seconds: on its seeds, unchanged and mutated. `FUZZ_SEED` adds a run with that random
//! seed.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use fastrand::Rng;
use tollbridge_fuzz::{TARGETS, Target, mutated};

/// The random seed of every run, and the number of mutated inputs.
const FIXED: u64 = 0x7011_B41D_6E00_0001;
const RUNS: usize = 400;

fn run(target: &Target, input: &[u8], of: &str) {
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    if let Err(panic) = outcome {
        println!("{} fails on this input, of {of}:\n{}", target.name, input.escape_ascii());
        resume_unwind(panic);
    }
}

fn run_target(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seeds = (target.seeds)();
    for seed in &seeds {
        run(target, seed, "the seeds");
    }
    // Only `make fuzz` explores at random: these tests are the same each time, unless they get a seed.
    let chosen = std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse().ok());
    for seed in [Some(FIXED), chosen].into_iter().flatten() {
        let mut random = Rng::with_seed(seed);
        for _ in 0..RUNS {
            run(target, &mutated(&seeds, &mut random), &format!("FUZZ_SEED={seed}"));
        }
    }
}

#[test]
fn deliveries() {
    run_target("deliveries");
}

#[test]
fn requests() {
    run_target("requests");
}

#[test]
fn salesforce() {
    run_target("salesforce");
}

#[test]
fn answers() {
    run_target("answers");
}
