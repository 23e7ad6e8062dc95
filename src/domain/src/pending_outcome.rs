//! Operations without a final outcome: those without any event, and those that the provider reported as pending. This
//! module decides when to inquire about them, and when a "not found" may be believed.

use crate::durations::{DAY, HOUR, MINUTE};
use crate::{Money, Operation, Timestamp};

/// How long a process may work on a request, in milliseconds. Until then the request may still be on its way to the
/// provider, so there is no status inquiry.
pub const LEASE_MILLISECONDS: i64 = MINUTE;

/// How long after each inquiry without an outcome the next one follows: soon, while a callback may be on its way, then
/// rarely. After a week a person must find out.
const SCHEDULE: [i64; 10] = [MINUTE, 5 * MINUTE, HOUR, DAY, DAY, DAY, DAY, DAY, DAY, DAY];

/// How long inquiries must miss an operation before it counts as not carried out. A provider may need time to carry out
/// a request, and to find what it carried out.
const MISSING_MILLISECONDS: i64 = 5 * MINUTE;

/// A requested operation without any event about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingOutcome {
    /// The sequence number of its request; none for the operation that opened the payment.
    pub number: Option<u64>,
    /// The requested operation.
    pub operation: Operation,
    /// The requested amount.
    pub amount: Money,
    /// SHA-256 of the caller's request, in hex.
    pub digest: String,
    /// When its request was written, before it was sent.
    pub requested_at: Timestamp,
    /// How many requests and inquiries the provider did not answer, or answered with "not found".
    pub unanswered: u32,
    /// When the last request or inquiry was made.
    pub since: Timestamp,
    /// Since when inquiries miss it. None if none did, or only while the request might still have been on its way.
    pub missing_since: Option<Timestamp>,
}

impl PendingOutcome {
    /// When to inquire next: never while a process may still work on the request, and once more when a "not found" may
    /// be believed. None when the schedule has ended.
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

    /// Whether only a person can find out the outcome.
    #[must_use]
    pub fn is_out_of_schedule(&self) -> bool {
        self.next_question().is_none()
    }

    /// Whether a "not found" at this time would change anything.
    #[must_use]
    pub fn missing_is_news(&self, now: Timestamp) -> bool {
        self.missing_since.is_none_or(|since| now >= since.plus_milliseconds(MISSING_MILLISECONDS))
    }
}

/// An operation that the provider last reported as pending: the payer has not decided, or the callback about the end
/// was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingOperation {
    /// The sequence number of its request; none for the operation that opened the payment.
    pub number: Option<u64>,
    /// The requested operation.
    pub operation: Operation,
    /// The requested amount.
    pub amount: Money,
    /// When its request was written, before it was sent.
    pub requested_at: Timestamp,
}

/// The times at which inquiries missed an operation that the provider had reported nothing about.
#[derive(Default)]
pub(crate) struct MissedInquiries {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl MissedInquiries {
    /// A miss before the end of the lease does not count: the request may still have been on its way.
    pub(crate) fn note(&mut self, at: Timestamp, requested_at: Timestamp) {
        if at >= requested_at.plus_milliseconds(LEASE_MILLISECONDS) {
            self.first = Some(self.first.map_or(at, |first| first.min(at)));
            self.last = self.last.max(Some(at));
        }
    }

    pub(crate) fn since(&self) -> Option<Timestamp> {
        self.first
    }

    /// Whether inquiries missed it for so long that it counts as not carried out.
    pub(crate) fn is_believed(&self) -> bool {
        self.first.zip(self.last).is_some_and(|(first, last)| last >= first.plus_milliseconds(MISSING_MILLISECONDS))
    }
}
