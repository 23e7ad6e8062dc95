//! Every SQL statement of the store.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

/// Another program, such as Spin, may have the file open; its writes are short.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    // With a write-ahead log, reads do not wait for the writer. With FULL, a commit is on the disk when it returns, so
    // that an acknowledged delivery survives a power cut.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")
}

/// `journal_mode`, as SQLite names it, and the number of `synchronous`.
pub(super) fn settings(connection: &Connection) -> rusqlite::Result<[String; 2]> {
    let journal_mode = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    Ok([journal_mode, synchronous.to_string()])
}

pub(super) fn create_table(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS spin_key_value (
             store TEXT NOT NULL,
             key   TEXT NOT NULL,
             value BLOB NOT NULL,
             PRIMARY KEY (store, key)
         )",
    )
}

pub(super) fn get(connection: &Connection, store: &str, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2")?
        .query_row([store, key], |row| row.get(0))
        .optional()
}

pub(super) fn keys(connection: &Connection, store: &str) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached("SELECT key FROM spin_key_value WHERE store = ?1")?
        .query_map([store], |row| row.get(0))?
        .collect()
}

pub(super) fn set(connection: &Connection, store: &str, key: &str, value: &[u8]) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (store, key) DO UPDATE SET value = excluded.value",
        )?
        .execute(params![store, key, value])?;
    Ok(())
}

pub(super) fn delete(connection: &Connection, store: &str, key: &str) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2")?.execute([store, key])?;
    Ok(())
}
