//! `tollbridge map`: a mapping document, tried on this machine before anybody trusts it.

mod check;
mod preview;

pub use check::{Arguments as CheckArguments, EXAMPLES as CHECK_EXAMPLES, check};
pub use preview::{Arguments as PreviewArguments, EXAMPLES as PREVIEW_EXAMPLES, preview};

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use tollbridge_rules::Problem;

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Prints what is wrong with a document, each with its file and line, so that editors find it.
fn refuse(path: &Path, problems: &[Problem]) -> ExitCode {
    for problem in problems {
        let place = if problem.place.is_empty() { String::new() } else { format!("{}: ", problem.place) };
        eprintln!("{}:{}: {place}{}", path.display(), problem.line, problem.problem);
    }
    eprintln!("{} problems", problems.len());
    ExitCode::FAILURE
}
