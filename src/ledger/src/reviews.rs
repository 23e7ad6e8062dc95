//! The review queue: the payments that wait for a person. A payment is in it once: its sync state names its position,
//! and any other record of it in the queue is void.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tollbridge_domain::{PaymentReference, Timestamp};

use crate::slots::{Slot, SlotQueue, is_past_lease, write};
use crate::sync_state::QueuePosition;
use crate::{LEASE_MILLISECONDS, Ledger, StoreError, SyncState, Writes, keys, stored};

/// A payment in the review queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// The payment.
    pub reference: PaymentReference,
    /// Since when it waits.
    pub since: Timestamp,
}

/// A payment that waits, with its position and its sync state.
#[derive(Clone, Debug)]
pub struct OpenReview {
    /// The position in the queue.
    pub number: u64,
    /// The payment, and since when it waits.
    pub review: Review,
    /// The payment's sync state.
    pub sync_state: SyncState,
}

/// A page of the review queue.
#[derive(Clone, Debug)]
pub struct ReviewPage {
    /// The payments that wait.
    pub open: Vec<OpenReview>,
    /// The last position that was read.
    pub reached: u64,
    /// Whether the queue ends there.
    pub is_last: bool,
}

/// How many payments one read of the store covers.
const MAX_PAYMENTS_PER_READ: usize = 256;

impl Ledger<'_> {
    fn reviews(&self) -> SlotQueue<'_> {
        let record = |number| keys::review(&self.site, number);
        SlotQueue::new(self, keys::review_counter(&self.site), record, keys::review_cursor(&self.site))
    }

    /// Enqueues those of these payments that wait and have no valid position, in the order in which their reasons
    /// arose.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn assign_review_positions(&self, references: BTreeSet<PaymentReference>) -> Result<(), StoreError> {
        let references: Vec<PaymentReference> = references.into_iter().collect();
        let read_at = self.clock.elapsed_milliseconds();
        let mut waiting: Vec<(Review, SyncState)> = Vec::new();
        for chunk in references.chunks(MAX_PAYMENTS_PER_READ) {
            for (reference, sync_state) in self.sync_states_of(chunk.to_vec())? {
                let needs_position = match sync_state.review {
                    None => false,
                    Some(QueuePosition::Unassigned) => true,
                    // If only a part of a write took effect, a position may lack its record. If a write took effect
                    // late, the sync state may name a position behind the cursor.
                    Some(QueuePosition::Number(number)) => {
                        let queue = self.reviews();
                        let record = queue.slots.read::<Review>(&[number])?.pop().and_then(|(_, record)| record);
                        record.is_none_or(|record| record.reference != reference) || number <= queue.cursor()?
                    }
                };
                if needs_position {
                    let since = self.history_reaching(&reference, 0)?.in_review_since();
                    let since = since.unwrap_or_else(|| self.clock.now());
                    let place = waiting.partition_point(|(before, _)| before.since <= since);
                    waiting.insert(place, (Review { reference, since }, sync_state));
                }
            }
        }
        for (review, sync_state) in waiting {
            self.check_read_age(read_at, LEASE_MILLISECONDS)?;
            self.enqueue_review(&review, &sync_state)?;
        }
        Ok(())
    }

    /// Allocates a position, and writes its record together with the payment's sync state.
    fn enqueue_review(&self, review: &Review, sync_state: &SyncState) -> Result<(), StoreError> {
        let entered = self.reviews().slots.append(&[], &mut |number, key| {
            Ok(vec![write(&key, review)?, self.sync_state_write(&review.reference, sync_state.at_position(number))?])
        });
        entered.map(drop).inspect_err(|_| drop(self.mark_unconfirmed(&review.reference)))
    }

    /// Reads the sync states of these payments.
    pub(crate) fn sync_states_of(
        &self,
        references: Vec<PaymentReference>,
    ) -> Result<Vec<(PaymentReference, SyncState)>, StoreError> {
        if references.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = references.iter().map(|reference| keys::sync_state(&self.site, reference)).collect();
        let values = self.store.get_many(&keys)?;
        let sync_state = references.into_iter().zip(&keys).zip(values);
        sync_state
            .map(|((reference, key), value)| {
                let sync_state = value.map(|value| stored::read(key, &value)).transpose()?.unwrap_or_default();
                Ok((reference, sync_state))
            })
            .collect()
    }

    /// Reads the payments that wait, at most `limit` positions after this one and after the cursor.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn reviews_after(&self, after: u64, limit: u64) -> Result<ReviewPage, StoreError> {
        let after = after.max(self.reviews().cursor()?);
        let records: Vec<Slot<Review>> = self.reviews().slots.after(after, limit)?;
        let reached = records.last().map_or(after, |(number, _)| *number);
        let is_last = u64::try_from(records.len()).is_ok_and(|found| found < limit);
        Ok(ReviewPage { open: self.open_reviews(records)?, reached, is_last })
    }

    /// Those of these positions whose payment waits there.
    fn open_reviews(&self, records: Vec<Slot<Review>>) -> Result<Vec<OpenReview>, StoreError> {
        let records: Vec<(u64, Review)> =
            records.into_iter().filter_map(|(number, review)| Some((number, review?))).collect();
        let sync_state = self.sync_states_of(records.iter().map(|(_, review)| review.reference.clone()).collect())?;
        let is_current = |position: Option<QueuePosition>, number| match position {
            Some(QueuePosition::Number(own)) => own == number,
            // A concurrent write lost its number. The payment waits all the same.
            Some(QueuePosition::Unassigned) => true,
            None => false,
        };
        let open = records
            .into_iter()
            .zip(sync_state)
            .filter(|((number, _), (_, sync_state))| is_current(sync_state.review, *number));
        Ok(open.map(|((number, review), (_, sync_state))| OpenReview { number, review, sync_state }).collect())
    }

    /// Closes the finished positions at the head of the queue, and moves a payment that has waited for long to its end,
    /// so that no reader has to read all the positions that were closed since. Reads at most `limit` positions.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn compact_review_queue(&self, limit: u64) -> Result<(), StoreError> {
        let queue = self.reviews();
        let read_at = self.clock.elapsed_milliseconds();
        let cursor = queue.cursor()?;
        let last = queue.slots.last()?;
        let records: Vec<Slot<Review>> = queue.slots.after(cursor, limit)?;
        // The writer of a gap is at work, unless a later record is older than the lease.
        let now = self.clock.now();
        let is_old =
            |(_, record): &&Slot<Review>| record.as_ref().is_some_and(|record| is_past_lease(record.since, now));
        let last_old = records.iter().rfind(is_old).map_or(cursor, |(number, _)| *number);
        let is_gap = |(_, record): &&Slot<Review>| record.is_none();
        let gaps = records.iter().filter(is_gap).map(|(number, _)| *number);
        let (passed, live): (Vec<u64>, Vec<u64>) = gaps.partition(|number| *number <= last_old);
        let end = live.first().map(|number| number.saturating_sub(1));
        let mut closed_up_to = records.last().map_or(cursor, |(number, _)| *number).min(end.unwrap_or(u64::MAX));
        let mut open = self.open_reviews(records)?;
        let late = queue.slots.pass(&passed, Writes::new())?;
        for review in self.open_reviews(late)? {
            open.insert(open.partition_point(|before| before.number < review.number), review);
        }
        for open in open.into_iter().filter(|open| open.number <= end.unwrap_or(u64::MAX)) {
            if last.saturating_sub(open.number) <= limit {
                closed_up_to = open.number.saturating_sub(1).min(closed_up_to);
                break;
            }
            self.check_read_age(read_at, LEASE_MILLISECONDS)?;
            self.enqueue_review(&open.review, &open.sync_state)?;
        }
        if closed_up_to > cursor {
            queue.move_cursor(closed_up_to)?;
        }
        Ok(())
    }
}
