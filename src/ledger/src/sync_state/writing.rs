//! Writes a payment's sync state.

use tollbridge_domain::PaymentReference;

use crate::slots::write;
use crate::{History, Ledger, StoreError, SyncState, Writes, keys};

impl Ledger<'_> {
    /// Writes down what Salesforce was told, or why it could not be, with whatever else is to be kept of telling it, and
    /// what the payment contributes to its records then. It must be written within this time of reading the history.
    ///
    /// # Errors
    /// The store did not take it, or it comes too late. Salesforce is told again then, which changes nothing there.
    pub fn write_sync_state(
        &self,
        history: &History,
        sync_state: &SyncState,
        with: Writes,
        within_milliseconds: i64,
    ) -> Result<(), StoreError> {
        let mut writes = with;
        writes.extend(self.sync_state_record(history, sync_state)?);
        writes.extend(self.summaries(history, sync_state)?);
        self.in_time(history.read_at, within_milliseconds)?;
        self.write_or_doubt(&history.reference, &writes)?;
        match history.entries.last().filter(|_| self.in_time(history.read_at, within_milliseconds).is_err()) {
            // It stood still at the write itself, and may have put an older note in the place of a newer one.
            Some(last) => self.reopen(&history.reference, last.sequence, &last.correlation_id),
            None => Ok(()),
        }
    }

    /// Writes a payment's note of what Salesforce was told, with whatever belongs to it. Where the store does not say that it
    /// took it, the payment is in doubt. If even that cannot be written, the store has failed altogether, and the caller says so.
    pub(crate) fn write_or_doubt(&self, reference: &PaymentReference, writes: &Writes) -> Result<(), StoreError> {
        self.store.set_many(writes).inspect_err(|_| drop(self.mark_in_doubt(reference)))
    }

    /// Refuses to go on where more than this time went by since something was read that is about to be replaced as a whole.
    /// A process that stood still for so long would put an older state back, and others do not expect that any more.
    pub(crate) fn in_time(&self, since: i64, within_milliseconds: i64) -> Result<(), StoreError> {
        let passed = self.clock.elapsed_milliseconds().saturating_sub(since);
        if passed < within_milliseconds {
            return Ok(());
        }
        Err(StoreError::Unavailable("this process stood still between reading and writing".to_owned()))
    }

    /// The record of what Salesforce was told, to be written with what makes it so.
    ///
    /// # Errors
    /// It cannot be written as text.
    pub fn sync_state_record(&self, history: &History, sync_state: &SyncState) -> Result<Writes, StoreError> {
        Ok(vec![self.stamped_sync_state(&history.reference, sync_state.clone())?])
    }

    /// The note of what Salesforce was told of a payment, ready to be written.
    pub(crate) fn stamped_sync_state(
        &self,
        reference: &PaymentReference,
        sync_state: SyncState,
    ) -> Result<(String, Vec<u8>), StoreError> {
        let sync_state = SyncState { noted_at: Some(self.clock.now()), ..sync_state };
        write(&keys::sync_state(&self.site, reference), &sync_state)
    }
}
