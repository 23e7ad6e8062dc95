//! Spin itself, where a run of the tests names one: its own process group on a port that the system chooses, which ends
//! when it is dropped.

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};

use crate::caller::Client;
use crate::group::ProcessGroup;

/// The environment variable with the path of the program.
pub const VARIABLE: &str = "TOLLBRIDGE_TEST_SPIN";

/// The longest that compiling an application, and the work of a component, may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// The most memory, in bytes, that a component gets: as much as in the embedded runtime.
const MEMORY: &str = "134217728";

/// The log level, and what Spin logs at it for a request and for the component that serves it. The component runs
/// between `STARTED` and `ENDED`.
const LEVEL: &str = "warn,spin_trigger_http=trace";
const REQUESTED: &str = "Processing request on path '";
const STARTED: &str = "Executing request using the Wasi executor";
const ENDED: &str = "wasi-http memory consumed";

/// The path of a request that does nothing, followed by its number.
const PROBE: &str = "/is-it-idle-";

static PROBES: AtomicU64 = AtomicU64::new(1);

/// The Spin that this run is on; `None` on the embedded runtime.
pub fn program() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).map(PathBuf::from)
}

/// How to start an application.
pub struct StartOptions<'s> {
    pub manifest: &'s Path,
    /// The folder of Spin's own key-value store. By default it is temporary.
    pub state: Option<&'s Path>,
    /// The content of Spin's runtime configuration.
    pub runtime_config: Option<String>,
    pub variables: &'s [(String, String)],
}

/// An application that Spin serves.
pub struct Spin {
    group: ProcessGroup,
    address: SocketAddr,
    seen: watch::Receiver<LogState>,
    /// Holds the variables, and what the component prints.
    folder: TempDir,
    printed: Arc<Mutex<String>>,
}

/// What Spin's log has shown so far.
#[derive(Clone, Copy, Default)]
struct LogState {
    /// Requests other than probes.
    requests: u64,
    started: u64,
    ended: u64,
    /// The highest number of a probe that arrived.
    probe: u64,
}

impl Spin {
    /// Starts Spin, and returns once it serves.
    ///
    /// # Errors
    /// It does not start. The error contains what it printed.
    pub async fn start(program: &Path, with: &StartOptions<'_>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = up(program, with, folder.path())?;
        command.arg("--quiet").env("RUST_LOG", LEVEL).stderr(Stdio::piped());
        let mut group = ProcessGroup::start(&mut command)?;
        let printed = Arc::new(Mutex::new(String::new()));
        let seen = follow(group.leader.stderr.take().context("Spin has no standard error")?, printed.clone());
        let serving = serving(group.leader.stdout.take().context("Spin has no standard output")?);
        let words = || printed.lock().map(|printed| printed.clone()).unwrap_or_default();
        match tokio::time::timeout(PATIENCE, serving).await {
            Ok(Ok(address)) => Ok(Self { group, address, seen, folder, printed }),
            Ok(Err(_)) => {
                let status = group.leader.wait()?;
                // The other thread may still be reading the last of the output.
                while seen.has_changed().is_ok() {
                    tokio::task::yield_now().await;
                }
                bail!("{} ended with {status}: {}", program.display(), words())
            }
            Err(_) => bail!("{} did not serve within {PATIENCE:?}: {}", program.display(), words()),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests arrived, without the probes.
    ///
    /// # Errors
    /// Spin ended.
    pub async fn requests(&self) -> anyhow::Result<u64> {
        Ok(self.seen_when(|_| true).await?.requests)
    }

    /// Returns once no component runs. Deferred work of earlier requests is then done too.
    ///
    /// # Errors
    /// Spin ended, or a component runs too long.
    pub async fn idle(&self) -> anyhow::Result<()> {
        self.seen_when(|seen| seen.started == seen.ended).await.map(drop)
    }

    /// The first state of the log from now on that fulfils this condition.
    async fn seen_when(&self, condition: impl Fn(&LogState) -> bool) -> anyhow::Result<LogState> {
        // Reading the log lags behind Spin. A request after all others shows that it has been read up to here.
        let number = PROBES.fetch_add(1, Ordering::Relaxed);
        Client::new(self.address).call("GET", &format!("{PROBE}{number}")).send().await?;
        let mut seen = self.seen.clone();
        let matching = seen.wait_for(|seen| seen.probe >= number && condition(seen));
        match tokio::time::timeout(PATIENCE, matching).await {
            Ok(Ok(seen)) => Ok(*seen),
            Ok(Err(_)) => {
                bail!("Spin ended: {}", self.printed.lock().map(|printed| printed.clone()).unwrap_or_default())
            }
            Err(_) => bail!("a component still runs after {PATIENCE:?}"),
        }
    }

    /// The files with the output of this component.
    pub fn logs(&self, component: &str) -> [PathBuf; 2] {
        ["stdout", "stderr"].map(|stream| self.folder.path().join("logs").join(format!("{component}_{stream}.txt")))
    }

    /// Ends Spin once no component runs.
    ///
    /// # Errors
    /// As [`Spin::idle`].
    pub async fn stop(self) -> anyhow::Result<()> {
        self.idle().await?;
        drop(self.group);
        Ok(())
    }
}

/// The command that starts an application on a port that the system chooses. What Spin reads and writes for it is in
/// this folder, and stays there when Spin is killed.
///
/// # Errors
/// The folder cannot be written to.
pub fn up(program: &Path, with: &StartOptions<'_>, folder: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(program);
    command.arg("up").arg("--from").arg(with.manifest).args(["--listen", "127.0.0.1:0"]);
    let state = with.state.map_or_else(|| folder.join("state"), Path::to_owned);
    command.arg("--state-dir").arg(state).arg("--log-dir").arg(folder.join("logs"));
    if let Some(text) = &with.runtime_config {
        let file = folder.join("runtime-config.toml");
        std::fs::write(&file, text)?;
        command.arg("--runtime-config-file").arg(file);
    }
    for (name, value) in with.variables {
        let file = folder.join(name);
        std::fs::write(&file, value)?;
        command.arg("--variable").arg(format!("{name}=@{}", file.display()));
    }
    command.env("SPIN_MAX_INSTANCE_MEMORY", MEMORY).env("TMPDIR", folder);
    Ok(command)
}

/// The runtime configuration that keeps the key-value store on this Redis.
pub fn key_value_on_redis(url: &str) -> String {
    format!("[key_value_store.default]\ntype = \"redis\"\nurl = \"{url}\"\n")
}

/// The error that Spin prints for an application that it does not start.
///
/// # Errors
/// Spin serves the application.
pub fn refusal(program: &Path, manifest: &Path) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let with = StartOptions { manifest, state: None, runtime_config: None, variables: &[] };
    let mut command = up(program, &with, folder.path())?;
    let mut group = ProcessGroup::start(command.arg("--quiet").env("RUST_LOG", LEVEL).stderr(Stdio::piped()))?;
    let output = group.leader.stdout.take().context("Spin has no standard output")?;
    if BufReader::new(output).lines().map_while(Result::ok).any(|line| address(&line).is_some()) {
        bail!("{} is served", manifest.display());
    }
    let mut printed = String::new();
    group.leader.stderr.take().context("Spin has no standard error")?.read_to_string(&mut printed)?;
    anyhow::ensure!(!group.leader.wait()?.success(), "{} ended without an error: {printed}", manifest.display());
    Ok(printed)
}

/// The address in the line that reports that Spin serves.
pub fn address(line: &str) -> Option<SocketAddr> {
    // There may be colour codes between the two.
    line.split_once("Serving")?.1.split_once("http://")?.1.trim().parse().ok()
}

/// Reads the output to its end, and sends the address once it is known.
fn serving(output: impl Read + Send + 'static) -> oneshot::Receiver<SocketAddr> {
    let (served, serving) = oneshot::channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        if let Some(address) = lines.by_ref().find_map(|line| address(&line)) {
            // The receiver may be gone.
            let _ = served.send(address);
        }
        lines.for_each(drop);
    });
    serving
}

/// Reads the log to its end: counts what it says about requests, and collects everything else.
fn follow(log: impl Read + Send + 'static, printed: Arc<Mutex<String>>) -> watch::Receiver<LogState> {
    let (sender, seen) = watch::channel(LogState::default());
    std::thread::spawn(move || {
        let mut log = BufReader::new(log);
        let mut line = Vec::new();
        while log.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            sender.send_modify(|seen| {
                if let Some((_, path)) = text.split_once(REQUESTED) {
                    match path.strip_prefix(PROBE).and_then(|number| number.split('\'').next()?.parse().ok()) {
                        Some(number) => seen.probe = seen.probe.max(number),
                        None => seen.requests += 1,
                    }
                } else if text.contains(STARTED) {
                    seen.started += 1;
                } else if text.contains(ENDED) {
                    seen.ended += 1;
                } else if let Ok(mut printed) = printed.lock() {
                    printed.push_str(&text);
                }
            });
            line.clear();
        }
    });
    seen
}
