//! The expiry of idempotency records; a payment's entries never expire. The journal says which record each command
//! began, and when, so the drain finds the expired ones by following the journal at a distance, without a search of the
//! store.

use tollbridge_domain::Timestamp;

use crate::idempotency::IdempotencyRecord;
use crate::journal::JournalEntry;
use crate::slots::{SlotQueue, write};
use crate::{LEASE_MILLISECONDS, Ledger, StoreError, keys, stored};

/// The result of one expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expiry {
    /// How many idempotency records were removed.
    pub records: u64,
    /// Whether more may have expired already.
    pub more: bool,
}

impl Ledger<'_> {
    /// Removes the idempotency records of commands that began before this time. Reads at most `limit` journal numbers.
    /// The payment's entries still prevent that a command is carried out twice; only its response is no longer
    /// repeated.
    ///
    /// # Errors
    /// The store does not answer, or a stored value cannot be read.
    pub fn expire_idempotency(&self, before: Timestamp, limit: u64) -> Result<Expiry, StoreError> {
        let record = |number| keys::journal_entry(&self.site, number);
        let queue =
            SlotQueue::new(self, keys::journal_counter(&self.site), record, keys::idempotency_cursor(&self.site));
        let cursor = queue.cursor()?;
        // The drain may still work on what it has not closed.
        let closed = self.cursor()?;
        let page: Vec<(u64, Option<JournalEntry>)> =
            queue.slots.after(cursor, limit.min(closed.saturating_sub(cursor)))?;
        let mut reached = cursor;
        let mut hashes = Vec::new();
        let mut expired = Expiry { records: 0, more: u64::try_from(page.len()).is_ok_and(|read| read == limit) };
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
        let expired_keys = self.keys_of(&hashes)?;
        expired.records = u64::try_from(hashes.len()).unwrap_or(u64::MAX);
        if !expired_keys.is_empty() {
            self.store.delete_many(&expired_keys)?;
        }
        // Last, so that a failed removal is done again.
        self.store.set_many(&[write(&keys::idempotency_cursor(&self.site), &reached)?])?;
        Ok(expired)
    }

    /// All keys of these commands, except those of a command that is being taken over at this moment.
    fn keys_of(&self, hashes: &[String]) -> Result<Vec<String>, StoreError> {
        if hashes.is_empty() {
            return Ok(Vec::new());
        }
        let records: Vec<String> = hashes.iter().map(|hash| keys::idempotency(&self.site, hash)).collect();
        let running = self.clock.now().plus_milliseconds(-LEASE_MILLISECONDS);
        let mut expired_keys = Vec::new();
        for ((hash, key), value) in hashes.iter().zip(&records).zip(self.store.get_many(&records)?) {
            let Some(value) = value else { continue };
            let record: IdempotencyRecord = stored::read(key, &value)?;
            if record.response.is_none() && record.at >= running {
                continue;
            }
            expired_keys.push(key.clone());
            for attempt in 1..=record.attempt.saturating_add(1) {
                expired_keys.push(keys::idempotency_claim(&self.site, hash, attempt));
                expired_keys.push(keys::idempotency_claim_seen(&self.site, hash, attempt));
                expired_keys.push(keys::idempotency_fence(&self.site, hash, attempt));
            }
        }
        Ok(expired_keys)
    }
}
