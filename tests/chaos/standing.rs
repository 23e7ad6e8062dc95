//! Stops gateways at random moments, lets more time pass than an operation may be on its way while others
//! serve, and resumes them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use fastrand::Rng;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::moments;
use crate::run::ChaosRun;

/// How long a process is stopped by the monotonic clock: longer than an operation may still be sent after its fences
/// were read. On a real machine both clocks would show the longer time.
const STILL: Duration = Duration::from_secs(11);

pub struct StandstillTask {
    /// One task, which ends with the run.
    task: JoinSet<anyhow::Result<()>>,
    load_ended: watch::Sender<bool>,
}

impl StandstillTask {
    pub fn begin(run: &Arc<ChaosRun>) -> Self {
        let (load_ended, ended) = watch::channel(false);
        let random = run.random().fork();
        let mut task = JoinSet::new();
        task.spawn(stand(run.clone(), random, ended));
        Self { task, load_ended }
    }

    /// Ends the task after the load has ended, and resumes what is still stopped.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        self.load_ended.send_replace(true);
        self.task.join_next().await.context("nobody stands still")?.context("standing still broke off")?
    }
}

/// Stops one gateway after the other, as often as the run says, or until the load ends.
async fn stand(run: Arc<ChaosRun>, mut random: Rng, mut load_ended: watch::Receiver<bool>) -> anyhow::Result<()> {
    let times = run.scale.stops;
    for time in 0..times {
        let Some(seen) = moments::next(&run, times, &mut random, &mut load_ended).await? else {
            run.report().add("processes that stood still", "not, for the load had ended", times - time);
            break;
        };
        let number = random.usize(0..run.fleet.len());
        let began = Instant::now();
        run.fleet.stand_still(number).await?;
        run.report().count("processes that stood still", format!("{seen:?}"));
        moments::requests(&run, random.u64(0..20), &mut load_ended).await;
        for _ in 0..random.u32(1..=2) {
            // No other request is in progress when time passes. So only the stopped process has a lease that expires.
            run.pool.hold().await;
            sleep_until(began + STILL).await;
            run.pool.time_passed();
            run.time_passes(random.u64(360..900)).await?;
            run.pool.release();
            moments::requests(&run, random.u64(1..60), &mut load_ended).await;
        }
        run.fleet.go_on(number).await?;
    }
    Ok(())
}
