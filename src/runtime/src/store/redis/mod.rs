//! The backend on Redis, in the formats of Spin's own: a key is stored under its name, whatever its store; a value is
//! its bytes; a counter is decimal text. Spin and any number of these runtimes can serve the same data at once.
//!
//! Every operation is one command, which Redis carries out completely or not at all. A write is sent once: if its
//! answer is lost, it may have been carried out, and only the component knows whether it can be repeated. An
//! acknowledged write is on the disk only if the server has `appendonly yes` and `appendfsync always`.

mod durability;

pub(super) use durability::weakness;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, ProtocolVersion, RedisError, cmd};

use super::{Backend, BackendError, OpenError, StoreFuture, StoreSetting};
use crate::redis_url::{ANSWER_LIMIT, CONNECT_LIMIT, RedisUrl};

/// How often the client reconnects, and the maximum pause in between, before waiting operations fail.
const RECONNECTIONS: usize = 4;
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Sets a key if its value equals the expected one; both may be absent.
const SWAP: &str = "if redis.call('GET', KEYS[1]) == (ARGV[2] or false) then \
                    redis.call('SET', KEYS[1], ARGV[1]) return 1 end return 0";

/// Keeps the stores on a Redis server. All requests share one connection, which reconnects when it is lost.
pub(crate) struct RedisBackend {
    connection: Mutex<Option<ConnectionManager>>,
    commits: AtomicU64,
}

impl RedisBackend {
    /// Connects to the server.
    pub(crate) async fn open(url: &RedisUrl) -> Result<RedisBackend, OpenError> {
        let failed = |reason: String| OpenError::Redis { url: url.clone(), reason };
        let mut info = url.connection_info().map_err(|error| failed(error.to_string()))?;
        if !url.names_protocol() {
            // Makes the client notice a lost connection at once and not at the next request.
            info = info.clone().set_redis_settings(info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3));
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_LIMIT))
            .set_response_timeout(Some(ANSWER_LIMIT))
            .set_number_of_retries(RECONNECTIONS)
            .set_max_delay(LONGEST_PAUSE);
        let client = Client::open(info).map_err(|error| failed(error.to_string()))?;
        let connection =
            ConnectionManager::new_with_config(client, config).await.map_err(|error| failed(error.to_string()))?;
        Ok(RedisBackend { connection: Mutex::new(Some(connection)), commits: AtomicU64::new(0) })
    }

    /// The settings that decide whether acknowledged writes are kept, as far as the server reveals them.
    pub(crate) async fn settings(&self) -> Vec<StoreSetting> {
        let mut settings = Vec::new();
        for name in [durability::APPEND, durability::SYNC, durability::EVICTION] {
            let answer = self.read::<BTreeMap<String, String>>(cmd("CONFIG").arg("GET").arg(name)).await;
            settings.push(StoreSetting { name, value: answer.ok().and_then(|mut answer| answer.remove(name)) });
        }
        settings
    }

    /// The server's clock.
    pub(crate) async fn time(&self) -> Option<SystemTime> {
        let (seconds, microseconds): (u64, u64) = self.read(&cmd("TIME")).await.ok()?;
        SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(seconds))?
            .checked_add(Duration::from_micros(microseconds))
    }

    fn connection(&self) -> Result<ConnectionManager, BackendError> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(BackendError::Closed)
    }

    /// Sends a command that changes nothing. If the connection is lost, the command is sent again over the next one.
    async fn read<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, BackendError> {
        let mut connection = self.connection()?;
        match command.query_async(&mut connection).await {
            Err(error) if error.is_connection_dropped() => Ok(command.query_async(&mut connection).await?),
            answered => Ok(answered?),
        }
    }

    /// Sends a write once. The client does not repeat it either: it only reconnects.
    async fn write<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, BackendError> {
        let written = command.query_async(&mut self.connection()?).await?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(written)
    }
}

impl Backend for RedisBackend {
    fn get_many(&self, _store: &str, keys: Vec<String>) -> StoreFuture<'_, Vec<Option<Vec<u8>>>> {
        Box::pin(async move {
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            self.read(cmd("MGET").arg(keys)).await
        })
    }

    fn list_keys(&self, _store: &str) -> StoreFuture<'_, Vec<String>> {
        Box::pin(async { self.read(cmd("KEYS").arg("*")).await })
    }

    fn counter(&self, _store: &str, key: String) -> StoreFuture<'_, i64> {
        Box::pin(async move {
            let value: Option<Vec<u8>> = self.read(cmd("GET").arg(key)).await?;
            let Some(value) = value else { return Ok(0) };
            std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok()).ok_or(BackendError::NotACounter)
        })
    }

    fn set_many(&self, _store: &str, entries: Vec<(String, Vec<u8>)>) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            if entries.is_empty() {
                return Ok(());
            }
            let mut command = cmd("MSET");
            for (key, value) in entries {
                command.arg(key).arg(value);
            }
            self.write(&command).await
        })
    }

    fn delete_many(&self, _store: &str, keys: Vec<String>) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            if keys.is_empty() {
                return Ok(());
            }
            let _deleted: i64 = self.write(cmd("DEL").arg(keys)).await?;
            Ok(())
        })
    }

    fn increment(&self, _store: &str, key: String, delta: i64) -> StoreFuture<'_, i64> {
        Box::pin(async move { self.write(cmd("INCRBY").arg(key).arg(delta)).await })
    }

    /// The server runs the script atomically. Unlike Spin's swap, this one detects a concurrent first write.
    fn swap(&self, _store: &str, key: String, expected: Option<Vec<u8>>, value: Vec<u8>) -> StoreFuture<'_, bool> {
        Box::pin(async move { self.write(cmd("EVAL").arg(SWAP).arg(1).arg(key).arg(value).arg(expected)).await })
    }

    fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        Box::pin(std::future::ready(Ok(())))
    }
}

impl From<RedisError> for BackendError {
    fn from(error: RedisError) -> Self {
        match (error.code(), error.detail()) {
            (Some("WRONGTYPE"), _) => BackendError::NotACounter,
            (_, Some(detail)) if detail.contains("not an integer") => BackendError::NotACounter,
            (_, Some(detail)) if detail.contains("would overflow") => BackendError::CounterOverflow,
            _ if error.is_timeout() => BackendError::Database(format!(
                "Redis did not answer within {} seconds; a write may have been carried out",
                ANSWER_LIMIT.as_secs()
            )),
            _ => BackendError::Database(format!("Redis: {error}")),
        }
    }
}

#[cfg(test)]
mod tests;
