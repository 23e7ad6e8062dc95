//! SIGINT and SIGTERM: the first requests a clean stop, the second an immediate one.

use anyhow::{Context as _, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tollbridge_runtime::Runtime;

/// The two signals, caught from construction on.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Catches the signals from now on. Call it before announcing that the program is up, so that a signal right after
    /// that does not meet the default behaviour.
    pub fn catch() -> anyhow::Result<Self> {
        let caught = |kind| signal(kind).context("cannot catch signals");
        Ok(Self { interrupt: caught(SignalKind::interrupt())?, terminate: caught(SignalKind::terminate())? })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Stops a runtime; running requests finish unless another signal arrives.
    pub async fn stop(mut self, runtime: Runtime) -> anyhow::Result<()> {
        println!("Stopping: running requests are finished first. Repeat the signal to abort them.");
        tokio::select! {
            stopped = runtime.stop() => Ok(stopped?),
            () = self.next() => bail!("aborted by a second signal"),
        }
    }
}
