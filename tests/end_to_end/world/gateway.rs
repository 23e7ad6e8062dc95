//! The gateway of a world: in the embedded runtime, in this process, or in a Spin of its own where the run names one.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use tollbridge_runtime::{CapturedLog, Counters, Options, Runtime, StoreFaults};
use tollbridge_sandbox::Sandbox;
use tollbridge_tests::spin::{self, Spin, Started};
use tollbridge_tests::{left_out, sites};

use super::{Application, Clocks, Setup, Stored};

/// A running gateway.
pub enum Gateway {
    Embedded { runtime: Runtime, log: CapturedLog },
    Spin(Spin),
}

impl Gateway {
    /// Starts one between these services, on this store.
    pub async fn start(
        [tr, eu]: &[Sandbox; 2],
        setup: &Setup,
        stored: &Stored,
        faults: &Faults,
        clocks: &Clocks,
    ) -> anyhow::Result<Self> {
        let config = sites::config(tr, eu, setup.signature);
        let variables =
            [("config".to_owned(), (setup.config)(config)), ("secrets".to_owned(), (setup.secrets)(sites::secrets()))];
        let variables = variables.into_iter().chain(stored.variable());
        let application = match &setup.application {
            Some(application) => application.clone(),
            None => Application::of_the_workspace().await?,
        };
        if let Some(program) = spin::program() {
            let variables: Vec<_> = variables.collect();
            let with = Started {
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

    /// What was done so far. Spin counts requests alone, so there a comparison of the rest shows nothing, and is reported.
    pub fn counters(&self) -> Counters {
        match self {
            Self::Embedded { runtime, .. } => runtime.counters(),
            Self::Spin(spin) => {
                left_out::partly("nobody counts what the gateway asks of its store and of others");
                let asked = spin.requests();
                let requests = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(asked));
                Counters { requests: requests.expect("Spin runs"), ..Counters::default() }
            }
        }
    }

    /// What the gateway prints.
    pub fn log(&self) -> Log {
        match self {
            Self::Embedded { log, .. } => Log::Captured(log.clone()),
            Self::Spin(spin) => Log::Files(spin.logs("gateway")),
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

    /// Stops it when it has nothing more to do.
    pub async fn stop(self) -> anyhow::Result<()> {
        match self {
            Self::Embedded { runtime, .. } => Ok(runtime.stop().await?),
            Self::Spin(spin) => spin.stop().await,
        }
    }
}

/// What a gateway prints.
pub enum Log {
    Captured(CapturedLog),
    Files([PathBuf; 2]),
}

impl Log {
    /// All that it printed so far.
    pub fn text(&self) -> String {
        let read = |file: &PathBuf| String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned();
        match self {
            Self::Captured(log) => log.text(),
            Self::Files(files) => files.iter().map(read).collect(),
        }
    }
}

/// Makes the gateway's store fail, which only the embedded runtime lets a test do.
#[derive(Default)]
pub struct Faults(StoreFaults);

impl std::ops::Deref for Faults {
    type Target = StoreFaults;

    fn deref(&self) -> &StoreFaults {
        assert!(spin::program().is_none(), "a test that makes the store fail says so: needs_embedded_runtime");
        &self.0
    }
}
