//! Writes new files that only their owner can read: all of them, or none.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// Refuses files that exist, before anybody is asked anything.
///
/// # Errors
/// One of them exists.
pub fn must_be_new(files: &[PathBuf]) -> anyhow::Result<()> {
    match files.iter().find(|file| file.symlink_metadata().is_ok()) {
        None => Ok(()),
        Some(file) => bail!(
            "{} exists already, and no file is replaced: move it away, or name another folder with --folder",
            file.display()
        ),
    }
}

/// Creates the folder if there is none, for this user only.
///
/// # Errors
/// It cannot be created.
pub fn create_folder(folder: &Path) -> anyhow::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder).with_context(|| format!("cannot create {}", folder.display()))
}

/// Writes the files, with mode 0600.
///
/// # Errors
/// One exists or cannot be written. Then those that were written before are removed again.
pub fn write_both(files: [(&PathBuf, &String); 2]) -> anyhow::Result<()> {
    let mut written: Vec<&Path> = Vec::new();
    for (path, text) in files {
        let done = create(path).and_then(|mut file| {
            written.push(path);
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all())
        });
        if let Err(error) = done {
            // The first error is the one to report.
            written.iter().for_each(|path| drop(std::fs::remove_file(path)));
            return Err(error).with_context(|| format!("cannot write {}", path.display()));
        }
    }
    Ok(())
}

fn create(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_one_cannot_be_written_none_is() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("first"), folder.path().join("none/second"));
        let text = "text".to_owned();
        assert!(write_both([(&first, &text), (&second, &text)]).is_err());
        assert!(!first.exists());
        // A file that somebody else made meanwhile is neither replaced nor removed.
        let second = folder.path().join("second");
        std::fs::write(&second, "theirs").unwrap();
        assert!(write_both([(&first, &text), (&second, &text)]).is_err());
        assert!(!first.exists());
        assert_eq!(std::fs::read_to_string(&second).unwrap(), "theirs");
    }
}
