//! `tollbridge map check`: lists every error in a mapping document.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use tollbridge_rules::CompiledMapping;

use super::{read, refuse};
use crate::output::OutputOptions;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge map check profiles/order.toml

Exit status: 0 the document is valid; 1 it is not, and each problem is a line FILE:LINE: …";

#[derive(clap::Args)]
pub struct Arguments {
    /// The mapping document.
    file: PathBuf,
    #[command(flatten)]
    output: OutputOptions,
}

/// Runs the check.
pub fn check(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let document = read(&arguments.file)?;
    // The rules component is given no document where it shall use its own. A file of nothing is no document.
    let problems = match CompiledMapping::read(&document) {
        Err(problems) if document.is_empty() => problems,
        _ => tollbridge_rules::check(&document),
    };
    if !problems.is_empty() {
        return refuse(&arguments.file, &problems, arguments.output);
    }
    let text = || format!("{} is valid{}\n", arguments.file.display(), next_step(&document));
    arguments.output.print_value(&json!({ "problems": [] }), text)?;
    Ok(ExitCode::SUCCESS)
}

/// Where the document is stored, and that this alone changes nothing.
fn next_step(document: &str) -> String {
    CompiledMapping::read(document).map_or_else(
        |_| String::new(),
        |mapping| {
            let name = mapping.name();
            format!(
                ". It maps payments once it is stored (tollbridge mappings put {name}) and activated, and the site's \
                 configuration names it (mapping = {{ document = \"{name}\" }})"
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_document_is_told_what_puts_it_in_force() {
        let said = next_step(tollbridge_rules::DEFAULT_DOCUMENT);
        assert!(said.contains("mappings put order)") && said.contains("document = \"order\""), "{said}");
    }
}
