//! The gateway in this process, on SQLite, with a store that can be made to fail.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::OnceCell;
use tollbridge_runtime::{Application, CapturedLog, ClockOffset, Log, Options, Runtime, StoreFaults, StoreLocation};

use super::{GatewaySetup, LedgerStore, manifest};

static COMPILED: OnceCell<Application> = OnceCell::const_new();

pub struct EmbeddedGateway {
    runtime: Runtime,
    pub faults: StoreFaults,
}

impl EmbeddedGateway {
    pub async fn start(setup: &GatewaySetup, clock_offset: ClockOffset) -> anyhow::Result<Self> {
        let manifest = manifest(&LedgerStore::Sqlite { slower_commits: Duration::ZERO });
        let load = || async { anyhow::Ok(tokio::task::spawn_blocking(move || Application::load(&manifest)).await??) };
        let application = COMPILED.get_or_try_init(load).await?;
        let faults = StoreFaults::default();
        let options = Options {
            state: StoreLocation::Directory(setup.state()),
            variables: [("config".to_owned(), setup.config.clone()), ("secrets".to_owned(), setup.secrets.clone())]
                .into(),
            log: Log::Capture(CapturedLog::new()),
            store_faults: faults.clone(),
            clock_offset,
            ..Options::default()
        };
        Ok(Self { runtime: Runtime::start(application, options).await?, faults })
    }

    pub fn address(&self) -> SocketAddr {
        self.runtime.address()
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        Ok(self.runtime.stop().await?)
    }
}
