//! `tollbridge audit verify`: reads a site's whole journal and checks for every payment that its history is unchanged.

mod findings;
mod scan;
mod site;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::gateway::GatewayOptions;
use findings::Findings;
use site::SiteClient;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  TOLLBRIDGE_API_KEY=… tollbridge audit verify --url https://pay.example.com
  tollbridge audit verify --key sandbox-api-key --site tr --strict

Exit status: 0 every entry is intact; 1 there are findings, one per line; 2 the audit could not be finished.";

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    gateway: GatewayOptions,
    /// Also report numbers that were allocated and never written. A crashed process leaves such numbers, and so does
    /// anyone who removes a payment's entry together with its journal entry.
    #[arg(long)]
    strict: bool,
}

/// How often the progress bar is redrawn.
const TICK: Duration = Duration::from_millis(100);

/// Runs the audit, prints its findings, and returns whether there are none.
pub async fn verify(arguments: Arguments) -> ExitCode {
    let bar = progress_bar();
    let site = SiteClient::new(&arguments.gateway.url, &arguments.gateway.key, arguments.gateway.site.as_deref());
    let scanned = scan::scan(&site, &bar).await;
    bar.finish_and_clear();
    match scanned {
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
    if findings.is_clean(strict) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Visible only on a terminal.
fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    // An invalid template leaves the default bar.
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} journal entries, {msg}, {eta} left") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}
