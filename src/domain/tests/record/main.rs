//! What a record shows of its payments: the same whatever order they are looked at in.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test whose data is wrong is to stop there")]

mod examples;
mod properties;
mod summaries;
