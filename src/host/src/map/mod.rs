//! `tollbridge map`: tries a mapping document on this machine before it is used.

mod check;
mod preview;

pub use check::{Arguments as CheckArguments, EXAMPLES as CHECK_EXAMPLES, check};
pub use preview::{Arguments as PreviewArguments, EXAMPLES as PREVIEW_EXAMPLES, preview};

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;
use tollbridge_rules::DocumentProblem;

use crate::output::OutputOptions;

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Prints the errors in a document, each with its file and line, in the format that editors parse.
fn refuse(path: &Path, problems: &[DocumentProblem], output: OutputOptions) -> anyhow::Result<ExitCode> {
    if output.json {
        let problem = |problem: &DocumentProblem| json!({ "line": problem.line, "place": problem.place, "problem": problem.problem });
        output.print_value(&json!({ "problems": problems.iter().map(problem).collect::<Vec<_>>() }), String::new)?;
        return Ok(ExitCode::FAILURE);
    }
    for problem in problems {
        let place = if problem.place.is_empty() { String::new() } else { format!("{}: ", problem.place) };
        eprintln!("{}:{}: {place}{}", path.display(), problem.line, problem.problem);
    }
    eprintln!("{} {}", problems.len(), if problems.len() == 1 { "problem" } else { "problems" });
    Ok(ExitCode::FAILURE)
}
