//! The gateway of a world: in the embedded runtime in this process, or in its own Spin process where the run names a
//! Spin.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use tollbridge_runtime::{CapturedLog, Counters, Options, Runtime, StoreFaults};
use tollbridge_sandbox::Sandbox;
use tollbridge_tests::spin::{self, Spin, StartOptions};
use tollbridge_tests::{left_out, sites};

use super::{ClockOffsets, ServedApplication, Setup, WorldStore};

/// A running gateway.
pub enum GatewayInstance {
    Embedded { runtime: Runtime, log: CapturedLog },
    Spin(Spin),
}

impl GatewayInstance {
    /// Starts a gateway between these services, on this store.
    pub async fn start(
        [tr, eu]: &[Sandbox; 2],
        setup: &Setup,
        stored: &WorldStore,
        faults: &GatewayStoreFaults,
        clocks: &ClockOffsets,
    ) -> anyhow::Result<Self> {
        let config = sites::config(tr, eu, setup.signature);
        let variables =
            [("config".to_owned(), (setup.config)(config)), ("secrets".to_owned(), (setup.secrets)(sites::secrets()))];
        let variables = variables.into_iter().chain(stored.variable());
        let application = match &setup.application {
            Some(application) => application.clone(),
            None => ServedApplication::from_workspace().await?,
        };
        if let Some(program) = spin::program() {
            let variables: Vec<_> = variables.collect();
            let with = StartOptions {
                manifest: &application.manifest,
                state: stored.folder(),
                runtime_config: stored.runtime_config(),
                variables: &variables,
            };
            return Ok(Self::Spin(Spin::start(&program, &with).await?));
        }
        let log = CapturedLog::new();
        let options = Options {
            state: stored.state()?,
            variables: variables.collect(),
            log: tollbridge_runtime::Log::Capture(log.clone()),
            store_faults: faults.0.clone(),
            clock_offset: clocks.gateway.clone(),
            redis_clock_offset: clocks.redis.clone(),
            limits: setup.limits,
            request_limit: setup.request_limit,
            ..Options::default()
        };
        let compiled = application.compiled.as_ref().context("the application is compiled")?;
        Ok(Self::Embedded { runtime: Runtime::start(compiled, options).await?, log })
    }

    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Embedded { runtime, .. } => runtime.address(),
            Self::Spin(spin) => spin.address(),
        }
    }

    /// What the gateway did so far. Spin counts requests only. There a comparison of the other counters proves nothing,
    /// which is reported.
    pub fn counters(&self) -> Counters {
        match self {
            Self::Embedded { runtime, .. } => runtime.counters(),
            Self::Spin(spin) => {
                left_out::partly("Spin does not count store operations and outbound calls");
                let requests = spin.requests();
                let requests = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(requests));
                Counters { requests: requests.expect("Spin runs"), ..Counters::default() }
            }
        }
    }

    /// The gateway's output.
    pub fn log(&self) -> GatewayLog {
        match self {
            Self::Embedded { log, .. } => GatewayLog::Captured(log.clone()),
            Self::Spin(spin) => GatewayLog::Files(spin.logs("gateway")),
        }
    }

    /// Returns when the gateway has nothing more to do.
    pub async fn idle(&self) -> anyhow::Result<()> {
        match self {
            Self::Embedded { runtime, .. } => runtime.idle().await,
            Self::Spin(spin) => spin.idle().await?,
        }
        Ok(())
    }

    /// Stops the gateway once it has nothing more to do.
    pub async fn stop(self) -> anyhow::Result<()> {
        match self {
            Self::Embedded { runtime, .. } => Ok(runtime.stop().await?),
            Self::Spin(spin) => spin.stop().await,
        }
    }
}

/// The output of a gateway.
pub enum GatewayLog {
    Captured(CapturedLog),
    Files([PathBuf; 2]),
}

impl GatewayLog {
    /// Everything printed so far.
    pub fn text(&self) -> String {
        let read = |file: &PathBuf| String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned();
        match self {
            Self::Captured(log) => log.text(),
            Self::Files(files) => files.iter().map(read).collect(),
        }
    }
}

/// Makes the gateway's store fail, which is possible only in the embedded runtime.
#[derive(Default)]
pub struct GatewayStoreFaults(StoreFaults);

impl std::ops::Deref for GatewayStoreFaults {
    type Target = StoreFaults;

    fn deref(&self) -> &StoreFaults {
        assert!(spin::program().is_none(), "a test that makes the store fail calls needs_embedded_runtime first");
        &self.0
    }
}
