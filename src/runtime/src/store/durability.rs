//! Inspects what an existing store's settings say about writes that it acknowledged.

use std::time::SystemTime;

use super::redis::RedisBackend;
use super::{Backend as _, OpenError, SqliteBackend, StoreLocation};

/// A setting of a store that decides whether an acknowledged write survives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSetting {
    /// Its name in the store's documentation.
    pub name: &'static str,
    /// Its value; `None` if the server does not reveal it.
    pub value: Option<String>,
}

/// What a store says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Durability {
    /// The settings that matter.
    pub settings: Vec<StoreSetting>,
    /// How acknowledged writes may be lost, and what to set; `None` if nothing is known against the store.
    pub weakness: Option<String>,
    /// The time by the server's clock; `None` for a file.
    pub server_time: Option<SystemTime>,
}

/// Inspects a store and changes no data in it. `None` if there is none yet, or if it is in memory.
///
/// # Errors
/// The store exists and cannot be used.
pub async fn durability(state: &StoreLocation) -> Result<Option<Durability>, OpenError> {
    match state {
        StoreLocation::Memory => Ok(None),
        StoreLocation::Directory(folder) => {
            let folder = folder.clone();
            let inspected = tokio::task::spawn_blocking(move || SqliteBackend::settings(&folder)).await;
            let settings = inspected.unwrap_or_else(|error| Err(OpenError::Thread(error.into())))?;
            Ok(settings.map(|[journal_mode, synchronous]| Durability {
                weakness: of_sqlite(&journal_mode, &synchronous),
                settings: vec![
                    StoreSetting { name: "journal_mode", value: Some(journal_mode) },
                    StoreSetting { name: "synchronous", value: Some(synchronous) },
                ],
                server_time: None,
            }))
        }
        StoreLocation::Redis(url) => {
            let backend = RedisBackend::open(url).await?;
            let settings = backend.settings().await;
            let weakness = super::redis::weakness(&settings);
            let server_time = backend.time().await;
            // Closing a connection that only read loses nothing.
            let _ = backend.close().await;
            Ok(Some(Durability { settings, weakness, server_time }))
        }
    }
}

/// SQLite's numbers of `synchronous`: 2 is FULL, 3 is EXTRA.
fn of_sqlite(journal_mode: &str, synchronous: &str) -> Option<String> {
    if !matches!(synchronous, "2" | "3") {
        return Some(format!(
            "has `synchronous` {synchronous}: a write that was acknowledged may be lost in a power cut"
        ));
    }
    (journal_mode != "wal").then(|| {
        format!(
            "has `journal_mode {journal_mode}`, since its file system has no shared memory: reads wait for writes; put \
             it on a local disk"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_store_that_does_not_exist_is_not_created() {
        let folder = tempfile::tempdir().unwrap();
        let state = StoreLocation::Directory(folder.path().join("none"));
        assert_eq!(durability(&state).await.unwrap(), None);
        assert!(!folder.path().join("none").exists());
        assert_eq!(durability(&StoreLocation::Memory).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_store_of_this_runtime_keeps_what_it_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let state = StoreLocation::Directory(folder.path().to_owned());
        let store = super::super::open(state.clone(), std::time::Duration::ZERO).await.unwrap();
        let found = durability(&state).await.unwrap().unwrap();
        let settings: Vec<_> = found.settings.iter().map(|setting| (setting.name, setting.value.as_deref())).collect();
        assert_eq!(settings, [("journal_mode", Some("wal")), ("synchronous", Some("2"))]);
        assert_eq!((found.weakness, found.server_time), (None, None));
        store.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_is_no_store_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sqlite_key_value.db"), "no database, however long this text may be")
            .unwrap();
        let error = durability(&StoreLocation::Directory(folder.path().to_owned())).await.unwrap_err();
        assert!(error.to_string().contains("cannot open the key-value store"), "{error}");
    }

    #[test]
    fn weaker_settings_of_sqlite_are_named() {
        assert_eq!(of_sqlite("wal", "2"), None);
        assert_eq!(of_sqlite("wal", "3"), None);
        assert!(of_sqlite("wal", "1").unwrap().contains("synchronous"));
        assert!(of_sqlite("delete", "2").unwrap().contains("journal_mode delete"));
    }
}
