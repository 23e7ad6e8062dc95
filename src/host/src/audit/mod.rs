//! `tollbridge audit verify`: walks a whole site through its journal and says of every payment whether its history is as
//! it was written.

mod findings;
mod site;
mod walk;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::gateway::Gateway;
use findings::Findings;
use site::Site;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  TOLLBRIDGE_API_KEY=… tollbridge audit verify --url https://pay.example.com
  tollbridge audit verify --key sandbox-api-key --site tr --strict

Exit status: 0 all is as it was written; 1 something is not, and each finding is a line; 2 it could not be verified.";

/// What it is told.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    gateway: Gateway,
    /// Count numbers that were drawn and never written as findings too: a process that dies leaves such, and so does
    /// whoever removes a payment's entry together with its journal entry.
    #[arg(long)]
    strict: bool,
}

/// How often the progress is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// Walks, prints what it found, and says whether all is well.
pub async fn verify(arguments: Arguments) -> ExitCode {
    let bar = progress_bar();
    let site = Site::new(&arguments.gateway.url, &arguments.gateway.key, arguments.gateway.site.as_deref());
    let walked = walk::walk(&site, &bar).await;
    bar.finish_and_clear();
    match walked {
        Ok(findings) => report(&findings, arguments.strict),
        Err(error) => {
            eprintln!("error: the audit could not be finished: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn report(findings: &Findings, strict: bool) -> ExitCode {
    for line in findings.lines(strict) {
        println!("{line}");
    }
    println!("{}", findings.summary());
    if findings.is_well(strict) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Drawn only for a person who watches.
fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    // A template that is not understood leaves the plain bar.
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} journal entries, {msg}, {eta} left") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}
