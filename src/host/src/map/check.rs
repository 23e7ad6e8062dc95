//! `tollbridge map check`: lists every error in a mapping document.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{read, refuse};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge map check profiles/order.toml

Exit status: 0 the document is valid; 1 it is not, and each problem is a line FILE:LINE: …";

#[derive(clap::Args)]
pub struct Arguments {
    /// The mapping document.
    file: PathBuf,
}

/// Runs the check.
pub fn check(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let problems = tollbridge_rules::check(&read(&arguments.file)?);
    if !problems.is_empty() {
        return Ok(refuse(&arguments.file, &problems));
    }
    println!("{} can be mapped by", arguments.file.display());
    Ok(ExitCode::SUCCESS)
}
