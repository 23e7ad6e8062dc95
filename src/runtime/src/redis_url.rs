//! Parses the address of a Redis server, with its credentials.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

/// The time limit for an answer. After a timeout it is unknown whether the command was carried out.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// The time limit for connecting.
pub(crate) const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// The address of a Redis server: `redis://[user[:password]@]host[:port][/database]`, or `rediss://` with TLS. Errors
/// and debug output show it without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl {
    text: String,
}

/// Why a text is not the address of a Redis server. The error does not repeat the text, which may contain a password.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("this is not the address of a Redis server ({problem}): write it like `redis://user:password@host:6379/0`")]
pub struct RedisUrlError {
    problem: String,
}

impl RedisUrl {
    /// The address in the Redis client's format.
    pub(crate) fn connection_info(&self) -> Result<ConnectionInfo, RedisUrlError> {
        let problem = |error: redis::RedisError| RedisUrlError { problem: error.to_string() };
        let info = self.text.as_str().into_connection_info().map_err(problem)?;
        let settings = TcpSettings::default().set_nodelay(true);
        // Without it, commands would go into a dead connection for as long as the system retransmits.
        #[cfg(target_os = "linux")]
        let settings = settings.set_user_timeout(ANSWER_LIMIT);
        Ok(info.set_tcp_settings(settings))
    }

    /// A client that is not connected yet.
    pub(crate) fn client(&self) -> Result<Client, RedisUrlError> {
        let info = self.connection_info()?;
        Client::open(info).map_err(|error| RedisUrlError { problem: error.to_string() })
    }

    /// Whether the address itself sets the protocol version.
    pub(crate) fn names_protocol(&self) -> bool {
        self.text.split_once('?').is_some_and(|(_, query)| query.contains("protocol="))
    }

    /// Scheme, host and port of a network address.
    #[allow(clippy::wildcard_enum_match_arm, reason = "what the client may yet learn to reach is no address to allow")]
    pub(crate) fn origin(&self) -> Option<(&'static str, String, u16)> {
        let info = self.connection_info().ok()?;
        let (scheme, host, port) = match info.addr() {
            ConnectionAddr::Tcp(host, port) => ("redis", host, *port),
            ConnectionAddr::TcpTls { host, port, .. } => ("rediss", host, *port),
            // A Unix socket.
            _ => return None,
        };
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        Some((scheme, host, port))
    }
}

impl FromStr for RedisUrl {
    type Err = RedisUrlError;

    fn from_str(text: &str) -> Result<RedisUrl, RedisUrlError> {
        let url = RedisUrl { text: text.to_owned() };
        url.client()?;
        Ok(url)
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(info) = self.connection_info() else {
            return formatter.write_str("redis://");
        };
        let user = info.redis_settings().username().map(|user| format!("{user}@")).unwrap_or_default();
        let database = info.redis_settings().db();
        match self.origin() {
            Some((scheme, host, port)) => write!(formatter, "{scheme}://{user}{host}:{port}/{database}"),
            None => write!(formatter, "unix:{}", info.addr()),
        }
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RedisUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> RedisUrl {
        text.parse().unwrap()
    }

    #[test]
    fn is_shown_without_its_password() {
        for (written, shown) in [
            ("redis://127.0.0.1", "redis://127.0.0.1:6379/0"),
            ("redis://:hidden@cache.example:6380/2", "redis://cache.example:6380/2"),
            ("redis://ledger:hidden@cache.example", "redis://ledger@cache.example:6379/0"),
            ("rediss://ledger:hidden@cache.example:6380", "rediss://ledger@cache.example:6380/0"),
            ("redis://[::1]:6379/?protocol=resp2", "redis://[::1]:6379/0"),
            ("unix:///run/redis.sock?pass=hidden", "unix:/run/redis.sock"),
        ] {
            assert_eq!(url(written).to_string(), shown);
            assert!(!format!("{:?}", url(written)).contains("hidden"));
        }
    }

    #[test]
    fn an_error_does_not_repeat_what_may_be_a_password() {
        for text in ["http://:hidden@host", "hidden", "redis://:hidden@host/database", "redis://:hidden@host:port"] {
            let error = text.parse::<RedisUrl>().unwrap_err().to_string();
            assert!(!error.contains("hidden"), "{error}");
            assert!(error.contains("redis://user:password@host:6379/0"), "{error}");
        }
    }

    #[test]
    fn the_origin_is_the_address_that_the_client_connects_to() {
        assert_eq!(url("redis://a:b@host/1").origin(), Some(("redis", "host".to_owned(), 6379)));
        assert_eq!(url("rediss://[::1]:7000").origin(), Some(("rediss", "[::1]".to_owned(), 7000)));
        assert_eq!(url("unix:///run/redis.sock").origin(), None);
    }
}
