//! Records that several payments share: each sync writes the sums over all of them.
//!
//! Salesforce orders the writes to a payment by the version rule, but nothing orders the writes to an Order. The last
//! process to write an Order must therefore have read the most. Three rules ensure that, wherever a process dies:
//!
//! - The sums are computed from the payment's own entries and the other payments' summaries. A summary is written
//!   together with its entry. One that does not match the payment's entries is rewritten before anything is synced.
//! - After writing a record, a process reads all of it again, and writes again where the sums have changed. Of two
//!   processes that write at once, the last one reads after both writes, and finds what it had missed.
//! - A process that dies before that second read may leave older sums behind. What it missed was appended while it ran,
//!   so that journal entry is younger than a sync can last, and the drain has not passed it. For a payment whose record
//!   has others, the drain passes an entry only where some process began to read the record after every sync from
//!   before the entry had ended, and then synced it. Otherwise the drain syncs the record again. No process can then
//!   replace these sums with older ones.

use tollbridge_connector::types::{RecordKey, RecordWrite};
use tollbridge_domain::{PaymentReference, Timestamp};
use tollbridge_ledger::History;

use super::salesforce_sync::SalesforceSync;

impl SalesforceSync<'_> {
    /// Whether the payment's records must be synced again although Salesforce has confirmed all of the payment. The
    /// records have other payments, and a process that had read less may have written last, and died before it noticed.
    pub fn needs_resync(&self, history: &History) -> bool {
        if !history.records.are_shared() {
            return false;
        }
        if !history.has_current_summaries() {
            return true;
        }
        let last = history.entries.iter().map(|entry| entry.received_at).max();
        last.is_some_and(|last| {
            let ended = last.plus_milliseconds(self.max_duration_milliseconds());
            ended <= self.context.ports.clock.now()
                && history.sync_state.confirmed.record_as_of.is_none_or(|as_of: Timestamp| as_of < ended)
        })
    }
}

/// Whether a record belongs to this payment alone: its external id is the payment's reference.
pub fn is_own_record(record: &RecordWrite, reference: &PaymentReference) -> bool {
    match &record.key {
        RecordKey::Id(_) => false,
        RecordKey::ExternalId(key) => key.value == reference.as_str(),
    }
}
