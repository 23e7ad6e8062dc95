//! The application of `spin.toml` with another mapper: one line of the manifest is replaced.

use std::path::Path;

use anyhow::Context as _;

use crate::world::ServedApplication;

/// The beginning of that line.
const DEPENDENCY: &str = "\"tollbridge:mapper/mapper@0.1.0\" = ";

/// The application with the mapper in this file.
pub async fn with_mapper(mapper: &Path) -> anyhow::Result<ServedApplication> {
    with_dependency(mapper, "").await
}

/// The application with the mapper in this file, and with further keys in its line of the manifest.
pub async fn with_dependency(mapper: &Path, further_keys: &str) -> anyhow::Result<ServedApplication> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let mapper = mapper.to_str().context("the path of the mapper is UTF-8")?;
    let mut swapped = 0;
    let manifest = std::fs::read_to_string(workspace.join("spin.toml"))?;
    let lines = manifest.lines().map(|line| {
        if line.starts_with(DEPENDENCY) {
            swapped += 1;
            return format!("{DEPENDENCY}{{ path = {mapper:?}{further_keys} }}\n");
        }
        // The copy of the manifest is in another folder than the components.
        format!("{}\n", line.replace("\"target/", &format!("\"{}/target/", workspace.display())))
    });
    let text: String = lines.collect();
    anyhow::ensure!(swapped == 1, "exactly one line of the manifest must name the mapper");
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("spin.toml");
    std::fs::write(&copy, text)?;
    ServedApplication::load(copy, Some(folder)).await
}
