//! The ledger: append-only entries, idempotency, attempts, the journal and the audit, over a store with four operations.
//!
//! Data passes one way: a [`Ledger`] reads a payment's [`History`], decides with the domain, and writes new records in
//! one `set_many`. Counters give order; what a counter has passed and nothing was written under is a hole, which readers
//! step over.

mod attempts;
mod audit;
mod expiry;
mod history;
mod idempotency;
mod journal;
mod keys;
mod line;
mod mappings;
mod ports;
mod questions;
mod record;
mod reviews;
mod stored;
mod told;

pub use attempts::{Attempt, AttemptError, Direction};
pub use audit::{AuditKey, AuditedEntry, Verdict};
pub use expiry::Expired;
pub use history::{Appended, History, LONGEST_RAW, NewEntry};
pub use idempotency::{Answer, Claim, Known};
pub use journal::{JournalEntry, JournalKind, Numbered};
pub use mappings::{ActivationError, ActiveMapping, MOST_MAPPINGS, Mapping, MappingVersion};
pub use ports::{Clock, Store, StoreError};
pub use questions::{Question, QuestionPage, Reached, Turn, Waits};
pub use record::{RecordIndex, Records, Totals, beside};
pub use reviews::{OpenReview, Review, ReviewPage};
pub use told::{Failure, Place, RecordName, Told, delta};

use tollbridge_domain::SiteName;

/// How long a command may run before its claim is another's to take over, in milliseconds. A hole older than this will
/// not be filled any more.
pub const LEASE_MILLISECONDS: i64 = tollbridge_domain::LEASE_MILLISECONDS;

/// One site's ledger.
pub struct Ledger<'a> {
    store: &'a dyn Store,
    clock: &'a dyn Clock,
    site: SiteName,
    audit: AuditKey,
}

impl<'a> Ledger<'a> {
    /// The ledger of this site in this store.
    pub fn new(store: &'a dyn Store, clock: &'a dyn Clock, site: SiteName, audit: AuditKey) -> Self {
        Self { store, clock, site, audit }
    }

    /// The site.
    #[must_use]
    pub fn site(&self) -> &SiteName {
        &self.site
    }
}

/// Records to be written together.
pub type Writes = Vec<(String, Vec<u8>)>;
