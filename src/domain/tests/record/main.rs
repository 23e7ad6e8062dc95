//! What a record shows of its payments is the same in whatever order they are read.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test with wrong data should stop")]

mod examples;
mod properties;
mod summaries;
