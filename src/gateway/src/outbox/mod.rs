//! The outbox: what is still to be sent to Salesforce, and the status inquiries to MaldoPay that go with it.
//!
//! A payment passes one way: [`drain`] or a request finds it due, [`sync`] maps it, [`changes`] keeps what is new,
//! Salesforce gets one call, and what it confirmed becomes the payment's `SyncState`. [`failures`] says when to try again.

mod additional_data;
mod changes;
mod drain;
mod drain_report;
mod drain_run;
mod failures;
mod inquiry_run;
mod mapper_bounds;
mod mapper_words;
mod mapping;
mod process_payment;
mod shared_records;
mod sync;
mod sync_again;

pub use drain::{drain, trigger};
pub use drain_report::PauseView;
pub use sync::SalesforceSync;
pub use sync_again::sync_again;
