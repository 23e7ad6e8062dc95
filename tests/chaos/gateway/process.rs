//! `tollbridge up` as a process of its own, killed when it is dropped.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::oneshot;

use super::{Setup, manifest};

pub struct Process {
    child: Child,
    /// Reads what it prints, until it ends.
    reader: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts it; it takes requests when this returns.
    pub async fn start(setup: &Setup, kept: &[&OsStr], number: usize) -> anyhow::Result<(Self, SocketAddr)> {
        let log = File::options().create(true).append(true).open(setup.log(number))?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_tollbridge"))
            .arg("up")
            .arg("--manifest")
            .arg(manifest())
            .args(["--listen", "127.0.0.1:0"])
            .args(kept)
            .arg("--clock-offset-file")
            .arg(setup.clock(number))
            .args(["--variable", &format!("config={}", setup.config)])
            .args(["--variable", &format!("secrets={}", setup.secrets)])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.try_clone()?)
            .spawn()
            .context("the program `tollbridge` does not start")?;
        let output = child.stdout.take().context("its output is piped")?;
        let (up, is_up) = oneshot::channel();
        let reader = std::thread::spawn(move || copy(BufReader::new(output), log, up));
        let process = Self { child, reader: Some(reader) };
        let address = is_up.await.context("`tollbridge up` ended before it was up: see the gateway's log")?;
        Ok((process, address))
    }

    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }
}

/// Copies what it prints into its log, and says when it is up, and where.
fn copy(output: BufReader<impl std::io::Read>, mut log: File, up: oneshot::Sender<SocketAddr>) {
    let mut up = Some(up);
    for line in output.lines() {
        let Ok(line) = line else { return };
        if let Some((_, address)) = line.split_once(" is up on http://")
            && let Ok(address) = address.parse()
            && let Some(up) = up.take()
        {
            // Nobody waits any more when the run was broken off.
            let _ = up.send(address);
        }
        if writeln!(log, "{line}").is_err() {
            return;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // On Unix this is SIGKILL. It fails for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}
