//! The inquiry queue: the payments whose status the provider is asked for, because they are pending and the callback
//! with their outcome may be lost.
//!
//! The queue has a bucket for each minute, by the time at which an inquiry is due, so that a reader finds the due ones
//! and reads nothing else. A payment is in the queue once: its sync state names its slot, and a record in an earlier
//! slot is void. If the write of the sync state was lost, the record counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tollbridge_domain::durations::{MINUTE, backoff};
use tollbridge_domain::{PaymentReference, PendingOperation, Timestamp};

use crate::slots::{Slots, write};
use crate::{InquirySlot, LEASE_MILLISECONDS, Ledger, StoreError, SyncState, keys};

/// The length of a bucket. An inquiry is made by the next drain after it is due, this length and a lease later at the
/// most.
const BUCKET_MILLISECONDS: i64 = MINUTE;

/// How many buckets one read of the store covers.
const BUCKETS_PER_READ: u64 = 256;

/// How many empty buckets a drain passes before it writes the cursor.
const EMPTY_BUCKETS_PER_CURSOR_WRITE: u64 = 60;

/// How many payments one read of the store covers.
const MAX_PAYMENTS_PER_READ: usize = 256;

/// How many numbers after the last inquiry of a bucket are checked for a late one.
const MAX_LATE: u64 = 256;

/// How often a payment is enqueued again because the minute of its slot was over meanwhile.
const MAX_TRIES: usize = 4;

/// How long a site waits before the status inquiries about a pending payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InquiryIntervals {
    /// Before the first inquiry, in milliseconds.
    pub first_milliseconds: i64,
    /// The longest wait between two inquiries, in milliseconds.
    pub longest_milliseconds: i64,
}

impl InquiryIntervals {
    /// The wait before the next inquiry after this many, in milliseconds. It doubles with each inquiry.
    ///
    /// ```
    /// use tollbridge_ledger::InquiryIntervals;
    ///
    /// let intervals = InquiryIntervals { first_milliseconds: 60_000, longest_milliseconds: 3_600_000 };
    /// assert_eq!(intervals.after(0), 60_000);
    /// assert_eq!(intervals.after(2), 240_000);
    /// assert_eq!(intervals.after(20), 3_600_000);
    /// ```
    #[must_use]
    pub fn after(self, inquiry_count: u32) -> i64 {
        backoff(self.first_milliseconds, inquiry_count, self.longest_milliseconds)
    }
}

impl InquirySlot {
    fn position(self) -> InquiryCursor {
        InquiryCursor { bucket: self.bucket, number: self.number }
    }
}

/// A position in the inquiry queue. As a cursor it says that every inquiry up to this number of this bucket was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InquiryCursor {
    bucket: u64,
    number: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredInquiry {
    reference: PaymentReference,
    #[serde(rename = "asked")]
    inquiry_count: u32,
}

/// A status inquiry that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueInquiry {
    /// The payment.
    pub reference: PaymentReference,
    /// How many inquiries about the payment were made before.
    pub inquiry_count: u32,
    position: InquiryCursor,
}

impl DueInquiry {
    /// Whether this is the payment's slot, by its sync state. If the write of a sync state was lost, or an older state
    /// overwrote a later one, no inquiry becomes void by that.
    #[must_use]
    pub fn is_current(&self, sync_state: &SyncState) -> bool {
        sync_state.inquiry.is_none_or(|slot| slot.position() == self.position || slot.bucket < self.position.bucket)
    }

    /// The cursor once this inquiry was made.
    #[must_use]
    pub fn reached(&self) -> InquiryCursor {
        self.position
    }
}

/// A page of the inquiry queue.
#[derive(Clone, Debug)]
pub struct InquiryPage {
    /// The due inquiries of one bucket.
    pub inquiries: Vec<DueInquiry>,
    /// The cursor once these inquiries were made.
    pub reached: InquiryCursor,
    /// Whether no other inquiry is due.
    pub is_last: bool,
}

fn bucket_of(time: Timestamp) -> u64 {
    u64::try_from(time.milliseconds().div_euclid(BUCKET_MILLISECONDS)).unwrap_or(0)
}

/// When the earliest inquiry is due that the payment's slot does not cover: about an operation that was requested after
/// the slot was allocated, and due before it.
fn earliest_uncovered(
    slot: Option<InquirySlot>,
    pending: &[PendingOperation],
    intervals: InquiryIntervals,
    reached: InquiryCursor,
    now: Timestamp,
) -> Option<Timestamp> {
    let slot = slot.filter(|slot| slot.position() > reached);
    let due = |pending: &PendingOperation| pending.requested_at.plus_milliseconds(intervals.after(0)).max(now);
    let earlier = |pending: &&PendingOperation| {
        slot.is_none_or(|slot| pending.requested_at > slot.at && bucket_of(due(pending)) < slot.bucket)
    };
    pending.iter().filter(earlier).map(due).min()
}

impl Ledger<'_> {
    fn bucket(&self, bucket: u64) -> Slots<'_> {
        let record = move |number| keys::inquiry(&self.site, bucket, number);
        Slots::new(self, keys::inquiry_counter(&self.site, bucket), record)
    }

    /// The last bucket whose inquiries are due. No process adds to it any more: its time is over by more than clocks
    /// may differ.
    fn last_due_bucket(&self) -> u64 {
        bucket_of(self.clock.now().plus_milliseconds(-LEASE_MILLISECONDS)).saturating_sub(1)
    }

    /// The cursor of the inquiry queue. A site that never made an inquiry begins now.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn inquiry_cursor(&self) -> Result<InquiryCursor, StoreError> {
        if let Some(reached) = self.read_one(&keys::inquiry_cursor(&self.site))? {
            return Ok(reached);
        }
        let reached = InquiryCursor { bucket: self.last_due_bucket(), number: 0 };
        self.write_inquiry_cursor(reached)?;
        Ok(reached)
    }

    fn write_inquiry_cursor(&self, reached: InquiryCursor) -> Result<(), StoreError> {
        self.store.set_many(&[write(&keys::inquiry_cursor(&self.site), &reached)?])
    }

    /// The next due inquiries, at most `limit`. An empty page need not be the last: it covers that many empty buckets.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn due_inquiries(&self, after: InquiryCursor, limit: u64) -> Result<InquiryPage, StoreError> {
        let last_due = self.last_due_bucket();
        if after.bucket > last_due {
            return Ok(InquiryPage { inquiries: Vec::new(), reached: after, is_last: true });
        }
        let last = last_due.min(after.bucket.saturating_add(BUCKETS_PER_READ));
        let buckets: Vec<u64> = (after.bucket..=last).collect();
        let markers: Vec<String> = buckets.iter().map(|bucket| keys::inquiry_bucket(&self.site, *bucket)).collect();
        let markers = self.store.get_many(&markers)?;
        let mut used =
            buckets.into_iter().zip(markers).filter(|(_, marker)| marker.is_some()).map(|(bucket, _)| bucket);
        let Some(bucket) = used.next() else {
            let reached = InquiryCursor { bucket: last.saturating_add(1), number: 0 };
            return Ok(InquiryPage { inquiries: Vec::new(), reached, is_last: last == last_due });
        };
        let number = if bucket == after.bucket { after.number } else { 0 };
        let records: Vec<(u64, Option<StoredInquiry>)> = self.bucket(bucket).after(number, limit)?;
        let is_whole = u64::try_from(records.len()).is_ok_and(|found| found < limit);
        let reached = match records.last() {
            Some((number, _)) if !is_whole => InquiryCursor { bucket, number: *number },
            Some(_) | None => InquiryCursor { bucket: bucket.saturating_add(1), number: 0 },
        };
        let inquiries = records.into_iter().filter_map(|(number, stored)| {
            let StoredInquiry { reference, inquiry_count } = stored?;
            Some(DueInquiry { reference, inquiry_count, position: InquiryCursor { bucket, number } })
        });
        Ok(InquiryPage { inquiries: inquiries.collect(), reached, is_last: is_whole && bucket == last_due })
    }

    /// Moves the cursor of the inquiry queue from `before` to `reached`, and removes the inquiries that were made
    /// between the two.
    ///
    /// # Errors
    /// The store did not confirm the write. Then the next drain makes the inquiries again.
    pub fn complete_inquiries(
        &self,
        before: InquiryCursor,
        completed: &[DueInquiry],
        reached: InquiryCursor,
    ) -> Result<(), StoreError> {
        let Some(last) = completed.last() else {
            let is_far = reached.bucket.saturating_sub(before.bucket) >= EMPTY_BUCKETS_PER_CURSOR_WRITE;
            if !is_far {
                return Ok(());
            }
            self.write_inquiry_cursor(reached)?;
            return if self.has_late_inquiry(before, before, reached)? {
                self.write_inquiry_cursor(before)
            } else {
                Ok(())
            };
        };
        self.write_inquiry_cursor(reached)?;
        if self.has_late_inquiry(before, last.position, reached)? {
            // The next drain reads the late one.
            return self.write_inquiry_cursor(last.position);
        }
        let key = |inquiry: &DueInquiry| keys::inquiry(&self.site, inquiry.position.bucket, inquiry.position.number);
        let mut done: Vec<String> = completed.iter().map(key).collect();
        let bucket = last.position.bucket;
        if reached.bucket > bucket {
            done.push(keys::inquiry_bucket(&self.site, bucket));
            done.push(keys::inquiry_counter(&self.site, bucket));
        }
        self.store.delete_many(&done)
    }

    /// Whether a process whose clock is behind added an inquiry where the cursor was about to pass. This is read after
    /// the cursor was written, and the process that adds an inquiry reads the cursor after writing. One of the two sees
    /// the other, as in [`crate::slots`].
    fn has_late_inquiry(
        &self,
        before: InquiryCursor,
        last: InquiryCursor,
        reached: InquiryCursor,
    ) -> Result<bool, StoreError> {
        let others = (before.bucket..reached.bucket).filter(|bucket| *bucket != last.bucket);
        let markers: Vec<String> = others.map(|bucket| keys::inquiry_bucket(&self.site, bucket)).collect();
        let is_there = |values: Vec<Option<Vec<u8>>>| values.iter().any(Option::is_some);
        if !markers.is_empty() && is_there(self.store.get_many(&markers)?) {
            return Ok(true);
        }
        let behind = if reached.bucket > last.bucket { MAX_LATE } else { 0 };
        let inquiries = self.bucket(last.bucket).after::<StoredInquiry>(last.number, behind)?;
        Ok(inquiries.iter().any(|(_, inquiry)| inquiry.is_some()))
    }

    /// Enqueues those of these payments that have pending operations which no slot of theirs covers.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn schedule_inquiries(
        &self,
        pending: BTreeMap<PaymentReference, Vec<PendingOperation>>,
        intervals: InquiryIntervals,
        reached: InquiryCursor,
    ) -> Result<(), StoreError> {
        let references: Vec<PaymentReference> = pending.keys().cloned().collect();
        for chunk in references.chunks(MAX_PAYMENTS_PER_READ) {
            let read_at = self.clock.elapsed_milliseconds();
            for (reference, sync_state) in self.sync_states_of(chunk.to_vec())? {
                self.check_read_age(read_at, LEASE_MILLISECONDS)?;
                let pending = pending.get(&reference).map(Vec::as_slice).unwrap_or_default();
                if let Some(due) = earliest_uncovered(sync_state.inquiry, pending, intervals, reached, self.clock.now())
                {
                    self.enqueue_inquiry(&reference, 0, due, Some(sync_state))?;
                }
            }
        }
        Ok(())
    }

    /// Enqueues the next inquiry about a payment, after this many.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn schedule_next_inquiry(
        &self,
        reference: &PaymentReference,
        inquiry_count: u32,
        intervals: InquiryIntervals,
    ) -> Result<(), StoreError> {
        let due = self.clock.now().plus_milliseconds(intervals.after(inquiry_count));
        let sync_state = self.sync_states_of(vec![reference.clone()])?.pop().map(|(_, sync_state)| sync_state);
        self.enqueue_inquiry(reference, inquiry_count, due, sync_state)
    }

    /// Postpones an inquiry that cannot be made now. It neither reads nor writes anything of the payment, so it works
    /// whatever is wrong with it.
    ///
    /// # Errors
    /// The store did not confirm the write.
    pub fn postpone_inquiry(&self, inquiry: &DueInquiry, intervals: InquiryIntervals) -> Result<(), StoreError> {
        let due = self.clock.now().plus_milliseconds(intervals.after(0));
        self.enqueue_inquiry(&inquiry.reference, inquiry.inquiry_count, due, None)
    }

    /// Writes the record of a slot, and the slot into the payment's sync state. Nothing may be added to a bucket once
    /// its time is over: the cursor may have passed it.
    fn enqueue_inquiry(
        &self,
        reference: &PaymentReference,
        inquiry_count: u32,
        due: Timestamp,
        sync_state: Option<SyncState>,
    ) -> Result<(), StoreError> {
        for _ in 0..MAX_TRIES {
            let bucket = bucket_of(due.max(self.clock.now()));
            let (number, key) = self.bucket(bucket).allocate()?;
            let record = StoredInquiry { reference: reference.clone(), inquiry_count };
            let mut writes = vec![write(&key, &record)?, write(&keys::inquiry_bucket(&self.site, bucket), &true)?];
            if let Some(sync_state) = &sync_state {
                let sync_state = sync_state.with_inquiry(InquirySlot { bucket, number, at: self.clock.now() });
                writes.push(self.sync_state_write(reference, sync_state)?);
            }
            self.write_or_mark_unconfirmed(reference, &writes)?;
            let is_after_cursor = InquiryCursor { bucket, number } > self.inquiry_cursor()?;
            if is_after_cursor && bucket_of(self.clock.now()) <= bucket {
                return Ok(());
            }
        }
        Err(StoreError::Unavailable("a status inquiry could not be enqueued before its minute was over".to_owned()))
    }
}
