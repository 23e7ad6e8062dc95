//! Where an application's key-value stores are kept, and how they are opened there.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::redis::RedisBackend;
use super::{Backend, MemoryBackend, SqliteBackend};
use crate::redis_url::RedisUrl;

/// Where an application's key-value stores are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// In memory, gone when the runtime is.
    #[default]
    Memory,
    /// In this folder, in the file `sqlite_key_value.db`, which has the form that Spin gives it.
    Directory(PathBuf),
    /// On this Redis server, in the form that Spin gives it, so that several processes, of this runtime or of Spin,
    /// serve one application. What is acknowledged is durable only if the server has `appendonly yes` and
    /// `appendfsync always`.
    Redis(RedisUrl),
}

/// Why the key-value store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder could not be made.
    #[error("cannot make the folder `{path}` for the key-value store: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file could not be made, or not be closed to others.
    #[error("cannot make the file `{path}` of the key-value store, and ours alone: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no database, or cannot be written.
    #[error("cannot open the key-value store `{path}`: {source}; is it writable, and made by Spin or this runtime?")]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A thread for it could not be started.
    #[error("cannot start a thread for the key-value store: {0}")]
    Thread(std::io::Error),
    /// The Redis server cannot be reached, or does not let us in.
    #[error(
        "cannot use the Redis server at {url}: {reason}; does it run there, and are user and password right? \
         `redis-server --appendonly yes --appendfsync always` starts one that keeps what it acknowledged"
    )]
    Redis {
        /// The server, without its password.
        url: RedisUrl,
        /// What went wrong.
        reason: String,
    },
}

/// Opens the stores, and says on standard error what about them is weaker than it should be. Each commit to a file takes so
/// much longer than it would.
pub(crate) async fn open(state: State, slower: Duration) -> Result<Arc<dyn Backend>, OpenError> {
    Ok(match state {
        State::Memory => Arc::new(MemoryBackend::default()),
        State::Directory(folder) => Arc::new(
            tokio::task::spawn_blocking(move || SqliteBackend::open(&folder, slower))
                .await
                .unwrap_or_else(|error| Err(OpenError::Thread(error.into())))?,
        ),
        State::Redis(url) => {
            let backend = RedisBackend::open(&url).await?;
            if let Some(weakness) = backend.weakness().await {
                eprintln!("warning: the Redis server at {url} {weakness}");
            }
            Arc::new(backend)
        }
    })
}
