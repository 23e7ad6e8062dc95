//! What every test stands on: two sites, each with a MaldoPay and a Salesforce of its own, the gateway between them in
//! the embedded runtime, and callers who speak HTTP with it. Nothing here sleeps: a test waits for what it caused.

mod application;
mod crowd;
mod gate;
mod silent;
mod site;
mod stored;

use std::time::Duration;

use tollbridge_runtime::{Application, CapturedLog, ClockOffset, Log, Options, Runtime, StoreFaults};
use tollbridge_sandbox::{Sandbox, Signature};
use tollbridge_tests::sites;

pub use crowd::multiply;
pub use gate::Gate;
pub use silent::Silent;
pub use site::{Site, took};
pub use stored::{Store, Stored, Wanted};
pub use tollbridge_tests::caller::{Call, Client, Reply, shows, text};
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
            request_limit: Options::default().request_limit,
        }
    }
}

/// A running gateway between two pairs of services.
pub struct World {
    pub runtime: Runtime,
    /// Lira and euro, in an organisation with several currencies.
    pub tr: Site,
    /// Euro, yen and dinar, in an organisation with one currency.
    pub eu: Site,
    /// What the gateway logged.
    pub log: CapturedLog,
    /// Makes the gateway's store fail.
    pub store: StoreFaults,
    /// Moves the gateway's clock.
    pub clock: ClockOffset,
    /// What is in it.
    pub stored: Stored,
    /// A caller without a key.
    pub client: Client,
    /// What the gateway is started with, again where it is restarted.
    pub setup: Setup,
    sandboxes: [Sandbox; 2],
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
        Self::between(sandboxes, setup, stored, ClockOffset::default()).await
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

    async fn between(
        sandboxes: [Sandbox; 2],
        setup: Setup,
        stored: Stored,
        clock: ClockOffset,
    ) -> anyhow::Result<Self> {
        let [tr, eu] = &sandboxes;
        let log = CapturedLog::new();
        let store = StoreFaults::default();
        let runtime = gateway(&sandboxes, &setup, &stored, &log, &store, &clock).await?;
        let client = Client::new(runtime.address());
        for (sandbox, settings) in [(tr, &TR), (eu, &EU)] {
            sandbox.maldopay.set_callback_url(client.url(&settings.webhook()));
        }
        Ok(Self {
            tr: Site::new(&TR, tr, &client),
            eu: Site::new(&EU, eu, &client),
            runtime,
            log,
            store,
            clock,
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
        self.runtime.idle().await;
        Ok(())
    }

    /// Stops the gateway alone, does something meanwhile, and starts it again on the same state.
    pub async fn restarted(self, meanwhile: impl FnOnce(&Stored) -> anyhow::Result<()>) -> anyhow::Result<Self> {
        self.runtime.stop().await?;
        meanwhile(&self.stored)?;
        Self::between(self.sandboxes, self.setup, self.stored, self.clock).await
    }

    /// A second gateway on the same store, and the site `tr` as its callers see it. MaldoPay still calls the first.
    pub async fn second_gateway(&self) -> anyhow::Result<(Runtime, Site)> {
        let Self { sandboxes, setup, stored, log, store, clock, .. } = self;
        let runtime = gateway(sandboxes, setup, stored, log, store, clock).await?;
        let site = Site::new(&TR, &self.sandboxes[0], &Client::new(runtime.address()));
        Ok((runtime, site))
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

async fn gateway(
    [tr, eu]: &[Sandbox; 2],
    setup: &Setup,
    stored: &Stored,
    log: &CapturedLog,
    store_faults: &StoreFaults,
    clock: &ClockOffset,
) -> anyhow::Result<Runtime> {
    let config = sites::config(tr, eu, setup.signature);
    let variables =
        [("config".to_owned(), (setup.config)(config)), ("secrets".to_owned(), (setup.secrets)(sites::secrets()))];
    let options = Options {
        state: stored.state()?,
        variables: variables.into_iter().chain(stored.variable()).collect(),
        log: Log::Capture(log.clone()),
        store_faults: store_faults.clone(),
        clock_offset: clock.clone(),
        request_limit: setup.request_limit,
        ..Options::default()
    };
    let application = match &setup.application {
        Some(application) => application.clone(),
        None => application::compiled().await?,
    };
    Ok(Runtime::start(&application, options).await?)
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
