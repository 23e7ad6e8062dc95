//! Makes the store fail on demand, to test how an application copes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::BackendError;

/// Makes the key-value operations of a running application fail. By default none fails. Clones share the switches.
#[derive(Clone, Debug, Default)]
pub struct StoreFaults {
    switches: Arc<Switches>,
}

#[derive(Debug, Default)]
struct Switches {
    all: AtomicBool,
    writes: AtomicBool,
    batch_reads: AtomicBool,
    chance: Mutex<FaultChance>,
}

/// How often operations fail at random, in percent of all operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomFaults {
    /// The seed: with the same order of operations, the same seed makes the same ones fail.
    pub seed: u64,
    /// Operations that are refused without an effect.
    pub refused_percent: u8,
    /// Operations that are carried out but return an error.
    pub lost_percent: u8,
}

/// The number of operations that failed at random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultCounts {
    /// Refused without an effect.
    pub refused: u64,
    /// Carried out, but the answer was lost.
    pub lost: u64,
}

#[derive(Debug, Default)]
struct FaultChance {
    drawing: Option<(fastrand::Rng, RandomFaults)>,
    counts: FaultCounts,
}

/// How an operation that was not refused ends.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) enum FaultDecision {
    Answered,
    AnswerLost,
}

impl FaultDecision {
    /// The result that the application gets.
    pub(crate) fn reported<T, E: From<BackendError>>(self, result: Result<T, E>) -> Result<T, E> {
        match self {
            FaultDecision::Answered => result,
            FaultDecision::AnswerLost => result.and(Err(BackendError::AnswerLost.into())),
        }
    }
}

impl StoreFaults {
    /// Sets whether every operation fails from now on.
    pub fn fail_all(&self, fail: bool) {
        self.switches.all.store(fail, Ordering::SeqCst);
    }

    /// Sets whether every write fails from now on.
    pub fn fail_writes(&self, fail: bool) {
        self.switches.writes.store(fail, Ordering::SeqCst);
    }

    /// Makes operations fail at random from now on; `None` ends that.
    pub fn fail_randomly(&self, faults: Option<RandomFaults>) {
        self.chance().drawing = faults.map(|faults| (fastrand::Rng::with_seed(faults.seed), faults));
    }

    /// The number of operations that failed at random so far.
    pub fn counts(&self) -> FaultCounts {
        self.chance().counts
    }

    /// Sets whether batch reads fail from now on, as they do on some hosts: `get-many` fails, and a Redis `MGET` omits
    /// absent keys.
    pub fn spoil_batch_reads(&self, spoil: bool) {
        self.switches.batch_reads.store(spoil, Ordering::SeqCst);
    }

    pub(super) fn spoils_batch_reads(&self) -> bool {
        self.switches.batch_reads.load(Ordering::SeqCst)
    }

    pub(super) fn check_read(&self) -> Result<FaultDecision, BackendError> {
        if self.switches.all.load(Ordering::SeqCst) {
            return Err(BackendError::Fault);
        }
        self.chance().draw()
    }

    pub(super) fn check_write(&self) -> Result<FaultDecision, BackendError> {
        if self.switches.writes.load(Ordering::SeqCst) {
            return Err(BackendError::Fault);
        }
        self.check_read()
    }

    fn chance(&self) -> MutexGuard<'_, FaultChance> {
        self.switches.chance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FaultChance {
    fn draw(&mut self) -> Result<FaultDecision, BackendError> {
        let Some((random, faults)) = &mut self.drawing else { return Ok(FaultDecision::Answered) };
        let drawn = random.u8(0..100);
        if drawn < faults.refused_percent {
            self.counts.refused += 1;
            return Err(BackendError::Fault);
        }
        if drawn < faults.refused_percent.saturating_add(faults.lost_percent) {
            self.counts.lost += 1;
            return Ok(FaultDecision::AnswerLost);
        }
        Ok(FaultDecision::Answered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(seed: u64) -> (String, FaultCounts) {
        let faults = StoreFaults::default();
        faults.fail_randomly(Some(RandomFaults { seed, refused_percent: 10, lost_percent: 5 }));
        let letter = |outcome| match outcome {
            Ok(FaultDecision::Answered) => '.',
            Ok(FaultDecision::AnswerLost) => 'l',
            Err(_) => 'r',
        };
        let letters = (0..1000).map(|_| letter(faults.check_write())).collect();
        (letters, faults.counts())
    }

    #[test]
    fn random_faults_follow_their_seed_and_rates() {
        let (letters, counts) = outcomes(7);
        assert_eq!(outcomes(7).0, letters);
        assert_ne!(outcomes(8).0, letters);
        assert!((60..140).contains(&counts.refused) && (25..80).contains(&counts.lost), "{counts:?}");
    }

    #[test]
    fn random_faults_can_be_ended() {
        let faults = StoreFaults::default();
        faults.fail_randomly(Some(RandomFaults { seed: 1, refused_percent: 100, lost_percent: 0 }));
        assert!(faults.check_read().is_err());
        faults.fail_randomly(None);
        assert!(faults.check_read().is_ok());
        assert_eq!(faults.counts(), FaultCounts { refused: 1, lost: 0 });
    }
}
