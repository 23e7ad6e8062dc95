//! Each host's share of the calls: a host that does not answer holds so many instances, and not those of the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Counts calls by the host that they go to. A clone counts the same ones.
#[derive(Clone)]
pub(super) struct Shares {
    most: usize,
    wait: Duration,
    hosts: Arc<Mutex<HashMap<String, Arc<Share>>>>,
}

struct Share {
    calls: Arc<Semaphore>,
    /// Places for those that have a call or wait for one.
    places: Arc<Semaphore>,
}

/// A call that is counted until this is dropped.
pub(super) struct Counted {
    _call: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
    /// As long as somebody holds it, the host is not forgotten.
    _share: Arc<Share>,
}

impl Shares {
    /// So many calls to each host at once, and as many again that wait for so long.
    pub(super) fn new(most: usize, wait: Duration) -> Shares {
        Shares { most: most.min(Semaphore::MAX_PERMITS / 2), wait, hosts: Arc::default() }
    }

    /// Counts one more call to this host and port; none where its share is taken and stays so.
    pub(super) async fn count(&self, host: &str) -> Option<Counted> {
        let share = self.of(host);
        let place = share.places.clone().try_acquire_owned().ok()?;
        let call = tokio::time::timeout(self.wait, share.calls.clone().acquire_owned()).await.ok()?.ok()?;
        Some(Counted { _call: call, _place: place, _share: share })
    }

    fn of(&self, host: &str) -> Arc<Share> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        // A component may call any number of hosts in its life.
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
    async fn a_host_has_its_share_and_no_more() {
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
    async fn whoever_waits_has_the_place_that_becomes_free() {
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
