//! What `salesforce/` holds: the languages, and the files that were generated before.

use std::path::Path;

use anyhow::Context as _;

use crate::{Files, Language};

/// The line by which a generated file is known.
pub const MARK: &str = "<!-- Written by `make salesforce` -->";

/// The project as it is on disk.
#[derive(Debug)]
pub struct Project {
    /// Every language of `languages/`.
    pub languages: Vec<Language>,
    /// Every file with the [`MARK`], by its path below the project.
    pub generated: Files,
}

impl Project {
    /// Reads the project in this folder.
    ///
    /// # Errors
    /// A folder or a file cannot be read, or a language is no table of texts.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let mut languages = Vec::new();
        for path in sorted(&root.join("languages"))? {
            let table = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let code = path.file_stem().and_then(|stem| stem.to_str()).context("a language without a name")?;
            languages.push(Language::parse(code, &table)?);
        }
        let mut generated = Files::new();
        for directory in sorted(root)? {
            let name = directory.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with("tollbridge") {
                collect(root, &directory, &mut generated)?;
            }
        }
        Ok(Self { languages, generated })
    }
}

fn collect(root: &Path, folder: &Path, generated: &mut Files) -> anyhow::Result<()> {
    for path in sorted(folder)? {
        if path.is_dir() {
            collect(root, &path, generated)?;
        } else if path.extension().is_some_and(|extension| extension == "xml") {
            let content = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            if content.contains(MARK) {
                let below = path.strip_prefix(root).context("a file outside the project")?;
                generated.insert(below.to_string_lossy().replace('\\', "/"), content);
            }
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}
