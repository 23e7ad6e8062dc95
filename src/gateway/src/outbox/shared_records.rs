//! Records that several payments share: each telling writes the sums over all of them.
//!
//! Nothing in Salesforce orders what is written to an Order, as the version rule does for a payment, so whoever writes
//! last there must have known most. Three things see to that, wherever a process dies:
//!
//! - The sums are made of the payment's own entries and of the others' summaries, which are written together with their
//!   entries. A summary that is not what the payment's entries make is written anew before anything is told.
//! - Whoever has written a record reads all of it once more, and writes again where the sums are others by then. Of
//!   two who write at once, the last one to write reads after both, and finds what it did not know.
//! - Whoever dies before that second look may have left older sums behind. What it did not know came while it was at
//!   work, so the journal entry of that is younger than a telling can last, and the drain has not passed it. For a payment
//!   whose record has others, the drain passes an entry only where the record was told by somebody who began to read
//!   when every telling from before the entry had ended; it tells it once more where that is not so. Nobody can put
//!   older sums in the place of these.

use tollbridge_connector::types::{RecordKey, RecordWrite};
use tollbridge_domain::{PaymentReference, Timestamp};
use tollbridge_ledger::{History, LEASE_MILLISECONDS};

use super::sync::SalesforceSync;

/// A sign-in and a write, and both once more after a session ended: what one telling may wait for Salesforce.
const CALLS_OF_A_TELLING: u64 = 4;

impl SalesforceSync<'_> {
    /// How long one telling lasts at most, from reading the payment to the last thing that is written of it.
    pub fn longest_milliseconds(&self) -> i64 {
        let waits = CALLS_OF_A_TELLING.saturating_mul(self.context.site.salesforce_timeout_milliseconds);
        LEASE_MILLISECONDS.max(i64::try_from(waits).unwrap_or(i64::MAX))
    }

    /// Whether the records of a payment are to be told once more, although all of it was told: they have other payments, and
    /// whoever told them last may have been overtaken by somebody who knew less and did not live to notice.
    pub fn is_unsettled(&self, history: &History) -> bool {
        if !history.records.are_shared() {
            return false;
        }
        if !history.has_current_summaries() {
            return true;
        }
        let last = history.entries.iter().map(|entry| entry.received_at).max();
        last.is_some_and(|last| {
            let ended = last.plus_milliseconds(self.longest_milliseconds());
            ended <= self.context.ports.clock.now()
                && history.sync_state.confirmed.record_as_of.is_none_or(|as_of: Timestamp| as_of < ended)
        })
    }
}

/// Whether a record is this payment's alone: it is found by the payment's own reference.
pub fn is_of_one(record: &RecordWrite, reference: &PaymentReference) -> bool {
    match &record.key {
        RecordKey::Id(_) => false,
        RecordKey::ExternalId(key) => key.value == reference.as_str(),
    }
}
