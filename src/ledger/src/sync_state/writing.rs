//! Writes a payment's sync state.

use tollbridge_domain::PaymentReference;

use crate::slots::write;
use crate::{History, Ledger, StoreError, SyncState, Writes, keys};

impl Ledger<'_> {
    /// Writes the next sync state of a payment with these other records and the payment's summaries for its records. It
    /// must be written within this time of reading the history.
    ///
    /// # Errors
    /// The store did not confirm the write, or the time is over. Then the next sync sends the same again, which changes
    /// nothing in Salesforce.
    pub fn write_sync_state(
        &self,
        history: &History,
        sync_state: &SyncState,
        other_writes: Writes,
        within_milliseconds: i64,
    ) -> Result<(), StoreError> {
        let mut writes = other_writes;
        writes.extend(self.sync_state_record(history, sync_state)?);
        writes.extend(self.summaries(history, sync_state)?);
        self.check_read_age(history.read_at, within_milliseconds)?;
        self.write_or_mark_unconfirmed(&history.reference, &writes)?;
        match history.entries.last().filter(|_| self.check_read_age(history.read_at, within_milliseconds).is_err()) {
            // The process paused during the write itself, and may have replaced a newer state by an older one.
            Some(last) => self.reopen(&history.reference, last.sequence, &last.correlation_id),
            None => Ok(()),
        }
    }

    /// Writes a payment's sync state with other records. If the store does not confirm the write, it notes that the
    /// payment has an unconfirmed write. If even that fails, the store has failed altogether, and the caller reports
    /// it.
    pub(crate) fn write_or_mark_unconfirmed(
        &self,
        reference: &PaymentReference,
        writes: &Writes,
    ) -> Result<(), StoreError> {
        self.store.set_many(writes).inspect_err(|_| drop(self.mark_unconfirmed(reference)))
    }

    /// Whether less than this time has passed since the history was read.
    #[must_use]
    pub fn is_recent(&self, history: &History, within_milliseconds: i64) -> bool {
        self.check_read_age(history.read_at, within_milliseconds).is_ok()
    }

    /// Fails if more than this time has passed since the caller read a record that it is about to replace as a whole. A
    /// process that was paused for so long would restore an older state, which other processes no longer expect.
    pub(crate) fn check_read_age(&self, since: i64, within_milliseconds: i64) -> Result<(), StoreError> {
        let elapsed = self.clock.elapsed_milliseconds().saturating_sub(since);
        if elapsed < within_milliseconds {
            return Ok(());
        }
        Err(StoreError::Unavailable("this process was paused for too long between its read and its write".to_owned()))
    }

    /// The record of a sync state, to be written with what caused it.
    ///
    /// # Errors
    /// The record cannot be serialized.
    pub fn sync_state_record(&self, history: &History, sync_state: &SyncState) -> Result<Writes, StoreError> {
        Ok(vec![self.sync_state_write(&history.reference, sync_state.clone())?])
    }

    /// The record of a payment's sync state, with the time of writing.
    pub(crate) fn sync_state_write(
        &self,
        reference: &PaymentReference,
        sync_state: SyncState,
    ) -> Result<(String, Vec<u8>), StoreError> {
        let sync_state = SyncState { written_at: Some(self.clock.now()), ..sync_state };
        write(&keys::sync_state(&self.site, reference), &sync_state)
    }
}
