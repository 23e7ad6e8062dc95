//! The store that holds the gateway's ledger, and direct access to its content. Every test runs on each kind of store;
//! the environment selects one for a run.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use redis::Commands as _;
use tempfile::TempDir;
use tollbridge_runtime::StoreLocation;
use tollbridge_tests::redis::RedisServer;
use tollbridge_tests::spin;

/// The environment variable that selects the store for a whole run of the tests.
const VARIABLE: &str = "TOLLBRIDGE_TEST_STORE";

/// The kind of store that holds the ledger.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// `wasi:keyvalue` in memory, and on SQLite where a test needs more.
    Memory,
    /// `wasi:keyvalue` on Redis.
    Redis,
    /// Redis, which the gateway itself connects to.
    OutboundRedis,
}

impl StoreKind {
    /// The store that the environment selects.
    pub fn chosen() -> Self {
        match std::env::var(VARIABLE).as_deref() {
            Err(_) | Ok("memory") => Self::Memory,
            Ok("redis") => Self::Redis,
            Ok("outbound-redis") => Self::OutboundRedis,
            Ok(other) => panic!("{VARIABLE} is {other:?}: it can be memory, redis or outbound-redis"),
        }
    }
}

/// What a test needs of the store besides a gateway on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum StoreNeeds {
    /// Nothing more.
    Nothing,
    /// The test reads or changes the content, or restarts the gateway on it.
    Persistence,
    /// The test starts several gateways on it.
    Sharing,
}

/// The store of one world.
pub enum WorldStore {
    /// In the runtime's memory.
    InMemory,
    /// On SQLite, in this folder.
    File(TempDir),
    /// On this server.
    Server(RedisServer),
}

impl WorldStore {
    pub fn start(wanted: StoreNeeds) -> anyhow::Result<Self> {
        Ok(match (StoreKind::chosen(), wanted) {
            (StoreKind::Memory, StoreNeeds::Nothing) if spin::program().is_none() => Self::InMemory,
            // Spin has no store in memory.
            (StoreKind::Memory, StoreNeeds::Nothing | StoreNeeds::Persistence) => Self::File(tempfile::tempdir()?),
            (StoreKind::Memory, StoreNeeds::Sharing) | (StoreKind::Redis | StoreKind::OutboundRedis, _) => {
                Self::Server(RedisServer::start()?)
            }
        })
    }

    /// Where the runtime stores its key-value stores.
    pub fn state(&self) -> anyhow::Result<StoreLocation> {
        Ok(match self {
            Self::InMemory => StoreLocation::Memory,
            Self::File(folder) => StoreLocation::Directory(folder.path().to_owned()),
            Self::Server(_) if StoreKind::chosen() == StoreKind::OutboundRedis => StoreLocation::Memory,
            Self::Server(server) => StoreLocation::Redis(server.url().parse()?),
        })
    }

    /// The folder of Spin's key-value store.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::File(folder) => Some(folder.path()),
            Self::InMemory | Self::Server(_) => None,
        }
    }

    /// Spin's runtime configuration, where the key-value store is on a server.
    pub fn runtime_config(&self) -> Option<String> {
        match self {
            Self::Server(server) if StoreKind::chosen() != StoreKind::OutboundRedis => {
                Some(spin::key_value_on_redis(&server.url()))
            }
            Self::Server(_) | Self::InMemory | Self::File(_) => None,
        }
    }

    /// The application's variable for the store, where the gateway connects to Redis.
    pub fn variable(&self) -> Option<(String, String)> {
        match self {
            Self::Server(server) if StoreKind::chosen() == StoreKind::OutboundRedis => {
                Some(("redis_url".to_owned(), server.url()))
            }
            Self::Server(_) | Self::InMemory | Self::File(_) => None,
        }
    }

    /// The value of a key that must exist.
    pub fn get(&self, key: &str) -> anyhow::Result<Vec<u8>> {
        let value = match self {
            Self::InMemory => unreadable(),
            Self::File(folder) => {
                self.rows(folder)?.into_iter().find_map(|(present, value)| (present == key).then_some(value))
            }
            Self::Server(server) => connect(server)?.get(key)?,
        };
        value.with_context(|| format!("there is no key {key}"))
    }

    /// Replaces the value of a key that must exist.
    pub fn replace(&self, key: &str, value: &[u8]) -> anyhow::Result<()> {
        self.get(key)?;
        match self {
            Self::InMemory => unreadable(),
            Self::File(folder) => {
                let statement = "UPDATE spin_key_value SET value = ?2 WHERE key = ?1";
                database(folder)?.execute(statement, rusqlite::params![key, value])?;
            }
            Self::Server(server) => connect(server)?.set::<_, _, ()>(key, value)?,
        }
        Ok(())
    }

    /// Removes a key that must exist.
    pub fn remove(&self, key: &str) -> anyhow::Result<()> {
        self.get(key)?;
        match self {
            Self::InMemory => unreadable(),
            Self::File(folder) => {
                database(folder)?.execute("DELETE FROM spin_key_value WHERE key = ?1", [key])?;
            }
            Self::Server(server) => connect(server)?.del::<_, ()>(key)?,
        }
        Ok(())
    }

    /// Sets a key, whether or not it exists.
    pub fn put(&self, key: &str, value: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::InMemory => unreadable(),
            Self::File(folder) => {
                let statement = "INSERT OR REPLACE INTO spin_key_value (store, key, value) VALUES ('default', ?1, ?2)";
                database(folder)?.execute(statement, rusqlite::params![key, value])?;
            }
            Self::Server(server) => connect(server)?.set::<_, _, ()>(key, value)?,
        }
        Ok(())
    }

    /// Sets a counter in the store's own format.
    pub fn put_counter(&self, key: &str, count: i64) -> anyhow::Result<()> {
        match self {
            Self::InMemory => unreadable(),
            Self::File(_) => self.put(key, &count.to_le_bytes()),
            Self::Server(_) => self.put(key, count.to_string().as_bytes()),
        }
    }

    /// Every stored byte: the files, including pages that SQLite has not reused, or all keys and values of a server.
    pub fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Self::InMemory => unreadable(),
            Self::File(folder) => {
                for file in std::fs::read_dir(folder.path())? {
                    bytes.extend(std::fs::read(file?.path())?);
                }
            }
            Self::Server(_) => {
                for (key, value) in self.everything()? {
                    bytes.extend([key.into_bytes(), value].concat());
                }
            }
        }
        Ok(bytes)
    }

    /// Every key and its value.
    pub fn everything(&self) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        match self {
            Self::InMemory => unreadable(),
            Self::File(folder) => self.rows(folder),
            Self::Server(server) => {
                let mut connection = connect(server)?;
                let mut keys: Vec<String> = connection.keys("*")?;
                keys.sort();
                keys.into_iter()
                    .map(|key| {
                        let value = connection.get(&key)?;
                        Ok((key, value))
                    })
                    .collect()
            }
        }
    }

    fn rows(&self, folder: &TempDir) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let database = database(folder)?;
        let mut rows = database.prepare("SELECT key, value FROM spin_key_value ORDER BY key")?;
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn unreadable() -> ! {
    panic!("a test that accesses the store needs StoreNeeds::Persistence in its setup")
}

fn database(folder: &TempDir) -> anyhow::Result<rusqlite::Connection> {
    let file: PathBuf = folder.path().join("sqlite_key_value.db");
    Ok(rusqlite::Connection::open(file)?)
}

fn connect(server: &RedisServer) -> anyhow::Result<redis::Connection> {
    Ok(redis::Client::open(server.url())?.get_connection()?)
}
