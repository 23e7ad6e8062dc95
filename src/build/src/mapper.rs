//! Builds a mapper in Rust from any folder: a package of its own, which need not be a member of the workspace.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::encode;

/// The compilation target of every pure component.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the package in this folder as a component of the world `record-mapper` of the `wit` folder. Cargo's output is
/// in the folder unless another target directory is given.
///
/// # Errors
/// The folder has no package, the package has no library of the type `cdylib`, or it does not compile or match the
/// world.
pub fn build(folder: &Path, wit: &Path, target_directory: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    let module = compile(folder, target_directory)?;
    let bytes = std::fs::read(&module).with_context(|| format!("reading {}", module.display()))?;
    encode::component(&bytes, wit, "record-mapper")
        .with_context(|| format!("encoding {} for the world record-mapper", folder.display()))
}

/// The file of a mapper that is built from this folder: in the folder, and of its name.
///
/// # Errors
/// The folder is the root of the file system.
pub fn file(folder: &Path) -> anyhow::Result<PathBuf> {
    let name = folder.file_name().context("the root folder cannot be a mapper")?;
    let mut file = name.to_owned();
    file.push(".wasm");
    Ok(folder.join(file))
}

/// Compiles the package and returns the path of its core module.
fn compile(folder: &Path, target_directory: Option<&Path>) -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(folder).args(["build", "--quiet", "--release", "--lib", "--target", TARGET]);
    // Cargo says where the module is, whatever target directory the folder has.
    command.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    if let Some(directory) = target_directory {
        command.arg("--target-dir").arg(directory);
    }
    if folder.join("Cargo.lock").exists() {
        command.arg("--locked");
    }
    let output = command.output().context("running cargo")?;
    ensure!(
        output.status.success(),
        "{} was not built. If {TARGET} is missing: `rustup target add {TARGET}`",
        folder.display()
    );
    let messages = String::from_utf8(output.stdout).context("the messages of cargo")?;
    // The package itself is compiled last.
    let module = messages.lines().rev().find_map(module).with_context(|| {
        format!("{} has no library of the type cdylib: add [lib] crate-type = [\"cdylib\"]", folder.display())
    })?;
    Ok(module)
}

/// The module that one of Cargo's messages reports.
fn module(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let files = message.get("filenames")?.as_array()?;
    files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".wasm")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_the_one_that_cargo_reports() {
        let message = r#"{"reason":"compiler-artifact","filenames":["/t/libmine.rlib","/t/mine.wasm"]}"#;
        assert_eq!(module(message), Some(PathBuf::from("/t/mine.wasm")));
        assert_eq!(module(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(module("no JSON"), None);
    }

    #[test]
    fn the_file_is_in_the_folder_and_has_its_name() {
        assert_eq!(file(Path::new("/home/ada/my.mapper")).unwrap(), Path::new("/home/ada/my.mapper/my.mapper.wasm"));
        assert!(file(Path::new("/")).is_err());
    }
}
