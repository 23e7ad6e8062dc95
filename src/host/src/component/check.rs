//! `tollbridge component check`: tells whether a manifest can use a component, and why not.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use super::inspection::{File, Inspection, inspect};
use super::world::World;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge component check target/components/records.wasm
  tollbridge component check my-mapper.wasm --world record-mapper

Exit status: 0 it matches its world and imports nothing; 1 it does not, and each problem is a line FILE: …";

#[derive(clap::Args)]
pub struct Arguments {
    /// The component's file.
    file: PathBuf,
    /// The world to check it against. The default is the world that its exports belong to.
    #[arg(long)]
    world: Option<World>,
}

/// Runs the check.
pub fn check(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let bytes = std::fs::read(&arguments.file).with_context(|| format!("cannot read {}", arguments.file.display()))?;
    let found = match inspect(&bytes, arguments.world)? {
        File::Component(found) => found,
        File::Other(problem) => return Ok(refuse(&arguments.file, &[problem])),
    };
    print!("{}", described(&found, bytes.len()));
    if !found.problems.is_empty() {
        return Ok(refuse(&arguments.file, &found.problems));
    }
    if let Some(World::RecordMapper) = found.world {
        println!("\nThe line of spin.toml that puts it in place:\n{}", manifest_line(&arguments.file)?);
    }
    Ok(ExitCode::SUCCESS)
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
    let mut text = format!("world     {}\n", found.world.map_or("none that is known", World::name));
    text.push_str(&format!("size      {size} bytes\n"));
    text.push_str(&format!("imports   {}\n", lines(&found.imports, "nothing")));
    text.push_str(&format!("exports   {}\n", lines(&found.exports, "nothing of its world")));
    if !found.besides.is_empty() {
        text.push_str(&format!("besides   {}, which nobody calls\n", found.besides.join(", ")));
    }
    text
}

/// The path is written as a TOML string: it may contain any character.
fn manifest_line(file: &Path) -> anyhow::Result<String> {
    let path = file.to_str().context("the path is not UTF-8, so no manifest can name it")?;
    Ok(format!("\"tollbridge:mapper/mapper@0.1.0\" = {{ path = {} }}", serde_json::to_string(path)?))
}
