//! `tollbridge run`: starts everything on this machine, for a person to try: with the sandbox, or with a configuration
//! of one's own.

mod configured;
mod sandboxed;

use std::path::PathBuf;

use anyhow::anyhow;

use crate::drain::DrainOptions;
use crate::gateway::KeyOptions;
use crate::signals::Signals;
use crate::{described, up};
use configured::ConfiguredOptions;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge run
  tollbridge run --free-ports
  TOLLBRIDGE_API_KEY=… tollbridge run --config config.toml --secrets secrets.toml

Without a configuration, it runs the sandbox's MaldoPay and Salesforce too, and keeps everything in memory.";

#[derive(clap::Args)]
pub struct Arguments {
    /// The application's manifest.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    manifest: PathBuf,
    /// Listen on any free ports instead of 3000, 4010 and 4020.
    #[arg(long)]
    free_ports: bool,
    #[command(flatten)]
    drain: DrainOptions,
    #[command(flatten)]
    configured: ConfiguredOptions,
    #[command(flatten)]
    key: KeyOptions,
}

/// Runs everything until a signal.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { manifest, free_ports, drain, configured, key } = arguments;
    let signals = Signals::catch()?;
    let deployment = configured.read(drain, &key)?;
    let application = up::load(&manifest).await?;
    let ended = match deployment {
        Some(deployment) => configured::run(signals, &application, free_ports, drain, deployment).await,
        None => sandboxed::run(signals, &application, free_ports, drain).await,
    };
    ended.map_err(with_advice)
}

fn with_advice(error: anyhow::Error) -> anyhow::Error {
    let in_use = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::AddrInUse);
    if in_use { anyhow!("{}; with --free-ports any ports will do", described(&error)) } else { error }
}
