//! Moments that chance chooses by progress: after so many requests to a gateway, or in the middle of one, when so many
//! calls of its own have arrived at MaldoPay, at Salesforce, or at Redis where a proxy counts the commands.

use anyhow::Context as _;
use fastrand::Rng;
use tokio::sync::watch;

use crate::gateway::RedisProxy;
use crate::run::ChaosRun;

/// About how many requests one order needs, and how many outbound calls these make.
const REQUESTS_PER_ORDER: u64 = 6;
const MALDOPAY_CALLS_PER_ORDER: u64 = 2;
const SALESFORCE_CALLS_PER_ORDER: u64 = 6;
const REDIS_COMMANDS_PER_ORDER: u64 = 100;

/// Where progress is counted.
#[derive(Clone, Copy, Debug)]
pub enum Observer {
    ByTheCallers,
    AtMaldoPay,
    AtSalesforce,
    AtRedis,
}

impl Observer {
    fn by_chance(run: &ChaosRun, random: &mut Rng) -> Self {
        match random.u8(0..if run.fleet.proxy().is_some() { 4 } else { 3 }) {
            0 => Self::ByTheCallers,
            1 => Self::AtMaldoPay,
            2 => Self::AtSalesforce,
            _ => Self::AtRedis,
        }
    }

    fn progress(self, run: &ChaosRun, site: usize) -> watch::Receiver<u64> {
        match self {
            Self::ByTheCallers => run.sent.subscribe(),
            Self::AtMaldoPay => run.maldopay(site).arrivals(),
            Self::AtSalesforce => run.salesforce(site).arrivals(),
            Self::AtRedis => run.fleet.proxy().map_or_else(|| run.sent.subscribe(), RedisProxy::arrivals),
        }
    }

    /// Where the next of `moments` random moments is awaited, and the count that has to be reached there.
    fn next(self, run: &ChaosRun, moments: u64, random: &mut Rng) -> (watch::Receiver<u64>, u64) {
        let progress = self.progress(run, random.usize(0..run.sites.len()));
        let seen = *progress.borrow();
        (progress, seen + random.u64(1..2 * self.between(run, moments)))
    }

    /// The average count until the next moment.
    fn between(self, run: &ChaosRun, moments: u64) -> u64 {
        let orders = u64::try_from(run.scale.payments).unwrap_or(u64::MAX);
        let sites = u64::try_from(run.sites.len()).unwrap_or(1);
        let all = match self {
            Self::ByTheCallers => orders * REQUESTS_PER_ORDER,
            Self::AtMaldoPay => orders * MALDOPAY_CALLS_PER_ORDER / sites,
            Self::AtSalesforce => orders * SALESFORCE_CALLS_PER_ORDER / sites,
            Self::AtRedis => orders * REDIS_COMMANDS_PER_ORDER,
        };
        (all / (moments + 2)).max(2)
    }
}

/// Waits for the next of `moments` moments in a run. `None` when the load ends first.
pub async fn next(
    run: &ChaosRun,
    moments: u64,
    random: &mut Rng,
    load_ended: &mut watch::Receiver<bool>,
) -> anyhow::Result<Option<Observer>> {
    let seen = Observer::by_chance(run, random);
    let (mut chosen, least) = seen.next(run, moments, random);
    // Salesforce is not called while the site is paused, although the load continues.
    let (mut at_the_latest, latest) = Observer::ByTheCallers.next(run, moments, random);
    let seen = tokio::select! {
        biased;
        _ = load_ended.wait_for(|ended| *ended) => return Ok(None),
        reached = chosen.wait_for(|progress| *progress >= least) => reached.map(|_| seen),
        reached = at_the_latest.wait_for(|progress| *progress >= latest) => reached.map(|_| Observer::ByTheCallers),
    };
    seen.context("progress is no longer seen").map(Some)
}

/// Waits for this many more requests, or for the end of the load.
pub async fn requests(run: &ChaosRun, more: u64, load_ended: &mut watch::Receiver<bool>) {
    let mut sent = run.sent.subscribe();
    let enough = *sent.borrow() + more;
    tokio::select! {
        _ = load_ended.wait_for(|ended| *ended) => {}
        _ = sent.wait_for(|sent| *sent >= enough) => {}
    }
}
