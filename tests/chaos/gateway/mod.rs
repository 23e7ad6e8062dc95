//! The gateways that are called: processes that are killed, or one in this process whose store fails.

mod embedded;
mod process;

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tollbridge_runtime::{ClockOffset, FaultCounts, RandomFaults};
use tollbridge_tests::redis::Server;

use embedded::Embedded;
use process::Process;

/// Where the ledger is kept, and who serves it.
pub enum Serving {
    /// One process, on SQLite in the scenario's folder.
    Process,
    /// So many processes, on this Redis.
    ProcessesOnRedis { server: Server, processes: usize },
    /// This process, on SQLite, with a store that fails.
    Embedded(RandomFaults),
}

/// What every gateway is started with.
pub struct Setup {
    pub folder: PathBuf,
    pub config: String,
    pub secrets: String,
}

impl Setup {
    fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    fn clock(&self) -> PathBuf {
        self.folder.join("clock-offset")
    }
}

/// The gateways of a run.
pub struct Fleet {
    members: Vec<Member>,
    setup: Setup,
    serving: Serving,
    clock: Clock,
}

struct Member {
    whereabouts: watch::Sender<Whereabouts>,
    running: Mutex<Option<Running>>,
}

/// Where a member can be called.
#[derive(Clone, Copy)]
enum Whereabouts {
    /// Nowhere yet: it is being started.
    Down,
    At(SocketAddr),
    /// Nowhere ever again: it did not start.
    Gone,
}

enum Running {
    Process(Process),
    Embedded(Embedded),
}

impl Member {
    fn down() -> Self {
        Self { whereabouts: watch::Sender::new(Whereabouts::Down), running: Mutex::new(None) }
    }
}

/// The clock that all of them see.
struct Clock {
    file: PathBuf,
    milliseconds: std::sync::Mutex<u64>,
    offset: ClockOffset,
}

impl Fleet {
    pub async fn start(setup: Setup, serving: Serving) -> anyhow::Result<Self> {
        std::fs::write(setup.clock(), "0")?;
        let processes = match &serving {
            Serving::ProcessesOnRedis { processes, .. } => *processes,
            Serving::Process | Serving::Embedded(_) => 1,
        };
        let clock =
            Clock { file: setup.clock(), milliseconds: std::sync::Mutex::new(0), offset: ClockOffset::default() };
        let members = (0..processes).map(|_| Member::down()).collect();
        let fleet = Self { members, setup, serving, clock };
        for number in 0..processes {
            fleet.start_member(number).await?;
        }
        Ok(fleet)
    }

    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Where this one of them can be called, once it can.
    pub async fn address(&self, number: usize) -> anyhow::Result<SocketAddr> {
        let mut whereabouts = self.members[number].whereabouts.subscribe();
        let is_known = |whereabouts: &Whereabouts| !matches!(whereabouts, Whereabouts::Down);
        match *whereabouts.wait_for(is_known).await.expect("the fleet keeps the sender") {
            Whereabouts::At(address) => Ok(address),
            Whereabouts::Down | Whereabouts::Gone => anyhow::bail!("gateway {number} did not start again"),
        }
    }

    /// Ends one of them as a failing machine would, and starts it again.
    pub async fn kill_and_restart(&self, number: usize) -> anyhow::Result<()> {
        let member = &self.members[number];
        member.whereabouts.send_replace(Whereabouts::Down);
        // A process is killed when it is dropped.
        drop(member.running.lock().await.take());
        let started = self.start_member(number).await;
        if started.is_err() {
            member.whereabouts.send_replace(Whereabouts::Gone);
        }
        started
    }

    async fn start_member(&self, number: usize) -> anyhow::Result<()> {
        let state = self.setup.state();
        let (running, address) = match &self.serving {
            Serving::Process => {
                let kept = [OsStr::new("--state"), state.as_os_str()];
                let (process, address) = Process::start(&self.setup, kept, number).await?;
                (Running::Process(process), address)
            }
            Serving::ProcessesOnRedis { server, .. } => {
                let url = server.url();
                let kept = [OsStr::new("--redis"), OsStr::new(&url)];
                let (process, address) = Process::start(&self.setup, kept, number).await?;
                (Running::Process(process), address)
            }
            Serving::Embedded(_) => {
                let embedded = Embedded::start(&self.setup, self.clock.offset.clone()).await?;
                let address = embedded.address();
                (Running::Embedded(embedded), address)
            }
        };
        *self.members[number].running.lock().await = Some(running);
        self.members[number].whereabouts.send_replace(Whereabouts::At(address));
        Ok(())
    }

    /// Lets the store fail as the run has it, or not any more.
    pub async fn store_fails(&self, fails: bool) {
        let Serving::Embedded(faults) = &self.serving else { return };
        for member in &self.members {
            if let Some(Running::Embedded(embedded)) = &*member.running.lock().await {
                embedded.faults.fail_randomly(fails.then_some(*faults));
            }
        }
    }

    pub async fn store_faults(&self) -> Option<FaultCounts> {
        match &*self.members.first()?.running.lock().await {
            Some(Running::Embedded(embedded)) => Some(embedded.faults.counts()),
            Some(Running::Process(_)) | None => None,
        }
    }

    /// Moves the clock of all of them.
    pub fn time_passes(&self, by: Duration) -> anyhow::Result<()> {
        let mut milliseconds = self.clock.milliseconds.lock().expect("nobody panics with it");
        *milliseconds += u64::try_from(by.as_millis())?;
        self.clock.offset.advance(by);
        // In one step, so that nobody reads half a number.
        let written = self.clock.file.with_extension("new");
        std::fs::write(&written, milliseconds.to_string())?;
        Ok(std::fs::rename(written, &self.clock.file)?)
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        for member in self.members {
            match member.running.into_inner() {
                Some(Running::Embedded(embedded)) => embedded.stop().await?,
                Some(Running::Process(process)) => drop(process),
                None => {}
            }
        }
        Ok(())
    }
}

/// The manifest of the workspace.
fn manifest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spin.toml")
}
