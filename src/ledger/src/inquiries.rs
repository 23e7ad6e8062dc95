//! The line of payments that the provider is to be asked about: those that are pending, in case the news of their end is
//! lost. It stands in buckets of a minute by the time of the question, so that a reader finds what is due and looks at
//! nothing else. A payment stands in it once: its turn is the one that it names itself, with what Salesforce was told, and a
//! record of it before that one is void. Where the note of the turn was lost, the record counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tollbridge_domain::{PaymentReference, PendingOperation, Timestamp};

use crate::slots::{Slots, write};
use crate::{LEASE_MILLISECONDS, Ledger, StoreError, SyncState, keys};

/// The length of a bucket. A question is asked at most this and a lease later than it is due, and at the next drain then.
const BUCKET_MILLISECONDS: i64 = 60_000;

/// Buckets looked at in one question to the store.
const BUCKETS_AT_ONCE: u64 = 256;

/// How many buckets without a question are passed before that is written down.
const BUCKETS_UNWRITTEN: u64 = 60;

/// Payments looked at in one question to the store.
const MOST_AT_ONCE: usize = 256;

/// Numbers looked at behind the last question of a minute.
const MOST_BEHIND: u64 = 256;

/// How often a turn is taken anew because its minute went by meanwhile.
const MOST_TRIES: usize = 4;

/// How long a site waits before it asks about a payment that is pending, and how that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InquiryIntervals {
    /// Before the first question, in milliseconds.
    pub first_milliseconds: i64,
    /// The longest between two questions, in milliseconds.
    pub longest_milliseconds: i64,
}

impl InquiryIntervals {
    /// How long the next question is waited with after so many: twice as long as with the one before, in milliseconds.
    #[must_use]
    pub fn after(self, asked: u32) -> i64 {
        let times = 1_i64.checked_shl(asked.min(32)).unwrap_or(i64::MAX);
        self.first_milliseconds.saturating_mul(times).min(self.longest_milliseconds)
    }
}

/// A payment's turn in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InquirySlot {
    bucket: u64,
    number: u64,
    /// When it was taken.
    at: Timestamp,
}

impl InquirySlot {
    fn place(self) -> InquiryCursor {
        InquiryCursor { bucket: self.bucket, number: self.number }
    }
}

/// How far the line is worked through: everything up to this number in this bucket is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InquiryCursor {
    bucket: u64,
    number: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredInquiry {
    reference: PaymentReference,
    asked: u32,
}

/// A question that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueInquiry {
    /// The payment.
    pub reference: PaymentReference,
    /// How often it was asked before.
    pub asked: u32,
    place: InquiryCursor,
}

impl DueInquiry {
    /// Whether this is the payment's turn, by what was noted with what Salesforce was told. A note that is lost, or was put
    /// back over a later one, makes none void.
    #[must_use]
    pub fn is_in_turn(&self, sync_state: &SyncState) -> bool {
        sync_state.inquiry.is_none_or(|turn| turn.place() == self.place || turn.bucket < self.place.bucket)
    }

    /// How far the line is worked through once this was asked.
    #[must_use]
    pub fn reached(&self) -> InquiryCursor {
        self.place
    }
}

/// A piece of the line.
#[derive(Clone, Debug)]
pub struct InquiryPage {
    /// The questions of one bucket that are due.
    pub questions: Vec<DueInquiry>,
    /// How far the line is worked through once they are asked.
    pub reached: InquiryCursor,
    /// Whether nothing else is due.
    pub is_last: bool,
}

fn bucket_of(time: Timestamp) -> u64 {
    u64::try_from(time.milliseconds().div_euclid(BUCKET_MILLISECONDS)).unwrap_or(0)
}

/// The time of the earliest question about what a payment has pending that its turn does not cover: what was asked for after
/// the turn was taken, and is due before it.
fn uncovered(
    turn: Option<InquirySlot>,
    pending: &[PendingOperation],
    waits: InquiryIntervals,
    reached: InquiryCursor,
    now: Timestamp,
) -> Option<Timestamp> {
    let turn = turn.filter(|turn| turn.place() > reached);
    let due = |pending: &PendingOperation| pending.requested_at.plus_milliseconds(waits.after(0)).max(now);
    let earlier = |pending: &&PendingOperation| {
        turn.is_none_or(|turn| pending.requested_at > turn.at && bucket_of(due(pending)) < turn.bucket)
    };
    pending.iter().filter(earlier).map(due).min()
}

impl Ledger<'_> {
    fn bucket(&self, bucket: u64) -> Slots<'_> {
        let record = move |number| keys::question(&self.site, bucket, number);
        Slots::new(self, keys::question_counter(&self.site, bucket), record)
    }

    /// The last bucket whose questions are due. Nobody puts one into it any more: its time is over by more than clocks may
    /// differ.
    fn last_due_bucket(&self) -> u64 {
        bucket_of(self.clock.now().plus_milliseconds(-LEASE_MILLISECONDS)).saturating_sub(1)
    }

    /// How far the line is worked through. A site that never asked begins now.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn inquiry_cursor(&self) -> Result<InquiryCursor, StoreError> {
        if let Some(reached) = self.read_one(&keys::question_cursor(&self.site))? {
            return Ok(reached);
        }
        let reached = InquiryCursor { bucket: self.last_due_bucket(), number: 0 };
        self.write_inquiry_cursor(reached)?;
        Ok(reached)
    }

    fn write_inquiry_cursor(&self, reached: InquiryCursor) -> Result<(), StoreError> {
        self.store.set_many(&[write(&keys::question_cursor(&self.site), &reached)?])
    }

    /// The next questions that are due, at most `limit`. A page may be empty and not the last: so many minutes without a
    /// question were passed.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn due_inquiries(&self, after: InquiryCursor, limit: u64) -> Result<InquiryPage, StoreError> {
        let last_due = self.last_due_bucket();
        if after.bucket > last_due {
            return Ok(InquiryPage { questions: Vec::new(), reached: after, is_last: true });
        }
        let last = last_due.min(after.bucket.saturating_add(BUCKETS_AT_ONCE));
        let buckets: Vec<u64> = (after.bucket..=last).collect();
        let marks: Vec<String> = buckets.iter().map(|bucket| keys::question_bucket(&self.site, *bucket)).collect();
        let marks = self.store.get_many(&marks)?;
        let mut used = buckets.into_iter().zip(marks).filter(|(_, mark)| mark.is_some()).map(|(bucket, _)| bucket);
        let Some(bucket) = used.next() else {
            let reached = InquiryCursor { bucket: last.saturating_add(1), number: 0 };
            return Ok(InquiryPage { questions: Vec::new(), reached, is_last: last == last_due });
        };
        let number = if bucket == after.bucket { after.number } else { 0 };
        let records: Vec<(u64, Option<StoredInquiry>)> = self.bucket(bucket).after(number, limit)?;
        let is_whole = u64::try_from(records.len()).is_ok_and(|found| found < limit);
        let reached = match records.last() {
            Some((number, _)) if !is_whole => InquiryCursor { bucket, number: *number },
            Some(_) | None => InquiryCursor { bucket: bucket.saturating_add(1), number: 0 },
        };
        let questions = records.into_iter().filter_map(|(number, stored)| {
            let StoredInquiry { reference, asked } = stored?;
            Some(DueInquiry { reference, asked, place: InquiryCursor { bucket, number } })
        });
        Ok(InquiryPage { questions: questions.collect(), reached, is_last: is_whole && bucket == last_due })
    }

    /// Writes down how far the line is worked through, and removes what was asked between the two.
    ///
    /// # Errors
    /// The store did not take it. Then those are asked once more.
    pub fn pass_inquiries(
        &self,
        before: InquiryCursor,
        asked: &[DueInquiry],
        reached: InquiryCursor,
    ) -> Result<(), StoreError> {
        let Some(last) = asked.last() else {
            let is_far = reached.bucket.saturating_sub(before.bucket) >= BUCKETS_UNWRITTEN;
            if !is_far {
                return Ok(());
            }
            self.write_inquiry_cursor(reached)?;
            return if self.came_late(before, before, reached)? { self.write_inquiry_cursor(before) } else { Ok(()) };
        };
        self.write_inquiry_cursor(reached)?;
        if self.came_late(before, last.place, reached)? {
            // The next drain comes to it.
            return self.write_inquiry_cursor(last.place);
        }
        let key = |question: &DueInquiry| keys::question(&self.site, question.place.bucket, question.place.number);
        let mut done: Vec<String> = asked.iter().map(key).collect();
        let bucket = last.place.bucket;
        if reached.bucket > bucket {
            done.push(keys::question_bucket(&self.site, bucket));
            done.push(keys::question_counter(&self.site, bucket));
        }
        self.store.delete_many(&done)
    }

    /// Whether a question was put where the line was about to be passed, by somebody whose clock is behind. Looked for after
    /// it is written how far the line is passed; whoever puts a question there looks at that after writing. One of the two
    /// sees the other, as in [`crate::slots`].
    fn came_late(
        &self,
        before: InquiryCursor,
        last: InquiryCursor,
        reached: InquiryCursor,
    ) -> Result<bool, StoreError> {
        let others = (before.bucket..reached.bucket).filter(|bucket| *bucket != last.bucket);
        let marks: Vec<String> = others.map(|bucket| keys::question_bucket(&self.site, bucket)).collect();
        let is_there = |values: Vec<Option<Vec<u8>>>| values.iter().any(Option::is_some);
        if !marks.is_empty() && is_there(self.store.get_many(&marks)?) {
            return Ok(true);
        }
        let behind = if reached.bucket > last.bucket { MOST_BEHIND } else { 0 };
        let questions = self.bucket(last.bucket).after::<StoredInquiry>(last.number, behind)?;
        Ok(questions.iter().any(|(_, question)| question.is_some()))
    }

    /// Gives a turn to those of these payments that have something pending and no turn that covers it.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn schedule_inquiries(
        &self,
        pending: BTreeMap<PaymentReference, Vec<PendingOperation>>,
        waits: InquiryIntervals,
        reached: InquiryCursor,
    ) -> Result<(), StoreError> {
        let references: Vec<PaymentReference> = pending.keys().cloned().collect();
        for some in references.chunks(MOST_AT_ONCE) {
            let read_at = self.clock.elapsed_milliseconds();
            for (reference, sync_state) in self.sync_states_of(some.to_vec())? {
                self.in_time(read_at, LEASE_MILLISECONDS)?;
                let pending = pending.get(&reference).map(Vec::as_slice).unwrap_or_default();
                if let Some(due) = uncovered(sync_state.inquiry, pending, waits, reached, self.clock.now()) {
                    self.enqueue_inquiry(&reference, 0, due, Some(sync_state))?;
                }
            }
        }
        Ok(())
    }

    /// Gives the payment its next turn, after so many questions.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn schedule_next_inquiry(
        &self,
        reference: &PaymentReference,
        asked: u32,
        waits: InquiryIntervals,
    ) -> Result<(), StoreError> {
        let due = self.clock.now().plus_milliseconds(waits.after(asked));
        let sync_state = self.sync_states_of(vec![reference.clone()])?.pop().map(|(_, sync_state)| sync_state);
        self.enqueue_inquiry(reference, asked, due, sync_state)
    }

    /// Puts a question off that cannot be asked now, whatever is wrong with the payment: nothing of it is read or written.
    ///
    /// # Errors
    /// The store did not take it.
    pub fn postpone_inquiry(&self, question: &DueInquiry, waits: InquiryIntervals) -> Result<(), StoreError> {
        let due = self.clock.now().plus_milliseconds(waits.after(0));
        self.enqueue_inquiry(&question.reference, question.asked, due, None)
    }

    /// Writes the record of a turn, and the turn in what the payment was told. A bucket takes nothing once its time is over:
    /// it may have been passed.
    fn enqueue_inquiry(
        &self,
        reference: &PaymentReference,
        asked: u32,
        due: Timestamp,
        sync_state: Option<SyncState>,
    ) -> Result<(), StoreError> {
        for _ in 0..MOST_TRIES {
            let bucket = bucket_of(due.max(self.clock.now()));
            let (number, key) = self.bucket(bucket).allocate()?;
            let record = StoredInquiry { reference: reference.clone(), asked };
            let mut writes = vec![write(&key, &record)?, write(&keys::question_bucket(&self.site, bucket), &true)?];
            if let Some(sync_state) = &sync_state {
                let sync_state = sync_state.with_inquiry(InquirySlot { bucket, number, at: self.clock.now() });
                writes.push(self.stamped_sync_state(reference, sync_state)?);
            }
            self.write_or_doubt(reference, &writes)?;
            let is_ahead = InquiryCursor { bucket, number } > self.inquiry_cursor()?;
            if is_ahead && bucket_of(self.clock.now()) <= bucket {
                return Ok(());
            }
        }
        Err(StoreError::Unavailable("a question could not be put in line within a minute".to_owned()))
    }
}
