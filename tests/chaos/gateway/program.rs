//! The program that serves the gateway in processes of its own: `tollbridge up`, or a Spin where the run names one.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::GatewaySetup;
use super::spin::SpinGateway;

#[derive(Clone)]
pub enum GatewayProgram {
    Tollbridge,
    Spin(SpinGateway),
}

/// Where a process stores its ledger.
pub enum LedgerStore {
    /// In the scenario's folder. Each commit takes this much longer.
    Sqlite { slower_commits: Duration },
    /// On the Redis at this address, as the host's key-value store.
    Redis(String),
    /// On the Redis at this address, which the gateway connects to itself.
    OutboundRedis(String),
}

/// How a process is started, and what its output looks like.
pub struct ProcessStart {
    pub command: Command,
    /// Finds the address in the line of the output that names it.
    pub address: fn(&str) -> Option<SocketAddr>,
    /// Removes what the process with this id left behind when it was killed.
    pub ended: fn(leader: u32),
}

impl GatewayProgram {
    /// How the member of this number is started.
    pub fn start(&self, setup: &GatewaySetup, kept: &LedgerStore, number: usize) -> anyhow::Result<ProcessStart> {
        match self {
            Self::Tollbridge => Ok(tollbridge(setup, kept, number)),
            Self::Spin(spin) => spin.start(setup, kept, number),
        }
    }

    /// The content of a member's clock file for a clock that is this many milliseconds ahead.
    pub fn clock(&self, ahead: u64) -> String {
        match self {
            Self::Tollbridge => ahead.to_string(),
            Self::Spin(_) => SpinGateway::clock(ahead),
        }
    }
}

/// The manifest of the workspace that fits this store.
pub fn manifest(kept: &LedgerStore) -> PathBuf {
    let name = match kept {
        LedgerStore::Sqlite { .. } | LedgerStore::Redis(_) => "spin.toml",
        LedgerStore::OutboundRedis(_) => "spin-redis.toml",
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

fn tollbridge(setup: &GatewaySetup, kept: &LedgerStore, number: usize) -> ProcessStart {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollbridge"));
    command.arg("up").arg("--manifest").arg(manifest(kept)).args(["--listen", "127.0.0.1:0"]);
    match kept {
        LedgerStore::Sqlite { slower_commits } => {
            command.arg("--state").arg(setup.state());
            command.args(["--slower-commits", &slower_commits.as_millis().to_string()]);
        }
        LedgerStore::Redis(url) => drop(command.args(["--redis", url])),
        LedgerStore::OutboundRedis(url) => {
            command.arg("--state").arg(setup.folder.join(format!("state-{number}")));
            command.args(["--variable", &format!("redis_url={url}")]);
        }
    }
    command.arg("--clock-offset-file").arg(setup.clock(number));
    command.args(["--variable", &format!("config={}", setup.config)]);
    command.args(["--variable", &format!("secrets={}", setup.secrets)]);
    let address = |line: &str| line.split_once(" is up on http://")?.1.parse().ok();
    ProcessStart { command, address, ended: |_| {} }
}
