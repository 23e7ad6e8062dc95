//! Operations whose end nobody has said: those of which nothing was heard, and those that the provider is still at work on.
//! Here is when to ask what became of them, and when an answer "not found" may be believed.

use crate::{Money, Operation, Timestamp};

/// How long whoever asks for an operation may be at it, in milliseconds: until then the provider may have it yet to come, and
/// nobody asks what became of it.
pub const LEASE_MILLISECONDS: i64 = 60_000;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long after each unanswered question the next one is asked: soon, while a callback is on its way, then rarely, and
/// after a week a person must.
const SCHEDULE: [i64; 10] = [MINUTE, 5 * MINUTE, HOUR, DAY, DAY, DAY, DAY, DAY, DAY, DAY];

/// How long a provider must go on not finding an operation before that says that it was not made. A provider may take a
/// while to carry out what it was asked for, and to find what it carried out.
const MISSING_MILLISECONDS: i64 = 5 * MINUTE;

/// An operation without an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingOutcome {
    /// The sequence number of its request; none for the one that opened the payment.
    pub number: Option<u64>,
    /// What was asked.
    pub operation: Operation,
    /// How much.
    pub amount: Money,
    /// SHA-256 of the request that was made of Tollbridge, in hex.
    pub digest: String,
    /// When it was to be asked for.
    pub requested_at: Timestamp,
    /// How often the provider was asked, and did not answer or did not find it.
    pub unanswered: u32,
    /// When it was last asked, or was about to be.
    pub since: Timestamp,
    /// Since when the provider does not find it; none where it never said so, or only while it may have had it yet to come.
    pub missing_since: Option<Timestamp>,
}

impl PendingOutcome {
    /// When to ask what became of it: never while whoever asked for it may still be at it, and once more when it is believed
    /// that it was not made. None when the schedule has ended.
    #[must_use]
    pub fn next_question(&self) -> Option<Timestamp> {
        let lease_ends = self.requested_at.plus_milliseconds(LEASE_MILLISECONDS);
        if self.missing_since == Some(self.since) {
            return Some(self.since.plus_milliseconds(MISSING_MILLISECONDS));
        }
        let Some(asked) = self.unanswered.checked_sub(1) else { return Some(lease_ends) };
        let delay = usize::try_from(asked).ok().and_then(|asked| SCHEDULE.get(asked))?;
        Some(self.since.plus_milliseconds(*delay).max(lease_ends))
    }

    /// Whether only a person can find out.
    #[must_use]
    pub fn is_out_of_schedule(&self) -> bool {
        self.next_question().is_none()
    }

    /// Whether it would be news that the provider does not find it now.
    #[must_use]
    pub fn missing_is_news(&self, now: Timestamp) -> bool {
        self.missing_since.is_none_or(|since| now >= since.plus_milliseconds(MISSING_MILLISECONDS))
    }
}

/// An operation that the provider said is under way, and of which it has said nothing since: the payer has not decided, or
/// the news of the end was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingOperation {
    /// The sequence number of its request; none for the one that opened the payment.
    pub number: Option<u64>,
    /// What was asked.
    pub operation: Operation,
    /// How much.
    pub amount: Money,
    /// When it was to be asked for.
    pub requested_at: Timestamp,
}

/// The times at which the provider did not find an operation while it had answered nothing else about it.
#[derive(Default)]
pub(crate) struct Missing {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Missing {
    /// One that was said before the lease was over says nothing: the operation may have been on its way.
    pub(crate) fn note(&mut self, at: Timestamp, requested_at: Timestamp) {
        if at >= requested_at.plus_milliseconds(LEASE_MILLISECONDS) {
            self.first = Some(self.first.map_or(at, |first| first.min(at)));
            self.last = self.last.max(Some(at));
        }
    }

    pub(crate) fn since(&self) -> Option<Timestamp> {
        self.first
    }

    /// Whether it was not found for so long that it was not made.
    pub(crate) fn is_believed(&self) -> bool {
        self.first.zip(self.last).is_some_and(|(first, last)| last >= first.plus_milliseconds(MISSING_MILLISECONDS))
    }
}
