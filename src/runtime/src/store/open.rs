//! Where an application's key-value stores are kept, and how they are opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::redis::RedisBackend;
use super::{Backend, MemoryBackend, OpenError, SqliteBackend};
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
            if let Some(weakness) = super::redis::weakness(&backend.settings().await) {
                eprintln!("warning: the Redis server at {url} {weakness}");
            }
            Arc::new(backend)
        }
    })
}
