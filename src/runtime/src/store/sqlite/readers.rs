//! Read-only connections. Each read has its own transaction, so that it sees one point in time and never waits for the
//! writer.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::super::{BackendError, StoreFuture};
use super::connect;

/// Reads come from the page cache; more at once would only contend for processors.
const CONNECTIONS: u32 = 4;

pub(super) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    /// Connections to this file, opened on demand.
    pub(super) fn new(path: PathBuf) -> Readers {
        Readers {
            path,
            idle: Arc::default(),
            turns: Arc::new(Semaphore::new(usize::try_from(CONNECTIONS).unwrap_or(Semaphore::MAX_PERMITS))),
        }
    }

    /// Reads on a thread that may block.
    pub(super) fn read<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> Result<T, BackendError> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        Box::pin(async {
            let turn = self.turns.clone().acquire_owned().await.map_err(|_| BackendError::Closed)?;
            let idle = self.idle.clone();
            let path = self.path.clone();
            let reading = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                let pooled = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let mut connection = match pooled {
                    Some(connection) => connection,
                    None => connect(&path)?,
                };
                let result = connection.transaction().map_err(BackendError::from).and_then(|moment| operation(&moment));
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                result
            });
            reading.await.unwrap_or(Err(BackendError::Closed))
        })
    }

    /// Waits for running reads and closes the connections.
    pub(super) async fn close(&self) {
        let all = self.turns.acquire_many(CONNECTIONS).await;
        self.turns.close();
        drop(all);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
