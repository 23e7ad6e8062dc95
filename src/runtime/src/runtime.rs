//! Serves an application: starts, observes and stops it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::activity::Activity;
use crate::allowed_hosts::{AllowedHostError, AllowedHosts};
use crate::application::Application;
use crate::counters::{Counters, Meter};
use crate::host::Services;
use crate::invocation::Invoker;
use crate::manifest::{Manifest, ManifestError};
use crate::options::Options;
use crate::outbound::Outbound;
use crate::server::serve;
use crate::store::{BackendError, GuardedStore, OpenError, open};

/// An application that is being served. Dropping it closes the listener; only [`Runtime::stop`] waits for running
/// requests.
pub struct Runtime {
    address: SocketAddr,
    services: Arc<Services>,
    activity: Activity,
    meter: Arc<Meter>,
    stop_limit: Duration,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// Why an application cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A required variable has no value.
    #[error("the variable `{name}` has no value: set SPIN_VARIABLE_{}", .name.to_uppercase())]
    MissingVariable {
        /// The variable's name.
        name: String,
    },
    /// The options set a variable that the manifest does not declare.
    #[error("a value is given for the variable `{name}`, but the manifest declares only {declared:?}")]
    UndeclaredVariable {
        /// The variable's name.
        name: String,
        /// The declared variables.
        declared: Vec<String>,
    },
    /// An entry of `allowed_outbound_hosts` is invalid after its variables are filled in.
    #[error(transparent)]
    AllowedHosts(#[from] AllowedHostError),
    /// The key-value store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The runtime cannot listen on the address.
    #[error("cannot listen on {address}: {source}; is something else running there?")]
    Listen {
        /// The address from the options.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

/// Why an application did not stop cleanly. It has stopped all the same.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// Some requests were still running at the deadline and were aborted.
    #[error("{running} requests were still running after {} seconds and were aborted", .limit.as_secs())]
    Unfinished {
        /// The number of aborted requests.
        running: usize,
        /// How long the runtime waited for them.
        limit: Duration,
    },
    /// The key-value store did not close cleanly.
    #[error("closing the key-value store failed: {0}")]
    Store(#[from] BackendError),
}

impl Runtime {
    /// Starts serving. The caller must be inside a Tokio runtime with time and I/O enabled.
    ///
    /// ```no_run
    /// # async fn start(application: &tollbridge_runtime::Application) -> Result<(), Box<dyn std::error::Error>> {
    /// use tollbridge_runtime::{CapturedLog, Log, Options, Runtime};
    ///
    /// let log = CapturedLog::new(); let runtime = Runtime::start(application, Options { log:
    /// Log::Capture(log.clone()), ..Options::default() }).await?; println!("serving on http://{}", runtime.address());
    /// runtime.idle().await; println!("{} requests, output: {}", runtime.counters().requests, log.text());
    /// runtime.stop().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start(application: &Application, options: Options) -> Result<Runtime, StartError> {
        let manifest = application.manifest();
        let values = variable_values(manifest, options.variables)?;
        let component = &manifest.component;
        let allowed = component.allowed_outbound_hosts.iter().map(|entry| entry.fill(&values));
        let allowed = Arc::new(AllowedHosts::parse(allowed)?);
        let listening = |source| StartError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;

        let meter = Arc::new(Meter::default());
        let backend = open(options.state, options.slower_commits).await?;
        let services = Arc::new(Services {
            variables: filled(manifest, &values),
            stores: component.key_value_stores.clone(),
            store: GuardedStore::new(backend, meter.clone(), options.store_faults),
            outbound: Outbound::new(allowed.clone(), meter.clone(), options.limits),
            allowed,
            meter: meter.clone(),
            log: options.log,
            clock: options.clock_offset,
            redis_clock: options.redis_clock_offset,
        });
        let activity = Activity::new();
        let invoker = Invoker {
            application: application.clone(),
            services: services.clone(),
            activity: activity.clone(),
            meter: meter.clone(),
            instances: Arc::new(Semaphore::new(options.limits.instances.min(Semaphore::MAX_PERMITS))),
            limits: options.limits,
            limit: options.request_limit,
        };
        let (stop, stopped) = oneshot::channel();
        Ok(Runtime {
            address,
            services,
            activity,
            meter,
            stop_limit: options.stop_limit,
            stop,
            server: tokio::spawn(serve(listener, invoker, stopped)),
        })
    }

    /// The address that the runtime listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The counts so far.
    pub fn counters(&self) -> Counters {
        self.meter.snapshot(self.services.store.commits())
    }

    /// Resolves when no invocation is running, including work after the response.
    pub async fn idle(&self) {
        self.activity.idle().await;
    }

    /// Stops accepting connections, waits for running requests and the component's work after its responses, and closes
    /// the store. After the options' `stop_limit`, it aborts the rest.
    pub async fn stop(self) -> Result<(), StopError> {
        // Sending fails only if the server has already ended.
        let _ = self.stop.send(());
        let mut server = self.server;
        let finished = tokio::time::timeout(self.stop_limit, async {
            let _ = (&mut server).await;
            self.activity.idle().await;
        });
        let mut unfinished = 0;
        if finished.await.is_err() {
            unfinished = self.activity.running();
            server.abort();
            self.activity.abandon();
            self.activity.idle().await;
        }
        self.services.store.close().await?;
        // The only other connections that outlast the deadline are those whose clients do not read.
        if unfinished > 0 {
            return Err(StopError::Unfinished { running: unfinished, limit: self.stop_limit });
        }
        Ok(())
    }
}

/// Why the component's variables cannot be determined.
#[derive(Debug, thiserror::Error)]
pub enum VariablesError {
    /// The manifest cannot be served.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The values do not match the manifest.
    #[error(transparent)]
    Values(#[from] StartError),
}

/// The variables that a manifest's component gets with these values, without serving it.
///
/// # Errors
/// The manifest cannot be read, or a value is missing or undeclared.
///
/// ```
/// use std::collections::BTreeMap;
///
/// let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spin.toml");
/// let values = BTreeMap::from([("config".to_owned(), "[sites.tr]".to_owned())]);
/// let variables = tollbridge_runtime::component_variables(manifest.as_ref(), values)?;
/// assert_eq!(variables["config"], "[sites.tr]");
/// # Ok::<(), tollbridge_runtime::VariablesError>(())
/// ```
pub fn component_variables(
    manifest: &Path,
    given: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, VariablesError> {
    let manifest = Manifest::read(manifest)?;
    let values = variable_values(&manifest, given)?;
    Ok(filled(&manifest, &values))
}

fn filled(manifest: &Manifest, values: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    manifest.component.variables.iter().map(|(name, template)| (name.clone(), template.fill(values))).collect()
}

/// The value of every variable that the manifest declares.
fn variable_values(
    manifest: &Manifest,
    mut given: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, StartError> {
    let values = manifest
        .variables
        .iter()
        .map(|(name, default)| {
            let value = given.remove(name).or_else(|| default.clone());
            match value {
                Some(value) => Ok((name.clone(), value)),
                None => Err(StartError::MissingVariable { name: name.clone() }),
            }
        })
        .collect::<Result<_, _>>()?;
    // Spin would ignore it; it is better to find a misspelt name here than in production.
    match given.pop_first() {
        None => Ok(values),
        Some((name, _)) => {
            Err(StartError::UndeclaredVariable { name, declared: manifest.variables.keys().cloned().collect() })
        }
    }
}
