//! Kills the gateways at random moments.

use std::sync::Arc;

use anyhow::Context as _;
use fastrand::Rng;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::moments;
use crate::run::ChaosRun;

pub struct KillTask {
    run: Arc<ChaosRun>,
    /// One task, which ends with the run.
    task: JoinSet<anyhow::Result<u64>>,
    load_ended: watch::Sender<bool>,
}

impl KillTask {
    pub fn begin(run: &Arc<ChaosRun>) -> Self {
        let (load_ended, ended) = watch::channel(false);
        let random = run.random().fork();
        let mut task = JoinSet::new();
        task.spawn(kill(run.clone(), random, ended));
        Self { run: run.clone(), task, load_ended }
    }

    /// Ends the task after the load has ended. Kills for which the load was too short happen now.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        self.load_ended.send_replace(true);
        let killed = self.task.join_next().await.context("nobody kills")?.context("killing broke off")??;
        for kill in killed..self.run.scale.kills {
            let number = usize::try_from(kill)? % self.run.fleet.len();
            self.run.fleet.kill_and_restart(number).await?;
            self.run.report().count("kills", "after the load");
        }
        Ok(())
    }
}

/// Kills as often as the run says, or until the load ends. Returns the number of kills.
async fn kill(run: Arc<ChaosRun>, mut random: Rng, mut load_ended: watch::Receiver<bool>) -> anyhow::Result<u64> {
    let kills = run.scale.kills;
    for killed in 0..kills {
        let Some(seen) = moments::next(&run, kills, &mut random, &mut load_ended).await? else { return Ok(killed) };
        run.fleet.kill_and_restart(random.usize(0..run.fleet.len())).await?;
        run.report().count("kills", format!("{seen:?}"));
    }
    Ok(kills)
}
