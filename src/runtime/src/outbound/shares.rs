//! Limits the calls to each host, so that an unresponsive host cannot occupy the instances of the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Counts calls by their host. Clones share the counts.
#[derive(Clone)]
pub(super) struct Shares {
    most: usize,
    wait: Duration,
    hosts: Arc<Mutex<HashMap<String, Arc<Share>>>>,
}

struct Share {
    calls: Arc<Semaphore>,
    /// Permits for running and waiting calls.
    places: Arc<Semaphore>,
}

/// A call that counts until this is dropped.
pub(super) struct CallPermit {
    _call: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
    /// Keeps the host's entry alive.
    _share: Arc<Share>,
}

impl Shares {
    /// Admits `most` calls to each host at once, and as many more that wait for up to `wait`.
    pub(super) fn new(most: usize, wait: Duration) -> Shares {
        Shares { most: most.min(Semaphore::MAX_PERMITS / 2), wait, hosts: Arc::default() }
    }

    /// Counts one more call to this host and port; `None` if no permit became free in time.
    pub(super) async fn count(&self, host: &str) -> Option<CallPermit> {
        let share = self.of(host);
        let place = share.places.clone().try_acquire_owned().ok()?;
        let call = tokio::time::timeout(self.wait, share.calls.clone().acquire_owned()).await.ok()?.ok()?;
        Some(CallPermit { _call: call, _place: place, _share: share })
    }

    fn of(&self, host: &str) -> Arc<Share> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        // A component may call any number of hosts over time.
        hosts.retain(|known, share| known == host || Arc::strong_count(share) > 1);
        let share = hosts.entry(host.to_owned()).or_insert_with(|| {
            Arc::new(Share {
                calls: Arc::new(Semaphore::new(self.most)),
                places: Arc::new(Semaphore::new(self.most.saturating_mul(2))),
            })
        });
        share.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn a_host_cannot_exceed_its_share() {
        let shares = Shares::new(2, WAIT);
        let first = shares.count("silent:443").await;
        let second = shares.count("silent:443").await;
        assert!(first.is_some() && second.is_some());
        let started = tokio::time::Instant::now();
        assert!(shares.count("silent:443").await.is_none());
        assert_eq!(started.elapsed(), WAIT);
        assert!(shares.count("other:443").await.is_some(), "another host has a share of its own");
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiting_call_gets_the_next_free_permit() {
        let shares = Shares::new(1, WAIT);
        let first = shares.count("busy").await.unwrap();
        let waiting = tokio::spawn({
            let shares = shares.clone();
            async move { shares.count("busy").await }
        });
        tokio::task::yield_now().await;
        let started = tokio::time::Instant::now();
        assert!(shares.count("busy").await.is_none(), "one has it and one waits");
        assert_eq!(started.elapsed(), Duration::ZERO, "so that no more wait");
        drop(first);
        assert!(waiting.await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_host_that_is_not_called_is_forgotten() {
        let shares = Shares::new(1, WAIT);
        let held = shares.count("held").await;
        for host in 0..100 {
            drop(shares.count(&host.to_string()).await);
        }
        assert!(shares.hosts.lock().unwrap().len() <= 2);
        assert!(shares.hosts.lock().unwrap().contains_key("held"));
        drop(held);
    }
}
