//! The gateways under test: processes that are killed, or one inside this process whose store fails.

mod embedded;
mod process;
mod program;
mod redis_proxy;
mod spin;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use tokio::sync::{Mutex, watch};
use tollbridge_runtime::{ClockOffset, FaultCounts, RandomFaults};
use tollbridge_tests::redis::RedisServer;

use embedded::EmbeddedGateway;
use process::Process;
pub use program::GatewayProgram;
use program::{LedgerStore, manifest};
pub use redis_proxy::RedisProxy;
pub use spin::SpinGateway;

/// Where the ledger is stored, and what serves it.
pub enum Deployment {
    /// One process on SQLite in the scenario's folder. While faults are on, each commit takes this much longer.
    Process { slower_commits: Duration },
    /// This many processes on one Redis, if wanted over a connection with faults. Each clock is this far ahead of the
    /// one before.
    ProcessesOnRedis {
        server: RedisServer,
        reached: RedisAccess,
        proxy: Option<RedisProxy>,
        processes: usize,
        apart: Duration,
    },
    /// Inside this process, on SQLite, with a store that fails.
    Embedded(RandomFaults),
}

/// How Redis is reached.
#[derive(Clone, Copy)]
pub enum RedisAccess {
    /// By the host, as the key-value store.
    ByTheHost,
    /// By the gateway itself, through outbound Redis.
    ByTheGateway,
}

/// The settings that every gateway is started with.
pub struct GatewaySetup {
    pub program: GatewayProgram,
    pub folder: PathBuf,
    pub config: String,
    pub secrets: String,
}

impl GatewaySetup {
    fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    fn log(&self, number: usize) -> PathBuf {
        self.folder.join(format!("gateway-{number}.log"))
    }

    /// The file that sets a member's clock.
    fn clock(&self, number: usize) -> PathBuf {
        self.folder.join(format!("clock-offset-{number}"))
    }
}

/// The gateways of a run.
pub struct Fleet {
    members: Vec<Member>,
    setup: GatewaySetup,
    serving: Deployment,
    clock: ClockShift,
    store_fails: AtomicBool,
    /// The members that are stopped at present.
    still: watch::Sender<Option<SocketAddr>>,
    has_gone_on: AtomicBool,
}

struct Member {
    whereabouts: watch::Sender<Whereabouts>,
    running: Mutex<Option<RunningGateway>>,
}

/// The address of a member.
#[derive(Clone, Copy)]
enum Whereabouts {
    /// None yet: the member is being started.
    Down,
    At(SocketAddr),
    /// None any more: the member did not start.
    Gone,
}

enum RunningGateway {
    Process(Process),
    Embedded(EmbeddedGateway),
}

impl Member {
    fn down() -> Self {
        Self { whereabouts: watch::Sender::new(Whereabouts::Down), running: Mutex::new(None) }
    }
}

/// The clocks of the gateways.
struct ClockShift {
    /// The first gateway's clock.
    milliseconds: std::sync::Mutex<u64>,
    apart: Duration,
    offset: ClockOffset,
}

impl Fleet {
    pub async fn start(setup: GatewaySetup, serving: Deployment) -> anyhow::Result<Self> {
        let (processes, apart) = match &serving {
            Deployment::ProcessesOnRedis { processes, apart, .. } => (*processes, *apart),
            Deployment::Process { .. } | Deployment::Embedded(_) => (1, Duration::ZERO),
        };
        let clock = ClockShift { milliseconds: std::sync::Mutex::new(0), apart, offset: ClockOffset::default() };
        let fleet = Self {
            members: (0..processes).map(|_| Member::down()).collect(),
            setup,
            serving,
            clock,
            store_fails: AtomicBool::new(true),
            still: watch::Sender::new(None),
            has_gone_on: AtomicBool::new(false),
        };
        fleet.time_passes(Duration::ZERO)?;
        for number in 0..processes {
            fleet.start_member(number).await?;
        }
        Ok(fleet)
    }

    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Waits until this member serves, and returns its address.
    pub async fn address(&self, number: usize) -> anyhow::Result<SocketAddr> {
        let mut whereabouts = self.members[number].whereabouts.subscribe();
        let is_known = |whereabouts: &Whereabouts| !matches!(whereabouts, Whereabouts::Down);
        match *whereabouts.wait_for(is_known).await.expect("the fleet keeps the sender") {
            Whereabouts::At(address) => Ok(address),
            Whereabouts::Down | Whereabouts::Gone => anyhow::bail!("gateway {number} did not start again"),
        }
    }

    /// Kills one member as a failing machine would, and starts it again.
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
        let (running, address) = match &self.serving {
            Deployment::Process { slower_commits } => {
                let is_slow = self.store_fails.load(Ordering::SeqCst);
                let slower_commits = if is_slow { *slower_commits } else { Duration::ZERO };
                self.start_process(&LedgerStore::Sqlite { slower_commits }, number).await?
            }
            Deployment::ProcessesOnRedis { server, reached, proxy, .. } => {
                let url = proxy.as_ref().map_or_else(|| server.url(), RedisProxy::url);
                let kept = match reached {
                    RedisAccess::ByTheHost => LedgerStore::Redis(url),
                    RedisAccess::ByTheGateway => LedgerStore::OutboundRedis(url),
                };
                self.start_process(&kept, number).await?
            }
            Deployment::Embedded(_) => {
                let embedded = EmbeddedGateway::start(&self.setup, self.clock.offset.clone()).await?;
                let address = embedded.address();
                (RunningGateway::Embedded(embedded), address)
            }
        };
        *self.members[number].running.lock().await = Some(running);
        self.members[number].whereabouts.send_replace(Whereabouts::At(address));
        Ok(())
    }

    async fn start_process(&self, kept: &LedgerStore, number: usize) -> anyhow::Result<(RunningGateway, SocketAddr)> {
        let start = self.setup.program.start(&self.setup, kept, number)?;
        let (process, address) = Process::start(start, &self.setup.log(number)).await?;
        Ok((RunningGateway::Process(process), address))
    }

    /// Switches the faults of the store on or off.
    pub async fn store_fails(&self, fails: bool) -> anyhow::Result<()> {
        let was = self.store_fails.swap(fails, Ordering::SeqCst);
        match &self.serving {
            Deployment::Embedded(faults) => {
                for member in &self.members {
                    if let Some(RunningGateway::Embedded(embedded)) = &*member.running.lock().await {
                        embedded.faults.fail_randomly(fails.then_some(*faults));
                    }
                }
            }
            // The speed of the disk is an option at the start of a process.
            Deployment::Process { slower_commits } if fails != was && *slower_commits > Duration::ZERO => {
                self.kill_and_restart(0).await?;
            }
            Deployment::ProcessesOnRedis { proxy: Some(proxy), .. } => proxy.is_bad(fails).await,
            Deployment::Process { .. } | Deployment::ProcessesOnRedis { proxy: None, .. } => {}
        }
        Ok(())
    }

    /// The connection to Redis, if it goes through this program.
    pub fn proxy(&self) -> Option<&RedisProxy> {
        match &self.serving {
            Deployment::ProcessesOnRedis { proxy, .. } => proxy.as_ref(),
            Deployment::Process { .. } | Deployment::Embedded(_) => None,
        }
    }

    /// Stops one member in the middle of its work. No further call goes to it, and the callers that wait for it give
    /// up.
    pub async fn stand_still(&self, number: usize) -> anyhow::Result<()> {
        let address = self.address(number).await?;
        self.signal(number, Signal::STOP).await?;
        self.still.send_replace(Some(address));
        Ok(())
    }

    /// Resumes a stopped member.
    pub async fn go_on(&self, number: usize) -> anyhow::Result<()> {
        self.signal(number, Signal::CONT).await?;
        self.has_gone_on.store(true, Ordering::SeqCst);
        self.still.send_replace(None);
        Ok(())
    }

    async fn signal(&self, number: usize, signal: Signal) -> anyhow::Result<()> {
        match &*self.members[number].running.lock().await {
            Some(RunningGateway::Process(process)) => process.signal(signal),
            Some(RunningGateway::Embedded(_)) | None => anyhow::bail!("gateway {number} is no process of its own"),
        }
    }

    pub fn is_still(&self, address: SocketAddr) -> bool {
        *self.still.borrow() == Some(address)
    }

    /// Waits until the member at this address is stopped.
    pub async fn stands_still(&self, address: SocketAddr) {
        let mut still = self.still.subscribe();
        // The sender is a field of this struct, so it is never dropped first.
        let _ = still.wait_for(|still| *still == Some(address)).await;
    }

    /// How many operations were not sent because their time to be sent was over, as the gateways' logs say.
    pub fn came_too_late(&self) -> anyhow::Result<u64> {
        let mut lines = 0;
        for number in 0..self.members.len() {
            let log = std::fs::read_to_string(self.setup.log(number))?;
            lines += log.lines().filter(|line| line.contains("\"too_late\"")).count();
        }
        Ok(u64::try_from(lines)?)
    }

    /// Whether a member was resumed since the last call of this function.
    pub fn has_gone_on(&self) -> bool {
        self.has_gone_on.swap(false, Ordering::SeqCst)
    }

    pub async fn store_faults(&self) -> Option<FaultCounts> {
        match &*self.members.first()?.running.lock().await {
            Some(RunningGateway::Embedded(embedded)) => Some(embedded.faults.counts()),
            Some(RunningGateway::Process(_)) | None => None,
        }
    }

    /// Whether the gateways' clocks differ by more than a drain allows between its clock and the services'.
    pub fn clocks_are_apart(&self) -> bool {
        self.clock.apart > Duration::from_secs(30)
    }

    /// Moves the clocks of all gateways.
    pub fn time_passes(&self, by: Duration) -> anyhow::Result<()> {
        let mut milliseconds = self.clock.milliseconds.lock().expect("nobody panics with it");
        *milliseconds += u64::try_from(by.as_millis())?;
        self.clock.offset.advance(by);
        let mut ahead = *milliseconds;
        for number in 0..self.members.len() {
            put(&self.setup.clock(number), &self.setup.program.clock(ahead))?;
            ahead += u64::try_from(self.clock.apart.as_millis())?;
        }
        Ok(())
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        for member in self.members {
            match member.running.into_inner() {
                Some(RunningGateway::Embedded(embedded)) => embedded.stop().await?,
                Some(RunningGateway::Process(process)) => drop(process),
                None => {}
            }
        }
        Ok(())
    }
}

/// Replaces the text of a file in one step, so that nobody reads half of it.
fn put(file: &Path, text: &str) -> std::io::Result<()> {
    let written = file.with_extension("new");
    std::fs::write(&written, text)?;
    std::fs::rename(written, file)
}
