//! `tollbridge drain`: has a gateway send what is open to Salesforce, and shows what it did.

mod interval;

use std::process::ExitCode;

use serde::Deserialize;

use crate::gateway::{GatewayOptions, SiteClient, read};
use crate::output::{OutputOptions, named};

pub use interval::{DrainOptions, Drains};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  TOLLBRIDGE_API_KEY=… tollbridge drain --url https://pay.example.com
  TOLLBRIDGE_API_KEY=… tollbridge drain --resume --json

Exit status: 0 done; 1 the gateway refuses, or payments could not be processed";

#[derive(clap::Args)]
pub struct Arguments {
    /// Try also while the site pauses, if you have mended what Salesforce refused.
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    gateway: GatewayOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// What a drain did.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DrainView {
    asked: u64,
    taken: u64,
    closed: u64,
    deferred: u64,
    review: u64,
    failed: u64,
    oldest_open_seconds: i64,
    complete: bool,
    #[serde(default)]
    paused: Option<PauseView>,
}

/// Why a site pauses.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PauseView {
    code: String,
    message: String,
    #[serde(default)]
    remedy: Option<String>,
    next_attempt_at: String,
}

impl PauseView {
    /// Why, until when, and what to do.
    pub fn text(&self) -> String {
        let remedy = self.remedy.as_ref().map_or(String::new(), |remedy| format!(" -> {remedy}"));
        format!("{}: {}{remedy}; next attempt {}", self.code, self.message, self.next_attempt_at)
    }
}

/// Drains once and prints the report.
///
/// # Errors
/// The gateway does not answer, or refuses.
pub async fn drain(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let answer = call(&arguments.gateway.client()?, arguments.resume).await?;
    let report: DrainView = read(&answer)?;
    arguments.output.print(&answer, || Ok(text(&report)))?;
    Ok(if report.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn call(site: &SiteClient, resume: bool) -> anyhow::Result<String> {
    let query = [("resume", "true".to_owned())];
    site.post("/v1/drain", if resume { &query } else { &[] }, None).await
}

fn text(report: &DrainView) -> String {
    let end = if report.complete { "reached" } else { "not reached: drain again" };
    named([
        ("inquired about", Some(format!("{} payments", report.asked))),
        ("synced", Some(format!("{} payments", report.taken))),
        ("done with", Some(format!("{} journal entries", report.closed))),
        ("retried later", Some(format!("{} payments", report.deferred))),
        ("in review", Some(format!("{} payments", report.review))),
        ("not processed", Some(format!("{} payments", report.failed))),
        ("oldest open", Some(format!("{} s", report.oldest_open_seconds))),
        ("journal's end", Some(end.to_owned())),
        ("the site pauses", report.paused.as_ref().map(PauseView::text)),
    ])
}
