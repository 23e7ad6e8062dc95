//! Shared by several kinds of tests: a caller of the gateway, sites and orders, running programs, a Redis server, and
//! manifests that Spin refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "helpers of tests may panic as tests do, and their names say what they are"
)]

pub mod caller;
pub mod group;
pub mod left_out;
pub mod order;
pub mod program;
pub mod redis;
pub mod refusals;
pub mod sites;
pub mod spin;
