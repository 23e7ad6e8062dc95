//! Calls the drain of running sites again and again, as the cron of a deployment does.

use std::time::Duration;

use clap::value_parser;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::call;
use crate::described;
use crate::gateway::SiteClient;

/// How often the drain is called.
#[derive(Clone, Copy, clap::Args)]
pub struct DrainOptions {
    /// How often the drain is called.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = value_parser!(u32).range(1..))]
    drain_every: u32,
    /// Do not call the drain.
    #[arg(long, conflicts_with = "drain_every")]
    pub no_drain: bool,
}

/// Drains that are called until this is dropped. What a drain is doing then, the gateway finishes.
pub struct Drains(JoinHandle<()>);

impl Drains {
    /// Calls the drain of each site at once and then at the interval, and says so. A refusal is printed when it begins
    /// and when it ends, not each time.
    pub fn start(sites: Vec<(String, SiteClient)>, options: DrainOptions) -> Option<Self> {
        if options.no_drain {
            println!("Drain       never called, as --no-drain says");
            return None;
        }
        let names: Vec<&str> = sites.iter().map(|(name, _)| name.as_str()).collect();
        let seconds = options.drain_every;
        println!(
            "Drain       called every {seconds} s for {}, as a cron does for a deployment (--drain-every)",
            names.join(", ")
        );
        Some(Self(tokio::spawn(drain_all(sites, Duration::from_secs(seconds.into())))))
    }
}

impl Drop for Drains {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn drain_all(sites: Vec<(String, SiteClient)>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sites: Vec<(String, SiteClient, Option<String>)> =
        sites.into_iter().map(|(name, site)| (name, site, None)).collect();
    loop {
        ticks.tick().await;
        for (name, site, refusal) in &mut sites {
            let refused = call(site, false).await.err().map(|error| described(&error));
            match (&refused, &refusal) {
                (Some(refused), before) if before.as_ref() != Some(refused) => eprintln!("drain of {name}: {refused}"),
                (None, Some(_)) => eprintln!("drain of {name}: it works again"),
                _ => {}
            }
            *refusal = refused;
        }
    }
}
