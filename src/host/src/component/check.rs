//! `tollbridge component check`: tells whether a manifest can use a component, where it belongs in it, and why not.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::inspection::{File, Inspection, Role, inspect};
use super::world::World;
use crate::output::OutputOptions;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge component check target/components/records.wasm
  tollbridge component check my-mapper.wasm --world record-mapper

Exit status: 0 a manifest can use it; 1 it cannot, and each problem is a line FILE: …
A mapper or a provider matches its world and imports nothing. The gateway imports what Spin and the others supply.";

#[derive(clap::Args)]
pub struct Arguments {
    /// The component's file.
    file: PathBuf,
    /// The world to check it against. The default is the world that its exports belong to.
    #[arg(long)]
    world: Option<World>,
    #[command(flatten)]
    output: OutputOptions,
}

/// Runs the check.
pub fn check(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let bytes = std::fs::read(&arguments.file).with_context(|| format!("cannot read {}", arguments.file.display()))?;
    let found = match inspect(&bytes, arguments.world)? {
        File::Component(found) => found,
        File::Other(problem) if arguments.output.json => {
            arguments.output.print_value(&json!({ "problems": [problem] }), String::new)?;
            return Ok(ExitCode::FAILURE);
        }
        File::Other(problem) => return Ok(refuse(&arguments.file, &[problem])),
    };
    arguments.output.print_value(&json_of(&found, bytes.len()), || described(&found, bytes.len()))?;
    if !found.problems.is_empty() {
        let refused = if arguments.output.json { ExitCode::FAILURE } else { refuse(&arguments.file, &found.problems) };
        return Ok(refused);
    }
    if !arguments.output.json {
        print!("{}", placement(found.role, &arguments.file)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn json_of(found: &Inspection, size: usize) -> Value {
    json!({
        "world": found.role.name(),
        "size": size,
        "imports": found.imports,
        "exports": found.exports,
        "besides": found.besides,
        "problems": found.problems,
    })
}

fn refuse(file: &Path, problems: &[String]) -> ExitCode {
    for problem in problems {
        eprintln!("{}: {problem}", file.display());
    }
    eprintln!("{} {}", problems.len(), if problems.len() == 1 { "problem" } else { "problems" });
    ExitCode::FAILURE
}

/// The description, one property per line.
fn described(found: &Inspection, size: usize) -> String {
    let lines = |items: &[String], none: &str| {
        if items.is_empty() { none.to_owned() } else { items.join("\n          ") }
    };
    let mut text = format!("world     {}\n", found.role.name());
    text.push_str(&format!("size      {size} bytes\n"));
    text.push_str(&format!("imports   {}\n", lines(&found.imports, "nothing")));
    text.push_str(&format!("exports   {}\n", lines(&found.exports, "nothing of its world")));
    if !found.besides.is_empty() {
        text.push_str(&format!("besides   {}, which nobody calls\n", found.besides.join(", ")));
    }
    text
}

/// The lines of `spin.toml` that put the component in place. Whether a mapper reads documents is not to be seen from
/// outside, so a mapper has a line for each of its two places.
fn placement(role: Role, file: &Path) -> anyhow::Result<String> {
    let path = manifest_path(file)?;
    Ok(match role {
        Role::Plugin(World::RecordMapper) => format!(
            "\nThe line of spin.toml that puts it in place:\n\
             \"tollbridge:mapper/mapper@0.1.0\" = {{ path = {path} }}\n\
             \nThe line for a mapper that reads mapping documents, as rules.wasm does, at sites that have one:\n\
             \"tollbridge:document-mapper/mapper@0.1.0\" = \
             {{ path = {path}, export = \"tollbridge:mapper/mapper@0.1.0\" }}\n"
        ),
        Role::Plugin(World::PaymentProvider) => format!(
            "\nThe line of spin.toml that puts it in place:\n\
             \"tollbridge:provider/provider@0.1.0\" = {{ path = {path} }}\n"
        ),
        Role::Gateway => format!(
            "\nIt is the application's own component, into which the others are plugged. Its line of spin.toml:\n\
             source = {path}\n"
        ),
        Role::Unknown => String::new(),
    })
}

/// The path as a TOML string, which may contain any character. A manifest's paths are relative to its folder, so the
/// path stays relative only where the manifest is in the present folder.
fn manifest_path(file: &Path) -> anyhow::Result<String> {
    let path = if Path::new("spin.toml").exists() { file.to_owned() } else { std::path::absolute(file)? };
    let path = path.to_str().context("the path is not UTF-8, so no manifest can name it")?;
    Ok(serde_json::to_string(path)?)
}
