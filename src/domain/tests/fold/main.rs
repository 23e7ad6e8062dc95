//! A payment is a fold over the set of its facts.
#![allow(
    clippy::unwrap_used,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a test with wrong data should stop"
)]

mod acceptance;
mod alone_in_its_record;
mod assignment;
mod colliding_ids;
mod earlier_entries;
mod histories;
mod not_found;
mod order_does_not_matter;
mod scenarios;
mod taken_back;
mod unreadable;
