//! Operations that were asked of the provider and of which nothing was heard: when to ask what became of them.

use crate::{Money, Operation, Timestamp};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long after each unanswered question the next one is asked: soon, while a callback is on its way, then rarely, and
/// after a week a person must.
const SCHEDULE: [i64; 10] = [MINUTE, 5 * MINUTE, HOUR, DAY, DAY, DAY, DAY, DAY, DAY, DAY];

/// An operation without an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The sequence number of its request; none for the one that opened the payment.
    pub number: Option<u64>,
    /// What was asked.
    pub operation: Operation,
    /// How much.
    pub amount: Money,
    /// SHA-256 of the request that was made of Tollbridge, in hex.
    pub digest: String,
    /// How often the provider was asked, and did not answer.
    pub unanswered: u32,
    /// When it was last asked, or was about to be.
    pub since: Timestamp,
}

impl Unresolved {
    /// When to ask what became of it. Where not even a missing answer was written down, whoever asked may still be
    /// waiting for one, for as long as `lease_milliseconds`. None when the schedule has ended.
    #[must_use]
    pub fn next_question(&self, lease_milliseconds: i64) -> Option<Timestamp> {
        let Some(asked) = self.unanswered.checked_sub(1) else {
            return Some(self.since.plus_milliseconds(lease_milliseconds));
        };
        let delay = usize::try_from(asked).ok().and_then(|asked| SCHEDULE.get(asked))?;
        Some(self.since.plus_milliseconds(*delay))
    }

    /// Whether only a person can find out.
    #[must_use]
    pub fn is_out_of_schedule(&self) -> bool {
        self.next_question(0).is_none()
    }
}
