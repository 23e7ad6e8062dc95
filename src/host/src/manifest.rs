//! The application's manifest: where it must be, and how to name it from elsewhere.

use std::path::Path;

use anyhow::bail;

/// Refuses a manifest that does not exist, and says how to name one: the program may be installed, and run anywhere.
///
/// # Errors
/// There is no such file, or it is a folder.
pub fn must_exist(manifest: &Path) -> anyhow::Result<()> {
    let shown = manifest.display();
    if manifest.is_dir() {
        bail!("--manifest: {shown} is a folder: name the file in it, {}", manifest.join("spin.toml").display());
    }
    if !manifest.exists() {
        bail!(
            "there is no manifest {shown}: name the application's with --manifest, such as --manifest \
             /path/to/tollbridge/spin.toml"
        );
    }
    Ok(())
}
