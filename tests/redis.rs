//! A Redis server of a test's own, on a port that the system chooses, gone when it is dropped.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

/// How often another port is tried when somebody else has taken the one that was free.
const TRIES: usize = 10;

/// A running `redis-server`.
pub struct Server {
    process: Child,
    port: u16,
    /// Where it keeps its log of writes, if it does.
    folder: Option<TempDir>,
}

impl Server {
    /// Starts one that keeps everything in memory.
    ///
    /// # Errors
    /// `redis-server` is not installed, or does not start.
    pub fn start() -> anyhow::Result<Self> {
        Self::with(None)
    }

    /// Starts one that has on the disk what it acknowledged, as long as this is not dropped.
    ///
    /// # Errors
    /// As [`Server::start`].
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
        bail!("redis-server did not start on any of {TRIES} ports that were free")
    }

    /// The port of this machine that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it, as a machine that fails would. Nothing is written any more.
    ///
    /// # Errors
    /// The system does not let it be killed.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill().context("killing redis-server")?;
        self.process.wait().context("waiting for redis-server to end")?;
        Ok(())
    }

    /// Starts it again on the same port after it was killed, with what it has on the disk.
    ///
    /// # Errors
    /// It does not start, or the port is taken.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        let process = run(self.port, self.folder.as_ref())?;
        self.process = process.with_context(|| format!("redis-server did not start again on port {}", self.port))?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already when this fails.
        drop(self.kill());
    }
}

/// Starts the program and waits until it takes connections; none if it ends before.
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
    // Its log is read to the end, so that it never waits for a reader.
    std::thread::spawn(move || log.map_while(Result::ok).for_each(drop));
    Ok(Some(process))
}
