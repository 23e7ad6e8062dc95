//! Where an application's key-value stores are kept, and how they are opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::redis::RedisBackend;
use super::{Backend, MemoryBackend, SqliteBackend};
use crate::redis_url::RedisUrl;

/// Where an application's key-value stores are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StoreLocation {
    /// In memory, until the runtime ends.
    #[default]
    Memory,
    /// In the file `sqlite_key_value.db` of this folder, in Spin's format.
    Directory(PathBuf),
    /// On this Redis server, in Spin's format, so that several processes of this runtime or of Spin can serve one
    /// application. Acknowledged writes are durable only if the server has `appendonly yes` and `appendfsync always`.
    Redis(RedisUrl),
}

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

/// Opens the stores, and warns on standard error if the Redis server's settings may lose writes. `slower` is added to
/// each commit to a file.
pub(crate) async fn open(state: StoreLocation, slower: Duration) -> Result<Arc<dyn Backend>, OpenError> {
    Ok(match state {
        StoreLocation::Memory => Arc::new(MemoryBackend::default()),
        StoreLocation::Directory(folder) => Arc::new(
            tokio::task::spawn_blocking(move || SqliteBackend::open(&folder, slower))
                .await
                .unwrap_or_else(|error| Err(OpenError::Thread(error.into())))?,
        ),
        StoreLocation::Redis(url) => {
            let backend = RedisBackend::open(&url).await?;
            if let Some(weakness) = backend.weakness().await {
                eprintln!("warning: the Redis server at {url} {weakness}");
            }
            Arc::new(backend)
        }
    })
}
