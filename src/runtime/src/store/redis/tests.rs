//! The formats of the Redis store, two clients that share it, and a server that goes away.

use std::sync::Arc;

use redis::{Commands as _, Connection};
use tollbridge_tests::redis::RedisServer;

use super::*;

async fn open(server: &RedisServer) -> Arc<RedisBackend> {
    Arc::new(RedisBackend::open(&server.url().parse().unwrap()).await.unwrap())
}

async fn started() -> (RedisServer, Arc<RedisBackend>) {
    let server = RedisServer::start().unwrap();
    let backend = open(&server).await;
    (server, backend)
}

/// A direct connection to the server.
fn raw(server: &RedisServer) -> Connection {
    Client::open(server.url()).unwrap().get_connection().unwrap()
}

fn entry(key: &str, value: &[u8]) -> (String, Vec<u8>) {
    (key.to_owned(), value.to_vec())
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[tokio::test]
async fn the_stored_formats_are_spins() {
    let (server, backend) = started().await;
    let value = b"\x00\xff raw \r\n bytes";
    backend.set_many("default", vec![entry("pay/tr/a", value), entry("empty", b"")]).await.unwrap();
    assert_eq!(backend.increment("default", "pay/tr/a#".to_owned(), 41).await, Ok(41));
    assert_eq!(backend.increment("default", "pay/tr/a#".to_owned(), 1).await, Ok(42));
    let mut raw = raw(&server);
    let mut present: Vec<String> = raw.keys("*").unwrap();
    present.sort();
    assert_eq!(present, ["empty", "pay/tr/a", "pay/tr/a#"]);
    assert_eq!(raw.get::<_, Vec<u8>>("pay/tr/a").unwrap(), value);
    assert_eq!(raw.get::<_, String>("pay/tr/a#").unwrap(), "42");
    for key in present {
        assert_eq!(cmd("TYPE").arg(key).query::<String>(&mut raw).unwrap(), "string");
    }
}

#[tokio::test]
async fn reads_what_another_client_wrote() {
    let (server, backend) = started().await;
    let mut raw = raw(&server);
    raw.set::<_, _, ()>("a", b"1").unwrap();
    raw.incr::<_, _, i64>("n", -3).unwrap();
    let values = backend.get_many("whatever its name", keys(&["absent", "a", "n"])).await;
    assert_eq!(values, Ok(vec![None, Some(b"1".to_vec()), Some(b"-3".to_vec())]));
    assert_eq!(backend.get_many("default", Vec::new()).await, Ok(Vec::new()));
    assert_eq!(backend.counter("default", "n".to_owned()).await, Ok(-3));
    assert_eq!(backend.counter("default", "absent".to_owned()).await, Ok(0));
    assert!(!raw.exists::<_, bool>("absent").unwrap(), "reading a counter makes none");
    let mut all = backend.list_keys("default").await.unwrap();
    all.sort();
    assert_eq!(all, ["a", "n"]);
    backend.delete_many("default", keys(&["a", "absent"])).await.unwrap();
    backend.delete_many("default", Vec::new()).await.unwrap();
    backend.set_many("default", Vec::new()).await.unwrap();
    assert_eq!(backend.list_keys("default").await.unwrap(), ["n"]);
}

#[tokio::test]
async fn a_value_that_is_not_a_counter_stays_unchanged() {
    let (server, backend) = started().await;
    backend.set_many("default", vec![entry("text", b"no counter")]).await.unwrap();
    let increment = |key: &str, delta| backend.increment("default", key.to_owned(), delta);
    assert_eq!(increment("text", 1).await, Err(BackendError::NotACounter));
    assert_eq!(backend.counter("default", "text".to_owned()).await, Err(BackendError::NotACounter));
    raw(&server).sadd::<_, _, i64>("set", "member").unwrap();
    assert_eq!(increment("set", 1).await, Err(BackendError::NotACounter));
    assert_eq!(increment("n", i64::MAX).await, Ok(i64::MAX));
    assert_eq!(increment("n", 1).await, Err(BackendError::CounterOverflow));
    assert_eq!(backend.commits(), 2, "only what was carried out");
}

#[tokio::test]
async fn swaps_only_the_expected_value() {
    let (_server, backend) = started().await;
    let swap = |expected: Option<&[u8]>, value: &[u8]| {
        backend.swap("default", "key".to_owned(), expected.map(<[u8]>::to_vec), value.to_vec())
    };
    assert_eq!(swap(Some(b""), b"first").await, Ok(false), "absent is not empty");
    assert_eq!(swap(None, b"first").await, Ok(true));
    assert_eq!(swap(None, b"second").await, Ok(false));
    assert_eq!(swap(Some(b"other"), b"second").await, Ok(false));
    assert_eq!(swap(Some(b"first"), b"second").await, Ok(true));
    assert_eq!(backend.get_many("default", keys(&["key"])).await, Ok(vec![Some(b"second".to_vec())]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_backends_never_get_the_same_number() {
    let (server, first) = started().await;
    let second = open(&server).await;
    let tasks: Vec<_> = (0..400)
        .map(|number| {
            let backend = if number % 2 == 0 { first.clone() } else { second.clone() };
            tokio::spawn(async move { backend.increment("default", "n".to_owned(), 1).await })
        })
        .collect();
    let mut values = Vec::new();
    for task in tasks {
        values.push(task.await.unwrap().unwrap());
    }
    values.sort_unstable();
    assert_eq!(values, (1..=400).collect::<Vec<i64>>());
}

#[tokio::test]
async fn reconnects_to_a_restarted_server_without_losing_acknowledged_writes() {
    let mut server = RedisServer::durable().unwrap();
    let backend = open(&server).await;
    backend.set_many("default", vec![entry("a", b"1")]).await.unwrap();
    assert_eq!(backend.increment("default", "n".to_owned(), 1).await, Ok(1));

    server.kill().unwrap();
    let lost = backend.increment("default", "n".to_owned(), 1).await;
    assert!(matches!(lost, Err(BackendError::Database(_))), "{lost:?}");
    assert!(backend.get_many("default", keys(&["a"])).await.is_err());

    server.restart().unwrap();
    assert_eq!(backend.get_many("default", keys(&["a"])).await, Ok(vec![Some(b"1".to_vec())]));
    assert_eq!(backend.increment("default", "n".to_owned(), 1).await, Ok(2));
}

/// The server accepts one command and closes the connection without an answer. The command is never sent again.
#[tokio::test]
async fn a_write_with_a_lost_answer_fails_and_is_not_repeated() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let accepted = Arc::new(AtomicU64::new(0));
    let counted = accepted.clone();
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                if text.contains("INCRBY") {
                    counted.fetch_add(1, Ordering::SeqCst);
                    break;
                }
                // Each command of the handshake starts with its number of words.
                for _ in text.matches('*') {
                    stream.write_all(b"+OK\r\n").await.unwrap();
                }
            }
        }
    });
    let url = format!("redis://127.0.0.1:{port}/?protocol=resp2").parse().unwrap();
    let backend = RedisBackend::open(&url).await.unwrap();
    for lost in 1..=3 {
        let answer = backend.increment("default", "n".to_owned(), 1).await;
        assert!(matches!(answer, Err(BackendError::Database(_))), "{answer:?}");
        assert_eq!(accepted.load(Ordering::SeqCst), lost);
    }
    assert_eq!(backend.commits(), 0);
    server.abort();
}

#[tokio::test]
async fn a_closed_backend_fails() {
    let (_server, backend) = started().await;
    backend.close().await.unwrap();
    assert_eq!(backend.get_many("default", keys(&["a"])).await, Err(BackendError::Closed));
    assert_eq!(backend.increment("default", "n".to_owned(), 1).await, Err(BackendError::Closed));
}

#[tokio::test]
async fn an_unreachable_server_is_named_with_advice() {
    let mut server = RedisServer::start().unwrap();
    server.kill().unwrap();
    let url = format!("redis://ledger:hidden@127.0.0.1:{}", server.port()).parse().unwrap();
    let message = RedisBackend::open(&url).await.err().unwrap().to_string();
    assert!(message.contains(&format!("redis://ledger@127.0.0.1:{}/0", server.port())), "{message}");
    assert!(message.contains("redis-server --appendonly yes"), "{message}");
    assert!(!message.contains("hidden"), "{message}");
}

#[tokio::test]
async fn a_wrong_password_is_not_shown() {
    let (server, _) = started().await;
    cmd("CONFIG").arg("SET").arg("requirepass").arg("right").exec(&mut raw(&server)).unwrap();
    let url = format!("redis://:hidden@127.0.0.1:{}", server.port()).parse().unwrap();
    let message = RedisBackend::open(&url).await.err().unwrap().to_string();
    assert!(message.contains("password") && !message.contains("hidden"), "{message}");
}

#[tokio::test]
async fn a_server_that_may_lose_writes_is_named() {
    let (_memory_only, backend) = started().await;
    assert!(weakness(&backend.settings().await).unwrap().contains("`appendonly no`"));
    let durable = RedisServer::durable().unwrap();
    assert_eq!(weakness(&open(&durable).await.settings().await), None);
    let mut raw = raw(&durable);
    cmd("CONFIG").arg("SET").arg("appendfsync").arg("everysec").exec(&mut raw).unwrap();
    assert!(weakness(&open(&durable).await.settings().await).unwrap().contains("`appendfsync everysec`"));
    cmd("ACL").arg("SETUSER").arg("default").arg("-config").exec(&mut raw).unwrap();
    assert_eq!(weakness(&open(&durable).await.settings().await), None, "it does not say");
}
