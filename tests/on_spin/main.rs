//! Runs the end-to-end tests on a Spin: `make test-spin SPIN=/path/to/spin`, which builds everything first. Runs them
//! on each kind of store, and reports at the end how many ran, which were left out, and why.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, bail};
use tollbridge_tests::{left_out, spin};

/// One run of tests.
struct TestRun {
    name: &'static str,
    tests: &'static str,
    /// The store's name in `TOLLBRIDGE_TEST_STORE`.
    store: &'static str,
}

const RUNS: [TestRun; 5] = [
    TestRun { name: "manifests that Spin refuses", tests: "refusals", store: "memory" },
    TestRun { name: "spin.toml with SQLite", tests: "end_to_end", store: "memory" },
    TestRun { name: "spin.toml with Redis", tests: "end_to_end", store: "redis" },
    TestRun { name: "spin-redis.toml", tests: "end_to_end", store: "outbound-redis" },
    TestRun { name: "other mappers, spin.toml with SQLite", tests: "mappers", store: "memory" },
];

/// The result of a run.
#[derive(Default)]
struct TestCounts {
    passed: usize,
    failed: usize,
    left_out: BTreeSet<String>,
}

fn main() -> anyhow::Result<ExitCode> {
    let Some(program) = std::env::args_os().nth(1).filter(|program| !program.is_empty()) else {
        bail!("the path of Spin is missing: make test-spin SPIN=/path/to/spin");
    };
    let program = Path::new(&program).canonicalize().with_context(|| format!("cannot find {}", program.display()))?;
    let version = Command::new(&program).arg("--version").output().context("asking Spin for its version")?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let mut outcomes = Vec::new();
    for run in RUNS {
        println!("\n{}, on {version}", run.name);
        outcomes.push((run.name, on_spin(&program, &run)?));
    }
    println!("\nOn {version}:");
    for (name, outcome) in &outcomes {
        let parts = |how: &str| outcome.left_out.iter().filter(|line| line.starts_with(&format!("{how}: "))).count();
        let (whole, in_part) = (parts("left out"), parts("left out in part"));
        println!(
            "{name}: {} passed, {} failed, {whole} left out, {in_part} of those that passed left out in part",
            outcome.passed.saturating_sub(whole),
            outcome.failed
        );
        for line in &outcome.left_out {
            println!("    {line}");
        }
    }
    let failed = outcomes.iter().any(|(_, outcome)| outcome.failed > 0);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Runs these tests on this Spin, and shows their output.
fn on_spin(program: &Path, run: &TestRun) -> anyhow::Result<TestCounts> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("left-out");
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let mut tests = Command::new(cargo)
        .args(["test", "--locked", "--workspace", "--test", run.tests, "--no-fail-fast", "--"])
        .args(std::env::args().skip(2))
        .env(spin::VARIABLE, program)
        .env(left_out::VARIABLE, &file)
        .env("TOLLBRIDGE_TEST_STORE", run.store)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting cargo")?;
    let mut outcome = None;
    let output = tests.stdout.take().context("cargo has no output")?;
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        outcome = counted(&line).or(outcome);
    }
    let status = tests.wait()?;
    let Some((passed, failed)) = outcome else { bail!("the tests did not run: {status}") };
    let lines = std::fs::read_to_string(&file).unwrap_or_default();
    Ok(TestCounts { passed, failed, left_out: lines.lines().map(str::to_owned).collect() })
}

/// The numbers of passed and failed tests, in the line that reports them.
fn counted(line: &str) -> Option<(usize, usize)> {
    let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let count = |what: &str| {
        let counted = counts.split("; ").find_map(|part| part.strip_suffix(what))?;
        counted.trim().parse().ok()
    };
    Some((count(" passed")?, count(" failed")?))
}
