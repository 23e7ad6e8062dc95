//! What every test stands on: two sites, each with a MaldoPay and a Salesforce of its own, the gateway between them in
//! the embedded runtime or in Spin, and callers who speak HTTP with it. Nothing here sleeps: a test waits for what it caused.

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

pub use application::Application;
pub use crowd::multiply;
pub use flood::Flood;
pub use gate::Gate;
pub use gateway::{Faults, Gateway, Log};
pub use silent::Silent;
pub use site::{Site, took};
pub use stored::{Store, Stored, Wanted};
pub use tollbridge_tests::caller::{Call, Client, Reply, shows, text};
pub use tollbridge_tests::left_out::needs_embedded_runtime;
pub use tollbridge_tests::order::Order;
pub use tollbridge_tests::sites::{EU, SiteSettings, TR, elsewhere};

/// What is done to a text.
pub type Edit = Box<dyn Fn(String) -> String + Send + Sync>;

/// What a world may differ in from the usual one.
pub struct Setup {
    /// How the callbacks to the site `tr` are signed.
    pub signature: Signature,
    /// What the test itself does with the store.
    pub store: Wanted,
    /// What is done to the text of `config` before the gateway sees it.
    pub config: Edit,
    /// What is done to the text of `secrets`.
    pub secrets: Edit,
    /// Another application than that of the manifest.
    pub application: Option<Application>,
    /// How much one client and one host may hold, in the embedded runtime.
    pub limits: Limits,
    /// How long one request may take.
    pub request_limit: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            signature: Signature::ValuesPipe,
            store: Wanted::InUse,
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
    pub runtime: Gateway,
    /// Lira and euro, in an organisation with several currencies.
    pub tr: Site,
    /// Euro, yen and dinar, in an organisation with one currency.
    pub eu: Site,
    /// What the gateway logged.
    pub log: Log,
    /// Makes the gateway's store fail.
    pub store: Faults,
    /// Those of the gateway and of its store, which only the embedded runtime lets a test move.
    pub clocks: Clocks,
    /// What is in it.
    pub stored: Stored,
    /// A caller without a key.
    pub client: Client,
    /// What the gateway is started with, again where it is restarted.
    pub setup: Setup,
    sandboxes: [Sandbox; 2],
}

/// The clocks beside those of MaldoPay and Salesforce.
#[derive(Clone, Default)]
pub struct Clocks {
    pub gateway: ClockOffset,
    /// Of the Redis that the gateway itself connects to.
    pub redis: ClockOffset,
}

impl World {
    /// The usual world.
    pub async fn start() -> anyhow::Result<Self> {
        Self::with(Setup::default()).await
    }

    /// A world that differs.
    pub async fn with(setup: Setup) -> anyhow::Result<Self> {
        let sandboxes = [sandbox(&TR, setup.signature, true).await?, sandbox(&EU, Signature::ValuesPipe, false).await?];
        let stored = Stored::start(setup.store)?;
        Self::between(sandboxes, setup, stored, Clocks::default()).await
    }

    /// The usual world, with a gate before the MaldoPay or the Salesforce of the site `tr`.
    pub async fn gated(service: &'static str) -> anyhow::Result<(Self, Gate)> {
        let gate = Gate::start().await?;
        let address = gate.address;
        let config = move |text: String| elsewhere(&text, service, address);
        let world = Self::with(Setup { config: Box::new(config), ..Setup::default() }).await?;
        let url = if service == "maldopay" { world.tr.maldopay.url() } else { world.tr.salesforce.url() };
        gate.leads_to(url.trim_end_matches("/json/").to_owned());
        Ok((world, gate))
    }

    async fn between(sandboxes: [Sandbox; 2], setup: Setup, stored: Stored, clocks: Clocks) -> anyhow::Result<Self> {
        let [tr, eu] = &sandboxes;
        let store = Faults::default();
        let runtime = Gateway::start(&sandboxes, &setup, &stored, &store, &clocks).await?;
        let client = Client::new(runtime.address());
        for (sandbox, settings) in [(tr, &TR), (eu, &EU)] {
            sandbox.maldopay.set_callback_url(client.url(&settings.webhook()));
        }
        Ok(Self {
            tr: Site::new(&TR, tr, &client),
            eu: Site::new(&EU, eu, &client),
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

    /// Returns when MaldoPay has nothing more to tell and the gateway nothing more to do.
    pub async fn settled(&self) -> anyhow::Result<()> {
        for sandbox in &self.sandboxes {
            sandbox.maldopay.callbacks_done().await?;
        }
        self.runtime.idle().await
    }

    /// Moves every clock on.
    pub fn time_passes(&self, by: Duration) {
        self.clocks.gateway.advance(by);
        self.others_clocks_advance(by);
    }

    /// Moves the clocks of MaldoPay, Salesforce and the store on, so that the gateway's is behind.
    pub fn others_clocks_advance(&self, by: Duration) {
        self.clocks.redis.advance(by);
        self.sandboxes.iter().for_each(|sandbox| sandbox.advance_clock(by));
    }

    /// Stops the gateway alone, does something meanwhile, and starts it again on the same state.
    pub async fn restarted(self, meanwhile: impl FnOnce(&Stored) -> anyhow::Result<()>) -> anyhow::Result<Self> {
        self.runtime.stop().await?;
        meanwhile(&self.stored)?;
        Self::between(self.sandboxes, self.setup, self.stored, self.clocks).await
    }

    /// A second gateway on the same store, and the site `tr` as its callers see it. MaldoPay still calls the first.
    pub async fn second_gateway(&self) -> anyhow::Result<(Gateway, Site)> {
        let runtime = Gateway::start(&self.sandboxes, &self.setup, &self.stored, &self.store, &self.clocks).await?;
        let site = Site::new(&TR, &self.sandboxes[0], &Client::new(runtime.address()));
        Ok((runtime, site))
    }

    /// Another shop under the site's contract with MaldoPay, with a ledger of its own and no Salesforce, and the site `tr` as
    /// its callers see it. MaldoPay tells the first gateway of what the shop asks for.
    pub async fn another_shop(&self) -> anyhow::Result<(Gateway, Site, Stored)> {
        let nowhere = ([127, 0, 0, 1], 9).into();
        let config = move |text: String| elsewhere(&text, "salesforce", nowhere);
        let setup = Setup { config: Box::new(config), ..Setup::default() };
        let stored = Stored::start(Wanted::InUse)?;
        let runtime = Gateway::start(&self.sandboxes, &setup, &stored, &Faults::default(), &self.clocks).await?;
        let site = Site::new(&TR, &self.sandboxes[0], &Client::new(runtime.address()));
        Ok((runtime, site, stored))
    }

    /// Stops everything that was started.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.runtime.stop().await?;
        for sandbox in self.sandboxes {
            sandbox.stop().await;
        }
        Ok(())
    }
}

async fn sandbox(settings: &SiteSettings, signature: Signature, multi_currency: bool) -> anyhow::Result<Sandbox> {
    let anywhere = ([127, 0, 0, 1], 0).into();
    Sandbox::start(tollbridge_sandbox::Options {
        maldopay: anywhere,
        salesforce: anywhere,
        merchant: settings.merchant(signature),
        org: settings.org(multi_currency),
        callback_retry: Duration::from_millis(20),
    })
    .await
}
