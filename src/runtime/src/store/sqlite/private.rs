//! Restricts the store's folder and files to the user that the runtime runs as: they hold customers' data and payments.

use std::fs::{DirBuilder, OpenOptions, Permissions, set_permissions};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::super::OpenError;

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;

/// SQLite's additional files. It creates them with the mode of the main file; after a crash they may already exist.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Creates the folder and its file if they are missing, and removes other users' access if they exist.
pub(super) fn make(folder: &Path, file: &Path) -> Result<(), OpenError> {
    let of_folder = |source| OpenError::Folder { path: folder.to_owned(), source };
    DirBuilder::new().recursive(true).mode(FOLDER).create(folder).map_err(of_folder)?;
    // The permissions of another user's folder, such as a mounted one, cannot be changed. Those of the files can.
    match set_permissions(folder, Permissions::from_mode(FOLDER)) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            eprintln!("warning: others may list the folder `{}`, which is not ours: {error}", folder.display());
        }
        done => done.map_err(of_folder)?,
    }
    let of_file = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenError::File { path, source }
    };
    OpenOptions::new().append(true).create(true).mode(FILE).open(file).map_err(of_file(file))?;
    let beside = BESIDE.map(|ending| {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    });
    for path in beside.iter().map(PathBuf::as_path).chain([file]) {
        closed(path).map_err(of_file(path))?;
    }
    Ok(())
}

fn closed(path: &Path) -> Result<(), Error> {
    match set_permissions(path, Permissions::from_mode(FILE)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
