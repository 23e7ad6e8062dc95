//! `tollbridge demo`: runs the whole story on free ports and checks every step.

mod client;
mod narrator;
mod shown;
mod stage;
mod story;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use tollbridge_runtime::{CapturedLog, Log, Options, Runtime};
use tollbridge_sandbox::Sandbox;

use crate::settings::{FREE_PORT, callback_url, sandbox_options, variables};
use crate::up;
use client::GatewayClient;
use narrator::Narrator;
use stage::Stage;

/// For `--help`.
pub const EXAMPLES: &str = "Example:
  tollbridge demo && echo every step succeeded";

#[derive(clap::Args)]
pub struct Arguments {
    /// The application's manifest.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    manifest: PathBuf,
}

/// Short, so that nobody has to wait during a demo.
const CALLBACK_RETRY: Duration = Duration::from_millis(200);

/// Runs the story. The exit code tells whether every step succeeded.
pub async fn demo(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let application = up::load(&arguments.manifest).await?;
    let sandbox = Sandbox::start(sandbox_options(FREE_PORT, FREE_PORT, CALLBACK_RETRY)).await?;
    // The application's output would interrupt the story, so it is shown only if a step fails.
    let log = CapturedLog::new();
    let options = Options { variables: variables(&sandbox), log: Log::Capture(log.clone()), ..Options::default() };
    let runtime = Runtime::start(&application, options).await?;
    let address = runtime.address();
    sandbox.maldopay.set_callback_url(callback_url(address));

    let mut narrator = Narrator::stdout();
    narrator.say("Everything runs in this process, over real HTTP:");
    narrator.say(&format!("  Tollbridge  http://{address}"));
    narrator.say(&format!("  MaldoPay    {}", sandbox.maldopay.url()));
    narrator.say(&format!("  Salesforce  {}", sandbox.salesforce.url()));
    let gateway = GatewayClient::new(address);
    let mut stage = Stage::new(&sandbox, &runtime, gateway, narrator);
    story::tell(&mut stage).await;
    let tally = stage.tally();

    let stopped = runtime.stop().await;
    sandbox.stop().await;
    if !tally.all_succeeded() {
        println!("\nWhat the application printed:\n{}", log.text());
    }
    println!("\n{tally}");
    stopped?;
    Ok(if tally.all_succeeded() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
