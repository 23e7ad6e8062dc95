//! Where the gateway's ledger is kept, and a look into it from outside. Every test runs on each of the stores, whichever
//! the environment names.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use redis::Commands as _;
use tempfile::TempDir;
use tollbridge_runtime::State;
use tollbridge_tests::redis::Server;
use tollbridge_tests::spin;

/// Names the store for a whole run of the tests.
const VARIABLE: &str = "TOLLBRIDGE_TEST_STORE";

/// What the ledger is kept on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// `wasi:keyvalue` in memory, and on SQLite where a test needs more.
    Memory,
    /// `wasi:keyvalue` on Redis.
    Redis,
    /// Redis, which the gateway itself connects to.
    OutboundRedis,
}

impl Store {
    /// The one that the environment names.
    pub fn chosen() -> Self {
        match std::env::var(VARIABLE).as_deref() {
            Err(_) | Ok("memory") => Self::Memory,
            Ok("redis") => Self::Redis,
            Ok("outbound-redis") => Self::OutboundRedis,
            Ok(other) => panic!("{VARIABLE} is {other:?}: it can be memory, redis or outbound-redis"),
        }
    }
}

/// What a test does with the store besides letting the gateway use it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing.
    InUse,
    /// It looks into it, and starts the gateway again on it.
    Kept,
    /// It starts several gateways on it.
    Shared,
}

/// The store of one world.
pub enum Stored {
    /// In the memory of the runtime.
    Nowhere,
    /// On SQLite, in this folder.
    File(TempDir),
    /// On this server.
    Server(Server),
}

impl Stored {
    pub fn start(wanted: Wanted) -> anyhow::Result<Self> {
        Ok(match (Store::chosen(), wanted) {
            (Store::Memory, Wanted::InUse) if spin::program().is_none() => Self::Nowhere,
            // Spin has no store in memory.
            (Store::Memory, Wanted::InUse | Wanted::Kept) => Self::File(tempfile::tempdir()?),
            (Store::Memory, Wanted::Shared) | (Store::Redis | Store::OutboundRedis, _) => {
                Self::Server(Server::start()?)
            }
        })
    }

    /// Where the runtime keeps its key-value stores.
    pub fn state(&self) -> anyhow::Result<State> {
        Ok(match self {
            Self::Nowhere => State::Memory,
            Self::File(folder) => State::Directory(folder.path().to_owned()),
            Self::Server(_) if Store::chosen() == Store::OutboundRedis => State::Memory,
            Self::Server(server) => State::Redis(server.url().parse()?),
        })
    }

    /// Where Spin keeps its key-value store itself.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::File(folder) => Some(folder.path()),
            Self::Nowhere | Self::Server(_) => None,
        }
    }

    /// What Spin must be told where it does not.
    pub fn runtime_config(&self) -> Option<String> {
        match self {
            Self::Server(server) if Store::chosen() != Store::OutboundRedis => {
                Some(spin::key_value_on_redis(&server.url()))
            }
            Self::Server(_) | Self::Nowhere | Self::File(_) => None,
        }
    }

    /// What the application must be told of it.
    pub fn variable(&self) -> Option<(String, String)> {
        match self {
            Self::Server(server) if Store::chosen() == Store::OutboundRedis => {
                Some(("redis_url".to_owned(), server.url()))
            }
            Self::Server(_) | Self::Nowhere | Self::File(_) => None,
        }
    }

    /// The value of a key that must be there.
    pub fn get(&self, key: &str) -> anyhow::Result<Vec<u8>> {
        let value = match self {
            Self::Nowhere => unreadable(),
            Self::File(folder) => {
                self.rows(folder)?.into_iter().find_map(|(present, value)| (present == key).then_some(value))
            }
            Self::Server(server) => connect(server)?.get(key)?,
        };
        value.with_context(|| format!("nothing is kept at {key}"))
    }

    /// Puts another value in the place of one that must be there.
    pub fn replace(&self, key: &str, value: &[u8]) -> anyhow::Result<()> {
        self.get(key)?;
        match self {
            Self::Nowhere => unreadable(),
            Self::File(folder) => {
                let statement = "UPDATE spin_key_value SET value = ?2 WHERE key = ?1";
                database(folder)?.execute(statement, rusqlite::params![key, value])?;
            }
            Self::Server(server) => connect(server)?.set::<_, _, ()>(key, value)?,
        }
        Ok(())
    }

    /// Takes away what must be there.
    pub fn remove(&self, key: &str) -> anyhow::Result<()> {
        self.get(key)?;
        match self {
            Self::Nowhere => unreadable(),
            Self::File(folder) => {
                database(folder)?.execute("DELETE FROM spin_key_value WHERE key = ?1", [key])?;
            }
            Self::Server(server) => connect(server)?.del::<_, ()>(key)?,
        }
        Ok(())
    }

    /// Puts a value under a key, whatever is there.
    pub fn put(&self, key: &str, value: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::Nowhere => unreadable(),
            Self::File(folder) => {
                let statement = "INSERT OR REPLACE INTO spin_key_value (store, key, value) VALUES ('default', ?1, ?2)";
                database(folder)?.execute(statement, rusqlite::params![key, value])?;
            }
            Self::Server(server) => connect(server)?.set::<_, _, ()>(key, value)?,
        }
        Ok(())
    }

    /// Sets a counter, as the store itself keeps one.
    pub fn put_counter(&self, key: &str, count: i64) -> anyhow::Result<()> {
        match self {
            Self::Nowhere => unreadable(),
            Self::File(_) => self.put(key, &count.to_le_bytes()),
            Self::Server(_) => self.put(key, count.to_string().as_bytes()),
        }
    }

    /// Every byte that is kept: the files with what SQLite has not tidied up, or all that a server would dump.
    pub fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Self::Nowhere => unreadable(),
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
            Self::Nowhere => unreadable(),
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
    panic!("a test that looks into the store says so in its setup: Wanted::Kept")
}

fn database(folder: &TempDir) -> anyhow::Result<rusqlite::Connection> {
    let file: PathBuf = folder.path().join("sqlite_key_value.db");
    Ok(rusqlite::Connection::open(file)?)
}

fn connect(server: &Server) -> anyhow::Result<redis::Connection> {
    Ok(redis::Client::open(server.url())?.get_connection()?)
}
