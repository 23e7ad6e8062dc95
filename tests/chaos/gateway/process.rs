//! A gateway as a process of its own, killed with whatever it started when it is dropped.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::Signal;
use tokio::sync::oneshot;
use tollbridge_tests::group::ProcessGroup;

use super::program::ProcessStart;

/// How long a process may take to compile the application on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

pub struct Process {
    /// Reads the output of the process and of those that it started, until all have ended.
    reader: Option<JoinHandle<()>>,
    group: Option<ProcessGroup>,
    ended: fn(leader: u32),
}

impl Process {
    /// Starts the process and appends its output to this log. It accepts requests when this returns.
    pub async fn start(mut start: ProcessStart, log: &Path) -> anyhow::Result<(Self, SocketAddr)> {
        let file = File::options().create(true).append(true).open(log)?;
        start.command.stderr(file.try_clone()?);
        let mut group = ProcessGroup::start(&mut start.command)?;
        let output = group.leader.stdout.take().context("its output is piped")?;
        let (up, is_up) = oneshot::channel();
        let reader = std::thread::spawn(move || copy(BufReader::new(output), file, start.address, up));
        let process = Self { reader: Some(reader), group: Some(group), ended: start.ended };
        let is_up = tokio::time::timeout(PATIENCE, is_up).await;
        let is_up = is_up.with_context(|| format!("it is not up after {PATIENCE:?}: see {}", log.display()))?;
        let address = is_up.with_context(|| format!("it ended before it was up: see {}", log.display()))?;
        Ok((process, address))
    }

    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        self.group.as_ref().context("it has ended")?.signal(signal)
    }
}

/// Copies the output into the log, and sends the address as soon as the process serves.
fn copy(
    output: BufReader<impl std::io::Read>,
    mut log: File,
    address: fn(&str) -> Option<SocketAddr>,
    up: oneshot::Sender<SocketAddr>,
) {
    let mut up = Some(up);
    for line in output.lines() {
        let Ok(line) = line else { return };
        if let Some(address) = address(&line)
            && let Some(up) = up.take()
        {
            // After an interrupted run, nobody waits for the address.
            let _ = up.send(address);
        }
        if writeln!(log, "{line}").is_err() {
            return;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let leader = self.group.as_ref().map(|group| group.leader.id());
        drop(self.group.take());
        // The output ends with the last process of the group.
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        leader.into_iter().for_each(self.ended);
    }
}
