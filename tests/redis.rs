//! A Redis server for one test, on a port that the system chooses. Dropping it ends the process.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

/// How many ports are tried, since another process may take a free port before Redis binds it.
const TRIES: usize = 10;

/// A running `redis-server`.
pub struct RedisServer {
    process: Child,
    port: u16,
    /// The folder of the append-only file of a durable server.
    folder: Option<TempDir>,
}

impl RedisServer {
    /// Starts a server that stores everything in memory.
    ///
    /// # Errors
    /// `redis-server` is not installed, or does not start.
    pub fn start() -> anyhow::Result<Self> {
        Self::with(None)
    }

    /// Starts a server that has every acknowledged write on disk, until it is dropped.
    ///
    /// # Errors
    /// As [`RedisServer::start`].
    pub fn durable() -> anyhow::Result<Self> {
        Self::with(Some(tempfile::tempdir()?))
    }

    fn with(folder: Option<TempDir>) -> anyhow::Result<Self> {
        for _ in 0..TRIES {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            if let Some(process) = run(port, folder.as_ref())? {
                return Ok(Self { process, port, folder });
            }
        }
        bail!("redis-server did not start on any of {TRIES} free ports")
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills the server, as a failing machine would. Nothing is written any more.
    ///
    /// # Errors
    /// The system does not allow it.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill().context("killing redis-server")?;
        self.process.wait().context("waiting for redis-server to end")?;
        Ok(())
    }

    /// Starts a killed server again on the same port, with what it has on disk.
    ///
    /// # Errors
    /// It does not start, or another process has taken the port.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        let process = run(self.port, self.folder.as_ref())?;
        self.process = process.with_context(|| format!("redis-server did not start again on port {}", self.port))?;
        Ok(())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // The process has already ended where this fails.
        drop(self.kill());
    }
}

/// Starts the program and waits until it accepts connections. `None` if it ends before that.
fn run(port: u16, folder: Option<&TempDir>) -> anyhow::Result<Option<Child>> {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--loglevel", "notice"]);
    command.args(["--appendonly", if folder.is_some() { "yes" } else { "no" }, "--appendfsync", "always"]);
    if let Some(folder) = folder {
        command.arg("--dir").arg(folder.path());
    }
    let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut process = match started {
        Ok(process) => process,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("redis-server is not installed, and the tests need it: `apt-get install redis-server`")
        }
        Err(error) => return Err(error).context("starting redis-server"),
    };
    let mut log = BufReader::new(process.stdout.take().context("redis-server has no output")?).lines();
    let ready = log.by_ref().map_while(Result::ok).any(|line| line.contains("Ready to accept connections"));
    if !ready {
        process.wait().context("waiting for redis-server to end")?;
        return Ok(None);
    }
    // Read the log to its end, so that the server never blocks on a full pipe.
    std::thread::spawn(move || log.map_while(Result::ok).for_each(drop));
    Ok(Some(process))
}
