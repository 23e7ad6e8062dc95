//! A mapper of one's own begins as a copy of the example in Rust, in a folder that knows nothing of the workspace. The
//! commands are those of `docs/mappers.md`, word for word.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::a_mapper_is_in_any_language::writes_what_the_example_says;

/// The folder of the mapper in the page's commands.
const FOLDER: &str = "../my-mapper";

/// The page's commands that make the copy and build it.
fn commands() -> anyhow::Result<Vec<String>> {
    let page = include_str!("../../docs/mappers.md");
    let (_, section) = page.split_once("\n## Rust\n").context("the page has a section about Rust")?;
    let (_, block) = section.split_once("```sh\n").context("the section has commands")?;
    let (block, _) = block.split_once("\n```").context("the commands end")?;
    Ok(block.lines().filter(|line| line.contains(FOLDER)).map(ToOwned::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_example_outside_the_workspace_is_built_and_serves() -> anyhow::Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("my-mapper");
    let commands = commands()?;
    ensure!(commands.len() == 2, "a copy, and a build: {commands:#?}");
    for command in commands {
        let typed = command.replace(FOLDER, folder.to_str().context("the path is UTF-8")?);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let output = Command::new("sh").args(["-c", &typed]).current_dir(root).output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{typed}: {errors}");
    }
    writes_what_the_example_says(&folder.join("my-mapper.wasm")).await
}
