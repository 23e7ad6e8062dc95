//! Files with their expected results next to them. `TOLLBRIDGE_BLESS=1` writes the results instead of comparing them.

use std::path::{Path, PathBuf};

/// The shipped profiles.
pub fn profiles() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles")
}

/// The files in a folder with one ending but not the other, ordered by name.
pub fn files(folder: &Path, ending: &str, but_not: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.ends_with(ending) && (but_not.is_empty() || !name.ends_with(but_not))
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "nothing in {}", folder.display());
    files
}

/// Compares a result with the expected one, or writes it.
pub fn compare(path: &Path, given: &str) {
    if std::env::var_os("TOLLBRIDGE_BLESS").is_some() {
        std::fs::write(path, given).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}; TOLLBRIDGE_BLESS=1 writes it", path.display()));
    assert_eq!(given, expected, "{} (TOLLBRIDGE_BLESS=1 rewrites it)", path.display());
}
