//! SIGINT and SIGTERM: the first asks for a clean end, the second for an end at once.

use anyhow::{Context as _, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tollbridge_runtime::Runtime;

/// The two signals, caught from the moment this is made.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Catches them from now on. To be called before anybody is told that the program is up, so that a signal right
    /// after that does not find the default behaviour.
    pub fn catch() -> anyhow::Result<Self> {
        let caught = |kind| signal(kind).context("cannot catch signals");
        Ok(Self { interrupt: caught(SignalKind::interrupt())?, terminate: caught(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Stops a runtime: what runs is finished, unless another signal comes.
    pub async fn stop(mut self, runtime: Runtime) -> anyhow::Result<()> {
        println!("Stopping: what is running is finished first. Once more to break it off.");
        tokio::select! {
            stopped = runtime.stop() => Ok(stopped?),
            () = self.next() => bail!("broken off by a second signal"),
        }
    }
}
