//! The thread that writes. It carries out all queued writes in one transaction and answers them after its commit:
//! making a commit durable is the expensive part, and the writes share it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::super::{BackendError, StoreFuture};

/// A write: runs in the transaction, or gets the error that there is none, and returns its answer for after the commit.
type WriteJob = Box<dyn FnOnce(Result<&mut Transaction<'_>, BackendError>) -> CommitCallback + Send>;
type CommitCallback = Box<dyn FnOnce(Result<(), BackendError>)>;

/// The maximum number of writes in one transaction, so that the first does not wait for a long queue.
const GROUP: usize = 256;

pub(super) struct Writer {
    queue: Mutex<Option<mpsc::UnboundedSender<WriteJob>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    commits: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread, which owns the connection until the writer is closed or dropped. `slower` is added to each
    /// commit.
    pub(super) fn start(connection: Connection, slower: Duration) -> std::io::Result<Writer> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let commits = Arc::new(AtomicU64::new(0));
        let counted = commits.clone();
        let thread = std::thread::Builder::new()
            .name("tollbridge-store".to_owned())
            .spawn(move || write_groups(connection, receiver, &counted, slower))?;
        Ok(Writer { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)), commits })
    }

    /// Queues a write. It is carried out even if its caller stops waiting.
    pub(super) fn write<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> Result<T, BackendError> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        let (sender, receiver) = oneshot::channel();
        let write: WriteJob = Box::new(move |transaction| {
            let result = transaction.and_then(|transaction| in_savepoint(transaction, operation));
            Box::new(move |committed| {
                // A caller that no longer waits does not need the answer.
                let _ = sender.send(committed.and(result));
            })
        });
        if let Some(queue) = lock(&self.queue).as_ref() {
            // Sending fails when the thread has ended; the dropped write then gets its error below.
            let _ = queue.send(write);
        }
        Box::pin(async { receiver.await.unwrap_or(Err(BackendError::Closed)) })
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Finishes the queued writes and closes the file.
    pub(super) async fn close(&self) -> Result<(), BackendError> {
        lock(&self.queue).take();
        let Some(thread) = lock(&self.thread).take() else {
            return Ok(());
        };
        match tokio::task::spawn_blocking(|| thread.join()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(BackendError::Database(
                "the thread that writes it broke off; its last writes may be missing".to_owned(),
            )),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_groups(
    mut connection: Connection,
    mut queue: mpsc::UnboundedReceiver<WriteJob>,
    commits: &AtomicU64,
    slower: Duration,
) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.blocking_recv_many(&mut group, GROUP) > 0 {
        let mut replies = Vec::with_capacity(group.len());
        let committed = write_group(&mut connection, group.drain(..), &mut replies, slower);
        if committed.is_ok() {
            commits.fetch_add(1, Ordering::Relaxed);
        }
        for reply in replies {
            reply(committed.clone());
        }
    }
}

fn write_group(
    connection: &mut Connection,
    group: impl Iterator<Item = WriteJob>,
    replies: &mut Vec<CommitCallback>,
    slower: Duration,
) -> Result<(), BackendError> {
    let mut transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            let error = BackendError::from(error);
            replies.extend(group.map(|write| write(Err(error.clone()))));
            return Err(error);
        }
    };
    for write in group {
        replies.push(write(Ok(&mut transaction)));
    }
    if slower > Duration::ZERO {
        std::thread::sleep(slower);
    }
    Ok(transaction.commit()?)
}

/// Runs an operation in a savepoint, so that its failure undoes only itself and not the others of its group.
fn in_savepoint<T>(
    transaction: &mut Transaction<'_>,
    operation: impl FnOnce(&Connection) -> Result<T, BackendError>,
) -> Result<T, BackendError> {
    let savepoint = transaction.savepoint()?;
    // Dropping a savepoint, as an error does here, rolls it back.
    let value = operation(&savepoint)?;
    savepoint.commit()?;
    Ok(value)
}
