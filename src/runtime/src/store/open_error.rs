//! Why a key-value store cannot be opened.

use std::path::PathBuf;

use crate::redis_url::RedisUrl;

/// Why the key-value store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be created.
    #[error("cannot create the folder `{path}` for the key-value store: {source}")]
    Folder {
        /// The folder's path.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file cannot be created, or its permissions cannot be restricted.
    #[error("cannot create the file `{path}` of the key-value store with private permissions: {source}")]
    File {
        /// The file's path.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file is not a database or is not writable.
    #[error("cannot open the key-value store `{path}`: {source}; is it writable, and made by Spin or this runtime?")]
    Database {
        /// The file's path.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// The writer's thread cannot be started.
    #[error("cannot start a thread for the key-value store: {0}")]
    Thread(std::io::Error),
    /// The Redis server is unreachable or refuses the sign-in.
    #[error(
        "cannot use the Redis server at {url}: {reason}; does it run there, and are user and password right? \
         `redis-server --appendonly yes --appendfsync always` starts one that keeps acknowledged writes"
    )]
    Redis {
        /// The server, without its password.
        url: RedisUrl,
        /// The error.
        reason: String,
    },
}
