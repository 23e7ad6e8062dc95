//! The line of payments that wait for a person. A payment stands in it once: its place is the one that it names itself,
//! with what Salesforce was told, and any other record of it there is void.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tollbridge_domain::{PaymentReference, Timestamp};

use crate::slots::{Slot, SlotQueue, is_worth_passing, write};
use crate::sync_state::QueuePosition;
use crate::{LEASE_MILLISECONDS, Ledger, StoreError, SyncState, Writes, keys, stored};

/// A payment's place in the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// The payment.
    pub reference: PaymentReference,
    /// Since when it waits.
    pub since: Timestamp,
}

/// A place in the line that is taken, with what its payment was told.
#[derive(Clone, Debug)]
pub struct OpenReview {
    /// The number.
    pub number: u64,
    /// The payment, and since when.
    pub review: Review,
    /// What Salesforce was last told of it.
    pub sync_state: SyncState,
}

/// A piece of the line.
#[derive(Clone, Debug)]
pub struct ReviewPage {
    /// The places that are taken.
    pub open: Vec<OpenReview>,
    /// The last number that was looked at.
    pub reached: u64,
    /// Whether the line ends there.
    pub is_last: bool,
}

/// Payments looked at in one question to the store.
const MOST_AT_ONCE: usize = 256;

impl Ledger<'_> {
    fn reviews(&self) -> SlotQueue<'_> {
        let record = |number| keys::review(&self.site, number);
        SlotQueue::new(self, keys::review_counter(&self.site), record, keys::review_cursor(&self.site))
    }

    /// Gives a number to those of these payments that wait and have none.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn assign_review_positions(&self, references: BTreeSet<PaymentReference>) -> Result<(), StoreError> {
        let references: Vec<PaymentReference> = references.into_iter().collect();
        for some in references.chunks(MOST_AT_ONCE) {
            let read_at = self.clock.elapsed_milliseconds();
            for (reference, sync_state) in self.sync_states_of(some.to_vec())? {
                self.in_time(read_at, LEASE_MILLISECONDS)?;
                let waits = match sync_state.review {
                    None => false,
                    Some(QueuePosition::Unassigned) => true,
                    // A write of which only a part took effect leaves a place without its record, and a note that took
                    // effect late may name a place that was passed.
                    Some(QueuePosition::Number(number)) => {
                        let line = self.reviews();
                        let record = line.slots.read::<Review>(&[number])?.pop().and_then(|(_, record)| record);
                        record.is_none_or(|record| record.reference != reference) || number <= line.cursor()?
                    }
                };
                if waits {
                    self.enqueue_review(&Review { reference, since: self.clock.now() }, &sync_state)?;
                }
            }
        }
        Ok(())
    }

    /// Allocates a number, and writes both the record under it and the number in what the payment was told.
    fn enqueue_review(&self, review: &Review, sync_state: &SyncState) -> Result<(), StoreError> {
        let entered = self.reviews().slots.append(&[], &mut |number, key| {
            Ok(vec![write(&key, review)?, self.stamped_sync_state(&review.reference, sync_state.at_position(number))?])
        });
        entered.map(drop).inspect_err(|_| drop(self.mark_in_doubt(&review.reference)))
    }

    /// What Salesforce was told of each of these payments.
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

    /// The payments that wait, at most `limit` numbers after this one and after the cursor.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn reviews_after(&self, after: u64, limit: u64) -> Result<ReviewPage, StoreError> {
        let after = after.max(self.reviews().cursor()?);
        let records: Vec<Slot<Review>> = self.reviews().slots.after(after, limit)?;
        let reached = records.last().map_or(after, |(number, _)| *number);
        let is_last = u64::try_from(records.len()).is_ok_and(|found| found < limit);
        Ok(ReviewPage { open: self.open_reviews(records)?, reached, is_last })
    }

    /// The places among these that are taken.
    fn open_reviews(&self, records: Vec<Slot<Review>>) -> Result<Vec<OpenReview>, StoreError> {
        let taken: Vec<(u64, Review)> =
            records.into_iter().filter_map(|(number, review)| Some((number, review?))).collect();
        let sync_state = self.sync_states_of(taken.iter().map(|(_, review)| review.reference.clone()).collect())?;
        let stands_here = |place: Option<QueuePosition>, number| match place {
            Some(QueuePosition::Number(own)) => own == number,
            // Its number was lost to a write at the same time; it waits all the same.
            Some(QueuePosition::Unassigned) => true,
            None => false,
        };
        let open = taken
            .into_iter()
            .zip(sync_state)
            .filter(|((number, _), (_, sync_state))| stands_here(sync_state.review, *number));
        Ok(open.map(|((number, review), (_, sync_state))| OpenReview { number, review, sync_state }).collect())
    }

    /// Closes what is closed at the head of the line, and moves a payment that waits long to its end, so that no reader
    /// has to pass over everything that was settled since. Looks at no more than `most` numbers.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn compact_review_queue(&self, most: u64) -> Result<(), StoreError> {
        let line = self.reviews();
        let read_at = self.clock.elapsed_milliseconds();
        let cursor = line.cursor()?;
        let last = line.slots.last()?;
        let records: Vec<Slot<Review>> = line.slots.after(cursor, most)?;
        // A number without a record is being written, unless a later record is old.
        let now = self.clock.now();
        let is_old =
            |(_, record): &&Slot<Review>| record.as_ref().is_some_and(|record| is_worth_passing(record.since, now));
        let last_old = records.iter().rfind(is_old).map_or(cursor, |(number, _)| *number);
        let is_gap = |(_, record): &&Slot<Review>| record.is_none();
        let gaps = records.iter().filter(is_gap).map(|(number, _)| *number);
        let (passed, live): (Vec<u64>, Vec<u64>) = gaps.partition(|number| *number <= last_old);
        let end = live.first().map(|number| number.saturating_sub(1));
        let mut closed_up_to = records.last().map_or(cursor, |(number, _)| *number).min(end.unwrap_or(u64::MAX));
        let mut open = self.open_reviews(records)?;
        let late = line.slots.pass(&passed, Writes::new())?;
        for review in self.open_reviews(late)? {
            open.insert(open.partition_point(|before| before.number < review.number), review);
        }
        for open in open.into_iter().filter(|open| open.number <= end.unwrap_or(u64::MAX)) {
            if last.saturating_sub(open.number) <= most {
                closed_up_to = open.number.saturating_sub(1).min(closed_up_to);
                break;
            }
            self.in_time(read_at, LEASE_MILLISECONDS)?;
            self.enqueue_review(&open.review, &open.sync_state)?;
        }
        if closed_up_to > cursor {
            line.move_cursor(closed_up_to)?;
        }
        Ok(())
    }
}
