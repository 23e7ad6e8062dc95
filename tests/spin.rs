//! Spin itself, where a run of the tests names one: a process of its own on a port that the system chooses, gone with its
//! whole group when it is dropped.

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
use crate::group::Group;

/// Names the program for a whole run of the tests.
pub const VARIABLE: &str = "TOLLBRIDGE_TEST_SPIN";

/// How long it may take to compile an application, and how long the gateway may go on working, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(300);

/// The most memory, in bytes, that a component gets: as much as in the embedded runtime.
const MEMORY: &str = "134217728";

/// What Spin logs of a request and of the component that serves it. Between the last two the component runs.
const LEVEL: &str = "warn,spin_trigger_http=trace";
const REQUESTED: &str = "Processing request on path '";
const BEGUN: &str = "Executing request using the Wasi executor";
const ENDED: &str = "wasi-http memory consumed";

/// The path of a request that asks nothing, followed by its number.
const PROBE: &str = "/is-it-idle-";

static PROBES: AtomicU64 = AtomicU64::new(1);

/// The program that this run is on; none where it is on the embedded runtime.
pub fn program() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).map(PathBuf::from)
}

/// What an application is started with.
pub struct Started<'s> {
    pub manifest: &'s Path,
    /// Where Spin keeps its own key-value store; a folder that is gone with it where none is named.
    pub state: Option<&'s Path>,
    /// The content of its runtime configuration, if there is one.
    pub runtime_config: Option<String>,
    pub variables: &'s [(String, String)],
}

/// An application that Spin serves.
pub struct Spin {
    group: Group,
    address: SocketAddr,
    seen: watch::Receiver<Seen>,
    /// What it is started with, and what the component prints.
    folder: TempDir,
    said: Arc<Mutex<String>>,
}

/// What Spin's log told so far.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// Requests that are no probes.
    requests: u64,
    begun: u64,
    ended: u64,
    /// The number of the last probe that came.
    probe: u64,
}

impl Spin {
    /// Starts it, and returns when it serves.
    ///
    /// # Errors
    /// It does not start; the error has what it said.
    pub async fn start(program: &Path, with: &Started<'_>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = up(program, with, folder.path())?;
        command.arg("--quiet").env("RUST_LOG", LEVEL).stderr(Stdio::piped());
        let mut group = Group::start(&mut command)?;
        let said = Arc::new(Mutex::new(String::new()));
        let seen = follow(group.leader.stderr.take().context("it has no standard error")?, said.clone());
        let serving = serving(group.leader.stdout.take().context("it has no standard output")?);
        let words = || said.lock().map(|said| said.clone()).unwrap_or_default();
        match tokio::time::timeout(PATIENCE, serving).await {
            Ok(Ok(address)) => Ok(Self { group, address, seen, folder, said }),
            Ok(Err(_)) => {
                let status = group.leader.wait()?;
                // The other thread may be reading what it said last.
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

    /// How many requests came that somebody else sent.
    ///
    /// # Errors
    /// It ended.
    pub async fn requests(&self) -> anyhow::Result<u64> {
        Ok(self.seen_once(|_| true).await?.requests)
    }

    /// Returns when no component runs: whatever was answered before is also done with what comes after its answer.
    ///
    /// # Errors
    /// It ended, or a component goes on too long.
    pub async fn idle(&self) -> anyhow::Result<()> {
        self.seen_once(|seen| seen.begun == seen.ended).await.map(drop)
    }

    /// What the log told when it was like this for the first time from now on.
    async fn seen_once(&self, like: impl Fn(&Seen) -> bool) -> anyhow::Result<Seen> {
        // The log is read behind Spin's back. A request that comes after all others says when it was read so far.
        let number = PROBES.fetch_add(1, Ordering::Relaxed);
        Client::new(self.address).call("GET", &format!("{PROBE}{number}")).send().await?;
        let mut seen = self.seen.clone();
        let once = seen.wait_for(|seen| seen.probe >= number && like(seen));
        match tokio::time::timeout(PATIENCE, once).await {
            Ok(Ok(seen)) => Ok(*seen),
            Ok(Err(_)) => bail!("Spin ended: {}", self.said.lock().map(|said| said.clone()).unwrap_or_default()),
            Err(_) => bail!("a component still runs after {PATIENCE:?}"),
        }
    }

    /// The files that have what a component of this name prints.
    pub fn logs(&self, component: &str) -> [PathBuf; 2] {
        ["stdout", "stderr"].map(|stream| self.folder.path().join("logs").join(format!("{component}_{stream}.txt")))
    }

    /// Ends it once no component runs.
    ///
    /// # Errors
    /// As [`Spin::idle`].
    pub async fn stop(self) -> anyhow::Result<()> {
        self.idle().await?;
        drop(self.group);
        Ok(())
    }
}

/// The command that starts an application on a port that the system chooses. What Spin reads and writes for it is in this
/// folder, and stays there when Spin is killed.
///
/// # Errors
/// The folder cannot be written to.
pub fn up(program: &Path, with: &Started<'_>, folder: &Path) -> anyhow::Result<Command> {
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

/// What Spin says of an application that it does not start.
///
/// # Errors
/// It serves it.
pub fn refusal(program: &Path, manifest: &Path) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let with = Started { manifest, state: None, runtime_config: None, variables: &[] };
    let mut command = up(program, &with, folder.path())?;
    let mut group = Group::start(command.arg("--quiet").env("RUST_LOG", LEVEL).stderr(Stdio::piped()))?;
    let output = group.leader.stdout.take().context("it has no standard output")?;
    if BufReader::new(output).lines().map_while(Result::ok).any(|line| address(&line).is_some()) {
        bail!("{} is served", manifest.display());
    }
    let mut said = String::new();
    group.leader.stderr.take().context("it has no standard error")?.read_to_string(&mut said)?;
    anyhow::ensure!(!group.leader.wait()?.success(), "{} ended without an error: {said}", manifest.display());
    Ok(said)
}

/// The address in the line that says that it serves.
pub fn address(line: &str) -> Option<SocketAddr> {
    // There may be colours between the two.
    line.split_once("Serving")?.1.split_once("http://")?.1.trim().parse().ok()
}

/// Reads the output to its end, and gives the address once it is there.
fn serving(output: impl Read + Send + 'static) -> oneshot::Receiver<SocketAddr> {
    let (served, serving) = oneshot::channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        if let Some(address) = lines.by_ref().find_map(|line| address(&line)) {
            // Whoever started it may be gone.
            let _ = served.send(address);
        }
        lines.for_each(drop);
    });
    serving
}

/// Reads the log to its end: counts what it tells of requests, and keeps the rest.
fn follow(log: impl Read + Send + 'static, said: Arc<Mutex<String>>) -> watch::Receiver<Seen> {
    let (tell, seen) = watch::channel(Seen::default());
    std::thread::spawn(move || {
        let mut log = BufReader::new(log);
        let mut line = Vec::new();
        while log.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            tell.send_modify(|seen| {
                if let Some((_, path)) = text.split_once(REQUESTED) {
                    match path.strip_prefix(PROBE).and_then(|number| number.split('\'').next()?.parse().ok()) {
                        Some(number) => seen.probe = seen.probe.max(number),
                        None => seen.requests += 1,
                    }
                } else if text.contains(BEGUN) {
                    seen.begun += 1;
                } else if text.contains(ENDED) {
                    seen.ended += 1;
                } else if let Ok(mut said) = said.lock() {
                    said.push_str(&text);
                }
            });
            line.clear();
        }
    });
    seen
}
