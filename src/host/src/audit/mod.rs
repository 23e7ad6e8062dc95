//! `tollbridge audit verify`: reads a site's whole journal and checks for every payment that its history is unchanged.

mod findings;
mod scan;
mod site;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::gateway::GatewayOptions;
use crate::output::OutputOptions;

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
    #[command(flatten)]
    output: OutputOptions,
}

/// How often the progress bar is redrawn.
const TICK: Duration = Duration::from_millis(100);

/// Runs the audit, prints its findings, and returns whether there are none.
pub async fn verify(arguments: Arguments) -> ExitCode {
    audited(&arguments).await.unwrap_or_else(|error| {
        eprintln!("error: the audit could not be finished: {error:#}");
        ExitCode::from(2)
    })
}

async fn audited(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let site = arguments.gateway.client()?;
    let bar = progress_bar();
    let scanned = scan::scan(&site, &bar).await;
    bar.finish_and_clear();
    let findings = scanned?;
    let (lines, summary) = (findings.lines(arguments.strict), findings.summary());
    arguments.output.print_value(&json!({ "findings": lines, "summary": summary }), || {
        lines.iter().chain([&summary]).map(|line| format!("{line}\n")).collect()
    })?;
    Ok(if lines.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
