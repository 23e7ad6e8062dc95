//! The ledger over a store in memory and a clock that is set by hand: what it stores, what it reads back, and how it
//! behaves when the store fails, loses writes or serves many processes at once.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod appending;
mod attempts;
mod attempts_at_once;
mod auditing;
mod charged_twice;
mod doubles;
mod erasing;
mod expiry;
mod finding;
mod gaps;
mod idempotency;
mod inquiries;
mod journal;
mod key_table;
mod lost_writes;
mod one_key_after_another;
mod pending_outcome;
mod racing_twins;
mod reading;
mod reviews;
mod sealing;
mod shared_records;
mod store_failures;
mod stories;
mod sync_state;
mod takeover;
mod tampering;
mod unreadable_records;
