//! Idempotency records have an end; a payment's entries have none. The journal says when each record was crash_count, so the
//! drain finds what has expired by following the journal at a distance, and nobody ever looks through the store.

use tollbridge_domain::Timestamp;

use crate::idempotency::Record;
use crate::journal::JournalEntry;
use crate::slots::{SlotQueue, write};
use crate::{LEASE_MILLISECONDS, Ledger, StoreError, keys, stored};

/// What expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Records that were removed.
    pub records: u64,
    /// Whether there may be more to remove now.
    pub more: bool,
}

impl Ledger<'_> {
    /// Removes the idempotency records of commands that began before this time, looking at no more than `most` journal
    /// numbers. A command is protected from being carried out twice by its payment's entries ever after; what ends is
    /// that its answer is given again.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn expire_idempotency(&self, before: Timestamp, most: u64) -> Result<Expired, StoreError> {
        let record = |number| keys::journal_entry(&self.site, number);
        let line =
            SlotQueue::new(self, keys::journal_counter(&self.site), record, keys::idempotency_cursor(&self.site));
        let cursor = line.cursor()?;
        // Whatever the drain has not closed may still be worked on.
        let closed = self.cursor()?;
        let page: Vec<(u64, Option<JournalEntry>)> =
            line.slots.after(cursor, most.min(closed.saturating_sub(cursor)))?;
        let mut reached = cursor;
        let mut hashes = Vec::new();
        let mut expired = Expired { records: 0, more: u64::try_from(page.len()).is_ok_and(|read| read == most) };
        for (number, entry) in page {
            if let Some(entry) = entry {
                if entry.at >= before {
                    expired.more = false;
                    break;
                }
                hashes.extend(entry.idempotency);
            }
            reached = number;
        }
        if reached == cursor {
            return Ok(expired);
        }
        let doomed = self.records_of(&hashes)?;
        expired.records = u64::try_from(hashes.len()).unwrap_or(u64::MAX);
        if !doomed.is_empty() {
            self.store.delete_many(&doomed)?;
        }
        // Only now: should the removal fail, it is done again.
        self.store.set_many(&[write(&keys::idempotency_cursor(&self.site), &reached)?])?;
        Ok(expired)
    }

    /// The keys of everything that is kept for these commands. One that is being taken over at this moment keeps its
    /// record.
    fn records_of(&self, hashes: &[String]) -> Result<Vec<String>, StoreError> {
        if hashes.is_empty() {
            return Ok(Vec::new());
        }
        let records: Vec<String> = hashes.iter().map(|hash| keys::idempotency(&self.site, hash)).collect();
        let running = self.clock.now().plus_milliseconds(-LEASE_MILLISECONDS);
        let mut doomed = Vec::new();
        for ((hash, key), value) in hashes.iter().zip(&records).zip(self.store.get_many(&records)?) {
            let Some(value) = value else { continue };
            let record: Record = stored::read(key, &value)?;
            if record.answer.is_none() && record.at >= running {
                continue;
            }
            doomed.push(key.clone());
            for attempt in 1..=record.attempt.saturating_add(1) {
                doomed.push(keys::idempotency_claim(&self.site, hash, attempt));
                doomed.push(keys::idempotency_claim_seen(&self.site, hash, attempt));
                doomed.push(keys::idempotency_fence(&self.site, hash, attempt));
            }
        }
        Ok(doomed)
    }
}
