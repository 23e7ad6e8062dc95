//! Whether this program can serve the manifest: its components exist, fit together and compile.

use std::path::Path;

use super::findings::{Area, Findings};
use crate::{described, up};

/// Loads the application as `tollbridge up` does, without serving it.
pub async fn check(findings: &mut Findings, manifest: &Path) {
    let (version, shown) = (env!("CARGO_PKG_VERSION"), manifest.display());
    match up::load(manifest).await {
        Ok(application) => {
            let name = application.name();
            findings.ok(Area::Runtime, None, format!("tollbridge {version} can serve {name} by {shown}"));
        }
        Err(error) => {
            let what = format!("tollbridge {version} cannot serve {shown}: {}", described(&error));
            findings.problem(
                Area::Runtime,
                None,
                what,
                "run `make components` in the repository, or name another manifest with --manifest",
            );
        }
    }
}
