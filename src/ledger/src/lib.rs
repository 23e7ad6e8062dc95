//! The ledger: append-only entries, idempotency, attempts, the journal and the audit, over a store with four operations.
//!
//! Data passes one way: a [`Ledger`] reads a payment's [`History`], decides with the domain, and writes new records in
//! one `set_many`. Counters give order; how a number is passed under which nothing was written is in [`slots`].

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
pub use expiry::Expired;
pub use fingerprint::FingerprintKey;
pub use history::History;
pub use idempotency::{Claim, Known, StoredResponse};
pub use inquiries::{DueInquiry, InquiryCursor, InquiryIntervals, InquiryPage, InquirySlot};
pub use journal::{JournalEntry, JournalKind, JournalSlot};
pub use mappings::{ActivationError, ActiveMapping, MOST_MAPPINGS, Mapping, MappingVersion};
pub use personal::LONGEST_RAW;
pub use ports::{Clock, Random, Store, StoreError};
pub use record::{RecordIndex, Records, Totals};
pub use record_link::beside;
pub use reviews::{OpenReview, Review, ReviewPage};
pub use sealing::{SealingKey, open, seal};
pub use slots::is_worth_passing;
pub use sync_state::{Delivered, Failure, QueuePosition, RecordName, Retry, SyncState};

use tollbridge_domain::SiteName;

/// How long a command runs before it is worth taking its claim over, in milliseconds, and how long a gap is left to its
/// writer. Nothing that matters rests on it: whoever is slower than that finds out before it does harm.
pub const LEASE_MILLISECONDS: i64 = tollbridge_domain::LEASE_MILLISECONDS;

/// The keys of a site's ledger. Of several, the first is in use, and the others were before it: what they made is still read.
#[derive(Clone)]
pub struct Keys {
    /// Of the audit's MACs.
    pub audit: AuditKey,
    /// What data keys are sealed with.
    pub sealing: Vec<SealingKey>,
    /// Of what stands for the values that Salesforce was told.
    pub sync_state: FingerprintKey,
}

/// One site's ledger.
pub struct Ledger<'a> {
    store: &'a dyn Store,
    clock: &'a dyn Clock,
    random: &'a dyn Random,
    site: SiteName,
    audit: AuditKey,
    sealing: Vec<SealingKey>,
    sync_state: FingerprintKey,
}

impl<'a> Ledger<'a> {
    /// The ledger of this site in this store.
    pub fn new(
        store: &'a dyn Store,
        clock: &'a dyn Clock,
        random: &'a dyn Random,
        site: SiteName,
        Keys { audit, sealing, sync_state }: Keys,
    ) -> Self {
        Self { store, clock, random, site, audit, sealing, sync_state }
    }

    /// The site.
    #[must_use]
    pub fn site(&self) -> &SiteName {
        &self.site
    }
}

/// Records to be written together.
pub type Writes = Vec<(String, Vec<u8>)>;
