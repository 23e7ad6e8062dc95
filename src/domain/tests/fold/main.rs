//! A payment is a fold over the set of its facts.
#![allow(clippy::as_conversions, reason = "test data")]

mod histories;
mod order_does_not_matter;
mod scenarios;
