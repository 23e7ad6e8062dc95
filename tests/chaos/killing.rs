//! Kills the gateways at moments that chance chooses by progress: after so many requests to a gateway, or in the middle of one,
//! when so many calls of its own have arrived at MaldoPay or at Salesforce.

use std::sync::Arc;

use anyhow::Context as _;
use fastrand::Rng;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::run::Run;

/// About how many requests one order takes, and how many calls those make.
const REQUESTS_PER_ORDER: u64 = 6;
const MALDOPAY_CALLS_PER_ORDER: u64 = 2;
const SALESFORCE_CALLS_PER_ORDER: u64 = 6;

pub struct Killing {
    run: Arc<Run>,
    /// One task, which ends with the run.
    task: JoinSet<anyhow::Result<u64>>,
    load_ended: oneshot::Sender<()>,
}

impl Killing {
    pub fn begin(run: &Arc<Run>) -> Self {
        let (load_ended, ended) = oneshot::channel();
        let random = run.random().fork();
        let mut task = JoinSet::new();
        task.spawn(kill(run.clone(), random, ended));
        Self { run: run.clone(), task, load_ended }
    }

    /// The load has ended. The kills that it was too short for are made up for.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        // It has ended already when it has killed as often as it should.
        let _ = self.load_ended.send(());
        let killed = self.task.join_next().await.context("nobody kills")?.context("killing broke off")??;
        for kill in killed..self.run.scale.kills {
            let number = usize::try_from(kill)? % self.run.fleet.len();
            self.run.fleet.kill_and_restart(number).await?;
            self.run.report().count("kills", "after the load");
        }
        Ok(())
    }
}

/// Where progress is seen.
#[derive(Clone, Copy, Debug)]
enum Seen {
    ByTheCallers,
    AtMaldoPay,
    AtSalesforce,
}

impl Seen {
    fn by_chance(random: &mut Rng) -> Self {
        match random.u8(0..3) {
            0 => Self::ByTheCallers,
            1 => Self::AtMaldoPay,
            _ => Self::AtSalesforce,
        }
    }

    fn progress(self, run: &Run, site: usize) -> watch::Receiver<u64> {
        match self {
            Self::ByTheCallers => run.sent.subscribe(),
            Self::AtMaldoPay => run.maldopay(site).arrivals(),
            Self::AtSalesforce => run.salesforce(site).arrivals(),
        }
    }

    /// Where to look for the next kill, and what must be seen there.
    fn next_kill(self, run: &Run, random: &mut Rng) -> (watch::Receiver<u64>, u64) {
        let progress = self.progress(run, random.usize(0..run.sites.len()));
        let seen = *progress.borrow();
        (progress, seen + random.u64(1..2 * self.between_kills(run)))
    }

    /// Until the next kill, on average.
    fn between_kills(self, run: &Run) -> u64 {
        let orders = u64::try_from(run.scale.payments).unwrap_or(u64::MAX);
        let sites = u64::try_from(run.sites.len()).unwrap_or(1);
        let all = match self {
            Self::ByTheCallers => orders * REQUESTS_PER_ORDER,
            Self::AtMaldoPay => orders * MALDOPAY_CALLS_PER_ORDER / sites,
            Self::AtSalesforce => orders * SALESFORCE_CALLS_PER_ORDER / sites,
        };
        (all / (run.scale.kills + 2)).max(2)
    }
}

/// Kills as often as the run has it, or until the load ends; how often that was.
async fn kill(run: Arc<Run>, mut random: Rng, mut load_ended: oneshot::Receiver<()>) -> anyhow::Result<u64> {
    for killed in 0..run.scale.kills {
        let seen = Seen::by_chance(&mut random);
        let (mut chosen, least) = seen.next_kill(&run, &mut random);
        // Salesforce is not called for as long as the site is paused, and the load goes on.
        let (mut at_the_latest, latest) = Seen::ByTheCallers.next_kill(&run, &mut random);
        let seen = tokio::select! {
            biased;
            _ = &mut load_ended => return Ok(killed),
            reached = chosen.wait_for(|progress| *progress >= least) => reached.map(|_| seen),
            reached = at_the_latest.wait_for(|progress| *progress >= latest) => reached.map(|_| Seen::ByTheCallers),
        };
        let seen = seen.context("progress is no longer seen")?;
        run.fleet.kill_and_restart(random.usize(0..run.fleet.len())).await?;
        run.report().count("kills", format!("{seen:?}"));
    }
    Ok(run.scale.kills)
}
