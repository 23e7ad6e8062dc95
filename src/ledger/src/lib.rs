//! The ledger of one site: append-only entries, idempotency, attempts, the journal and the audit, over a store with
//! four operations.
//!
//! Data flows one way: a [`Ledger`] reads a payment's [`History`], decides with the domain, and writes new records in
//! one `set_many`. Counters give the records their order. [`slots`] says how a reader passes a number that has no
//! record.

mod appending;
mod attempts;
mod audit;
mod erasure;
mod expiry;
mod fingerprint;
mod history;
mod idempotency;
mod inquiries;
mod journal;
mod keys;
mod mappings;
mod personal;
mod ports;
mod record;
mod record_link;
mod reviews;
mod revisits;
mod sealing;
mod slots;
mod stored;
mod sync_state;

pub use appending::{AppendedEntry, Authority, Fence, NewEntry};
pub use attempts::{Attempt, AttemptError, Direction};
pub use audit::{AuditKey, AuditedEntry, Verdict};
pub use expiry::Expiry;
pub use fingerprint::FingerprintKey;
pub use history::History;
pub use idempotency::{Claim, KeyState, StoredResponse};
pub use inquiries::{DueInquiry, InquiryCursor, InquiryIntervals, InquiryPage, InquirySlot};
pub use journal::{JournalEntry, JournalKind, JournalSlot};
pub use mappings::{ActivationError, ActiveMapping, MAX_MAPPINGS, Mapping, MappingVersion};
pub use personal::MAX_RAW_BYTES;
pub use ports::{Clock, Random, Store, StoreError};
pub use record::{RecordIndex, Records, Totals};
pub use record_link::linked_invoice;
pub use reviews::{OpenReview, Review, ReviewPage};
pub use sealing::{SealingKey, open, seal};
pub use slots::is_past_lease;
pub use sync_state::{ConfirmedState, Failure, QueuePosition, RecordName, Retry, SyncState};

use tollbridge_domain::SiteName;

/// How long a command keeps its claim before another request may take it over, and how long a gap is left to its
/// writer, in milliseconds. Safety does not depend on it: a process that is slower finds out before it does harm.
pub const LEASE_MILLISECONDS: i64 = tollbridge_domain::LEASE_MILLISECONDS;

/// The keys of a site's ledger. Where there are several of a kind, the first writes, and the others are its
/// predecessors, which still read what they wrote.
#[derive(Clone)]
pub struct Keys {
    /// The keys of the audit's MACs.
    pub audit: AuditKey,
    /// The keys that seal data keys and shadow reports.
    pub sealing: Vec<SealingKey>,
    /// The key of the fingerprints in the sync state.
    pub fingerprints: FingerprintKey,
}

/// One site's ledger.
pub struct Ledger<'a> {
    store: &'a dyn Store,
    clock: &'a dyn Clock,
    random: &'a dyn Random,
    site: SiteName,
    audit: AuditKey,
    sealing: Vec<SealingKey>,
    fingerprints: FingerprintKey,
}

impl<'a> Ledger<'a> {
    /// Opens the ledger of this site in this store.
    pub fn new(
        store: &'a dyn Store,
        clock: &'a dyn Clock,
        random: &'a dyn Random,
        site: SiteName,
        Keys { audit, sealing, fingerprints }: Keys,
    ) -> Self {
        Self { store, clock, random, site, audit, sealing, fingerprints }
    }

    /// The site whose records this ledger reads and writes.
    #[must_use]
    pub fn site(&self) -> &SiteName {
        &self.site
    }
}

/// Records that one `set_many` writes together: keys with their values.
pub type Writes = Vec<(String, Vec<u8>)>;
