//! The ledger's store on a Redis server, for hosts whose key-value store has no atomic increment. It stores records in
//! the same form as Spin's key-value store on Redis, so that an installation can switch between the two.

use std::cell::OnceCell;

use spin_sdk::redis::{Connection, Error, RedisParameter, RedisResult};
use tollbridge_domain::Timestamp;
use tollbridge_ledger::{Store, StoreError};

use crate::ports::StoreClock;

/// A Redis server.
pub struct Redis {
    url: String,
    /// The one connection of this invocation, opened when it is first needed, or why that failed.
    connection: OnceCell<Result<Connection, StoreError>>,
}

impl Redis {
    /// The server at this URL. It is not contacted yet.
    pub fn at(url: String) -> Self {
        Self { url, connection: OnceCell::new() }
    }

    fn connection(&self) -> Result<&Connection, StoreError> {
        let connect = || Connection::open(&self.url).map_err(|error| self.unavailable(error));
        self.connection.get_or_init(connect).as_ref().map_err(Clone::clone)
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.connection()?.get(key).map_err(|error| self.unavailable(error))
    }

    fn execute(&self, command: &str, arguments: &[RedisParameter]) -> Result<Vec<RedisResult>, StoreError> {
        self.connection()?.execute(command, arguments).map_err(|error| self.unavailable(error))
    }

    fn unavailable(&self, error: Error) -> StoreError {
        let problem = match error {
            Error::InvalidAddress => "the variable redis_url is no address of a Redis server, or the manifest's \
                                      allowed_outbound_hosts (the variable redis_origin) does not allow it"
                .to_owned(),
            Error::TooManyConnections => "there are too many connections to Redis".to_owned(),
            Error::TypeError => "a key of Redis holds what the ledger did not write".to_owned(),
            Error::Other(problem) => problem,
        };
        StoreError::Unavailable(match password(&self.url) {
            Some(password) => problem.replace(password, "***"),
            None => problem,
        })
    }
}

/// The password in a URL, as it is written there.
fn password(url: &str) -> Option<&str> {
    let (user, _) = url.split_once("://")?.1.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password).filter(|password| !password.is_empty())
}

fn binary(bytes: impl Into<Vec<u8>>) -> RedisParameter {
    RedisParameter::Binary(bytes.into())
}

fn value(result: RedisResult) -> Option<Vec<u8>> {
    match result {
        RedisResult::Nil => None,
        RedisResult::Binary(bytes) => Some(bytes),
        RedisResult::Status(text) => Some(text.into_bytes()),
        RedisResult::Int64(number) => Some(number.to_string().into_bytes()),
    }
}

impl StoreClock for Redis {
    /// `TIME` returns seconds and microseconds. A server that refuses it counts as having no clock.
    fn now(&self) -> Option<Timestamp> {
        let time = self.execute("TIME", &[]).ok()?;
        let mut numbers = time.into_iter().map(|part| String::from_utf8(value(part)?).ok()?.parse::<i64>().ok());
        let (seconds, microseconds) = (numbers.next()??, numbers.next()??);
        let milliseconds = seconds.checked_mul(1000)?.checked_add(microseconds.div_euclid(1000))?;
        Timestamp::from_milliseconds(milliseconds).ok()
    }
}

impl Store for Redis {
    fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let arguments: Vec<RedisParameter> = keys.iter().map(|key| binary(key.as_str())).collect();
        let results = self.execute("MGET", &arguments)?;
        if results.len() == keys.len() {
            return Ok(results.into_iter().map(value).collect());
        }
        // Older versions of Spin omit absent keys, so the values cannot be matched.
        keys.iter().map(|key| self.get(key)).collect()
    }

    fn set_many(&self, writes: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let arguments: Vec<RedisParameter> =
            writes.iter().flat_map(|(key, value)| [binary(key.as_str()), binary(value.as_slice())]).collect();
        self.execute("MSET", &arguments).map(drop)
    }

    fn delete_many(&self, keys: &[String]) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        self.connection()?.del(keys).map(|_| ()).map_err(|error| self.unavailable(error))
    }

    fn increment(&self, key: &str, by: i64) -> Result<i64, StoreError> {
        let no_counter =
            || StoreError::Unreadable { key: key.to_owned(), problem: "Redis holds no number there".to_owned() };
        if by == 0 {
            // A read must neither create the counter nor wait for the disk.
            let Some(text) = self.get(key)? else { return Ok(0) };
            return String::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or_else(no_counter);
        }
        match self.execute("INCRBY", &[binary(key), RedisParameter::Int64(by)])?.as_slice() {
            [RedisResult::Int64(sum)] => Ok(*sum),
            _ => Err(no_counter()),
        }
    }
}
