//! The backend on SQLite. It uses Spin's file, table and value formats, so that each can continue with the other's
//! data.

mod private;
mod readers;
mod statements;
mod writer;

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use self::readers::Readers;
use self::writer::Writer;
use super::{Backend, BackendError, OpenError, StoreFuture, decode_counter, incremented};

/// The file of Spin's default store.
const FILE: &str = "sqlite_key_value.db";

/// Keeps the stores in a file. Reads do not wait for writes, and concurrent writes share a commit.
pub(crate) struct SqliteBackend {
    writer: Writer,
    readers: Readers,
}

impl SqliteBackend {
    /// Opens the file in this folder and creates what is missing. `slower` is added to each commit.
    pub(crate) fn open(folder: &Path, slower: Duration) -> Result<SqliteBackend, OpenError> {
        let path = folder.join(FILE);
        private::make(folder, &path)?;
        let connection = connect(&path)
            .and_then(|connection| {
                statements::create_table(&connection)?;
                Ok(connection)
            })
            .map_err(|source| OpenError::Database { path: path.clone(), source })?;
        let writer = Writer::start(connection, slower).map_err(OpenError::Thread)?;
        Ok(SqliteBackend { writer, readers: Readers::new(path) })
    }
}

impl SqliteBackend {
    /// The values of `journal_mode` and `synchronous` with which the file is used; `None` if it does not exist.
    pub(crate) fn settings(folder: &Path) -> Result<Option<[String; 2]>, OpenError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let settings = connect(&path).and_then(|connection| statements::settings(&connection));
        settings.map(Some).map_err(|source| OpenError::Database { path, source })
    }
}

impl Backend for SqliteBackend {
    fn get_many(&self, store: &str, keys: Vec<String>) -> StoreFuture<'_, Vec<Option<Vec<u8>>>> {
        let store = store.to_owned();
        self.readers
            .read(move |connection| keys.iter().map(|key| Ok(statements::get(connection, &store, key)?)).collect())
    }

    fn list_keys(&self, store: &str) -> StoreFuture<'_, Vec<String>> {
        let store = store.to_owned();
        self.readers.read(move |connection| Ok(statements::keys(connection, &store)?))
    }

    fn counter(&self, store: &str, key: String) -> StoreFuture<'_, i64> {
        let store = store.to_owned();
        self.readers.read(move |connection| decode_counter(statements::get(connection, &store, &key)?.as_deref()))
    }

    fn set_many(&self, store: &str, entries: Vec<(String, Vec<u8>)>) -> StoreFuture<'_, ()> {
        let store = store.to_owned();
        self.writer.write(move |connection| {
            for (key, value) in &entries {
                statements::set(connection, &store, key, value)?;
            }
            Ok(())
        })
    }

    fn delete_many(&self, store: &str, keys: Vec<String>) -> StoreFuture<'_, ()> {
        let store = store.to_owned();
        self.writer.write(move |connection| {
            for key in &keys {
                statements::delete(connection, &store, key)?;
            }
            Ok(())
        })
    }

    fn increment(&self, store: &str, key: String, delta: i64) -> StoreFuture<'_, i64> {
        let store = store.to_owned();
        self.writer.write(move |connection| {
            let present = statements::get(connection, &store, &key)?;
            let value = incremented(present.as_deref(), delta)?;
            statements::set(connection, &store, &key, &value.to_le_bytes())?;
            Ok(value)
        })
    }

    fn swap(&self, store: &str, key: String, expected: Option<Vec<u8>>, value: Vec<u8>) -> StoreFuture<'_, bool> {
        let store = store.to_owned();
        self.writer.write(move |connection| {
            let as_expected = statements::get(connection, &store, &key)? == expected;
            if as_expected {
                statements::set(connection, &store, &key, &value)?;
            }
            Ok(as_expected)
        })
    }

    fn commits(&self) -> u64 {
        self.writer.commits()
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(async {
            // The last connection to close writes the log back into the file, and that should be the writer's.
            self.readers.close().await;
            self.writer.close().await
        })
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    statements::configure(&connection)?;
    Ok(connection)
}

impl From<rusqlite::Error> for BackendError {
    fn from(error: rusqlite::Error) -> Self {
        BackendError::Database(error.to_string())
    }
}

#[cfg(test)]
mod tests;
