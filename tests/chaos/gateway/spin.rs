//! Spin itself as a gateway, with a clock that libfaketime moves, and a disk that strace makes slow.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use tollbridge_tests::caller::Client;
use tollbridge_tests::spin::{self, StartOptions};

use super::process::Process;
use super::program::{LedgerStore, ProcessStart, manifest};
use super::{GatewaySetup, put};

/// Where systems keep libfaketime. The one for several threads reads the time of one at once.
const LIBRARIES: [&str; 4] = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"];
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

/// How many instances Spin may run at once. A request needs four, one for each component. The default is 1,000, and a
/// request for which there is no instance left is answered 500. With many connections, each may have two requests in
/// progress.
const INSTANCES: &str = "2400";

/// How far the clock is moved to check that it moves, in milliseconds, and how much of that has to show, in seconds.
const MOVED: u64 = 24 * 60 * 60 * 1000;
const SEEN: i64 = 12 * 60 * 60;

/// How long it may take until a response shows the moved clock, and how often that is checked.
const UNTIL_SEEN: Duration = Duration::from_secs(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub struct SpinGateway {
    program: PathBuf,
    version: String,
    library: PathBuf,
    strace: Option<PathBuf>,
}

impl SpinGateway {
    /// This program, after a check that it follows a moved clock.
    pub async fn find(program: &Path) -> anyhow::Result<Self> {
        let program = program.canonicalize().with_context(|| format!("there is no program {}", program.display()))?;
        let version = Command::new(&program).arg("--version").output();
        let version = version.with_context(|| format!("{} does not start", program.display()))?;
        let Some(library) = library() else {
            bail!("libfaketime moves the clock of Spin, and is not installed: `apt-get install faketime`");
        };
        let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
        let spin = Self { program, version, library, strace: installed("strace") };
        spin.clock_moves().await?;
        Ok(spin)
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether its commits can be made slow.
    pub fn can_be_slow(&self) -> bool {
        self.strace.is_some()
    }

    /// The text that libfaketime reads for a clock that is this many milliseconds ahead.
    pub fn clock(ahead: u64) -> String {
        format!("+{}.{:03}", ahead / 1000, ahead % 1000)
    }

    pub fn start(&self, setup: &GatewaySetup, kept: &LedgerStore, number: usize) -> anyhow::Result<ProcessStart> {
        let folder = setup.folder.join(format!("spin-{number}"));
        std::fs::create_dir_all(&folder)?;
        let state = setup.state();
        let mut variables =
            vec![("config".to_owned(), setup.config.clone()), ("secrets".to_owned(), setup.secrets.clone())];
        let mut with = StartOptions { manifest: &manifest(kept), state: None, runtime_config: None, variables: &[] };
        let mut slower = Duration::ZERO;
        match kept {
            LedgerStore::Sqlite { slower_commits } => {
                with.state = Some(&state);
                slower = *slower_commits;
            }
            LedgerStore::Redis(url) => with.runtime_config = Some(spin::key_value_on_redis(url)),
            LedgerStore::OutboundRedis(url) => variables.push(("redis_url".to_owned(), url.clone())),
        }
        with.variables = &variables;
        let mut start = self.up(&with, &folder, &setup.clock(number))?;
        if slower > Duration::ZERO {
            let strace = self.strace.as_ref().context("only strace makes its disk slow")?;
            start.command = slowed(strace, &start.command, &state.join("sqlite_key_value.db"), slower);
        }
        Ok(start)
    }

    /// Starts Spin with the clock of this file. Its time limits follow the monotonic clock, which is not moved.
    fn up(&self, with: &StartOptions<'_>, folder: &Path, clock: &Path) -> anyhow::Result<ProcessStart> {
        let mut command = spin::up(&self.program, with, folder)?;
        command.env("RUST_LOG", "warn").env("SPIN_MAX_INSTANCE_COUNT", INSTANCES).env("LD_PRELOAD", &self.library);
        command.env_remove("FAKETIME").env("FAKETIME_TIMESTAMP_FILE", clock).env("FAKETIME_NO_CACHE", "1");
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
        // Versions of libfaketime that know this variable share no memory, and leave none behind.
        command.env_remove("FAKETIME_SHARED").env("FAKETIME_DISABLE_SHM", "1");
        Ok(ProcessStart { command, address: spin::address, ended: forget })
    }

    /// Moves the clock of a running Spin and checks the dates of its responses. This start also compiles the
    /// application for the later ones.
    async fn clock_moves(&self) -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let clock = folder.path().join("clock");
        put(&clock, &Self::clock(0))?;
        let manifest = manifest(&LedgerStore::Sqlite { slower_commits: Duration::ZERO });
        let with = StartOptions { manifest: &manifest, state: None, runtime_config: None, variables: &[] };
        let log = folder.path().join("log");
        let started = Process::start(self.up(&with, folder.path(), &clock)?, &log).await;
        let (_process, address) = match started {
            Ok(started) => started,
            Err(error) => bail!("{error:#}: {}", std::fs::read_to_string(log)?),
        };
        let before = date(address).await?;
        put(&clock, &Self::clock(MOVED))?;
        let moved = async {
            while date(address).await?.duration_since(before).as_secs() < SEEN {
                // Spin may send a date that it computed up to a second ago.
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
            anyhow::Ok(())
        };
        let Ok(moved) = tokio::time::timeout(UNTIL_SEEN, moved).await else {
            let (library, program) = (self.library.display(), self.program.display());
            bail!("{library} does not move the clock of {program}: is that linked statically?")
        };
        moved
    }
}

/// The `Date` of a response from this address.
async fn date(address: SocketAddr) -> anyhow::Result<Timestamp> {
    let reply = Client::new(address).call("GET", "/").send().await?;
    let date = reply.header("date").context("Spin's answer has no date")?;
    Ok(jiff::fmt::rfc2822::parse(date)?.timestamp())
}

/// libfaketime, where it is installed.
fn library() -> Option<PathBuf> {
    let folders = LIBRARIES.iter().flat_map(|folder| {
        // Debian has a folder for each architecture.
        let within = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        std::iter::once(PathBuf::from(folder)).chain(within)
    });
    folders.map(|folder| folder.join(LIBRARY)).find(|library| library.is_file())
}

/// The program of this name on the path.
fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The same command, with each sync of this file delayed by this time. Spin's SQLite syncs the database once per
/// commit.
fn slowed(strace: &Path, command: &Command, file: &Path, slower: Duration) -> Command {
    let mut slowed = Command::new(strace);
    let delay = slower.as_micros();
    slowed.args(["--follow-forks", "--seccomp-bpf", "--quiet=all", "--signal=none", "--output=/dev/null"]);
    slowed.args(["--trace=fsync,fdatasync", &format!("--inject=fsync,fdatasync:delay_enter={delay}")]);
    slowed.arg("--trace-path").arg(file).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => slowed.env(name, value),
            None => slowed.env_remove(name),
        };
    }
    slowed
}

/// Removes the memory that libfaketime shared among these processes. A process that is killed does not remove it.
fn forget(leader: u32) {
    for name in [format!("faketime_shm_{leader}"), format!("sem.faketime_sem_{leader}")] {
        // A version that shares none has nothing to remove.
        let _ = std::fs::remove_file(Path::new("/dev/shm").join(name));
    }
}
