//! The ledger of one site: append-only entries, idempotency, attempts, the journal and the audit, over a store with
//! four operations.
//!
//! Data flows one way: a [`Ledger`] reads a payment's [`History`], decides with the domain, and writes new records in
//! one `set_many`. Counters give the records their order. [`slots`] says how a reader passes a number that has no
//! record.
//!
//! # Example
//!
//! A ledger over a store in memory: append an entry, read the history, and fold it into the payment.
//!
//! ```
//! use std::cell::RefCell;
//! use std::collections::BTreeMap;
//!
//! use tollbridge_domain::{
//!     CorrelationId, Currency, Fact, Money, Operation, OperationRequest, PaymentReference, PaymentStatus, SiteName,
//!     SourceRecord, Timestamp,
//! };
//! use tollbridge_ledger::{AuditKey, Clock, Keys, Ledger, NewEntry, Random, Store, StoreError, Writes};
//!
//! #[derive(Default)]
//! struct Memory {
//!     values: RefCell<BTreeMap<String, Vec<u8>>>,
//!     counters: RefCell<BTreeMap<String, i64>>,
//! }
//!
//! impl Store for Memory {
//!     fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
//!         Ok(keys.iter().map(|key| self.values.borrow().get(key).cloned()).collect())
//!     }
//!     fn set_many(&self, writes: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
//!         self.values.borrow_mut().extend(writes.iter().cloned());
//!         Ok(())
//!     }
//!     fn delete_many(&self, keys: &[String]) -> Result<(), StoreError> {
//!         self.values.borrow_mut().retain(|key, _| !keys.contains(key));
//!         self.counters.borrow_mut().retain(|key, _| !keys.contains(key));
//!         Ok(())
//!     }
//!     fn increment(&self, key: &str, by: i64) -> Result<i64, StoreError> {
//!         let mut counters = self.counters.borrow_mut();
//!         let count = counters.entry(key.to_owned()).or_default();
//!         *count += by;
//!         Ok(*count)
//!     }
//! }
//!
//! /// A clock that stands still, and bytes that are not random: only an example may use them.
//! struct Fixed;
//!
//! impl Clock for Fixed {
//!     fn now(&self) -> Timestamp {
//!         Timestamp::from_milliseconds(1_700_000_000_000).unwrap()
//!     }
//!     fn elapsed_milliseconds(&self) -> i64 {
//!         0
//!     }
//! }
//!
//! impl Random for Fixed {
//!     fn fill(&self, bytes: &mut [u8]) {
//!         bytes.fill(7);
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Memory::default();
//! let keys = Keys { audit: AuditKey::new(vec![[1; 32]]), sealing: vec![[2; 32]], fingerprints: [3; 32] };
//! let ledger = Ledger::new(&store, &Fixed, &Fixed, SiteName::parse("tr")?, keys);
//!
//! let currency = Currency::parse("TRY")?;
//! let reference = PaymentReference::parse("TB-TR-000001")?;
//! let request = OperationRequest {
//!     operation: Operation::Charge,
//!     amount: Money::from_minor_units(12_990, currency)?,
//!     method: "checkout".into(),
//!     source: Some(SourceRecord::parse("Order".into(), "801Hs00000abcde".into(), None)?),
//!     invoice: None,
//!     tax: None,
//!     attempt: 1,
//!     digest: "digest of the command".into(),
//! };
//! let appended = ledger.append(
//!     NewEntry {
//!         reference: &reference,
//!         after: 0,
//!         fact: Fact::OperationRequested(request),
//!         raw: None,
//!         correlation_id: &CorrelationId::parse("request-1")?,
//!         not_before: None,
//!         authority: None,
//!     },
//!     Writes::new(),
//! )?;
//! assert_eq!((appended.entry.sequence, appended.journal), (1, 1));
//!
//! let history = ledger.history(&reference)?;
//! let payment = history.payment(currency).ok_or("the history has an entry")?;
//! assert_eq!(payment.status, PaymentStatus::Pending);
//!
//! let journal = ledger.journal_after(0, 100)?;
//! assert_eq!(journal[0].entry.as_ref().map(|entry| entry.sequence), Some(1));
//!
//! let (_, verdict) = ledger.audited(&reference)?;
//! assert!(verdict.intact);
//! # Ok(())
//! # }
//! ```

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
mod numbers;
mod personal;
mod ports;
mod record;
mod record_index;
mod record_link;
mod review_age;
mod reviews;
mod revisits;
mod sealing;
mod slots;
mod stored;
mod sync_state;

pub use appending::{AppendedEntry, Authority, Fence, NewEntry, PreparedEntry};
pub use attempts::{Attempt, AttemptError, AttemptOutcome, Direction};
pub use audit::{AuditKey, AuditedEntry, Verdict};
pub use expiry::Expiry;
pub use fingerprint::FingerprintKey;
pub use history::History;
pub use idempotency::{Claim, ClaimOutcome, KeyState, StoredResponse};
pub use inquiries::{DueInquiry, InquiryCursor, InquiryIntervals, InquiryPage};
pub use journal::{JournalEntry, JournalKind, JournalSlot};
pub use mappings::{ActivationError, ActiveMapping, MAX_MAPPINGS, MappingDocument, MappingVersion};
pub use numbers::{FoundPayments, is_same_number};
pub use personal::MAX_RAW_BYTES;
pub use ports::{Clock, Random, Store, StoreError};
pub use record::PaymentTotals;
pub use record_index::{RecordIndex, SharedRecords};
pub use record_link::linked_invoice;
pub use reviews::{OpenReview, Review, ReviewPage};
pub use sealing::{SealingKey, open, seal};
pub use slots::is_past_lease;
pub use sync_state::{ConfirmedState, Failure, InquirySlot, QueuePosition, RecordName, Retry, SyncState};

use tollbridge_domain::SiteName;

/// In the ledger it is also how long a command keeps its claim before another request may take it over, and how long a
/// gap is left to its writer. Safety does not depend on it: a process that is slower finds out before it does harm.
pub use tollbridge_domain::LEASE_MILLISECONDS;

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
