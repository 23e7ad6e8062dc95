//! `fermyon:spin/redis`, as the component calls it: connections to the Redis servers that the manifest allows, and to no
//! other. As in Spin, each `open` is a connection of its own, so that what a component says on it (`SELECT`, `MULTI`)
//! concerns nobody else, and no command is ever sent twice.

mod commands;
mod values;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, ErrorKind, FromRedisValue, RedisError, cmd};
use wasmtime::component::{Resource, ResourceTableError};

use self::values::Values;
use crate::bindings::fermyon::spin::redis as wit;
use crate::host::Host;
use crate::redis_url::{ANSWER_LIMIT, CONNECT_LIMIT, RedisUrl};
use crate::store::StoreError;

/// How many connections one instance may have at once.
const MOST_CONNECTIONS: usize = 16;

/// A connection that the component has opened.
pub struct Connection {
    inner: MultiplexedConnection,
}

/// Why a call ends early: an error for the component, or a handle that it cannot have got from here.
pub enum Failure {
    /// The component is told.
    SyncState(wit::Error),
    /// The component is stopped.
    Trap(wasmtime::Error),
}

impl From<ResourceTableError> for Failure {
    fn from(error: ResourceTableError) -> Self {
        Failure::Trap(error.into())
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        let of_type = error.kind() == ErrorKind::UnexpectedReturnType
            || error.code() == Some("WRONGTYPE")
            || error.detail().is_some_and(|detail| detail.contains("not an integer"));
        Failure::SyncState(if of_type { wit::Error::TypeError } else { wit::Error::Other(error.to_string()) })
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::SyncState(wit::Error::Other(error.to_string()))
    }
}

impl Host {
    /// Sends a command that is counted, and made to fail, as one that reads.
    async fn read<T: FromRedisValue>(&mut self, on: &Resource<Connection>, command: &Cmd) -> Result<T, Failure> {
        let admitted = self.services.store.reading(&[])?;
        admitted.reported(self.send(on, command).await)
    }

    /// Sends a command that is counted, and made to fail, as one that writes.
    async fn write<T: FromRedisValue>(&mut self, on: &Resource<Connection>, command: &Cmd) -> Result<T, Failure> {
        let admitted = self.services.store.writing(&[])?;
        admitted.reported(self.send(on, command).await)
    }

    async fn send<T: FromRedisValue>(&mut self, on: &Resource<Connection>, command: &Cmd) -> Result<T, Failure> {
        let mut connection = self.table.get(on)?.inner.clone();
        Ok(command.query_async(&mut connection).await?)
    }
}

impl wit::Host for Host {
    fn convert_error(&mut self, failure: Failure) -> wasmtime::Result<wit::Error> {
        match failure {
            Failure::SyncState(error) => Ok(error),
            Failure::Trap(error) => Err(error),
        }
    }
}

impl wit::HostConnection for Host {
    /// As in Spin, an address that the manifest does not allow is answered like one that makes no sense.
    async fn open(&mut self, address: String) -> Result<Resource<Connection>, Failure> {
        let invalid = || Failure::SyncState(wit::Error::InvalidAddress);
        let url: RedisUrl = address.parse().map_err(|_| invalid())?;
        // What is checked is what will be connected to, as the client itself has read it.
        let (scheme, host, port) = url.origin().ok_or_else(invalid)?;
        if !self.services.allowed.allow_origin(scheme, &host, port) {
            return Err(invalid());
        }
        if self.redis_connections >= MOST_CONNECTIONS {
            return Err(Failure::SyncState(wit::Error::TooManyConnections));
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_LIMIT))
            .set_response_timeout(Some(ANSWER_LIMIT));
        let client = url.client().map_err(|_| invalid())?;
        let inner = client.get_multiplexed_async_connection_with_config(&config).await?;
        let connection = self.table.push(Connection { inner })?;
        self.redis_connections += 1;
        Ok(connection)
    }

    async fn publish(&mut self, on: Resource<Connection>, channel: String, payload: Vec<u8>) -> Result<(), Failure> {
        self.write(&on, cmd("PUBLISH").arg(channel).arg(payload)).await
    }

    async fn get(&mut self, on: Resource<Connection>, key: String) -> Result<Option<Vec<u8>>, Failure> {
        let value: Option<Vec<u8>> = self.read(&on, cmd("GET").arg(key)).await?;
        if let Some(value) = &value {
            self.services.meter.bytes_read(value);
        }
        Ok(value)
    }

    async fn set(&mut self, on: Resource<Connection>, key: String, value: Vec<u8>) -> Result<(), Failure> {
        self.services.meter.bytes_written(&value);
        self.write(&on, cmd("SET").arg(key).arg(value)).await
    }

    async fn incr(&mut self, on: Resource<Connection>, key: String) -> Result<i64, Failure> {
        self.write(&on, cmd("INCR").arg(key)).await
    }

    async fn del(&mut self, on: Resource<Connection>, keys: Vec<String>) -> Result<u32, Failure> {
        self.write(&on, cmd("DEL").arg(keys)).await
    }

    async fn sadd(&mut self, on: Resource<Connection>, key: String, values: Vec<String>) -> Result<u32, Failure> {
        self.write(&on, cmd("SADD").arg(key).arg(values)).await
    }

    async fn smembers(&mut self, on: Resource<Connection>, key: String) -> Result<Vec<String>, Failure> {
        self.read(&on, cmd("SMEMBERS").arg(key)).await
    }

    async fn srem(&mut self, on: Resource<Connection>, key: String, values: Vec<String>) -> Result<u32, Failure> {
        self.write(&on, cmd("SREM").arg(key).arg(values)).await
    }

    async fn execute(
        &mut self,
        on: Resource<Connection>,
        command: String,
        arguments: Vec<wit::RedisParameter>,
    ) -> Result<Vec<wit::RedisResult>, Failure> {
        let mut packed = cmd(&command);
        for argument in &arguments {
            match argument {
                wit::RedisParameter::Int64(number) => packed.arg(*number),
                wit::RedisParameter::Binary(bytes) => packed.arg(bytes.as_slice()),
            };
        }
        if !commands::reads(&command) {
            for value in commands::values_written(&command, &arguments) {
                self.services.meter.bytes_written(value);
            }
            return Ok(self.write::<Values>(&on, &packed).await?.into_results());
        }
        let mut results = self.read::<Values>(&on, &packed).await?.into_results();
        for result in &results {
            if let wit::RedisResult::Binary(value) = result {
                self.services.meter.bytes_read(value);
            }
        }
        if command.eq_ignore_ascii_case("TIME") {
            values::advance(&mut results, self.services.redis_clock.offset());
        }
        if command.eq_ignore_ascii_case("MGET") && self.services.store.spoils_batch_reads() {
            results.retain(|result| !matches!(result, wit::RedisResult::Nil));
        }
        Ok(results)
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        self.redis_connections = self.redis_connections.saturating_sub(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
