//! An application being served: started, watched, stopped.

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
use crate::store::{GuardedStore, OpenError, StoreError, open};

/// An application being served. When it is dropped, no new connection is accepted; only [`Runtime::stop`] waits for
/// what is running.
pub struct Runtime {
    address: SocketAddr,
    services: Arc<Services>,
    activity: Activity,
    meter: Arc<Meter>,
    stop_limit: Duration,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// Why an application could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A required variable has no value.
    #[error("the variable `{name}` has no value: set SPIN_VARIABLE_{}", .name.to_uppercase())]
    MissingVariable {
        /// The variable.
        name: String,
    },
    /// A value is given for a variable that the manifest does not declare.
    #[error("a value is given for the variable `{name}`, but the manifest declares only {declared:?}")]
    UndeclaredVariable {
        /// The variable.
        name: String,
        /// Those that there are.
        declared: Vec<String>,
    },
    /// An entry of `allowed_outbound_hosts` makes no sense once its variables are filled in.
    #[error(transparent)]
    AllowedHosts(#[from] AllowedHostError),
    /// The key-value store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; is something else running there?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Why an application did not stop cleanly. It has stopped all the same.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// Some requests were still running at the deadline and were broken off.
    #[error("{running} requests were still running after {} seconds and were broken off", .limit.as_secs())]
    Unfinished {
        /// How many.
        running: usize,
        /// How long they were waited for.
        limit: Duration,
    },
    /// The key-value store did not close cleanly.
    #[error("closing the key-value store failed: {0}")]
    Store(#[from] StoreError),
}

impl Runtime {
    /// Starts serving. It must be called inside a Tokio runtime with time and I/O enabled.
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

    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was done so far.
    pub fn counters(&self) -> Counters {
        self.meter.snapshot(self.services.store.commits())
    }

    /// Resolves when no invocation is running, not even after its response.
    pub async fn idle(&self) {
        self.activity.idle().await;
    }

    /// Takes no new connections, waits for the running requests and for what the component does after its responses,
    /// and closes the store. What is not finished within the options' `stop_limit` is broken off.
    pub async fn stop(self) -> Result<(), StopError> {
        // Failure means that the server has ended already.
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
        // What else can outlast the deadline are connections whose clients do not read.
        if unfinished > 0 {
            return Err(StopError::Unfinished { running: unfinished, limit: self.stop_limit });
        }
        Ok(())
    }
}

/// Why it cannot be told what a manifest's component is given.
#[derive(Debug, thiserror::Error)]
pub enum VariablesError {
    /// The manifest is not one that can be served.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The values do not fit it.
    #[error(transparent)]
    Values(#[from] StartError),
}

/// The variables that a manifest's component is given with these values, without serving it.
///
/// # Errors
/// The manifest cannot be read, or a value is missing or not declared.
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
    // Spin would pass over it; a misspelt name is better found here than in production.
    match given.pop_first() {
        None => Ok(values),
        Some((name, _)) => {
            Err(StartError::UndeclaredVariable { name, declared: manifest.variables.keys().cloned().collect() })
        }
    }
}
