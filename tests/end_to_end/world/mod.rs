//! The world that every test runs in: two sites, each with its own MaldoPay and Salesforce, the gateway between them in
//! the embedded runtime or in Spin, and callers over HTTP. Nothing here sleeps: a test waits for what it caused.

mod application;
mod crowd;
mod flood;
mod gate;
mod gateway;
mod silent;
mod site;
mod stored;

use std::time::Duration;

use tollbridge_runtime::{ClockOffset, Limits, Options};
use tollbridge_sandbox::{Sandbox, Signature};

pub use application::ServedApplication;
pub use crowd::multiply;
pub use flood::Flood;
pub use gate::Gate;
pub use gateway::{GatewayInstance, GatewayLog, GatewayStoreFaults};
pub use silent::Silent;
pub use site::{SiteHandle, assert_acknowledged};
pub use stored::{StoreKind, StoreNeeds, WorldStore};
pub use tollbridge_tests::caller::{Call, Client, GatewayResponse, shows, text};
pub use tollbridge_tests::left_out::needs_embedded_runtime;
pub use tollbridge_tests::order::Order;
pub use tollbridge_tests::sites::{EU, SiteSettings, TR, elsewhere};

/// A change to a text.
pub type Edit = Box<dyn Fn(String) -> String + Send + Sync>;

/// How a world differs from the default.
pub struct Setup {
    /// How the callbacks to the site `tr` are signed.
    pub signature: Signature,
    /// What the test needs of the store.
    pub store: StoreNeeds,
    /// Changes the text of `config` before the gateway reads it.
    pub config: Edit,
    /// Changes the text of `secrets` before the gateway reads it.
    pub secrets: Edit,
    /// An application other than the workspace's.
    pub application: Option<ServedApplication>,
    /// The limits for one client and one host, in the embedded runtime only.
    pub limits: Limits,
    /// How long one request may take.
    pub request_limit: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            signature: Signature::ValuesPipe,
            store: StoreNeeds::Nothing,
            config: Box::new(|text| text),
            secrets: Box::new(|text| text),
            application: None,
            limits: Limits::default(),
            request_limit: Options::default().request_limit,
        }
    }
}

/// A running gateway between two pairs of services.
pub struct World {
    pub runtime: GatewayInstance,
    /// Lira and euro, in an organisation with several currencies.
    pub tr: SiteHandle,
    /// Euro, yen and dinar, in an organisation with one currency.
    pub eu: SiteHandle,
    /// The gateway's log.
    pub log: GatewayLog,
    /// Makes the gateway's store fail.
    pub store: GatewayStoreFaults,
    /// The clocks of the gateway and its store. Only the embedded runtime lets a test move them.
    pub clocks: ClockOffsets,
    /// The content of the store.
    pub stored: WorldStore,
    /// A caller without a key.
    pub client: Client,
    /// The setup that the gateway was started with, for restarts.
    pub setup: Setup,
    sandboxes: [Sandbox; 2],
}

/// The clocks other than those of MaldoPay and Salesforce.
#[derive(Clone, Default)]
pub struct ClockOffsets {
    pub gateway: ClockOffset,
    /// The clock of the Redis server that the gateway connects to over the network.
    pub redis: ClockOffset,
}

impl World {
    /// The default world.
    pub async fn start() -> anyhow::Result<Self> {
        Self::with(Setup::default()).await
    }

    /// A world with this setup.
    pub async fn with(setup: Setup) -> anyhow::Result<Self> {
        let sandboxes = [TR.sandbox(setup.signature, true).await?, EU.sandbox(Signature::ValuesPipe, false).await?];
        let stored = WorldStore::start(setup.store)?;
        Self::between(sandboxes, setup, stored, ClockOffsets::default()).await
    }

    /// The default world, with a gate in front of the MaldoPay or the Salesforce of the site `tr`.
    pub async fn gated(service: &'static str) -> anyhow::Result<(Self, Gate)> {
        let gate = Gate::start().await?;
        let address = gate.address;
        let config = move |text: String| elsewhere(&text, service, address);
        let world = Self::with(Setup { config: Box::new(config), ..Setup::default() }).await?;
        let url = if service == "maldopay" { world.tr.maldopay.url() } else { world.tr.salesforce.url() };
        gate.leads_to(url.trim_end_matches("/json/").to_owned());
        Ok((world, gate))
    }

    async fn between(
        sandboxes: [Sandbox; 2],
        setup: Setup,
        stored: WorldStore,
        clocks: ClockOffsets,
    ) -> anyhow::Result<Self> {
        let [tr, eu] = &sandboxes;
        let store = GatewayStoreFaults::default();
        let runtime = GatewayInstance::start(&sandboxes, &setup, &stored, &store, &clocks).await?;
        let client = Client::new(runtime.address());
        for (sandbox, settings) in [(tr, &TR), (eu, &EU)] {
            sandbox.maldopay.set_callback_url(client.url(&settings.webhook()));
        }
        Ok(Self {
            tr: SiteHandle::new(&TR, tr, &client),
            eu: SiteHandle::new(&EU, eu, &client),
            log: runtime.log(),
            runtime,
            store,
            clocks,
            stored,
            client,
            sandboxes,
            setup,
        })
    }

    /// Returns once MaldoPay has no more callbacks to send and the gateway has nothing more to do.
    pub async fn idle(&self) -> anyhow::Result<()> {
        for sandbox in &self.sandboxes {
            sandbox.maldopay.callbacks_done().await?;
        }
        self.runtime.idle().await
    }

    /// Advances every clock.
    pub fn time_passes(&self, by: Duration) {
        self.clocks.gateway.advance(by);
        self.advance_other_clocks(by);
    }

    /// Advances the clocks of MaldoPay, Salesforce and the store, so that the gateway's is behind.
    pub fn advance_other_clocks(&self, by: Duration) {
        self.clocks.redis.advance(by);
        self.sandboxes.iter().for_each(|sandbox| sandbox.advance_clock(by));
    }

    /// Stops only the gateway, calls `meanwhile`, and starts the gateway again on the same store.
    pub async fn restarted(self, meanwhile: impl FnOnce(&WorldStore) -> anyhow::Result<()>) -> anyhow::Result<Self> {
        self.runtime.stop().await?;
        meanwhile(&self.stored)?;
        Self::between(self.sandboxes, self.setup, self.stored, self.clocks).await
    }

    /// A second gateway on the same store, and the site `tr` as its callers see it. MaldoPay still sends callbacks to
    /// the first.
    pub async fn second_gateway(&self) -> anyhow::Result<(GatewayInstance, SiteHandle)> {
        let runtime =
            GatewayInstance::start(&self.sandboxes, &self.setup, &self.stored, &self.store, &self.clocks).await?;
        let site = SiteHandle::new(&TR, &self.sandboxes[0], &Client::new(runtime.address()));
        Ok((runtime, site))
    }

    /// Another shop under the site's contract with MaldoPay, with its own ledger and no Salesforce, and the site `tr`
    /// as the shop's callers see it. MaldoPay sends the callbacks for the shop's payments to the first gateway.
    pub async fn another_shop(&self) -> anyhow::Result<(GatewayInstance, SiteHandle, WorldStore)> {
        let nowhere = ([127, 0, 0, 1], 9).into();
        let config = move |text: String| elsewhere(&text, "salesforce", nowhere);
        let setup = Setup { config: Box::new(config), ..Setup::default() };
        let stored = WorldStore::start(StoreNeeds::Nothing)?;
        let runtime =
            GatewayInstance::start(&self.sandboxes, &setup, &stored, &GatewayStoreFaults::default(), &self.clocks)
                .await?;
        let site = SiteHandle::new(&TR, &self.sandboxes[0], &Client::new(runtime.address()));
        Ok((runtime, site, stored))
    }

    /// Stops the gateway and the sandboxes.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.runtime.stop().await?;
        for sandbox in self.sandboxes {
            sandbox.stop().await;
        }
        Ok(())
    }
}
