//! What the SQLite store keeps, counts and groups.

use std::sync::Arc;
use std::time::Instant;

use super::*;

fn open() -> (tempfile::TempDir, Arc<SqliteBackend>) {
    let folder = tempfile::tempdir().unwrap();
    let backend = Arc::new(SqliteBackend::open(folder.path(), Duration::ZERO).unwrap());
    (folder, backend)
}

fn entry(key: &str, value: &[u8]) -> (String, Vec<u8>) {
    (key.to_owned(), value.to_vec())
}

#[tokio::test]
async fn values_survive_reopening() {
    let (folder, backend) = open();
    let entries = vec![entry("a", b"1"), entry("b", b"2")];
    backend.set_many("default", entries).await.unwrap();
    backend.increment("default", "n".to_owned(), 7).await.unwrap();
    backend.close().await.unwrap();
    assert_eq!(backend.get_many("default", vec!["a".to_owned()]).await, Err(BackendError::Closed));
    assert_eq!(backend.increment("default", "n".to_owned(), 1).await, Err(BackendError::Closed));

    let backend = SqliteBackend::open(folder.path(), Duration::ZERO).unwrap();
    let keys = ["b", "absent", "a"].map(str::to_owned).to_vec();
    assert_eq!(backend.get_many("default", keys).await.unwrap(), [Some(b"2".to_vec()), None, Some(b"1".to_vec())]);
    assert_eq!(backend.increment("default", "n".to_owned(), 1).await, Ok(8));
}

#[tokio::test]
async fn a_slow_disk_delays_commits_but_not_reads() {
    let folder = tempfile::tempdir().unwrap();
    let slower = Duration::from_millis(50);
    let backend = SqliteBackend::open(folder.path(), slower).unwrap();
    let began = Instant::now();
    let write = backend.increment("default", "n".to_owned(), 1);
    assert_eq!(backend.counter("default", "n".to_owned()).await, Ok(0));
    assert_eq!(write.await, Ok(1));
    assert!(began.elapsed() >= slower);
}

#[tokio::test]
async fn the_file_has_spins_format() {
    let (folder, backend) = open();
    backend.increment("default", "n".to_owned(), 258).await.unwrap();
    backend.close().await.unwrap();
    let row: (String, String, Vec<u8>) = Connection::open(folder.path().join(FILE))
        .unwrap()
        .query_row("SELECT store, key, value FROM spin_key_value", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    let counter = vec![2, 1, 0, 0, 0, 0, 0, 0];
    assert_eq!(row, ("default".to_owned(), "n".to_owned(), counter));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn increments_from_many_threads_are_all_counted() {
    let (_folder, backend) = open();
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let backend = backend.clone();
            tokio::spawn(async move { backend.increment("default", "n".to_owned(), 1).await })
        })
        .collect();
    let mut values = Vec::new();
    for task in tasks {
        values.push(task.await.unwrap().unwrap());
    }
    values.sort_unstable();
    assert_eq!(values, (1..=200).collect::<Vec<i64>>());
    assert_eq!(backend.counter("default", "n".to_owned()).await, Ok(200));
}

#[tokio::test]
async fn concurrent_writes_share_commits() {
    let (folder, backend) = open();
    // While another connection locks the file, writes queue up behind the first, however fast the disk is.
    let other = Connection::open(folder.path().join(FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writes: Vec<_> =
        (0..100).map(|n| backend.set_many("default", vec![entry(&format!("key {n}"), b"value")])).collect();
    other.execute_batch("ROLLBACK").unwrap();
    for write in writes {
        write.await.unwrap();
    }
    assert!(backend.commits() <= 2, "{} commits for 100 writes", backend.commits());
    assert_eq!(backend.list_keys("default").await.unwrap().len(), 100);
}

#[tokio::test]
async fn the_four_writes_of_sixty_four_webhooks_take_a_thirtieth_of_their_commits() {
    let (folder, backend) = open();
    let other = Connection::open(folder.path().join(FILE)).unwrap();
    for step in 0..4 {
        // Each webhook waits for one write before it makes the next; all 64 are at the same step.
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let writes: Vec<_> =
            (0..64).map(|webhook| backend.increment("default", format!("{webhook} {step}"), 1)).collect();
        other.execute_batch("ROLLBACK").unwrap();
        for write in writes {
            assert_eq!(write.await, Ok(1));
        }
    }
    assert!(backend.commits() <= 8, "{} commits for 256 writes", backend.commits());
}

#[tokio::test]
async fn a_failing_write_does_not_spoil_its_group() {
    let (_folder, backend) = open();
    let writes = [
        backend.set_many("default", vec![entry("text", b"no counter")]),
        Box::pin(async { Ok(()) }),
        backend.set_many("default", vec![entry("after", b"kept")]),
    ];
    let failing = backend.increment("default", "text".to_owned(), 1);
    let overflow =
        [backend.increment("default", "n".to_owned(), i64::MAX), backend.increment("default", "n".to_owned(), 1)];
    for write in writes {
        write.await.unwrap();
    }
    assert_eq!(failing.await, Err(BackendError::NotACounter));
    let mut results = Vec::new();
    for increment in overflow {
        results.push(increment.await);
    }
    assert_eq!(results, [Ok(i64::MAX), Err(BackendError::CounterOverflow)]);
    let values = backend.get_many("default", vec!["text".to_owned(), "after".to_owned()]).await.unwrap();
    assert_eq!(values, [Some(b"no counter".to_vec()), Some(b"kept".to_vec())]);
}

#[tokio::test]
async fn swaps_only_the_expected_value() {
    let (_folder, backend) = open();
    let swap = |expected: Option<&[u8]>, value: &[u8]| {
        backend.swap("default", "key".to_owned(), expected.map(<[u8]>::to_vec), value.to_vec())
    };
    assert_eq!(swap(None, b"first").await, Ok(true));
    assert_eq!(swap(None, b"second").await, Ok(false));
    assert_eq!(swap(Some(b"first"), b"second").await, Ok(true));
    let keys = vec!["key".to_owned()];
    backend.delete_many("default", keys.clone()).await.unwrap();
    assert_eq!(backend.get_many("default", keys).await, Ok(vec![None]));
}

#[tokio::test]
async fn stores_are_separate() {
    let (_folder, backend) = open();
    backend.set_many("one", vec![entry("key", b"1")]).await.unwrap();
    let keys = vec!["key".to_owned()];
    assert_eq!(backend.get_many("other", keys).await, Ok(vec![None]));
    assert_eq!(backend.list_keys("other").await, Ok(vec![]));
}

#[test]
fn an_unusable_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), b"this is not a database, whatever its name says").unwrap();
    let message = SqliteBackend::open(folder.path(), Duration::ZERO).err().unwrap().to_string();
    assert!(message.contains(FILE), "{message}");
}

#[tokio::test]
async fn the_folder_and_its_files_are_private() {
    use std::fs::{Permissions, metadata, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    let mode = |path: &Path| metadata(path).unwrap().permissions().mode() & 0o777;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("made/here");
    // New files are private at once; existing ones become private.
    for _ in 0..2 {
        let backend = SqliteBackend::open(&folder, Duration::ZERO).unwrap();
        backend.set_many("default", vec![entry("a", b"1")]).await.unwrap();
        backend.get_many("default", vec!["a".to_owned()]).await.unwrap();
        assert_eq!(mode(&folder), 0o700);
        let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(files.len(), 3, "the file, its log and the log's index: {files:?}");
        for file in &files {
            assert_eq!(mode(file), 0o600, "{file:?}");
        }
        // A process that crashes leaves all of them behind.
        let left: Vec<_> = files.iter().map(|file| (file, std::fs::read(file).unwrap())).collect();
        backend.close().await.unwrap();
        set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        for (file, content) in left {
            std::fs::write(file, content).unwrap();
            set_permissions(file, Permissions::from_mode(0o644)).unwrap();
        }
    }
}
