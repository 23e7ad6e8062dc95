//! Implements `fermyon:spin/redis` for the component: connections to the Redis servers that the manifest allows. As in
//! Spin, each `open` creates a separate connection, so that connection state (`SELECT`, `MULTI`) is private to it, and
//! no command is sent twice.

mod commands;
mod values;

use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, cmd};
use wasmtime::component::Resource;

use self::values::RedisValues;
use crate::bindings::fermyon::spin::redis as wit;
use crate::host::Host;
use crate::redis_url::{ANSWER_LIMIT, CONNECT_LIMIT, RedisUrl};
use crate::resources::{RedisConnection, RedisFailure};

/// The maximum number of connections of one instance.
const MOST_CONNECTIONS: usize = 16;

/// The error that the component gets. An invalid handle makes it trap instead.
fn reported(failure: RedisFailure) -> wasmtime::Result<wit::Error> {
    Ok(match failure {
        RedisFailure::InvalidAddress => wit::Error::InvalidAddress,
        RedisFailure::TooManyConnections => wit::Error::TooManyConnections,
        RedisFailure::WrongType => wit::Error::TypeError,
        RedisFailure::Other(problem) => wit::Error::Other(problem),
        RedisFailure::Trap(error) => return Err(error),
    })
}

impl Host {
    /// Sends a command that counts as a read and may fail like one on demand.
    async fn read<T: FromRedisValue>(
        &mut self,
        on: &Resource<RedisConnection>,
        command: &Cmd,
    ) -> Result<T, RedisFailure> {
        let admitted = self.services.store.reading(&[])?;
        admitted.reported(self.send(on, command).await)
    }

    /// Sends a command that counts as a write and may fail like one on demand.
    async fn write<T: FromRedisValue>(
        &mut self,
        on: &Resource<RedisConnection>,
        command: &Cmd,
    ) -> Result<T, RedisFailure> {
        let admitted = self.services.store.writing(&[])?;
        admitted.reported(self.send(on, command).await)
    }

    async fn send<T: FromRedisValue>(
        &mut self,
        on: &Resource<RedisConnection>,
        command: &Cmd,
    ) -> Result<T, RedisFailure> {
        let mut connection = self.table.get(on)?.inner.clone();
        Ok(command.query_async(&mut connection).await?)
    }
}

impl wit::Host for Host {
    fn convert_error(&mut self, failure: RedisFailure) -> wasmtime::Result<wit::Error> {
        reported(failure)
    }
}

impl wit::HostConnection for Host {
    /// As in Spin, an address that the manifest does not allow gets the same error as an invalid one.
    async fn open(&mut self, address: String) -> Result<Resource<RedisConnection>, RedisFailure> {
        let invalid = || RedisFailure::InvalidAddress;
        let url: RedisUrl = address.parse().map_err(|_| invalid())?;
        // The check covers the address as the client parsed it, which is where it connects to.
        let (scheme, host, port) = url.origin().ok_or_else(invalid)?;
        if !self.services.allowed.allow_origin(scheme, &host, port) {
            return Err(invalid());
        }
        if self.redis_connections >= MOST_CONNECTIONS {
            return Err(RedisFailure::TooManyConnections);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_LIMIT))
            .set_response_timeout(Some(ANSWER_LIMIT));
        let client = url.client().map_err(|_| invalid())?;
        let inner = client.get_multiplexed_async_connection_with_config(&config).await?;
        let connection = self.table.push(RedisConnection { inner })?;
        self.redis_connections += 1;
        Ok(connection)
    }

    async fn publish(
        &mut self,
        on: Resource<RedisConnection>,
        channel: String,
        payload: Vec<u8>,
    ) -> Result<(), RedisFailure> {
        self.write(&on, cmd("PUBLISH").arg(channel).arg(payload)).await
    }

    async fn get(&mut self, on: Resource<RedisConnection>, key: String) -> Result<Option<Vec<u8>>, RedisFailure> {
        let value: Option<Vec<u8>> = self.read(&on, cmd("GET").arg(key)).await?;
        if let Some(value) = &value {
            self.services.meter.bytes_read(value);
        }
        Ok(value)
    }

    async fn set(&mut self, on: Resource<RedisConnection>, key: String, value: Vec<u8>) -> Result<(), RedisFailure> {
        self.services.meter.bytes_written(&value);
        self.write(&on, cmd("SET").arg(key).arg(value)).await
    }

    async fn incr(&mut self, on: Resource<RedisConnection>, key: String) -> Result<i64, RedisFailure> {
        self.write(&on, cmd("INCR").arg(key)).await
    }

    async fn del(&mut self, on: Resource<RedisConnection>, keys: Vec<String>) -> Result<u32, RedisFailure> {
        self.write(&on, cmd("DEL").arg(keys)).await
    }

    async fn sadd(
        &mut self,
        on: Resource<RedisConnection>,
        key: String,
        values: Vec<String>,
    ) -> Result<u32, RedisFailure> {
        self.write(&on, cmd("SADD").arg(key).arg(values)).await
    }

    async fn smembers(&mut self, on: Resource<RedisConnection>, key: String) -> Result<Vec<String>, RedisFailure> {
        self.read(&on, cmd("SMEMBERS").arg(key)).await
    }

    async fn srem(
        &mut self,
        on: Resource<RedisConnection>,
        key: String,
        values: Vec<String>,
    ) -> Result<u32, RedisFailure> {
        self.write(&on, cmd("SREM").arg(key).arg(values)).await
    }

    async fn execute(
        &mut self,
        on: Resource<RedisConnection>,
        command: String,
        arguments: Vec<wit::RedisParameter>,
    ) -> Result<Vec<wit::RedisResult>, RedisFailure> {
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
            return Ok(self.write::<RedisValues>(&on, &packed).await?.into_results());
        }
        let mut results = self.read::<RedisValues>(&on, &packed).await?.into_results();
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

    async fn drop(&mut self, connection: Resource<RedisConnection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        self.redis_connections = self.redis_connections.saturating_sub(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
