//! Writes the generated metadata into `salesforce/`: `make salesforce`. What was generated before and is no longer there
//! is removed.

use std::path::Path;

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../salesforce").canonicalize().context("finding salesforce/")?;
    let project = tollbridge_metadata::Project::read(&root)?;
    let files = tollbridge_metadata::files(&project.languages)?;
    for stale in project.generated.keys().filter(|path| !files.contains_key(*path)) {
        std::fs::remove_file(root.join(stale)).with_context(|| format!("removing {stale}"))?;
    }
    for (path, content) in &files {
        if project.generated.get(path) == Some(content) {
            continue;
        }
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
        std::fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
    }
    println!("{} files", files.len());
    Ok(())
}
