//! A process and those that it starts, which all end with it.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process_group};

/// A process that leads a group of its own. All of the group is killed when this is dropped.
pub struct ProcessGroup {
    pub leader: Child,
}

impl ProcessGroup {
    /// Starts it. What it prints can be read; a terminal's Ctrl-C does not reach it.
    ///
    /// # Errors
    /// The program does not start.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped());
        let program = command.get_program().to_owned();
        let leader = command.spawn().with_context(|| format!("{} does not start", program.display()))?;
        Ok(Self { leader })
    }

    /// Sends a signal to all of them.
    ///
    /// # Errors
    /// They have ended.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        Ok(kill_process_group(Pid::from_child(&self.leader), signal)?)
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // Where this fails, all of them have ended.
        let _ = self.signal(Signal::KILL);
        let _ = self.leader.wait();
    }
}
