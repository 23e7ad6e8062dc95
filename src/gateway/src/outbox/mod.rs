//! The outbox: what is still to be sent to Salesforce, and the status inquiries to MaldoPay that go with it.
//!
//! The [`drain`] or a request finds that a payment is due. [`sync`] maps it, [`changes`] keeps the fields that
//! Salesforce has not confirmed, and one call sends them. What Salesforce confirmed becomes the payment's `SyncState`.
//! Where it refused, [`failures`] decides when to retry, and [`shown_review`] writes what Salesforce accepts.

mod additional_data;
mod changes;
mod drain;
mod drain_log;
mod drain_report;
mod drain_run;
mod failures;
mod inquiry_run;
mod mapper_bounds;
mod mapping;
mod process_payment;
mod redaction;
mod salesforce_sync;
mod shared_records;
mod shown_review;
mod sync;
mod sync_again;

pub use drain::{drain, trigger};
pub use drain_report::CircuitBreakerView;
pub use drain_run::MAX_OPEN_DISTANCE;
pub use salesforce_sync::SalesforceSync;
pub use sync_again::sync_again;
