//! One run of a scenario: orders go through their histories while everything fails. Then drains run until nothing is
//! pending, and the three books are compared.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use fastrand::Rng;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tollbridge_sandbox::{Behaviour, SalesforceFault, Sandbox, Signature};
use tollbridge_tests::order::Order;
use tollbridge_tests::sites::{self, EU, SiteSettings, TR};

use crate::calling::CommandCaller;
use crate::gateway::{Deployment, Fleet, GatewayProgram, GatewaySetup, RedisProxy};
use crate::history::{self, PlannedHistory, Terms};
use crate::killing::KillTask;
use crate::life::{DueItem, OrderLife};
use crate::pool::{Item, Pool};
use crate::report::Report;
use crate::standing::StandstillTask;

/// One drain of each site per this many orders.
const DRAIN_EVERY: usize = 8;

/// How often time may pass, during the load and after it, before the run counts as endless.
const MOST_ROUNDS: u32 = 120;

/// How often in a row a gateway that refuses may be chosen.
const MOST_REFUSED: u32 = 64;

/// How often time passes by minutes during the load. After that it passes by days.
const WHILE_LOADED: u32 = 60;

/// A gateway that called no service for this long has finished its work.
const QUIET: Duration = Duration::from_secs(1);

/// How much time passes at once during the load, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// An exceeded limit pauses the site until a drain resumes it, so this fault is rarer than the others.
const SALESFORCE_FAULTS: [SalesforceFault; 11] = [
    SalesforceFault::LockRow,
    SalesforceFault::LockRow,
    SalesforceFault::Status503Html,
    SalesforceFault::Status503Html,
    SalesforceFault::Unauthorized401,
    SalesforceFault::Unauthorized401,
    SalesforceFault::NoAnswer,
    SalesforceFault::NoAnswer,
    SalesforceFault::NotArrived,
    SalesforceFault::NotArrived,
    SalesforceFault::LimitExceeded,
];

const MALDOPAY_FAULTS: [Behaviour; 3] = [Behaviour::NoAnswer, Behaviour::NotArrived, Behaviour::Http500];

/// The size and kind of a run.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    pub payments: usize,
    pub kills: u64,
    /// How often a gateway is stopped for a while.
    pub stops: u64,
    /// How many connections there are to the gateways.
    pub connections: usize,
    pub seed: u64,
}

/// One site with its MaldoPay and its Salesforce.
pub struct SiteServices {
    pub settings: &'static SiteSettings,
    pub sandbox: Sandbox,
}

/// A run in progress.
pub struct ChaosRun {
    pub scale: Scale,
    pub sites: Vec<SiteServices>,
    pub fleet: Fleet,
    pub pool: Pool,
    /// How many requests were sent to gateways.
    pub sent: watch::Sender<u64>,
    lives: Mutex<Vec<OrderLife>>,
    report: Mutex<Report>,
    random: Mutex<Rng>,
    folder: Mutex<Option<TempDir>>,
}

impl ChaosRun {
    pub async fn start(scale: Scale, program: GatewayProgram, serving: Deployment) -> anyhow::Result<Self> {
        let mut random = Rng::with_seed(scale.seed);
        let folder = tempfile::tempdir()?;
        let mut sites = Vec::new();
        for (settings, multi_currency, signature) in [(&TR, true, Signature::ValuesPipe), (&EU, false, Signature::Body)]
        {
            sites.push(SiteServices { settings, sandbox: settings.sandbox(signature, multi_currency).await? });
        }
        let [tr, eu] = &sites[..] else { unreachable!("there are two") };
        let setup = GatewaySetup {
            program,
            folder: folder.path().to_owned(),
            config: config(&tr.sandbox, &eu.sandbox),
            secrets: sites::secrets(),
        };
        let fleet = match Fleet::start(setup, serving).await {
            Ok(fleet) => fleet,
            // The log in this folder says why.
            Err(error) => return Err(error.context(format!("see {}", folder.keep().display()))),
        };
        let run = Self {
            pool: Pool::new(random.fork()),
            sent: watch::Sender::new(0),
            lives: Mutex::new(Vec::new()),
            report: Mutex::new(Report::default()),
            random: Mutex::new(random),
            scale,
            sites,
            fleet,
            folder: Mutex::new(Some(folder)),
        };
        run.begin_lives();
        Ok(run)
    }

    fn begin_lives(&self) {
        for number in 0..self.scale.payments {
            let history = PlannedHistory::of(number);
            let site = number / history::ALL.len() % 2;
            let currencies: &[&'static str] = if site == 0 { &["TRY", "EUR"] } else { &["EUR", "JPY", "KWD"] };
            let mut random = self.random();
            let currency = currencies[random.usize(0..currencies.len())];
            let payout_method = if site == 0 { "pix_withdraw" } else { "bank_withdraw" };
            let steps = history.steps(Terms { currency, payout_method }, &mut random);
            let order = self.seed_order(site, number, currency);
            let mut life = OrderLife::new(number, site, history, order, steps);
            let due = life.go_on(&self.sites[site].sandbox.maldopay, &mut random);
            drop(random);
            self.lives().push(life);
            due.into_iter().for_each(|due| self.pool.add(due));
            if number % DRAIN_EVERY == 0 {
                (0..self.sites.len()).for_each(|site| self.pool.add(DueItem { rounds: 0, item: Item::Drain(site) }));
            }
        }
    }

    fn seed_order(&self, site: usize, number: usize, currency: &'static str) -> Order {
        let number = format!("{:08}", number + 1);
        let id = format!("801Hs00{number}IAA");
        let fields = Map::from_iter([("OrderNumber".to_owned(), json!(number))]);
        self.sites[site].sandbox.salesforce.seed("Order", &id, fields);
        Order { site: self.sites[site].settings.name, id, number, currency }
    }

    /// Switches all faults on.
    pub async fn faults_begin(&self) -> anyhow::Result<()> {
        for site in &self.sites {
            let salesforce = self.random().u64(..);
            let maldopay = self.random().u64(..);
            site.sandbox.salesforce.fail_randomly(salesforce, 20, &SALESFORCE_FAULTS);
            site.sandbox.maldopay.answer_randomly(maldopay, 10, &MALDOPAY_FAULTS);
        }
        self.fleet.store_fails(true).await
    }

    /// Switches all faults off.
    pub async fn faults_end(&self) -> anyhow::Result<()> {
        for site in &self.sites {
            site.sandbox.salesforce.fail_all(None);
            site.sandbox.maldopay.answer_as_usual();
        }
        self.fleet.store_fails(false).await
    }

    /// Works on all tasks over many connections until none is left. Time passes whenever no task can continue
    /// without it. No request is in progress then, so no lease expires that is still in use.
    pub async fn load(self: &Arc<Self>) -> anyhow::Result<()> {
        let killing = KillTask::begin(self);
        let standing = StandstillTask::begin(self);
        for round in 0.. {
            ensure!(
                round < MOST_ROUNDS,
                "the load does not end: time has passed {round} times, and these are left: {}",
                self.pool.left().join("; ")
            );
            let mut connections = JoinSet::new();
            for _ in 0..self.scale.connections {
                let (run, random) = (self.clone(), self.random().fork());
                connections.spawn(async move {
                    let mut caller = CommandCaller::new(run, random);
                    caller.work().await
                });
            }
            while let Some(ended) = connections.join_next().await {
                // If one connection fails, the others are dropped.
                ended.context("a caller broke off")??;
            }
            if !self.pool.time_passed() {
                break;
            }
            // A client that waits this long waits for a status inquiry, and there is one per day.
            let seconds = if round < WHILE_LOADED { self.random().u64(61..400) } else { DAY };
            self.time_passes(seconds).await?;
        }
        standing.finish().await?;
        killing.finish().await
    }

    /// Lets this many seconds pass during the load, and makes a drain due.
    pub async fn time_passes(&self, seconds: u64) -> anyhow::Result<()> {
        self.quiet().await;
        self.clocks_advance(Duration::from_secs(seconds))?;
        self.report().count("rounds of time", "under load");
        (0..self.sites.len()).for_each(|site| self.pool.add(DueItem { rounds: 0, item: Item::Drain(site) }));
        Ok(())
    }

    /// Advances all clocks. The services have the clock of the first gateway.
    fn clocks_advance(&self, by: Duration) -> anyhow::Result<()> {
        self.fleet.time_passes(by)?;
        self.sites.iter().for_each(|site| site.sandbox.advance_clock(by));
        Ok(())
    }

    /// Waits until a process that was stopped and resumed has finished its work. No caller waits for that work any
    /// more.
    async fn quiet(&self) {
        if !self.fleet.has_gone_on() {
            return;
        }
        let arrivals: Vec<_> = (0..self.sites.len())
            .flat_map(|site| [self.maldopay(site).arrivals(), self.salesforce(site).arrivals()])
            .collect();
        let mut seen = u64::MAX;
        loop {
            let now = arrivals.iter().map(|arrivals| *arrivals.borrow()).sum();
            if now == seen {
                return;
            }
            seen = now;
            tokio::time::sleep(QUIET).await;
        }
    }

    /// Drains every site until nothing is pending.
    pub async fn drain_until_dry(self: &Arc<Self>) -> anyhow::Result<()> {
        let mut caller = CommandCaller::new(self.clone(), self.random().fork());
        for round in 1..=MOST_ROUNDS {
            let mut dry = true;
            for site in 0..self.sites.len() {
                let drained = self.drained(&mut caller, site).await?;
                let open = drained["deferred"].as_u64().unwrap_or(1) + drained["taken"].as_u64().unwrap_or(1);
                dry &= open == 0 && drained["complete"] == true;
            }
            if dry {
                self.report().add("rounds of time", "until dry", u64::from(round));
                return Ok(());
            }
            // Retries wait for two hours at most, status inquiries for a day.
            let minutes = if round < 10 { 10 } else { 24 * 60 };
            self.quiet().await;
            self.clocks_advance(Duration::from_secs(minutes * 60))?;
        }
        anyhow::bail!("the drain is not dry after {MOST_ROUNDS} rounds")
    }

    /// The result of a drain. A gateway whose clock differs from the services' refuses it; then another gateway is
    /// used.
    async fn drained(&self, caller: &mut CommandCaller, site: usize) -> anyhow::Result<Value> {
        let tries = if self.fleet.clocks_are_apart() { MOST_REFUSED } else { 1 };
        for _ in 0..tries {
            if let Some(drained) = caller.drain(site).await? {
                return Ok(drained);
            }
        }
        anyhow::bail!("a drain without faults was not answered, {tries} times")
    }

    pub fn scale(&self) -> Scale {
        self.scale
    }

    pub fn lives(&self) -> MutexGuard<'_, Vec<OrderLife>> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn random(&self) -> MutexGuard<'_, Rng> {
        self.random.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn maldopay(&self, site: usize) -> &tollbridge_sandbox::MaldoPaySandbox {
        &self.sites[site].sandbox.maldopay
    }

    pub fn salesforce(&self, site: usize) -> &tollbridge_sandbox::SalesforceSandbox {
        &self.sites[site].sandbox.salesforce
    }

    /// The faults that the services produced.
    pub async fn count_faults(&self) {
        let store = self.fleet.store_faults().await;
        let proxy = self.fleet.proxy().map(RedisProxy::faults);
        let mut report = self.report();
        for site in &self.sites {
            for (fault, times) in site.sandbox.salesforce.failed_randomly() {
                report.add("faults of Salesforce", format!("{fault:?}"), times);
            }
            for (behaviour, times) in site.sandbox.maldopay.answered_randomly() {
                report.add("faults of MaldoPay", format!("{behaviour:?}"), times);
            }
        }
        if let Some(store) = store {
            report.add("faults of the store", "refused", store.refused);
            report.add("faults of the store", "response lost", store.lost);
        }
        if self.scale.stops > 0 {
            let too_late = self.fleet.came_too_late().unwrap_or_default();
            report.add("processes that stood still", "operations not sent afterwards", too_late);
        }
        if let Some(proxy) = proxy {
            report.add("faults of the Redis proxy", "response lost", proxy.lost);
            report.add("faults of the Redis proxy", "written after the connection was closed", proxy.late);
            report.add("faults of the Redis proxy", "written late", proxy.slow);
        }
    }

    /// Keeps the folder with the ledger and the gateways' logs for an investigation.
    pub fn keep_folder(&self) -> anyhow::Result<PathBuf> {
        let folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(folder.context("it was kept before")?.keep())
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        self.fleet.stop().await?;
        for site in self.sites {
            site.sandbox.stop().await;
        }
        Ok(())
    }
}

/// A member of a JSON object as text.
pub fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// The site `eu` has a signature that covers the names. Yen have no decimals, so under the other scheme their amounts
/// cannot be distinguished from ids.
fn config(tr: &Sandbox, eu: &Sandbox) -> String {
    let config = sites::config(tr, eu, Signature::ValuesPipe);
    config.replacen("brand_id = 16,", "brand_id = 16, signature = \"body\",", 1)
}
